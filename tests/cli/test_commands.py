"""Every command explains itself, does what it promises, and ends in two lines where a person went wrong."""

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import ase.io
import numpy as np
import pytest
import typer
from ase import Atoms
from tests.studies import COMMAND, ENGINES
from tests.vasp_format import write_thermal_runs
from typer.testing import CliRunner

from llpt.cli.app import app
from llpt.cli.commands import COMMANDS as PROGRAM_COMMANDS
from llpt.cli.guides import GUIDES
from llpt.cli.needs import needs
from llpt.prerequisites import Prerequisite
from llpt.structure import atomic_fluid, molecular_fluid
from llpt.study.export_programs import PROGRAMS

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"
COMMANDS = tuple(GUIDES)
LENNARD_JONES = "ase:ase.calculators.lj.LennardJones"
OPTIONS = ("--option", "sigma=1.2", "--option", "epsilon=0.2", "--option", "rc=2.3")


@pytest.fixture
def refused(command):
    """A function that runs a command which must be refused, and returns its cause and remedy."""

    def run(*arguments):
        code, _, err = command(*arguments)
        assert code == 1
        assert "Traceback" not in err
        cause, remedy = err.strip().splitlines()[-2:]
        assert cause.startswith("error: ")
        assert remedy.strip().startswith("fix: ")
        return cause, remedy

    return run


@pytest.fixture
def fluid(tmp_path):
    path = tmp_path / "fluid.extxyz"
    ase.io.write(path, molecular_fluid(atoms=8, density_g_per_cm3=0.9, seed=1))
    return path


