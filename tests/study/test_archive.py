"""One file of a whole study: nothing is missing, nothing was changed, and it can be done again."""

import shutil
import tarfile
import zipfile
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from rocrate.rocrate import ROCrate

from llpt.cli.running import take_up, tell_what_would_be_done
from llpt.errors import InputError, StorageError
from llpt.files import file_hash
from llpt.study.archive import MANIFEST, Part, opened, pack_study
from llpt.study.crate import CRATE_FILE
from llpt.study.inputs import named_inputs
from llpt.study.layout import StudyDirectory
from llpt.study.manifest import ArchiveManifest
from llpt.study.reading import parse_study
from llpt.version import VERSION

STUDY = Path(__file__).parents[1] / "data" / "small.toml"
FILES = {
    "jobs/a.json": "{}",
    "results/a.nc": "averages",
    "runs/e/N8/P200/T800/run.json": "{}",
    "runs/e/N8/P200/T800/thermo.csv": "step",
    "runs/e/N8/P200/T800/trajectory.h5": "master",
    "runs/e/N8/P200/T800/segments/000000.h5": "frames",
    "runs/e/N8/P200/T800/checkpoints/0000000010/state.npz": "state",
    "runs/e/N8/P200/T800/RESTART": "state",
    ".parsl/000/parsl.log": "log",
}
LEFT = "inputs/surrogate/own-potential/input.nn"


@pytest.fixture
def study(tmp_path):
    root = tmp_path / "study"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "study.toml").write_text(STUDY.read_text())
    (root / "outside").symlink_to("/etc/passwd")
    return StudyDirectory.open(root)


def names(archive):
    with zipfile.ZipFile(archive) as packed:
        return {name.removeprefix("study/") for name in packed.namelist()}


def test_all_is_packed_but_what_serves_a_run_at_work(study, tmp_path):
    pack_study(study, tmp_path / "a.zip")
    whole = {name for name in FILES if "checkpoints" not in name and "RESTART" not in name and ".parsl" not in name}
    assert names(tmp_path / "a.zip") == whole | {"study.toml", MANIFEST, CRATE_FILE}


def test_packing_tells_how_far_it_is(study, tmp_path):
    told = []
    manifest = pack_study(study, tmp_path / "a.zip", on_file=lambda *each: told.append(each))
    total = 2 * len(manifest.files)
    assert told == [(behind, total) for behind in range(total + 1)]


def test_trajectories_can_be_left_out(study, tmp_path):
    manifest = pack_study(study, tmp_path / "a.zip", without=[Part.TRAJECTORIES])
    assert not manifest.trajectories
    assert not [name for name in names(tmp_path / "a.zip") if name.endswith(".h5")]
    assert "runs/e/N8/P200/T800/thermo.csv" in names(tmp_path / "a.zip")


@pytest.fixture
def with_potential(study):
    """A study with its copies of a potential and a start, and a report."""
    kept = (LEFT, "inputs/start/a.extxyz", "report/index.html", "models/report/own")
    for name in kept:
        (study.root / name).parent.mkdir(parents=True)
        (study.root / name).write_text(name)
    return study


def test_potentials_of_others_can_be_left_out_and_put_back(with_potential, tmp_path):
    manifest = pack_study(with_potential, tmp_path / "a.zip", without=[Part.POTENTIALS])
    assert LEFT not in names(tmp_path / "a.zip")
    assert names(tmp_path / "a.zip") >= {"inputs/start/a.extxyz", "report/index.html", "models/report/own"}
    assert list(manifest.left_out) == [LEFT]
    with opened(tmp_path / "a.zip") as root:
        assert manifest.differences(root) == []
        (root / LEFT).parent.mkdir(parents=True)
        (root / LEFT).write_text("another")
        assert manifest.differences(root) == [LEFT]
        (root / LEFT).write_text(LEFT)
        assert manifest.differences(root) == []


def test_without_a_report_only_that_of_the_study_is_left_out(with_potential, tmp_path):
    pack_study(with_potential, tmp_path / "a.zip", without=[Part.REPORT])
    assert "report/index.html" not in names(tmp_path / "a.zip")
    assert "models/report/own" in names(tmp_path / "a.zip")


def test_doing_again_what_lacks_its_potential_says_what_to_put_where(with_potential, tmp_path):
    pack_study(with_potential, tmp_path / "a.zip", without=[Part.POTENTIALS])
    with opened(tmp_path / "a.zip") as root:
        study = StudyDirectory.open(root).study
        with pytest.raises(InputError, match="does not exist: inputs/reference/own-potential") as refused:
            named_inputs(study, root, archived=True)
        assert "put inputs/reference/own-potential back" in refused.value.remedy
        assert "llpt archive DIR" in refused.value.remedy


def test_a_start_that_an_archive_lacks_was_not_left_out_of_it(tmp_path):
    study = parse_study(STUDY.read_text().replace("atoms = 32", 'atoms = 32\nstart = "cell.xyz"'))
    with pytest.raises(InputError, match=r"does not exist: inputs/start/cell\.xyz") as refused:
        named_inputs(study, tmp_path, archived=True)
    assert "back" not in refused.value.remedy


