"""A finished study whose observables are synthetic: a first-order reference and a smooth surrogate on two isobars."""

import fcntl
import pickle
import shutil

import numpy as np
import pytest
import xarray as xr

from llpt.campaign import ControlledTest, Role
from llpt.observables import SUMMARY_FORMAT, all_observables
from llpt.report import write_report
from llpt.run_file import DescribedEngine
from llpt.statistics import STATISTICS
from llpt.study import Ledger, State, StudyDirectory, make_plan, parse_study
from llpt.study.analysis import analyse_study
from llpt.study.observing import FINISHED
from llpt.study.outcome import Provenance
from llpt.transition import synthetic_isobar

TEXT = """
[study]
name = "A first-order reference and a smooth surrogate <synthetic>"
[system]
atoms = [256, 512]
[[state.isobars]]
pressure_gpa = 250.0
temperatures_k = [500, 600, 650, 700, 750, 800, 900, 1000]
melting_temperature_k = 560
[[state.isobars]]
pressure_gpa = 200.0
temperatures_k = [700, 800, 850, 900, 950, 1000, 1100, 1200]
[dynamics]
steps = 7000
discard = 1000
[reference]
engine = "dft"
xc = "pbe"
ecut_ry = 60
[surrogate]
engine = "behler-parrinello"
train = "reference"
[[surrogate.extra]]
atoms = 1728
[tests]
size = true
cooling = { pressures_gpa = 200.0, atoms = 512, engines = "reference" }
"""
NOISE = 0.0003
"""Small enough that the surrogate is proven to differ."""
PLACES = {("P250", Role.REFERENCE): 720.0, ("P200", Role.REFERENCE): 930.0}
PLACES |= {("P250", Role.SURROGATE): 640.0, ("P200", Role.SURROGATE): 800.0}


def curves(atomic):
    r = np.linspace(0.01, 4.0, 300)
    molecular = 1.0 - atomic
    rdf = np.where(r > 0.6, 1.0 - np.exp(-(((r - 0.6) / 0.5) ** 2)), 0.0) * (
        1.0 + 0.25 * np.exp(-(((r - 1.7) / 0.3) ** 2))
    )
    rdf = rdf + 2.2 * molecular * np.exp(-(((r - 0.75) / 0.06) ** 2))
    lag = np.linspace(0.0, 1000.0, 120)
    msd = (0.05 + 1.5 * atomic) * lag / 1000.0 + 0.03 * (1.0 - np.exp(-lag / 10.0))
    return xr.Dataset(
        {
            "rdf": ("r", rdf),
            "rdf_error": ("r", np.full(r.size, 0.02)),
            "rdf_effective_samples": ("r", np.full(r.size, 40.0)),
            "msd": ("lag", msd),
            "msd_error": ("lag", 0.05 * msd),
            "msd_effective_samples": ("lag", np.full(lag.size, 6.0)),
            "msd_exponent": ((), 1.0),
        },
        coords={"r": r, "lag": lag},
    )


def summary_of(run, point, stamp):
    temperature = run.state.temperature_k
    atomic = 1.0 - point.estimates["molecular_fraction"].value
    summary = curves(atomic)
    for name, estimate in point.estimates.items():
        summary[name] = ((), estimate.value, {"unit": estimate.unit})
        summary[f"{name}_error"] = ((), estimate.error, {"unit": estimate.unit})
        summary[f"{name}_effective_samples"] = ((), estimate.effective_samples, {"unit": ""})
    summary.attrs = {
        "n_atoms": run.atoms,
        "mass_u": 1.008 * run.atoms,
        "temperature_k": temperature,
        "pressure_gpa": run.state.pressure_gpa,
        "production_fs": 2000.0,
        "timestep_fs": 0.3,
        "discard_steps": 1000,
        "n_steps": 7000,
        "equilibration_step": 1500 if temperature == 850.0 else 400,
        FINISHED: stamp,
        "format": SUMMARY_FORMAT,
        "statistics": STATISTICS,
        "observables": ", ".join(f"{each.name} {each.version}" for each in all_observables()),
    }
    return summary


@pytest.fixture(scope="session")
def made_once(tmp_path_factory, worker_id):
    """A function that returns a folder of a name, filled by ``make(folder)``: once for all who test side by side."""
    base = tmp_path_factory.getbasetemp()
    base = base if worker_id == "master" else base.parent

    def folder_of(name, make):
        folder = base / f"made-{name}"
        folder.mkdir(exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "made").exists():
                make(folder)
                (folder / "made").touch()
        return folder

    return folder_of


@pytest.fixture(scope="session")
def finished(tmp_path_factory, made_once):
    """The directory, plan, ledger entries and analysis of the synthetic study; one run failed and blocks another."""

    def make(folder):
        (folder / "found").write_bytes(pickle.dumps(made_in(folder)[1:]))

    made, root = made_once("synthetic", make), tmp_path_factory.mktemp("synthetic")
    shutil.copytree(made / "study", root / "study")
    return StudyDirectory.open(root / "study"), *pickle.loads((made / "found").read_bytes())


def made_in(root):
    """Make the study in a folder."""
    study = parse_study(TEXT)
    directory = StudyDirectory.claim(root / "study", TEXT, study, source=root)
    plan = make_plan(study)
    directory.results.mkdir()
    engine = DescribedEngine(
        name="dft",
        spec="dft",
        version="llpt 0",
        options={"ecut_ry": 60, "pseudopotential": "gth", "electronic_temperature_k": 900.0},
        content_hash="ab" * 32,
        pressure_label="finite-basis corrected",
    )
    with Ledger(directory.database) as ledger:
        for path in plan.paths:
            ledger.enter(path, inputs_hash="hash", job=plan[path].job(directory.root).text())
            ledger.record(
                path,
                State.DONE,
                finished=1.0,
                steps_done=7000,
                seconds=10.0,
                seconds_per_step=0.01,
                host="here",
                provenance=Provenance(engine=engine, versions={"llpt": "0"}, training={"frames": "400"}),
            )
        for number, run in enumerate(plan.runs):
            width = 0.0 if run.role is Role.REFERENCE else 120.0
            place = PLACES[run.state.line, run.role]
            temperatures = (run.state.temperature_k - 1.0, run.state.temperature_k)
            isobar = synthetic_isobar(
                temperatures, place_k=place, width_k=width, seed=number, n_atoms=run.atoms, noise=NOISE
            )
            summary = summary_of(run, isobar.points[1], "hash 1.0")
            summary.to_netcdf(directory.result(run.path), engine="h5netcdf")
        last = [run.path for run in plan.runs if run.role is Role.SURROGATE and run.test == ControlledTest.BASE][-1]
        ledger.record(last, State.FAILED, reason="the box <exploded>", remedy="mend it")
        entries = {entry.path: entry for entry in ledger.entries()}
    return directory, plan, entries, analyse_study(directory, plan, entries)


@pytest.fixture(scope="session")
def page(finished, made_once):
    """The report of the synthetic study, in its directory: its path, and its text."""
    directory, *found = finished

    def make(folder):
        shutil.copytree(directory.root, folder / "study")
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("LLPT_STYLE")  # as a person's report is drawn
            write_report(StudyDirectory.open(folder / "study"), *found)

    shutil.copytree(made_once("report", make) / "study" / directory.report.name, directory.report)
    return directory.page, directory.page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def publication_style():
    """Draw in the style of the report, as a study of a person's does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LLPT_STYLE")
        yield
