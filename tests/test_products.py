"""Every product of the package on a full disk and on a read-only one: a StorageError, no part, the old file stays."""

import itertools
import json
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import ase
import numpy as np
import pytest
import xarray as xr

from llpt.audit import Outcome, Thresholds, Verdict
from llpt.campaign import Role
from llpt.campaign.ladders import ladders_of
from llpt.cli.planning import init
from llpt.dft.generate_pseudopotentials import write_stored
from llpt.dft.pseudopotentials.catalogue import get_pseudopotential
from llpt.dynamics.ase_integrator import AseIntegrator
from llpt.dynamics.checkpoint import save_checkpoint
from llpt.dynamics.evaluation import Evaluator
from llpt.dynamics.run_directory import RunLog, locked
from llpt.dynamics.start import prepare_start
from llpt.engines import Purpose, evaluate, make_engine, write_evaluated
from llpt.engines.espresso import find_pseudopotential
from llpt.errors import StorageError
from llpt.learning import Recipe, RecipeSettings, run_recipe
from llpt.mlp import BehlerParrinello, read_card
from llpt.mlp.fitting.checkpoint import write_checkpoint
from llpt.mlp.fitting.levenberg_marquardt import FitState, start_vector
from llpt.mlp.fitting.residuals import WeightLayout
from llpt.mlp.training.card import write_card
from llpt.observables import OpticsSettings, optics_of_snapshots, save_summary
from llpt.report import draw
from llpt.report.panels import Figure, Panel, PlottedCurve
from llpt.run_file import RunFile, write_run_file
from llpt.statistics import Estimate
from llpt.structure import atomic_fluid
from llpt.study import Ledger, State, StudyDirectory, make_plan, parse_study
from llpt.study.import_description import Description
from llpt.study.importing import NewStudy, import_run
from llpt.study.job_files import JobFiles
from llpt.study.jobs import write_job
from llpt.study.lines_table import write_lines
from llpt.study.observables_table import write_observables
from llpt.study.outcome import NodeOutcome, NodeProgress
from llpt.study.pulse import ReportPace
from llpt.study.worker import ProgressFile
from llpt.trajectory import System, Trajectory, TrajectoryWriter
from llpt.trajectory.foreign import open_foreign

from .dynamics.conftest import make_settings
from .dynamics.engines_for_tests import LennardJones
from .mlp.conftest import build_definition
from .study.test_layout import TEXT
from .study.test_observables_table import observed
from .trajectory.conftest import make_frame, make_record

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "own-potential"


def numbered(write):
    """Return ``write`` without arguments: it gets 0, 1, … so that each product differs from the one before."""
    count = itertools.count()
    return lambda: write(next(count))


def test_verdict(disk):
    def write(number):
        verdict = Verdict(
            value=Outcome.NOT_RESOLVED,
            reference="DFT",
            surrogate=f"network {number}",
            reasons=(),
            comparisons=(),
            requirements=(),
            thresholds=Thresholds(),
        )
        verdict.save(disk.path / "verdict.json")

    disk.refused(numbered(write))


def test_averages_of_a_run(disk):
    disk.refused(
        numbered(lambda n: save_summary(xr.Dataset({"density": ("x", np.arange(9.0) + n)}), disk.path / "r.nc"))
    )


def test_table_of_observables(disk):
    def write(number):
        run = observed("dft", density=Estimate(1.0 + number, 0.1, "g/cm^3", 9.0))
        plan = SimpleNamespace(runs=[SimpleNamespace(identity=run.identity, engine="dft")])
        write_observables(disk.path / "observables.csv", plan, [run])

    disk.refused(numbered(write))


def test_table_of_lines(disk):
    def write(number):
        run = observed("dft", density=Estimate(1.0 + number, 0.1, "g/cm^3", 9.0))
        write_lines(disk.path / "lines.csv", ladders_of([run]))

    disk.refused(numbered(write))


def test_potential(disk):
    disk.refused(numbered(lambda n: BehlerParrinello(build_definition(seed=n)).save(disk.path / "potential")))