def unpacked(study, place, without):
    """Return a study that was packed and unpacked by hand."""
    pack_study(study, place / "first.zip", without=without)
    shutil.unpack_archive(place / "first.zip", place / "elsewhere")
    return StudyDirectory.open(place / "elsewhere" / "study")


def test_what_was_left_out_stays_named_where_an_archive_is_packed_again(with_potential, tmp_path):
    again = unpacked(with_potential, tmp_path, [Part.POTENTIALS, Part.TRAJECTORIES])
    manifest = pack_study(again, tmp_path / "a.zip")
    assert manifest.left_out == {LEFT: file_hash(with_potential.root / LEFT)}
    assert not manifest.trajectories
    (again.root / LEFT).parent.mkdir(parents=True)
    (again.root / LEFT).write_text("another")
    with pytest.raises(InputError, match=f"another file than .*: {LEFT}"):
        pack_study(again, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()
    shutil.copy(with_potential.root / LEFT, again.root / LEFT)
    manifest = pack_study(again, tmp_path / "b.zip")
    assert LEFT in manifest.files
    assert manifest.left_out == {}
    assert pack_study(again, tmp_path / "c.zip", without=[Part.POTENTIALS]).left_out.keys() == {LEFT}


def test_a_study_goes_on_only_with_the_potential_that_was_there(with_potential, tmp_path):
    """Whether its directory is given, or an archive that somebody made of it, or it is where the work shall go on."""
    again = unpacked(with_potential, tmp_path, [Part.POTENTIALS])
    tell_what_would_be_done(again.root, None, None, retry_failed=False)
    (again.root / LEFT).parent.mkdir(parents=True)
    (again.root / LEFT).write_text("another")
    archive = Path(shutil.make_archive(str(tmp_path / "by-hand"), "zip", again.root.parent, "study"))
    for given, place in ((again.root, None), (archive, tmp_path / "new"), (STUDY, again.root)):
        for begin in (take_up, partial(tell_what_would_be_done, retry_failed=False)):
            with pytest.raises(InputError, match=f"another file than .*: {LEFT}"):
                begin(given, place, None)
    assert not (tmp_path / "new").exists()


def test_a_link_in_the_place_of_a_copy_is_not_left_out_unsaid(with_potential, tmp_path):
    (tmp_path / "b.extxyz").touch()
    (with_potential.root / "inputs/start/b.extxyz").symlink_to(tmp_path / "b.extxyz")
    with pytest.raises(InputError, match=r"start/b\.extxyz is a link") as refused:
        pack_study(with_potential, tmp_path / "a.zip")
    assert "a copy" in refused.value.remedy


def test_other_programs_are_told_what_the_archive_holds(study, tmp_path):
    """The library that reads such crates finds every file with its hash, and who made it."""
    manifest = pack_study(study, tmp_path / "a.zip")
    with opened(tmp_path / "a.zip") as root:
        crate = ROCrate(root)
        assert crate.name == study.study.study.name
        assert crate.root_dataset["creator"]["version"] == VERSION
        assert {one.id: one["sha256"] for one in crate.get_by_type("File")} == manifest.files
        assert crate.get("results/a.nc")["encodingFormat"] == "application/netcdf"
        assert crate.get("study.toml")["contentSize"] == str((root / "study.toml").stat().st_size)


def test_a_file_that_was_changed_or_taken_out_is_found(study, tmp_path):
    pack_study(study, tmp_path / "a.zip")
    with opened(tmp_path / "a.zip") as root:
        manifest = ArchiveManifest.read(root)
        assert manifest.differences(root) == []
        (root / "results" / "a.nc").write_text("other averages")
        (root / "jobs" / "a.json").unlink()
        assert set(manifest.differences(root)) == {"results/a.nc", "jobs/a.json"}
        (root / MANIFEST).write_text("{")
        with pytest.raises(StorageError, match="damaged"):
            ArchiveManifest.read(root)


def test_nothing_is_overwritten(study, tmp_path):
    (tmp_path / "a.zip").write_text("something else")
    with pytest.raises(InputError, match="exists already"):
        pack_study(study, tmp_path / "a.zip")
    assert (tmp_path / "a.zip").read_text() == "something else"


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive_that_would_fill_the_disk_is_not_unpacked(tmp_path, monkeypatch, kind):
    """Zeros of terabytes take kilobytes; here a file of 3 MB, and a disk that has 5 MB."""
    archive, size = tmp_path / f"a.{kind}", 3_000_000
    if kind == "zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("study/study.toml", STUDY.read_text())
            packed.writestr("study/zeros", bytes(size))
    else:
        (tmp_path / "zeros").write_bytes(bytes(size))
        with tarfile.open(archive, "w:gz") as packed:
            packed.add(STUDY, "study/study.toml")
            packed.add(tmp_path / "zeros", "study/zeros")
    with opened(archive) as root:
        assert (root / "zeros").stat().st_size == size
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=5_000_000))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    with pytest.raises(StorageError, match=r"unpacks to 0\.003 GB, and .* 0\.005 GB free"), opened(archive):
        pass
    assert not list(scratch.iterdir())


def test_a_study_file_that_is_no_text_is_said(tmp_path):
    (tmp_path / "study.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        StudyDirectory.open(tmp_path)
