"""A folder of VASP runs becomes a study in one command; runs are taken out again and called anew."""

import json
import shutil

import pytest
from tests.vasp_format import thermal_frames, write_thermal_runs, write_vasprun

import llpt
from llpt.errors import StorageError
from llpt.files import remove
from llpt.report.live import LiveStudy
from llpt.study import Ledger, StudyDirectory, make_plan
from llpt.study.certificate import certify_study
from llpt.study.imported_record import complete_imports

TEMPERATURES = (800, 1000)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Runs of 16 atoms in VASP's format, one a folder, and beside them what lies in such folders too."""
    root = tmp_path_factory.mktemp("tree")
    for kelvin in TEMPERATURES:
        frames = thermal_frames(kelvin=kelvin, gpa=200.0, timestep_fs=0.3)
        trajectory = llpt.open_trajectory(
            frames, timestep_fs=0.3, temperature_k=kelvin, pressure_gpa=200.0, electronic_temperature_k=kelvin
        )
        write_vasprun(root / f"vasp/P200/T{kelvin}/vasprun.xml", trajectory, electronic_temperature_k=kelvin)
        (root / f"vasp/P200/T{kelvin}/INCAR").write_text("IBRION = 0\n")
    frames[0].write(root / "vasp/start.extxyz")
    return root


@pytest.fixture
def study(tree, tmp_path, command):
    """The tree as a study."""
    code, _, err = command(
        "import",
        tree / "vasp",
        "-o",
        tmp_path / "study",
        "--role",
        "reference",
        "--label",
        "ВАСП PBE",
    )
    assert code == 0, err
    return tmp_path / "study"


def paths(study):
    place = StudyDirectory.open(study)
    with Ledger(place.database) as ledger:
        entered = {entry.path for entry in ledger.entries()}
    planned = {run.path for run in make_plan(place.study).runs}
    assert planned == entered == {path for path in planned if (study / path / "trajectory.h5").exists()}
    return sorted(planned)


def test_a_dry_run_says_what_is_there_and_writes_nothing(tree, tmp_path, command):
    code, out, _ = command(
        "import", tree / "vasp", "-o", tmp_path / "study", "--role", "reference", "--label", "VASP", "--dry-run"
    )
    assert code == 0, out
    assert "P200/T800" in out
    assert "vasp/N16/P200/T1000" in out
    assert "left out: vasp: " in out
    assert "It holds 1 whole frame" in out
    assert "2 of 3 runs would be taken in, 0 refused" in out
    assert not (tmp_path / "study").exists()