def test_checkpoint_of_a_fit(disk):
    def write(number):
        write_checkpoint(disk.path / "fit", "this", FitState(start_vector(WeightLayout((4, 3, 1), 1), seed=number)))

    disk.refused(numbered(write))


def test_model_card(disk):
    card = read_card(EXAMPLE)
    disk.refused(numbered(lambda n: write_card(card.model_copy(update={"seed": n}), disk.path)))


def test_labelled_frames(disk, crystal):
    crystal = crystal[:2]
    [frame] = evaluate([crystal], LennardJones())
    disk.refused(numbered(lambda n: write_evaluated(disk.path / "below" / "labels.extxyz", [frame] * (n + 1))))


@pytest.fixture
def crystal():
    return ase.Atoms(
        "Ar4", scaled_positions=[[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]], cell=[13] * 3, pbc=True
    )


@pytest.fixture
def system():
    return System(numbers=np.ones(4, dtype=int), masses_u=np.full(4, 1.008), timestep_fs=0.25)


def test_segments_of_a_trajectory(disk, system):
    writer = TrajectoryWriter(disk.path / "run", system)

    def write(number):
        writer.add(make_record(number), make_frame(number))
        writer.close_segment()

    disk.refused(numbered(write))


def test_whole_trajectory_and_its_table(disk, system):
    writer = TrajectoryWriter(disk.path / "run", system)
    writer.add(make_record(0), make_frame(0))
    writer.close_segment()
    disk.refused(writer.refresh)


def test_exported_trajectory(disk, system, tmp_path):
    writer = TrajectoryWriter(tmp_path / "run", system)
    writer.add(make_record(0), make_frame(0))
    writer.close_segment()
    trajectory = Trajectory.open(tmp_path / "run")
    disk.refused(lambda: trajectory.export_extxyz(disk.path / "run.extxyz"))


def test_checkpoint_of_a_run(disk, crystal):
    settings = make_settings(ensemble="nvt")
    evaluator = Evaluator(LennardJones(memory=True), crystal, stress_needed=False)
    with (disk.path.parent / "log").open("w") as log:
        integrator = AseIntegrator.start(prepare_start(crystal, settings), settings, 4.0, [evaluator], log)

        def write(number):
            integrator.advance()
            save_checkpoint(disk.path, step=number, segments=0, integrator=integrator, evaluators=[evaluator])

        disk.refused(numbered(write))


def test_record_of_a_run(disk):
    disk.refused(numbered(lambda n: write_run_file(disk.path, RunFile(missing=(str(n),)))))


def test_lock_and_log_of_a_run(disk):
    with disk.read_only(), pytest.raises(StorageError), locked(disk.path / "run"):
        pass
    assert not (disk.path / "run").exists()
    log = RunLog(disk.path / "run.log")
    log.say("before")
    with disk.full():
        log.say("nothing of this is lost that a run needs: it goes on")
    log.close()
    assert b"before" in disk.contents()["run.log"]


def test_state_of_the_dft_engine_and_optics(disk):
    options = {"ecut_ry": 8.0, "electronic_temperature_k": 9000.0, "pseudopotential": "gth", "kpoints": "gamma"}
    snapshot = atomic_fluid(atoms=2, wigner_seitz_radius=1.6, seed=1)
    settings = OpticsSettings(broadening_ev=1.0, photon_max_ev=4.0, photon_step_ev=1.0)
    with make_engine("dft", options, purpose=Purpose.DYNAMICS) as engine:
        engine.calculate(snapshot)
        disk.refused(lambda: engine.save_state(disk.path / "engine-state"))
        (disk.path / "engine-state").unlink()
        disk.refused(lambda: optics_of_snapshots([snapshot], engine, settings, disk.path / "optics"))


def test_pseudopotentials(disk):
    potential = get_pseudopotential("gth")
    disk.refused(numbered(lambda n: write_stored(disk.path / "own.json", potential, f"note {n}")))
    disk.refused(lambda: find_pseudopotential("gth", disk.path))


def test_recipe(disk):
    settings = RecipeSettings.of(Recipe.ACTIVE)
    with closing(make_engine("ase:ase.calculators.morse.MorsePotential", {})) as engine:
        for state in (disk.full, disk.read_only):
            with state(), pytest.raises(StorageError):
                run_recipe(disk.path / "recipe", engine, settings)
    assert not [content for content in disk.contents().values() if content is not None]


