"""Trajectories made elsewhere, from import to verdict, and what verify says of a study that was tampered with."""

import csv
import io
import json
import re
import shutil
import sqlite3
import sys
import tarfile
import zipfile

import h5py
import numpy as np
import pytest
import xarray as xr
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from llpt.audit import Verdict
from llpt.cli import main
from llpt.observables import compare_kept, load_summary, save_summary
from llpt.statistics import STATISTICS
from llpt.study import Ledger, State, StudyDirectory, make_plan
from llpt.study.verifying_results import verdict_checks

TEMPERATURES = (800, 900, 1000)
ATOMS, FRAMES = 32, 60


def density_edge(temperature, offset=0.0):
    """Edge of a cell whose density rises by 1 % for 100 K, in Å."""
    return 4.2 * (1.0 - (temperature - 900) * 1e-4 / 3.0 + offset)


def frames_at(temperature, *, labels, offset=0.0):
    random = np.random.default_rng(temperature)
    fractions = random.random((ATOMS, 3))
    frames = []
    for _ in range(FRAMES):
        fractions = fractions + random.normal(scale=0.005, size=fractions.shape)  # as far as at these temperatures
        edge = density_edge(temperature, offset) * (1.0 + 1e-3 * random.normal())
        atoms = Atoms(f"H{ATOMS}", scaled_positions=fractions, cell=edge * np.eye(3), pbc=True)
        if labels:
            energy = -400.0 + 0.01 * temperature + random.normal()
            results = {"energy": energy, "free_energy": energy - 0.5, "forces": random.normal(size=(ATOMS, 3))}
            atoms.calc = SinglePointCalculator(atoms, stress=-1.2 * np.array([1, 1, 1, 0, 0, 0]), **results)
            atoms.set_momenta(random.normal(scale=0.28 * (temperature / 900) ** 0.5, size=(ATOMS, 3)))
        frames.append(atoms)
    return frames


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A study of two imported engines, analysed: labelled extended XYZ, and bare XDATCARs 2 % denser."""
    root = tmp_path_factory.mktemp("imported")
    with pytest.MonkeyPatch.context() as patch:
        for temperature in TEMPERATURES:
            write(root / f"{temperature}.extxyz", frames_at(temperature, labels=True), format="extxyz")
            place = root / str(temperature)
            place.mkdir()
            write(place / "XDATCAR", frames_at(temperature, labels=False, offset=-0.02 / 3), format="vasp-xdatcar")
            common = ["-o", root / "study", "-T", temperature, "-P", 200, "--timestep-fs", 1.0]
            for extra in (
                [root / f"{temperature}.extxyz", "--role", "reference", "--label", "My DFT", "--discard", 5,
                 "--electronic-temperature-k", temperature],
                [place / "XDATCAR", "--role", "surrogate", "--label", "Net"],
            ):  # fmt: skip
                patch.setattr(sys, "argv", ["llpt", "import", *map(str, [*extra, *common])])
                with pytest.raises(SystemExit) as ended:
                    main()
                assert not ended.value.code
        patch.setattr(sys, "argv", ["llpt", "analyse", str(root / "study")])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
    return root / "study"


@pytest.fixture
def copy(study, tmp_path):
    return shutil.copytree(study, tmp_path / "study")


def test_imported_runs_are_done_and_name_their_origin(study):
    place = StudyDirectory.open(study)
    with Ledger(place.database) as ledger:
        entries = {entry.path: entry for entry in ledger.entries()}
    assert set(entries) == {run.path for run in make_plan(place.study).runs}
    entry = entries["runs/my-dft/N32/P200/T900"]
    assert (entry.state, entry.steps_done) == (State.DONE, FRAMES - 1)
    record = json.loads((study / entry.path / "run.json").read_text())
    assert record["state"] == "done"
    assert record["origin"]["program"] == "extended XYZ"
    assert record["origin"]["files"]["imported0/900.extxyz"] == entry.provenance.origin.sha256[0]


def test_averages_are_those_of_what_was_written(study):
    summary = xr.open_dataset(study / "results/my-dft-N32-P200-T900.nc", engine="h5netcdf").load()
    expected = ATOMS * 1.008 * 1.66053906660 / density_edge(900) ** 3
    assert float(summary["density"]) == pytest.approx(expected, rel=2e-3)
    assert float(summary["electronic_entropy_term"]) == pytest.approx(0.5 / ATOMS, rel=1e-6)
    assert int(summary.attrs["discard_steps"]) == 5


def test_what_the_files_lack_is_not_available_and_nothing_fails(study):
    summary = xr.open_dataset(study / "results/net-N32-P200-T900.nc", engine="h5netcdf").load()
    for name in ("enthalpy", "heat_capacity", "thermal_expansion", "pressure", "internal_energy", "temperature"):
        assert np.isnan(float(summary[name])), name
    for name in ("density", "rdf_peak_height", "molecular_fraction", "diffusion", "compressibility"):
        assert np.isfinite(float(summary[name])), name
    assert "vdos" not in summary


def test_audit_finds_the_difference_that_was_put_in(study, command):
    code, out, _ = command("audit", study, "--json")
    verdict = json.loads(out)
    assert code == 0
    assert (verdict["reference"], verdict["surrogate"]) == ("My DFT", "Net")
    assert verdict == json.loads((study / "results/verdict.json").read_text())
    shifts = [each["difference"]["value"] for each in verdict["comparisons"] if each["quantity"].startswith("density")]
    assert np.median(shifts) == pytest.approx(2.0, abs=0.2)


def test_audit_of_chosen_engines_turns_the_sign(study, command):
    code, out, _ = command("audit", study, "--reference", "net", "--surrogate", "my-dft")
    assert code == 0
    assert "My DFT against Net" in out
    assert "Verdict: not resolved" in out
    code, _, err = command("audit", study, "--reference", "nobody")
    assert code == 1
    assert "Engines are: my-dft, net" in err


@pytest.mark.slow
def test_the_report_of_an_imported_study_is_written(copy, command):
    code, out, _ = command("report", copy)
    assert code == 0, out
    page = (copy / "report/index.html").read_text()
    assert "My DFT" in page
    assert "extended XYZ" in page


def test_a_study_as_it_is_verifies_and_stays_as_it_is(copy, command):
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
    code, out, _ = command("verify", copy, "--all")
    assert code == 0, out
    assert "results, stored and recomputed" in out
    assert {path: path.stat().st_mtime_ns for path in copy.rglob("*")} == before


def test_a_packed_study_verifies(study, tmp_path, command):
    with tarfile.open(tmp_path / "study.tar.gz", "w:gz") as tar:
        tar.add(study, arcname="study")
    assert command("verify", tmp_path / "study.tar.gz")[0] == 0


SPREAD = """
from llpt.observables import FrameObservable, Quantity
from llpt.statistics import mean_estimate