def test_eighty_columns_break_no_heading_and_no_name_of_a_run(tree, tmp_path, command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    words = ("import", tree / "vasp", "-o", tmp_path / "study", "--role", "reference", "--label", "VASP", "--dry-run")
    _, out, _ = command(*words)
    heading = " ".join(out.splitlines()[0].split())
    assert heading == "found program atoms frames ps T (K) P or ρ T_el (K) fs"
    assert "P200/T800 becomes vasp/N16/P200/T800; its frames measure T " in out


def test_verify_says_who_enters_the_thresholds_of_runs_that_were_only_imported(study, command):
    code, out, _ = command("verify", study)
    assert code == 1
    assert "earlier version" not in out
    assert "the ledger does not hold them: llpt analyse DIR enters them" in out


def test_states_come_from_the_files_and_the_label_may_be_of_any_alphabet(study):
    assert paths(study) == [f"runs/васп-pbe/N16/P200/T{kelvin}" for kelvin in sorted(map(str, TEMPERATURES))]
    runs = StudyDirectory.open(study).study.imported
    assert {run.temperature_k for run in runs} == set(TEMPERATURES)
    assert {round(run.electronic_temperature_k, 3) for run in runs} == set(TEMPERATURES)
    assert {run.timestep_fs for run in runs} == {0.3}
    assert {run.files[0].rsplit("/", 1)[0].rsplit("/", 1)[-1] for run in runs} == {"T800", "T1000"}


def test_the_same_folder_again_changes_nothing(study, tree, command):
    code, out, _ = command(
        "import",
        tree / "vasp",
        "-o",
        study,
        "--role",
        "reference",
        "--label",
        "ВАСП PBE",
    )
    assert code == 0, out
    assert "0 of 3 runs taken in, 0 refused" in out
    assert out.count("imported before") == 2


def test_a_folder_that_says_another_temperature_is_refused_and_the_others_come_in(tree, tmp_path, command):
    copied = shutil.copytree(tree / "vasp", tmp_path / "vasp")
    (copied / "P200/T800").rename(copied / "P200/T900")
    words = ("import", copied, "-o", copied / "study", "--role", "reference", "--label", "VASP")
    code, out, _ = command(*words)
    assert code == 1
    assert "states a temperature of 900, its files 800" in out
    assert "--despite temperature" in out
    first = min(copied.rglob("vasprun.xml"))
    text = first.read_text()
    cell = text.index('name="basis"')
    first.write_text(text[:cell] + text[cell:].replace(" 0.0", " ****", 1))
    code, out, _ = command(*words)  # the study lies among the runs: its own are none of them
    assert code == 1
    assert "0 of 3 runs taken in, 2 refused" in out
    assert "it may be damaged" in out


def test_runs_are_taken_out_again(study, command):
    code, out, err = command("import", "-o", study, "--remove", "васп-pbe/N16/P200/T800")
    assert code == 0, err
    assert "removed васп-pbe/N16/P200/T800" in out
    assert paths(study) == ["runs/васп-pbe/N16/P200/T1000"]
    code, _, err = command("import", "-o", study, "--remove", "nobody/*")
    assert code == 1
    assert "No imported run of the study matches" in err


@pytest.mark.parametrize("at", range(4))
def test_a_removal_that_is_killed_leaves_nothing_that_the_next_command_does_not_remove(study, command, monkeypatch, at):
    steps = iter(range(at, -1, -1))

    def killed_at(function):
        def step(*args):
            if next(steps, None) == 0:
                raise KeyboardInterrupt
            return function(*args)

        return step

    monkeypatch.setattr("llpt.study.imported_record.remove", killed_at(remove))
    monkeypatch.setattr(Ledger, "forget", killed_at(Ledger.forget))
    command("import", "-o", study, "--remove", "васп-pbe/N16/P200/T800")
    monkeypatch.undo()
    place = StudyDirectory.open(study)
    with place.locked(), Ledger(place.database) as ledger:
        complete_imports(place, ledger)
    assert paths(study) == ["runs/васп-pbe/N16/P200/T1000"]
    assert not (study / "runs/васп-pbe/N16/P200/T800").exists()


def test_an_engine_is_called_anew(study, command):
    code, out, err = command("import", "-o", study, "--relabel", "ВАСП PBE=VASP PBE")
    assert code == 0, err
    assert paths(study) == ["runs/vasp-pbe/N16/P200/T1000", "runs/vasp-pbe/N16/P200/T800"]
    code, out, err = command("analyse", study)
    assert code == 0, err
    code, out, _ = command("verify", study)
    assert code == 0, out


@pytest.mark.parametrize("label", ["VASP PBE", "васп pbe"])  # the second has the same place
@pytest.mark.parametrize("fails", ["put_directory", "write_atomically", "write_job"])
def test_a_relabelling_that_fails_midway_loses_nothing(study, command, monkeypatch, label, fails):
    def refuse(*_, **__):
        raise StorageError("The disk is full.", "Free some space.")

    place = "llpt.study.imported_changes" if fails == "put_directory" else "llpt.study.imported_record"
    monkeypatch.setattr(f"{place}.{fails}", refuse)
    before = {run.sha256 for run in StudyDirectory.open(study).study.imported}
    code, _, err = command("import", "-o", study, "--relabel", f"ВАСП PBE={label}")
    assert (code == 0) == (fails == "put_directory" and label == "васп pbe")
    monkeypatch.undo()

    kept = StudyDirectory.open(study).study.imported
    assert {run.sha256 for run in kept} == before
    assert all((study / run.path / "trajectory.h5").exists() for run in kept), err
    name = kept[0].label
    code, _, err = command("import", "-o", study, "--relabel", f"{name}=again")  # the next command makes it good
    assert code == 0, err
    assert paths(study) == ["runs/again/N16/P200/T1000", "runs/again/N16/P200/T800"]


def test_an_imported_study_is_planned_and_a_deleted_run_is_not_called_done(study, command):
    code, out, err = command("plan", study, "--all")
    assert code == 0, err
    assert "васп-pbe/N16/P200/T1000" in out
    run = study / "runs/васп-pbe/N16/P200/T1000"
    assert "gone" not in command("status", study)[1]
    for segment in (run / "segments").iterdir():
        segment.unlink()
    removed = command("status", study)[1]
    for kept in run.iterdir():
        shutil.rmtree(kept) if kept.is_dir() else kept.unlink()
    emptied = command("status", study)[1]
    run.rmdir()
    for out in (removed, emptied, command("status", study)[1]):
        assert "gone: done by the ledger, but its results are not there: васп-pbe/N16/P200/T1000." in out


def test_imported_runs_are_asked_for_their_ensemble(study, command):
    code, out, err = command("certify", study)
    assert code == 0, err
    assert "must be" in out
    place = StudyDirectory.open(study)
    with Ledger(place.database) as ledger:
        entries = {entry.path: entry for entry in ledger.entries()}
    parts = []
    runs = make_plan(place.study).runs
    found = certify_study(place, runs, entries, lambda *each: parts.append(each))
    asked = [check.what for _, check in found]
    assert [behind for behind, _ in parts] == list(range(1 + parts[-1][1]))
    assert asked.count("variance of the kinetic energy") == 2
    assert asked.count("energies of two temperatures") == 1


def test_a_ramp_that_the_files_state_is_refused_before_anybody_is_asked(tmp_path, command):
    write_thermal_runs(tmp_path / "ramp", temperatures=[900])
    path = tmp_path / "ramp" / "T900" / "vasprun.xml"
    path.write_text(path.read_text().replace('"TEBEG">900.0', '"TEBEG">300.0'))
    words = ["-o", tmp_path / "study", "--role", "reference", "--label", "VASP"]
    _, _, err = command("import", path, *words)
    assert "The thermostat of" in err
    assert "goes from 300 to 900 K: no equilibrium run" in err
    code, out, _ = command("import", tmp_path / "ramp", *words)
    assert "goes from 300 to 900 K: no equilibrium run" in out
    assert code == 1
    code, _, err = command("import", path, *words, "-T", 900, "--despite", "drift")
    assert code == 0, err


def test_imported_runs_are_not_called_done_and_those_whose_files_are_cut_are_told(tree, tmp_path, command):
    copied = shutil.copytree(tree / "vasp", tmp_path / "vasp")
    source = copied / "P200/T800/vasprun.xml"
    text = source.read_text()
    source.write_text(text[: text.rindex("<calculation>") + 200])
    words = ("import", copied, "-o", tmp_path / "study", "--role", "reference", "--label", "VASP")
    code, _, err = command(*words)
    assert code == 0, err
    code, out, err = command("status", tmp_path / "study")
    assert code == 0, err
    assert "1 imported, 1 imported, cut off." in out
    assert "in the middle of a step" in " ".join(out.replace("│", " ").split())
    assert "done" not in out
    live = json.loads(LiveStudy(tmp_path / "study", report=False).standing())
    assert {word: count for word, count in live["counts"].items() if count} == {"imported": 1, "imported, cut off": 1}
    assert {run["state"] for run in live["runs"]} == {"imported", "imported, cut off"}
    code, _, err = command("report", tmp_path / "study")
    assert code == 0, err
    page = (tmp_path / "study/report/index.html").read_text()
    assert "2 runs, all imported" in page
    assert ">imported, cut off<" in page
    assert ">done<" not in page


@pytest.mark.parametrize("dry", [False, True])
def test_a_second_theory_needs_a_label_of_its_own(tmp_path, command, dry):
    for name, gga, kelvin in (("a", "PE", 800), ("b", "PS", 801)):
        write_thermal_runs(tmp_path / name, temperatures=[kelvin])
        path = tmp_path / name / f"T{kelvin}/vasprun.xml"
        path.write_text(path.read_text().replace("</incar>", f'<i name="GGA" type="string">{gga}</i></incar>'))
    words = ("import", tmp_path, "-o", tmp_path / "study", "--role", "reference", "--label")
    code, out, _ = command(*words, "VASP", *(["--dry-run"] if dry else []))
    assert code == 1
    told = " ".join(out.split())
    assert 'computed with functional pbesol, runs/vasp/N16/P100/T800 of the label "VASP" with functional pbe.' in told
    assert "Give it another label" in told
    if not dry:
        code, out, _ = command("import", tmp_path / "b", *words[2:], "VASP PBEsol")
        assert code == 0, out
        (first, second) = StudyDirectory.open(tmp_path / "study").study.imported
        assert [dict(run.theory)["functional"] for run in (first, second)] == ["pbe", "pbesol"]


def test_an_import_says_and_refuses_them(tmp_path, command):
    for name, kelvin, electrons in (("a", 800, 800), ("b", 801, 300), ("c", 800.002, 300)):
        write_thermal_runs(tmp_path / name, temperatures=[kelvin])
        (path,) = (tmp_path / name).rglob("vasprun.xml")
        text = path.read_text().replace("800.002", "800")
        old = text[text.index('<i name="SIGMA">') :].split("</i>")[0]
        path.write_text(text.replace(old, f'<i name="SIGMA">{electrons / 11604.518:.8f}'))
    words = ("-o", tmp_path / "study", "--role", "reference", "--label", "VASP", "-T", "800")
    assert command("import", tmp_path / "a", *words)[0] == 0
    code, out, _ = command("import", tmp_path / "b", *words[:-2])
    assert code == 0, out
    assert "Its electrons are at 300 K, those of vasp/N16/P100/T800 at 800 K" in " ".join(out.split())
    code, out, _ = command("import", tmp_path / "c", *words, "--despite", "temperature")
    assert code == 1
    assert "those of its repeat vasp/N16/P100/T800 at 800 K" in " ".join(out.split())


def test_the_last_run_of_a_study_stays_until_there_is_another(tmp_path, command):
    for name, kelvin in (("wrong", 800), ("right", 900)):
        write_thermal_runs(tmp_path / name, temperatures=[kelvin])
    words = ("-o", tmp_path / "study", "--role", "reference", "--label", "VASP")
    assert command("import", tmp_path / "wrong", *words)[0] == 0
    before = {path: path.read_bytes() for path in (tmp_path / "study").rglob("*") if path.is_file()}
    code, _, err = command("import", "-o", tmp_path / "study", "--remove", "vasp/*")
    assert code == 1
    assert "would be no study without these runs" in err
    assert "Import others before" in err
    assert {path: path.read_bytes() for path in before} == before
    assert command("import", tmp_path / "right", *words)[0] == 0
    assert command("import", "-o", tmp_path / "study", "--remove", "vasp/N16/P100/T800")[0] == 0
    assert [run.temperature_k for run in StudyDirectory.open(tmp_path / "study").study.imported] == [900.0]
    assert "1 imported." in command("status", tmp_path / "study")[1]