@pytest.fixture
def study(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(
        f"""
[study]
name = "test"
[system]
atoms = 8
[state]
pressures_gpa = 200.0
temperatures_k = [800, 1000]
[dynamics]
steps = 20
discard = 5
[reference]
engine = "{LENNARD_JONES}"
"""
    )
    return path


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_two_examples_and_a_page(name):
    result = CliRunner().invoke(app, [*name.split(), "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    text = " ".join(result.stdout.split())
    assert text.count(f"llpt {name}") >= 2
    assert "Examples:" in text
    assert f"More: {GUIDES[name].page}" in text


def test_paragraphs_of_the_help_are_broken_by_the_terminal_alone():
    texts = [command.help or "" for command in every_command(typer.main.get_command(app)).values()]
    assert len(texts) > 15
    assert [text for text in texts if re.search(r"[^\n]\n[^\n]", text) or "`" in text] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_of_the_help_are_commands_that_exist_and_their_page_too(name):
    commands = every_command(typer.main.get_command(app))
    assert set(commands) == set(GUIDES)
    guide, command = GUIDES[name], commands[name]
    for example in guide.examples:
        words = shlex.split(example.partition(" > ")[0])
        begin = words.index("llpt") + 1
        end = begin + len(name.split())
        assert " ".join(words[begin:end]) == name
        command.make_parser(command.context_class(command)).parse_args(words[end:])  # raises where one is unknown
    page, _, heading = guide.page.partition("#")
    lines = (EXAMPLES.parent / page).read_text(encoding="utf-8").splitlines()
    anchors = {re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in lines if line[:1] == "#"}
    assert not heading or heading in anchors


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_of_the_export_has_two_examples_of_its_own(program):
    result = CliRunner().invoke(app, ["export", program, "--help"], env={"COLUMNS": "200"})
    assert len(re.findall(rf"llpt export {program} ", result.stdout)) == 2
    assert not [other for other in PROGRAMS if other != program and f"llpt export {other} " in result.stdout]


def every_command(group, before=""):
    """Return every command and sub-command by its full name."""
    found = {}
    for name, command in group.commands.items():
        found |= {
            f"{before}{name}": command,
            **(every_command(command, f"{name} ") if hasattr(command, "commands") else {}),
        }
    return found


def test_what_stands_in_brackets_is_not_taken_for_markup():
    result = CliRunner().invoke(app, ["explain", "--help"], env={"COLUMNS": "200"})
    assert "the labels that [bridge] and [budget] of the study give" in " ".join(result.stdout.split())


def test_a_shell_completes_commands_and_options():
    for words, wanted in (("llpt ver", "verify"), ("llpt run --retr", "--retry-failed")):
        env = {"_LLPT_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
        done = CliRunner().invoke(app, [], prog_name="llpt", env=env)
        assert done.stdout.split() == [wanted]


def test_starting_the_program_imports_nothing_heavy():
    """Help and refusals come at once: torch, numpy and ase are imported by the commands that need them."""
    code = "import sys, llpt.cli.app; print(sorted({'ase', 'numpy', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_command_is_started_without_the_others(tmp_path):
    """``llpt status`` of a study at work shares the cores with it: what it does not need is not loaded."""
    (tmp_path / "study.toml").write_text('[study]\nname = "empty"\n')
    code = (
        "import atexit, sys; from llpt.cli import program; atexit.register(lambda: print(*sorted(sys.modules)));"
        f"sys.argv[1:] = ['status', {str(tmp_path)!r}]; program()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Nothing has been started." in done.stdout
    loaded = set(done.stdout.splitlines()[-1].split())
    others = {record.function.partition(":")[0] for record in PROGRAM_COMMANDS.values()} - {"llpt.cli.status"}
    assert "llpt.cli.status" in loaded
    assert not loaded & (others | {"rich.progress", "numpy", "llpt.version", "llpt.study.plan", "llpt.study.file"})
    assert len([name for name in loaded if name.startswith("llpt")]) < 45


def test_what_is_wrong_in_a_command_is_not_taken_for_a_command_that_is_not_there(monkeypatch):
    def broken(_):
        raise KeyError("something else")

    monkeypatch.setattr("llpt.cli.commands.import_module", broken)
    result = CliRunner().invoke(app, ["status", "somewhere"])
    assert isinstance(result.exception, KeyError)
    assert result.exception.args == ("something else",)


def test_a_command_that_is_not_there_is_told_with_the_nearest():
    result = CliRunner().invoke(app, ["stauts"], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert "No such command 'stauts'" in result.stderr
    assert "status" in result.stderr


def test_the_program_names_all_its_commands():
    result = CliRunner().invoke(app, ["--help"])
    assert all(name in result.stdout for name in COMMANDS if " " not in name)


def test_init_writes_a_study_that_can_be_planned_and_never_overwrites(tmp_path, refused, command):
    path = tmp_path / "new.toml"
    assert command("init", path)[0] == 0
    text = path.read_text()
    assert command("plan", path)[0] == 0
    cause, _ = refused("init", path)
    assert "exists already" in cause
    assert path.read_text() == text


def test_init_fits_a_study_to_runs_and_a_potential(tmp_path, refused, command):
    runs, path = tmp_path / "vasp-runs", tmp_path / "new.toml"
    write_thermal_runs(runs, temperatures=(900,))
    assert command("init", path, "--from", runs, "--from", EXAMPLES / "own-potential")[0] == 0
    code, out, _ = command("plan", path)
    assert code == 0
    assert "vasp" in out
    cause, _ = refused("init", tmp_path / "other.toml", "--from", runs, "--from", runs)
    assert "two of a kind" in cause
    cause, _ = refused("init", tmp_path / "other.toml", "--from", tmp_path / "nowhere")
    assert "There is no" in cause
    assert not (tmp_path / "other.toml").exists()


def test_plan_lists_ladders_costs_and_what_they_wait_for(command):
    code, out, _ = command("plan", EXAMPLES / "karasiev2021.toml")
    assert code == 0
    for said in ("P350", "2048", "duration", "cooling", "fixed electronic temperature", "training", "the model"):
        assert said in out
    assert "estimates" in out
    assert "619 runs and one training" in out


def test_a_file_that_a_study_names_and_that_is_not_there_is_told_with_its_line(study, refused):
    study.write_text(study.read_text() + '[surrogate]\nengine = "n2p2"\npath = "nowhere"\n')
    cause, _ = refused("plan", study)
    assert cause.startswith(f'error: {study}, line 16: surrogate.path = "nowhere"')
    assert refused("run", study)[0] == cause


def test_plan_lists_every_run_on_request(study, command):
    _, out, _ = command("plan", study, "--all")
    assert "lennardjones/N8/P200/T1000" in out


def test_evaluate_writes_energies_forces_and_stress_as_extxyz(fluid, tmp_path, command):
    out = tmp_path / "out.extxyz"
    code, said, _ = command("evaluate", fluid, "--engine", LENNARD_JONES, "-o", out, *OPTIONS)
    assert code == 0
    assert str(out) in said
    frame = ase.io.read(out)
    results = frame.calc.results
    assert results["energy"] == pytest.approx(results["free_energy"])
    assert results["forces"].shape == (8, 3)
    assert np.isfinite(results["stress"]).all()


def test_evaluate_by_dft_gives_internal_and_free_energy(fluid, tmp_path, command):
    out = tmp_path / "out.extxyz"
    options = ("--option", "ecut_ry=20", "--option", "electronic_temperature_k=8000", "--option", "kpoints=gamma")
    code, _, err = command("evaluate", fluid, "--engine", "dft", "-o", out, *options)
    assert code == 0, err
    frame = ase.io.read(out)
    assert frame.calc.results["free_energy"] < frame.calc.results["energy"]
    assert frame.info["entropy"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--engine", "dtf"), ("no engine 'dtf'", "dft")),
        (("--engine", "dft", "--option", "ecut=60"), ("no option 'ecut'", "ecut_ry")),
        (("--engine", "dft", "--option", "ecut_ry=-1"), ("ecut_ry", "from 5 to 1000")),
        (("--engine", "dft", "--option", "ecut_ry"), ("not KEY=VALUE", "ecut_ry=60")),
        (("--engine", "n2p2:/nowhere"), ("/nowhere", "input.nn")),
        (("--engine", "ase:ase.calculators.lj.Nothing"), ("Nothing", "")),
    ],
)
def test_evaluate_refuses_engines_and_options_there_are_not(fluid, tmp_path, arguments, said, refused):
    out = tmp_path / "out.extxyz"
    cause, remedy = refused("evaluate", fluid, "-o", out, *arguments)
    assert said[0] in cause
    assert said[1] in remedy
    assert not out.exists()


def test_evaluate_refuses_structures_that_are_none(fluid, tmp_path, refused):
    out = tmp_path / "out.extxyz"
    bad = tmp_path / "bad.extxyz"
    helium = molecular_fluid(atoms=8, density_g_per_cm3=0.9, seed=1)
    helium.symbols[0] = "He"
    overlapping = Atoms("H2", positions=[[0, 0, 0], [0, 0, 0.01]], cell=[3, 3, 3], pbc=True)
    cases = {
        "empty": lambda: bad.write_text(""),
        "corrupt": lambda: bad.write_bytes(fluid.read_bytes()[:-40]),
        "helium": lambda: ase.io.write(bad, helium),
        "overlapping": lambda: ase.io.write(bad, overlapping),
    }
    said = {}
    for name, make in cases.items():
        make()
        said[name], _ = refused("evaluate", bad, "--engine", "dft", "-o", out)
        assert not out.exists()
    assert "He" in said["helium"]
    assert len(set(said.values())) == 4
    cause, _ = refused("evaluate", tmp_path / "none.extxyz", "--engine", "dft", "-o", out)
    assert "none.extxyz" in cause


def test_evaluate_never_writes_what_is_not_finite_nor_touches_what_was_there(fluid, tmp_path, monkeypatch, refused):
    monkeypatch.syspath_prepend(ENGINES)
    out = tmp_path / "out.extxyz"
    out.write_text("precious")
    spec = "ase:engines_for_tests.Breaking"
    cause, _ = refused("evaluate", fluid, "--engine", spec, "-o", out, "--option", "calls=0", "--overwrite")
    assert "not finite" in cause
    assert out.read_text() == "precious"


def test_evaluate_never_writes_over_a_file_unless_told(fluid, command, refused):
    before = fluid.read_bytes()
    cause, fix = refused("evaluate", fluid, "--engine", LENNARD_JONES, "-o", fluid, *OPTIONS)
    assert "would be written over" in cause
    assert "--overwrite" in fix
    assert fluid.read_bytes() == before
    code, _, _ = command("evaluate", fluid, "--engine", LENNARD_JONES, "-o", fluid, "--overwrite", *OPTIONS)
    assert code == 0
    assert fluid.read_bytes() != before


@pytest.mark.parametrize("arguments", [("train",), ("train", "--recipe", "small-cells"), ("optics",)])
def test_no_command_writes_into_a_directory_of_something_else(fluid, tmp_path, refused, arguments):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.tex").write_text("precious")
    command, *others = arguments
    cause, fix = refused(command, fluid, "-o", tmp_path / "thesis", *others)
    assert "holds something else, chapter.tex" in cause
    assert "--overwrite" in fix
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter.tex"]


STATED = ("-T", "800", "-P", "150", "--electronic-temperature-k", "0", "--timestep-fs", "1")
WRITING = {
    "audit electronic-temperature": ("audit", "electronic-temperature", "FLUID"),
    "audit transfer": ("audit", "transfer", "FLUID", "-e", LENNARD_JONES, "--range", "atoms=8:100"),
    "audit-model": ("audit-model", LENNARD_JONES, "FLUID", *STATED),
    "evaluate": ("evaluate", "FLUID", "-e", LENNARD_JONES),
    "export cp2k": ("export", "cp2k", "STUDY"),
    "export vasp": ("export", "vasp", "STUDY"),
    "import": ("import", "FLUID", "--role", "reference", "--label", "VASP", *STATED),
    "md": ("md", "FLUID", "-e", LENNARD_JONES, "-n", "10", "--seed", "1", "-T", "800", "-P", "150"),
    "optics": ("optics", "FLUID"),
    "run": ("run", "STUDY"),
    "train": ("train", "FLUID"),
}


def test_every_command_that_is_told_where_to_write_is_among_those_that_are_tried():
    told = {name for name, one in every_command(typer.main.get_command(app)).items() if "out" in names_of(one)}
    assert told == {" ".join(name.split()[:1]) if name.startswith("export") else name for name in WRITING} | {"archive"}


def names_of(command):
    return {parameter.name for parameter in command.params}


@pytest.mark.parametrize("name", WRITING)
def test_what_is_there_stays_whatever_writes(fluid, study, tmp_path, command, name):
    """Neither a directory of something else, nor a file in it, nor the input is written to, and nothing is made."""
    ase.io.write(fluid, [atomic_fluid(atoms=16, density_g_per_cm3=0.9, seed=seed) for seed in (1, 2)])
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.tex").write_text("precious")
    words = [{"FLUID": fluid, "STUDY": study}.get(word, word) for word in WRITING[name]]
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for place in (tmp_path / "thesis", tmp_path / "thesis/chapter.tex", study if study in words else fluid):
        code, out, err = command(*words, "-o", place)
        assert code not in {0, 2}, out
        assert "Traceback" not in err
        assert place.name in out + err
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_md_runs_continues_and_refuses_another_run_in_its_directory(fluid, tmp_path, refused, command):
    out = tmp_path / "run"
    ase.io.write(fluid, atomic_fluid(atoms=16, density_g_per_cm3=0.9, seed=1))
    common = ("md", fluid, "-e", LENNARD_JONES, "-T", 800, "-P", 150, "--seed", 1, "-o", out, *OPTIONS)
    code, said, _ = command(*common, "-n", 10)
    assert code == 0
    assert "done, 10 of 10 steps" in said
    code, said, _ = command(*common, "-n", 20)
    assert "done, 20 of 20 steps" in said
    other = ("md", fluid, "-e", LENNARD_JONES, "-T", 900, "-P", 150, "--seed", 1, "-o", out, *OPTIONS)
    cause, _ = refused(*other, "-n", 20)
    assert "temperature_k" in cause


def test_md_with_a_limit_on_the_spread_needs_a_committee(fluid, tmp_path, command):
    ase.io.write(fluid, atomic_fluid(atoms=16, density_g_per_cm3=0.9, seed=1))
    common = ("md", fluid, "-e", LENNARD_JONES, "-T", 800, "-P", 150, "--seed", 1, "-n", 10, *OPTIONS)
    code, said, _ = command(*common, "-o", tmp_path / "run", "--maximum-force-spread", 0.5)
    assert code == 1
    assert "gives no force spread" in said


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (("-T", -5, "-P", 100), "temperature_k"),
        (("-T", 800), "pressure_gpa"),
        (("-T", 800, "-P", 100, "--timestep-fs", "fast"), "--timestep-fs"),
        (("-T", 800, "-P", 100, "--ensemble", "npz"), "ensemble"),
    ],
)
def test_md_refuses_settings_that_make_no_sense(fluid, tmp_path, arguments, key, refused):
    common = ("md", fluid, "-e", LENNARD_JONES, "-n", 10, "--seed", 1, "-o", tmp_path / "run")
    cause, _ = refused(*common, *arguments)
    assert key in cause
    assert not (tmp_path / "run").exists()


def test_run_refuses_bad_studies_before_anything_is_made(study, tmp_path, monkeypatch, refused):
    good = study.read_text()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.xyz").write_text("")
    changes = {
        "T = -1": ("[800, 1000]", "[-1, 1000]"),
        "unknown key": ("discard", "diskard"),
        "unit": ("200.0", '"200 GPa"'),
        "potential": ("[reference]", '[surrogate]\nengine = "n2p2"\npath = "nowhere"\n[reference]'),
        "start": ("atoms = 8", 'atoms = 8\nstart = "empty.xyz"'),
        "engine": (LENNARD_JONES, "ase:ase.calculators.lj.Nothing"),
    }
    causes = set()
    for before, after in changes.values():
        assert before in good
        study.write_text(good.replace(before, after))
        cause, _ = refused("run", study, "--out", tmp_path / "out")
        causes.add(cause)
        assert not (tmp_path / "out").exists()
    assert len(causes) == len(changes)


def test_run_refuses_a_start_of_another_element_or_size(study, tmp_path, refused):
    helium = molecular_fluid(atoms=8, density_g_per_cm3=0.9, seed=1)
    helium.symbols[3] = "He"
    ase.io.write(tmp_path / "helium.extxyz", helium)
    ase.io.write(tmp_path / "larger.extxyz", molecular_fluid(atoms=12, density_g_per_cm3=0.9, seed=1))
    good = study.read_text()
    for name, said, engine in (("helium", "He", "dft"), ("larger", "12 atoms", LENNARD_JONES)):
        started = good.replace("atoms = 8", f'atoms = 8\nstart = "{name}.extxyz"')
        study.write_text(started.replace(LENNARD_JONES, engine))
        cause, _ = refused("run", study, "--out", tmp_path / "out")
        assert said in cause
    assert not (tmp_path / "out").exists()


def test_status_and_report_of_what_is_no_study_are_refused(tmp_path, refused):
    for name in ("status", "analyse", "report"):
        cause, _ = refused(name, tmp_path)
        assert "not a study directory" in cause


def test_a_study_without_training_runs_and_is_reported(study, tmp_path, monkeypatch, warm_programs):
    monkeypatch.chdir(tmp_path)
    study.write_text(study.read_text() + "[reference.options]\nsigma = 1.2\nepsilon = 0.2\nrc = 2.3\n")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}

    def run(*arguments, program=(warm_programs / "llpt",)):
        return subprocess.run([*program, *arguments], env=environment, text=True, capture_output=True, check=False)

    done = run("run", "study.toml", "--out", "out", program=COMMAND)
    assert done.returncode == 0, done.stderr
    assert "No verdict. There are no runs of a surrogate" in done.stdout
    status = run("status", "out")
    assert "2 done" in status.stdout
    assert (tmp_path / "out" / "report" / "index.html").exists()
    analysed = run("analyse", "out")
    assert analysed.returncode == 0
    other = run("run", str(EXAMPLES / "quick.toml"), "--out", "out")
    assert other.returncode == 1
    assert "belongs to another study" in other.stderr


def test_train_refuses_settings_and_data_there_are_not(fluid, tmp_path, refused):
    out = tmp_path / "potential"
    cause, fix = refused("train", fluid, "-o", out, "--set", "iteration=3")
    assert "no option 'iteration'" in cause
    assert "Did you mean 'iterations'" in fix
    cause, fix = refused("train", fluid, "-o", out, "--set", "members=65")
    assert "members='65'" in cause
    assert "from 1 to 64" in fix
    cause, _ = refused("train", fluid, "-o", out)
    assert "no energy or no forces" in cause
    cause, _ = refused("train", tmp_path / "none", "-o", out)
    assert "does not exist" in cause
    assert not out.exists()


def test_doctor_lists_engines(command):
    code, out, _ = command("doctor")
    assert code == 0
    for said in ("dft", "quantum-espresso", "gpu", "threads", "numpy"):
        assert said in out


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ("llpt.engines", "engine"),
        ("llpt.integrators", "integrator"),
        ("llpt.observables", "observable"),
        ("llpt.criteria", "criterion"),
        ("llpt.comparisons", "comparison"),
    ],
)
def test_doctor_names_what_another_package_adds_and_cannot_be_used(command, install_package, group, kind):
    install_package("broken_one", "import no_such_module", {group: {"its-name": "broken_one:RECORD"}})
    code, out, _ = command("doctor", "--no-trials")
    assert code == 0
    row = " ".join(out[out.index("why it cannot be used") :].split())
    assert kind in row
    assert "its-name" in row
    assert "no_such_module" in row.replace(" ", "")


def test_doctor_says_what_is_missing_and_how_to_get_it(command, monkeypatch):
    missing = Prerequisite(
        "dance", "pip install -e '.[shoes]'", packages=("json", "shoes_of_nobody"), programs=("waltz", "polka")
    )
    here = Prerequisite("count", "nothing", packages=("json",), programs=("waltz", "sh"))
    assert missing.missing == ("shoes_of_nobody", "waltz or polka")
    assert here.missing == ()
    monkeypatch.setattr("llpt.cli.doctor.needs", lambda: (missing, here))
    code, out, _ = command("doctor", "--no-trials")
    assert code == 0
    assert "pip install -e '.[shoes]'" in out
    assert "nothing" not in out


def test_extras_that_doctor_names_exist():
    extras = tomllib.loads((EXAMPLES.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {name for need in needs() for name in re.findall(r"'\.\[(\w+)\]'", need.remedy)}
    assert named
    assert named <= set(extras["optional-dependencies"])