SPREAD = Quantity("spread", "s", "Å", "spread of the positions", tabled=True, drawn=True)


class Spread:
    def __init__(self):
        self.values = []

    def add(self, block):
        self.values.extend(float(positions.std()) for positions in block.positions_angstrom)

    def results(self):
        return {"spread": mean_estimate(self.values, "Å")}


RECORD = FrameObservable(name="spread", quantities=(SPREAD,), accumulate=lambda run: Spread())
"""
BROKEN = """
from llpt.observables import FrameObservable, Quantity

def fail(run):
    raise RuntimeError("no <licence>")

RECORD = FrameObservable(name="broken", quantities=(Quantity("b", "b", "", "nothing"),), accumulate=fail)
"""


def test_an_observable_of_another_package_joins_a_finished_study(copy, command, install_package):
    result = copy / "results/net-N32-P200-T900.nc"
    before = load_summary(result)
    install_package("spreading", SPREAD, {"llpt.observables": {"spread": "spreading:RECORD"}})
    install_package("breaking", BROKEN, {"llpt.observables": {"broken": "breaking:RECORD"}})
    install_package("missing", "import no_such_module", {"llpt.observables": {"gone": "missing:RECORD"}})
    code, out, _ = command("report", copy)
    assert code == 0
    said = " ".join(out.split())
    assert "net/N32/P200/T900, in part: Observable 'broken' of another package failed: RuntimeError" in said
    assert "left out: observable gone: Plug-in 'gone' (llpt.observables) of package missing" in said
    after = load_summary(result)
    found = compare_kept(before, after)
    assert (found.differing, found.old) == ((), ())
    assert found.new == ("spread", "spread_error", "spread_effective_samples")
    with (copy / "results/observables.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 2 * len(TEMPERATURES)
    assert all(float(row["spread (Å)"]) > 0.0 and "spread error" in row for row in rows)
    page = (copy / "report/index.html").read_text(encoding="utf-8")
    assert '<th scope="col" class="n">s (Å)</th>' in page
    assert "no &lt;licence&gt;" in page
    assert "spread of the positions (Å)" in page
    assert (copy / "report/figures/observables.pdf").is_file()
    assert command("verify", copy)[0] == 0


def test_what_an_observable_of_another_package_left_is_kept_where_it_is_gone(copy, command, install_package):
    place = install_package("spreading", SPREAD, {"llpt.observables": {"spread": "spreading:RECORD"}})
    assert command("analyse", copy)[0] == 0
    sys.path.remove(str(place))
    assert command("analyse", copy)[0] == 0
    assert "spread" in load_summary(copy / "results/net-N32-P200-T900.nc")
    code, out, _ = command("verify", copy)
    assert (code, "mismatch" in out) == (0, False)
    assert "6 runs: Of observables that are not installed here, not compared: spread." in out
    result = copy / "results/net-N32-P200-T900.nc"
    older = load_summary(result)
    older.attrs["observables"] = re.sub(r"displacement \d+", "displacement 1", older.attrs["observables"])
    save_summary(older, result)
    code, out, _ = command("verify", copy)
    assert code == 1
    assert "cannot be told: runs/net/N32/P200/T900: results, stored and recomputed: made by another version" in out
    assert "mismatch" not in out


def test_verify_names_everything_that_does_not_agree(copy, command):
    with h5py.File(copy / "runs/net/N32/P200/T900/segments/000000.h5", "r+") as file:
        values = file["particles/trajectory/position/value"]
        values[10:] = values[10:] * 1.001
    segment = copy / "runs/net/N32/P200/T800/segments/000000.h5"
    segment.write_bytes(segment.read_bytes()[:-20_000])
    shutil.rmtree(copy / "runs/net/N32/P200/T1000/segments")
    with h5py.File(copy / "runs/my-dft/N32/P200/T900/segments/000000.h5", "r+") as file:
        file["llpt/scalars/free_energy_ev"][7] = np.nan
    table = (copy / "imported.toml").read_text()
    (copy / "imported.toml").write_text(table.replace("discard = 5", "discard = 6", 1))
    with sqlite3.connect(copy / "study.db") as database:
        database.execute("UPDATE runs SET state = 'failed' WHERE identity LIKE '%my-dft%T1000'")
        database.execute("UPDATE runs SET steps_done = 50 WHERE identity LIKE '%net%T900'")
    code, out, _ = command("verify", copy)
    assert code == 1
    for mismatch in (
        "runs/net/N32/P200/T900: results, stored and recomputed: differ: ",
        "runs/net/N32/P200/T900: length: planned 59, ledger 50, trajectory 59",
        "runs/net/N32/P200/T800: trajectory: ",
        "runs/net/N32/P200/T1000: trajectory: There is no trajectory",
        "runs/my-dft/N32/P200/T900: energies and conserved quantity finite: free_energy_ev at step 7",
        "runs/my-dft/N32/P200/T800: inputs' hash, study file and ledger",
        "runs/my-dft/N32/P200/T800: results, stored and recomputed",
        "study: every run done: not done: runs/my-dft/N32/P200/T1000",
        "study: verdict, stored and recomputed",
    ):
        assert f"mismatch: {mismatch}" in out, mismatch


def test_verify_names_a_verdict_that_does_not_follow(copy, command):
    verdict = json.loads((copy / "results/verdict.json").read_text())
    (copy / "results/verdict.json").write_text(json.dumps(verdict | {"value": "faithful"}))
    code, out, _ = command("verify", copy)
    assert code == 1
    assert out.count("mismatch:") == 1
    assert "mismatch: study: verdict, stored and recomputed: differ: value" in out


def test_verify_names_thresholds_that_are_not_the_studys(copy, command):
    verdict = json.loads((copy / "results/verdict.json").read_text())
    verdict["thresholds"]["density_percent"] = 5.0
    (copy / "results/verdict.json").write_text(json.dumps(verdict))
    code, out, _ = command("verify", copy)
    assert code == 1
    assert "mismatch: study: thresholds, study file and verdict: the verdict was judged by others" in out
    assert "mismatch: study: verdict, stored and recomputed: differ: thresholds.density_percent" in out


def test_an_energy_edited_in_a_frame_that_no_average_sees_is_found(copy, command):
    with h5py.File(copy / "runs/my-dft/N32/P200/T900/segments/000000.h5", "r+") as file:
        for place in ("llpt/scalars/free_energy_ev", "observables/free_energy_ev/value"):
            file[place][2] += 0.3  # five frames are discarded
    code, out, _ = command("verify", copy)
    assert code == 1
    assert out.count("mismatch:") == 2
    assert "mismatch: runs/my-dft/N32/P200/T900: what it left, ledger and disk: stored " in out
    assert "mismatch: runs/my-dft/N32/P200/T900: thermo.csv, stored and made anew: row 3 " in " ".join(out.split())


def test_a_number_edited_in_a_table_for_people_is_found(copy, command):
    table = copy / "results/observables.csv"
    heading, *rows = table.read_text().splitlines()
    column = heading.split(",").index("density (g/cm^3)")
    cells = rows[0].split(",")
    cells[column] = f"{float(cells[column]) + 0.01:.8g}"
    table.write_text("\n".join([heading, ",".join(cells), *rows[1:]]) + "\n")
    code, out, _ = command("verify", copy)
    assert code == 1
    assert out.count("mismatch:") == 1
    assert "mismatch: study: observables.csv, stored and made anew: row 1 " in " ".join(out.split())


def test_thresholds_that_were_edited_after_the_runs_are_found_though_study_and_verdict_agree(copy, command):
    study = (copy / "study.toml").read_text()
    (copy / "study.toml").write_text(study.replace("density_percent = 1\n", "density_percent = 5\n"))
    verdict = json.loads((copy / "results/verdict.json").read_text())
    assert command("analyse", copy)[0] == 0
    edited = json.loads((copy / "results/verdict.json").read_text())
    assert edited["thresholds"] == verdict["thresholds"] | {"density_percent": 5.0}
    code, out, _ = command("verify", copy)
    assert code == 1
    assert out.count("mismatch:") == 1
    assert "mismatch: study: thresholds, study file and ledger: fixed on " in out
    assert "density_percent 1.0, now 5.0" in " ".join(out.split())
    with sqlite3.connect(copy / "study.db") as database:
        database.execute("DROP TABLE facts")
    code, out, _ = command("verify", copy)
    assert code == 1
    assert "cannot be told: study: thresholds, study file and ledger: the ledger does not hold them" in out


def test_rows_that_are_only_shown_cannot_be_taken_out_of_a_verdict(copy, command):
    place = StudyDirectory.open(copy)
    whole = Verdict.from_json(place.verdict.read_text())  # the runs lead to it, as verify says of the study as it is
    verdict = json.loads(place.verdict.read_text())
    shown = {each["quantity"] for each in verdict["comparisons"] if not each["judged"]}
    assert shown
    for quantity in shown:
        left = [each for each in verdict["comparisons"] if each["quantity"] != quantity]
        place.verdict.write_text(json.dumps(verdict | {"comparisons": left}))
        thresholds, told = verdict_checks(place, lambda: (whole, ""), whole.thresholds)
        assert thresholds.passed
        assert not told.passed, quantity
        assert told.found.startswith("differ: comparisons"), quantity
    code, out, _ = command("verify", copy)
    assert code == 1
    assert "mismatch: study: verdict, stored and recomputed: differ: comparisons" in out


@pytest.mark.parametrize(
    ("change", "says"),
    [({"statistics": 0}, "judged by statistics version 0, this program has"), ({"format": 99}, "has format 99")],
)
def test_verify_does_not_call_another_version_a_mismatch(copy, command, change, says):
    verdict = json.loads((copy / "results/verdict.json").read_text())
    (copy / "results/verdict.json").write_text(json.dumps(verdict | change))
    code, out, _ = command("verify", copy)
    assert code == 1
    assert "mismatch:" not in out
    assert "cannot be told: study: verdict, stored and recomputed: " in out
    assert says in out


def test_verify_reads_a_verdict_from_before_it_had_a_format(copy, command):
    verdict = json.loads((copy / "results/verdict.json").read_text())
    thresholds = {key: value for key, value in verdict["thresholds"].items() if key not in {"also_judge", "others"}}
    old = {key: value for key, value in verdict.items() if key not in {"format", "statistics"}}
    (copy / "results/verdict.json").write_text(json.dumps(old | {"thresholds": thresholds}))
    _, out, _ = command("verify", copy)
    passed, of = map(int, re.search(r"(\d+) of (\d+) checks passed", out).groups())
    assert passed == of - 1 > 50
    assert f"judged by statistics version 1, this program has {STATISTICS}" in out


def test_verify_refuses_what_is_no_study(tmp_path, command):
    (tmp_path / "notes.txt").write_text("hello")
    with zipfile.ZipFile(tmp_path / "notes.zip", "w") as packed:
        packed.write(tmp_path / "notes.txt", "notes.txt")
    assert "holds 0 studies" in command("verify", tmp_path / "notes.zip")[2]
    assert "neither a directory nor" in command("verify", tmp_path / "notes.txt")[2]
    assert "There is no" in command("verify", tmp_path / "nothing.tar")[2]


@pytest.mark.parametrize("option", ["--role", "--label", "-T", "-P", "--electronic-temperature-k", "--timestep-fs"])
def test_what_is_missing_is_named_with_its_option(tmp_path, study, option, command):
    given = {
        "--role": "reference", "--label": "x", "-T": "900", "-P": "200", "--electronic-temperature-k": "900",
        "--timestep-fs": "1",
    }  # fmt: skip
    arguments = [word for key, value in given.items() if key != option for word in (key, value)]
    source = study.parent / "900.extxyz"
    code, _, err = command("import", source, "-o", tmp_path / "new", *arguments)
    assert code == 1
    assert "do not say" in err
    full = {"-T": "--temperature-k", "-P": "--pressure-gpa"}.get(option, option)
    assert full in err
    assert not (tmp_path / "new").exists()


class Terminal(io.StringIO):
    """What a person types."""

    def isatty(self):
        return True


def test_at_a_terminal_what_is_missing_is_asked(tmp_path, study, command, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal("surrogate\nNet 2\n900\n200\n1.5\n"))
    code, out, _ = command("import", study.parent / "900/XDATCAR", "-o", tmp_path / "new")
    assert code == 0
    run = StudyDirectory.open(tmp_path / "new").study.imported[0]
    assert (run.role, run.label, run.temperature_k, run.pressure_gpa) == ("surrogate", "Net 2", 900.0, 200.0)
    assert (run.frame_interval_fs, run.electronic_temperature_k) == (1.5, 0.0)
    assert "not in the files" in out


def test_a_run_that_contradicts_what_is_said_of_it_is_refused(tmp_path, study, command):
    source = study.parent / "900.extxyz"
    common = ["-o", tmp_path / "new", "--role", "reference", "--label", "x", "-T", 900, "--timestep-fs", 1]
    common += ["--electronic-temperature-k", 900]
    assert "The volume changes" in command("import", source, *common, "--constant-volume")[2]
    assert "exclude each other" in command("import", source, *common, "--constant-volume", "-P", 200)[2]
    assert "nothing after 70 discarded" in command("import", source, *common, "-P", 200, "--discard", 70)[2]
    assert not (tmp_path / "new").exists()


def test_the_same_files_and_a_taken_label_are_refused(copy, study, command):
    common = ["-o", copy, "-T", 950, "-P", 200, "--timestep-fs", 1, "--electronic-temperature-k", 0]
    twice = command("import", study.parent / "900.extxyz", *common, "--role", "reference", "--label", "other")
    assert "imported before" in twice[2]
    write(copy / "new.extxyz", frames_at(950, labels=True), format="extxyz")
    taken = command("import", copy / "new.extxyz", *common, "--role", "surrogate", "--label", "My DFT")
    assert "is the reference of this study already" in taken[2]
    assert len(StudyDirectory.open(copy).study.imported) == 6


def test_a_second_run_of_one_state_is_a_repeat_and_a_cooling_run_a_ladder_of_its_own(copy, command):
    write(copy / "more.extxyz", frames_at(901, labels=True), format="extxyz")
    write(copy / "cold.extxyz", frames_at(902, labels=True), format="extxyz")
    common = ["-o", copy, "-T", 900, "-P", 200, "--timestep-fs", 1, "--electronic-temperature-k", 900]
    common += ["--role", "reference", "--label", "My DFT"]
    assert "runs/my-dft/N32/P200/T900-repeat2" in command("import", copy / "more.extxyz", *common)[1]
    assert "runs/my-dft/N32/P200/T900-cooling1" in command("import", copy / "cold.extxyz", *common, "--cooling")[1]


def test_an_import_says_what_the_frames_say_and_refuses_what_they_contradict(tmp_path, command):
    write(tmp_path / "run.extxyz", frames_at(900, labels=True), format="extxyz")
    common = (tmp_path / "run.extxyz", "--role", "reference", "--label", "My DFT", "--timestep-fs", 1.0,
              "--electronic-temperature-k", 900, "-o", tmp_path / "study")  # fmt: skip
    code, _, err = command("import", *common, "-T", 700, "-P", 200)
    assert code == 1
    assert "not at 700 K" in err
    assert "--despite temperature" in err
    code, _, err = command("import", *common, "-T", 900, "-P", 150)
    assert code == 1
    assert "not 150 GPa" in err
    assert not (tmp_path / "study").exists()
    code, out, _ = command("import", *common, "-T", 900, "-P", 150, "--despite", "pressure")
    assert code == 0
    assert "The frames say: T 9" in out
    assert "GPa (stated: 150)" in " ".join(out.split())