def test_figure(disk):
    panel = Panel(
        curves=(PlottedCurve(x=(0.0, 1.0), y=(0.0, 1.0), label="line", colour="black"),), x_label="x", y_label="y"
    )
    figure = Figure(name="figure", title="A line", caption="", rows=((panel,),))
    disk.refused(lambda: draw(figure, disk.path / "figures"))


def test_study_file(disk):
    disk.refused(lambda: init(disk.path / "below" / "study.toml"), again=False)


def test_study_with_its_inputs(disk, tmp_path):
    ase.io.write(tmp_path / "start.extxyz", ase.Atoms("H32", cell=[9] * 3, pbc=True))
    text = TEXT.replace("atoms = 32", 'atoms = 32\nstart = "start.extxyz"')
    study = parse_study(text)
    disk.refused(lambda: StudyDirectory.claim(disk.path / "study", text, study, source=tmp_path), again=False)


def test_job_outcome_and_progress(disk, tmp_path):
    study = parse_study(TEXT)
    plan = make_plan(study)
    directory = StudyDirectory(disk.path, study)
    with Ledger(tmp_path / "study.db") as ledger:
        write_job(StudyDirectory(tmp_path / "elsewhere", study), plan.nodes[0], ledger)
        disk.refused(lambda: write_job(directory, plan.nodes[0], ledger), again=False)
    files = JobFiles(disk.path, plan.paths[0])
    disk.refused(
        numbered(lambda n: files.write_outcome(NodeOutcome(path=plan.paths[0], state=State.DONE, steps_done=n)))
    )
    before = disk.contents()
    for state in (disk.full, disk.read_only):
        with state():
            ProgressFile(files, ReportPace()).write(NodeProgress(steps_done=1))
    assert disk.contents() == before
    ProgressFile(files, ReportPace()).write(NodeProgress(steps_done=2))
    written = json.loads(files.progress.read_text())
    assert written.pop("seconds") >= 0.0
    assert written == {"steps_done": 2}


def test_ledger(disk):
    """SQLite makes the file by itself, so that only one that is there is tested."""

    def enter(name):
        with Ledger(disk.path / "study.db") as ledger:
            ledger.enter(name, inputs_hash="hash", job="{}" * 4000)

    enter("one")
    before = disk.contents()
    for state in (disk.full, disk.read_only):
        with state(), pytest.raises(StorageError, match=r"study\.db cannot be used: .*(full|readonly|I/O)"):
            enter("another")
        assert disk.contents() == before
    enter("two")
    with Ledger(disk.path / "study.db") as ledger:
        assert [entry.path for entry in ledger.entries()] == ["one", "two"]


def test_imported_runs(disk, tmp_path):
    """The first makes the study; the second, refused, leaves its table and the study as they were."""
    import_two_runs(disk, tmp_path)
    assert (disk.path / "study" / "imported.toml").read_text().count("[[") == 2


def import_two_runs(disk, folder):
    """Import runs at two temperatures; each is refused while the disk does not take it."""
    random = np.random.default_rng(0)

    def take(temperature):
        places = random.random((4, 3)) + np.cumsum(random.normal(scale=0.003, size=(5, 4, 3)), axis=0)
        frames = [
            ase.Atoms("H4", scaled_positions=place, cell=[4.0 + 0.01 * n] * 3, pbc=True)
            for n, place in enumerate(places)
        ]
        path = folder / str(temperature) / "XDATCAR"
        path.parent.mkdir(parents=True)
        ase.io.write(path, frames, format="vasp-xdatcar")
        description = Description(
            role=Role.SURROGATE,
            label="Net",
            temperature_k=temperature,
            pressure_gpa=200.0,
            electronic_temperature_k=0.0,
            frame_interval_fs=1.0,
        )
        source = open_foreign([path])
        disk.refused(
            lambda: import_run(disk.path / "study", source, description, new=NewStudy.of_imported_runs("imported")),
            again=False,
        )

    take(900.0)
    take(1000.0)
