"""What studies, reports and commands write, on a full disk and on a read-only one; see ``test_products``."""

import tempfile
import zipfile
from contextlib import closing
from types import SimpleNamespace

import ase
import numpy as np
import pytest

import llpt.study.explaining
from llpt.cli import auditing_models, transfer
from llpt.cli import electronic_temperature as electrons
from llpt.cli.trust import agree
from llpt.dynamics.evaluation import Evaluator
from llpt.dynamics.ipi_integrator import IpiIntegrator
from llpt.dynamics.start import prepare_start
from llpt.engines import espresso_engine as espresso
from llpt.engines import label_at_electronic_temperatures
from llpt.engines.errors_on_labels import LabelErrors
from llpt.errors import InputError, StorageError
from llpt.files import write_atomically
from llpt.report.figure_data import write_figure_data
from llpt.report.label_errors_figure import draw_label_errors
from llpt.report.methods import Methods, write_methods
from llpt.report.panels import Figure, Panel, PlottedCurve
from llpt.report.printing import print_page
from llpt.report.question import Row, Table, text_columns
from llpt.report.run_tables import write_run_table
from llpt.structure import atomic_fluid
from llpt.study import Ledger, State, StudyDirectory, make_plan, parse_study
from llpt.study.archive import pack_study
from llpt.study.child import NO_WORD_CODE, Server
from llpt.study.explaining import explain_study
from llpt.study.export_cp2k import CP2K
from llpt.study.export_vasp import VASP
from llpt.study.exporting import export_runs
from llpt.study.growing import grow
from llpt.study.imported_changes import relabel_runs, remove_runs
from llpt.study.job_files import JobFiles
from llpt.study.jobs import write_job
from llpt.study.nodes import other_labels
from llpt.study.observing import observe_runs
from llpt.study.paces import remember_paces
from llpt.study.process import NotDoneError, run_node
from llpt.study.stopping import Stop, StopWord
from llpt.study.verifying import verify
from llpt.study.worker import do_job
from llpt.trajectory import System, TrajectoryWriter
from llpt.trajectory.foreign.own import copy_own

from .cli.test_export_cp2k import STUDY as FOR_CP2K
from .cli.test_export_vasp import STUDY as FOR_VASP
from .dynamics.conftest import make_settings
from .dynamics.engines_for_tests import LennardJones
from .study.test_growing import TEXT
from .study.test_paces import pace_of, run_of
from .test_products import import_two_runs
from .trajectory.conftest import make_frame, make_record

MORSE = "ase:ase.calculators.morse.MorsePotential"


