"""One file of a whole study: nothing is missing, nothing was changed, and it can be done again."""

import shutil
import tarfile
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from rocrate.rocrate import ROCrate

from llpt.errors import InputError, StorageError
from llpt.study.archive import MANIFEST, ArchiveManifest, Part, opened, pack_study
from llpt.study.crate import CRATE_FILE
from llpt.study.inputs import named_inputs
from llpt.study.layout import StudyDirectory
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
    kept = (
        "inputs/surrogate/own-potential/input.nn",
        "inputs/start/a.extxyz",
        "report/index.html",
        "models/report/own",
    )
    for name in kept:
        (study.root / name).parent.mkdir(parents=True)
        (study.root / name).write_text(name)
    return study


def test_potentials_of_others_can_be_left_out_and_put_back(with_potential, tmp_path):
    left = "inputs/surrogate/own-potential/input.nn"
    manifest = pack_study(with_potential, tmp_path / "a.zip", without=[Part.POTENTIALS])
    assert left not in names(tmp_path / "a.zip")
    assert names(tmp_path / "a.zip") >= {"inputs/start/a.extxyz", "report/index.html", "models/report/own"}
    assert list(manifest.left_out) == [left]
    with opened(tmp_path / "a.zip") as root:
        assert manifest.differences(root) == []
        (root / left).parent.mkdir(parents=True)
        (root / left).write_text("another")
        assert manifest.differences(root) == [left]
        (root / left).write_text(left)
        assert manifest.differences(root) == []


def test_without_a_report_only_that_of_the_study_is_left_out(with_potential, tmp_path):
    pack_study(with_potential, tmp_path / "a.zip", without=[Part.REPORT])
    assert "report/index.html" not in names(tmp_path / "a.zip")
    assert "models/report/own" in names(tmp_path / "a.zip")


def test_doing_again_what_lacks_its_potential_says_what_to_put_where(with_potential, tmp_path):
    pack_study(with_potential, tmp_path / "a.zip", without=[Part.POTENTIALS])
    with opened(tmp_path / "a.zip") as root:
        study = StudyDirectory.open(root).study
        with pytest.raises(InputError, match="own-potential, which does not exist") as refused:
            named_inputs(study, root, archived=True)
        assert "put own-potential there" in refused.value.remedy


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