@pytest.fixture
def crystal():
    corners = [[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]
    return ase.Atoms("Ar4", scaled_positions=corners, cell=[13] * 3, pbc=True)


@pytest.fixture
def run(tmp_path):
    """A run of two frames, elsewhere."""
    system = System(numbers=np.ones(4, dtype=int), masses_u=np.full(4, 1.008), timestep_fs=0.25)
    writer = TrajectoryWriter(tmp_path / "run", system)
    for step in (0, 1):
        writer.add(make_record(step), make_frame(step))
    writer.close_segment()
    return tmp_path / "run"


@pytest.fixture
def study(disk):
    """A study of two runs on the disk, nothing of it done."""
    directory = StudyDirectory.claim(disk.path / "study", TEXT, parse_study(TEXT), source=disk.path)
    with Ledger(directory.database) as ledger:
        for node in make_plan(directory.study).nodes:
            write_job(directory, node, ledger)
    return directory


def refused_read_only(disk, write):
    """Assert that what only makes a directory or opens a log is refused where nothing can be made."""
    before = disk.contents()
    with disk.read_only(), pytest.raises(StorageError):
        write()
    assert disk.contents() == before


def only(name):
    """Return a writer that writes one file and leaves out the others."""
    return lambda path, text: write_atomically(path, text) if path.name == name else None


def test_state_of_ipi(disk, crystal, tmp_path):
    settings = make_settings(thermostat="svr")
    evaluator = Evaluator(LennardJones(), crystal, stress_needed=True)
    with (tmp_path / "log").open("w") as log:
        integrator = IpiIntegrator.start(prepare_start(crystal, settings), settings, 4.0, [evaluator], log)
        with closing(integrator):
            disk.refused(lambda: integrator.save(disk.path))
            (tmp_path / "checkpoint").mkdir()
            integrator.save(tmp_path / "checkpoint")
            (disk.path / "RESTART").unlink()
            disk.refused(lambda: integrator.publish(disk.path, tmp_path / "checkpoint"))
    assert {"RESTART", "input.xml"} < disk.contents().keys()


def test_state_of_pw_x(disk, tmp_path, monkeypatch):
    monkeypatch.setattr(espresso, "pw_command", lambda *_: ["false"])
    options = {"electronic_temperature_k": 1000, "pseudopotential": "gth"}
    made = espresso.QuantumEspresso(espresso.EspressoOptions(**options, directory=str(tmp_path)))
    (tmp_path / "state").write_text('{"cell_angstrom": [[4, 0, 0], [0, 4, 0], [0, 0, 4]], "bands": 9, "atoms": 8}')
    made.load_state(tmp_path / "state")
    disk.refused(lambda: made.save_state(disk.path / "state"))
    refused_read_only(
        disk, lambda: espresso.QuantumEspresso(espresso.EspressoOptions(**options, directory=str(disk.path / "new")))
    )


def test_electronic_temperatures(disk, tmp_path, monkeypatch):
    ase.io.write(tmp_path / "start.extxyz", atomic_fluid(atoms=2, wigner_seitz_radius=1.6, seed=1))
    arguments = {"spec": "dft", "options": {}, "temperatures_k": [600.0]}
    refused_read_only(disk, lambda: label_at_electronic_temperatures(disk.path / "labels", [], **arguments))
    for name in ("engines.label_at_electronic_temperatures", "engines.read_evaluated", "observables.save_summary"):
        monkeypatch.setattr(f"llpt.{name}", lambda *_, **_more: None)
    for name in ("audit.electronic_temperature_audit", "report.draw", "report.electronic_temperature_figure"):
        monkeypatch.setattr(f"llpt.{name}", lambda *_, **_more: None)
    monkeypatch.setattr(electrons, "_as_csv", lambda _found: "table")
    monkeypatch.setattr(electrons, "_show", lambda _found: None)

    def write():
        electrons.electronic_temperature(
            [tmp_path / "start.extxyz"], out=disk.path / "out", highest_k=600, overwrite=True
        )

    disk.refused(write)
    assert {f"out/{electrons.RECORD}", f"out/{electrons.TABLE}"} < disk.contents().keys()
    (disk.path / "out" / electrons.TABLE).unlink()
    monkeypatch.setattr("llpt.files.write_atomically", only(electrons.TABLE))
    disk.refused(write)


def test_errors_outside_of_the_training(disk, tmp_path, monkeypatch):
    for name in ("audit.transfer_errors", "audit.label_with_answers", "engines.read_evaluated"):
        monkeypatch.setattr(f"llpt.{name}", lambda *_, **_more: [0])
    monkeypatch.setattr(transfer, "_ranges", lambda *_: {})
    monkeypatch.setattr(transfer, "_answers", lambda *_: [])
    monkeypatch.setattr(transfer, "_as_csv", lambda _rows: "table")
    monkeypatch.setattr(transfer, "_as_json", lambda *_: "{}")
    monkeypatch.setattr(transfer, "_show_rows", lambda *_: None)

    def write():
        transfer.transfer([tmp_path / "frames.extxyz"], ["ase:any.Thing"], out=disk.path / "out", overwrite=True)

    disk.refused(write)
    assert {f"out/{transfer.RECORD}", f"out/{transfer.TABLE}"} < disk.contents().keys()
    (disk.path / "out" / transfer.RECORD).unlink()
    monkeypatch.setattr("llpt.files.write_atomically", only(transfer.RECORD))
    disk.refused(write)


def test_errors_of_an_audited_model(disk, monkeypatch):
    trial = SimpleNamespace(
        errors=SimpleNamespace(dataset=[0], accuracy=SimpleNamespace(model_dump_json=lambda **_: "{}")),
        seconds_per_step={},
    )
    monkeypatch.setattr("llpt.study.model_trial.try_model", lambda *_, **_more: trial)
    monkeypatch.setattr("llpt.report.label_errors_figure.draw_label_errors", lambda *_, **_more: None)
    monkeypatch.setattr(auditing_models, "show_label_errors", lambda *_: None)
    directory = SimpleNamespace(results=disk.path, study=SimpleNamespace(surrogate=None))
    disk.refused(lambda: auditing_models.show_trial(directory, None))


def test_figure_of_errors_on_labels(disk):
    ones = np.ones(2)
    errors = LabelErrors(None, np.array(["a", "b"]), ones, ones, ones, ones, ones, ones)
    disk.refused(lambda: draw_label_errors(errors, disk.path / "errors.png", engine="dft"))


def test_printed_page(disk, tmp_path, monkeypatch):
    if not disk.mounted:
        pytest.skip("run the tests as root: a limit on file size would hold for the browser's own files as well")
    browser = tmp_path / "browser"
    browser.write_text('#!/bin/sh\nfor a in "$@"; do case $a in --print-to-pdf=*) echo pdf > "${a#*=}";; esac; done\n')
    browser.chmod(0o755)
    monkeypatch.setattr("llpt.report.printing.find_browser", lambda: str(browser))
    disk.refused(lambda: print_page(disk.path / "index.html"))


def test_numbers_of_a_figure_methods_and_table_of_runs(disk):
    curve = PlottedCurve(x=(0.0, 1.0), y=(0.0, 1.0), label="line", colour="black")
    panel = Panel(curves=(curve,), x_label="x", y_label="y")
    figure = Figure(name="figure", title="A line", caption="", rows=((panel,),))
    disk.refused(lambda: write_figure_data(figure, disk.path / "figures"))
    disk.refused(lambda: write_methods(Methods("Runs were made [@bussi2007].", ("bussi2007",)), disk.path))
    table = Table("Runs", text_columns("Run"), (Row(("one",)),))
    disk.refused(lambda: write_run_table(table, disk.path / "runs.csv"))


def test_archive(disk, tmp_path):
    directory = StudyDirectory.claim(tmp_path / "study", TEXT, parse_study(TEXT), source=tmp_path)
    disk.refused(lambda: pack_study(directory, disk.path / "study.zip"), again=False)


@pytest.mark.parametrize(("program", "text"), [(VASP, FOR_VASP), (CP2K, FOR_CP2K)], ids=["vasp", "cp2k"])
def test_folders_for_other_programs(disk, tmp_path, program, text):
    plan = make_plan(parse_study(text))
    disk.refused(lambda: export_runs(program, plan, disk.path / "runs", tmp_path), again=False)


def test_growth(disk, study):
    """One that is cut short is made good by the next command, so that only the study file must be whole."""
    text = TEXT.replace("[700, 900]", "[700, 800, 900]")
    for state in (disk.full, disk.read_only):
        with state(), pytest.raises(StorageError):
            grow(study, text, parse_study(text), disk.path)
        assert study.study_file.read_text() == TEXT
        assert StudyDirectory.open(study.root).study == study.study
    grow(study, text, parse_study(text), disk.path)
    assert study.study_file.read_text() == text


def test_changes_of_imported_runs(disk, tmp_path):
    import_two_runs(disk, tmp_path / "given")
    root = disk.path / "study"
    disk.refused(lambda: relabel_runs(root, "Net", "Other net"), again=False)
    disk.refused(lambda: remove_runs(root, "other-net/*/*/T900"), again=False)
    assert (root / "imported.toml").read_text().count("[[") == 1


def test_explanation(disk, monkeypatch):
    found = SimpleNamespace(to_json=lambda: "{}")
    monkeypatch.setattr(llpt.study.explaining, "explanation_of", lambda *_: (found, [SimpleNamespace(labels=None)]))
    monkeypatch.setattr(llpt.study.explaining, "doubly_labelled_table", lambda _labelled: "frame\n")
    disk.refused(lambda: explain_study(SimpleNamespace(results=disk.path / "results"), None, {}, ()))
    assert {"results/bridge.json", "results/labelled-frames.csv"} < disk.contents().keys()


def test_labels_and_derivatives_of_another_engine(disk, run, monkeypatch):
    monkeypatch.chdir(disk.path)
    job = other_labels.OtherLabelsJob(
        path="labels", engine=MORSE, options={}, snapshots=1, run=str(run), discard=0, threads=1, derivatives=1
    )

    def refused_then_done(name):
        before = [content for content in disk.contents().values() if content is not None]
        for state in (disk.full, disk.read_only):
            with state(), pytest.raises(StorageError, match=f"labels/{name}"):
                job.work(lambda _progress: None)
            assert [content for content in disk.contents().values() if content is not None] == before
        assert job.work(lambda _progress: None).state is State.DONE
        assert f"labels/{name}" in disk.contents()

    refused_then_done(other_labels.LABELS_FILE)
    (disk.path / "labels" / other_labels.DERIVATIVES).unlink()
    monkeypatch.setattr(other_labels, "write_evaluated", lambda *_: None)
    refused_then_done(other_labels.DERIVATIVES)


def test_paces_are_not_remembered_where_they_cannot_be(disk, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(disk.path))
    for state in (disk.full, disk.read_only):
        with state():
            remember_paces([pace_of("here", run_of(), 1.0)])
        assert not [content for content in disk.contents().values() if content is not None]
    remember_paces([pace_of("here", run_of(), 1.0)])
    assert "llpt/paces.json" in disk.contents()


def test_what_was_agreed_to_is_asked_again_where_it_cannot_be_kept(disk, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(disk.path))
    archive = tmp_path / "study.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("study/study.toml", "")
    plan = SimpleNamespace(nodes=[SimpleNamespace(engines=[("ase:ase.calculators.lj.LennardJones", {})])])
    for state in (disk.full, disk.read_only):
        with state():
            agree(archive, plan, trust=True)
        assert not [content for content in disk.contents().values() if content is not None]
        with pytest.raises(InputError, match="comes from elsewhere"):
            agree(archive, plan, trust=False)
    agree(archive, plan, trust=True)
    assert "llpt/trusted.txt" in disk.contents()
    agree(archive, plan, trust=False)


def test_a_stop_is_asked_for_on_a_disk_that_refuses(disk):
    for state in (disk.full, disk.read_only):
        word = StopWord(disk.path)
        with state():
            word.give(Stop.SOON)
            assert word.given is Stop.SOON
            assert StopWord(disk.path).given is Stop.NOT
        assert not disk.contents()
    StopWord(disk.path).give(Stop.SOON)
    assert disk.contents() == {".stop": b"soon"}
    assert StopWord(disk.path).given is Stop.SOON
    (disk.path / ".stop").write_text("?")
    assert StopWord(disk.path).given is Stop.SOON
    StopWord(disk.path).withdraw()
    assert StopWord(disk.path).given is Stop.NOT


def test_locks_logs_and_directories(disk, study, monkeypatch):
    monkeypatch.setattr("llpt.study.worker.stop_with_parent", lambda _pace: None)
    monkeypatch.chdir(disk.path.parent)  # a process of a run works in the study's directory
    [path, *_] = make_plan(study.study).paths
    files = JobFiles(study.root, path)
    refused_read_only(disk, lambda: Server(study.root, 1).ask(None, []))
    before = disk.contents()
    with disk.read_only():
        with pytest.raises(NotDoneError) as ended:
            run_node(str(study.root), path, 1, "auto")
        assert do_job(files.job) == NO_WORD_CODE
    assert disk.contents() == before
    outcome = ended.value.outcome
    assert outcome.state is State.UNFINISHED
    assert outcome.reason.startswith("Cannot ")
    assert outcome.remedy
    refused_read_only(disk, lambda: observe_runs(study, make_plan(study.study), {}))
    before = (study.root / ".lock").exists()
    with disk.read_only(), pytest.raises(StorageError), study.locked():
        pass
    assert (study.root / ".lock").exists() == before


def test_a_full_disk_for_temporary_files_is_no_sign_that_a_study_was_changed(disk, tmp_path, monkeypatch):
    directory = StudyDirectory.claim(tmp_path / "study", TEXT, parse_study(TEXT), source=tmp_path)
    with Ledger(directory.database) as ledger:
        for node in make_plan(directory.study).nodes:
            write_job(directory, node, ledger)
            ledger.record(node.path, State.WAITING, steps_done=0)
    monkeypatch.setattr(tempfile, "tempdir", str(disk.path))
    for state in (disk.full, disk.read_only):
        with state(), pytest.raises(StorageError):
            verify(directory.root)
        assert not disk.contents()
    assert verify(directory.root)


def test_copied_trajectory(disk, run):
    disk.refused(lambda: copy_own(run, disk.path / "copy"))
