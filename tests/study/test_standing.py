"""How a study stands follows from its ledger: what is done of what was asked for, and what is left."""

import json
import sqlite3
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from llpt.cli.status import table_of
from llpt.report.live import LiveStudy
from llpt.study import conditions, make_plan, parse_study
from llpt.study.conditions import conditions_of
from llpt.study.job_files import JobFiles
from llpt.study.job_head import RunHead, job_head
from llpt.study.ledger import Entry, Ledger
from llpt.study.nodes import PlannedRun, job_kinds
from llpt.study.nodes.run import RunJob
from llpt.study.outcome import LEFT, NodeOutcome, NodeProgress, RunConditions, State
from llpt.study.place import StudyPlace
from llpt.study.standing import RunStanding, work_left_s
from llpt.study.standing_now import study_standing


def enter(ledger, path, state, **columns):
    settings = {"steps": 1000, "timestep_fs": 0.5, "temperature_k": 800.0, "pressure_gpa": 200.0}
    job = {"kind": "md", "engine": "dft", "atoms": 64, "settings": settings}
    ledger.enter(path, inputs_hash="", job=json.dumps(job))
    ledger.record(path, state, **columns)


@pytest.fixture
def runs(tmp_path):
    with Ledger(tmp_path / "study.db") as ledger:
        kept = RunConditions(temperature_k=803.0, temperature_error_k=5.0)
        enter(ledger, "a", State.DONE, steps_done=1000, seconds_per_step=2.0, conditions=kept, core_seconds=4000.0)
        enter(ledger, "b", State.RUNNING, steps_done=400, seconds_per_step=3.0)
        enter(ledger, "c", State.WAITING)
        ledger.enter("d", inputs_hash="", job="{}")
        return [RunStanding.of(entry) for entry in ledger.entries()]


def test_every_job_tells_its_head():
    kinds = job_kinds()
    assert set(kinds) == {"md", "imported", "training", "labels", "other-labels", "coupled"}
    assert all(("atoms" in job.model_fields) == issubclass(job, RunJob) for job in kinds.values())
    study = parse_study((Path(__file__).parent / "golden" / "every-test.toml").read_text())
    heads = [(node, job_head(node.job(Path()).text())) for node in make_plan(study).nodes]
    for node, head in heads:
        assert isinstance(head, RunHead) == isinstance(node, PlannedRun)
        if isinstance(head, RunHead):
            asked = (node.atoms, node.steps, node.timestep_fs, node.pressure_gpa)
            settings = head.settings
            assert (head.atoms, settings.steps, settings.timestep_fs, settings.pressure_gpa) == asked
    asked = {"steps": 9, "timestep_fs": 0.5, "multiple_time_steps": {"engine": "lj:", "inner_steps": 3}}
    head = job_head(json.dumps({"kind": "md", "engine": "dft", "atoms": 64, "settings": asked, "later": None}))
    assert (head.settings.steps, head.settings.timestep_fs) == (9, 0.5)
    with pytest.raises(ValueError, match="JSON"):
        job_head("{")


def test_steps_are_told_as_time(runs):
    done, running, _, training = runs
    assert (done.picoseconds, done.picoseconds_done) == (0.5, 0.5)
    assert running.picoseconds_done == pytest.approx(0.2)
    assert done.nanoseconds_a_day == pytest.approx(0.5e-6 * 86_400.0 / 2.0)
    assert (training.steps, training.nanoseconds_a_day) == (0, None)


def test_what_is_left_takes_as_long_as_what_was_measured(runs):
    left, unknown = work_left_s(runs)
    assert left == pytest.approx(600 * 3.0 + 1000 * 2.0)
    assert unknown == 1  # nothing is known of what is no run
    settings = runs[2].job.settings.model_copy(update={"beads": 16})
    path_integral = runs[2]._replace(job=runs[2].job.model_copy(update={"settings": settings}))
    assert work_left_s([*runs[:2], path_integral])[0] == pytest.approx(600 * 3.0 + 1000 * 16 * 2.0)


def test_one_run_that_was_disturbed_spoils_no_estimate(runs):
    done, _, waiting, _ = runs
    disturbed = done._replace(entry=done.entry._replace(seconds_per_step=4000.0))
    assert work_left_s([done, done, disturbed, waiting]) == (pytest.approx(1000 * 2.0), 0)


def test_what_is_left_is_reckoned_in_a_time_that_grows_as_the_runs():
    """The pace of the runs that were measured is found once, not for each that waits."""
    head = {"kind": "md", "engine": "dft", "atoms": 64, "settings": {"steps": 10, "timestep_fs": 0.5}}
    entry = Entry(
        "a", State.WAITING, "", "", "", 0, None, None, 0, 0.0, None, "", "{}", 0.0, "{}", 0.0, json.dumps(head)
    )
    measured = entry._replace(state=State.DONE, steps_done=10, seconds_per_step=2.0)
    many = [RunStanding.of(each) for each in [measured] * 30 + [entry] * 70]
    calls = 0

    def count(_frame, event, what):
        nonlocal calls
        calls += event == "c_call" and what is sorted

    sys.setprofile(count)
    try:
        left, unknown = work_left_s(many)
    finally:
        sys.setprofile(None)
    assert (left, unknown) == (pytest.approx(70 * 10 * 2.0), 0)
    assert calls == 1


def test_the_ledger_keeps_conditions_and_core_time(runs):
    assert runs[0].entry.conditions.temperature_error_k == 5.0
    assert runs[0].entry.core_seconds == 4000.0
    assert runs[2].entry.conditions == RunConditions()


def test_a_ledger_of_before_gets_the_columns_it_lacks(tmp_path):
    file = tmp_path / "study.db"
    with Ledger(file) as ledger:
        enter(ledger, "a", State.DONE, steps_done=7)
    with sqlite3.connect(file) as old:
        old.execute("ALTER TABLE runs DROP COLUMN conditions")
        old.execute("ALTER TABLE runs DROP COLUMN core_seconds")
        old.execute("ALTER TABLE runs DROP COLUMN compile_seconds")
    old.close()
    with Ledger(file) as ledger:
        (entry,) = ledger.entries()
    assert (entry.steps_done, entry.core_seconds, entry.conditions) == (7, 0.0, RunConditions())
    assert entry.compile_seconds == 0.0


class Series:
    system = SimpleNamespace(masses_u=np.full(64, 1.008))

    def __init__(self, _):
        pass

    def scalars(self):
        noise = np.random.default_rng(1).normal(size=4000)
        time_fs = np.arange(4000) * 0.5
        hot = np.where(np.arange(4000) < 1000, 5000.0, 800.0)
        return {
            "step": np.arange(4000),
            "time_fs": time_fs,
            "temperature_k": hot + 20.0 * noise,
            "pressure_gpa": np.full(4000, np.nan),
            "volume_angstrom3": np.full(4000, 64.0 * 1.66053907 * 1.008) * (1.0 + 0.01 * noise),
            "conserved_ev": -100.0 + 0.064e-3 * time_fs,
        }


def test_conditions_are_means_over_the_steps_that_count(tmp_path, monkeypatch):
    monkeypatch.setattr(conditions, "StoredFrames", Series)
    found = conditions_of(tmp_path, discard=1000, atoms=64)
    assert found.temperature_k == pytest.approx(800.0, abs=2.0)
    assert found.temperature_error_k == pytest.approx(20.0 / np.sqrt(3000.0), rel=0.3)
    assert found.pressure_gpa is None
    assert found.density_g_per_cm3 == pytest.approx(1.0, abs=0.001)
    assert found.density_error_g_per_cm3 == pytest.approx(0.01 / np.sqrt(3000.0), rel=0.3)
    assert found.drift_mev_per_atom_ps == pytest.approx(1.0)
    assert conditions_of(tmp_path, discard=3995, atoms=64) == RunConditions()


def test_a_run_that_nobody_waited_for_stands_where_it_came_to(tmp_path):
    """Its step was long, and ``llpt run`` had left before it wrote its checkpoint."""
    (tmp_path / "jobs").mkdir()
    with Ledger(tmp_path / "study.db") as ledger:
        for path in ("runs/a/x", "runs/a/y"):
            enter(ledger, path, State.UNFINISHED, reason=LEFT, steps_done=400)
    before = study_standing(tmp_path)
    assert [run.steps_done for run in before.runs] == [400, 400]
    JobFiles(tmp_path, "runs/a/y").write_outcome(
        NodeOutcome(path="runs/a/y", state=State.UNFINISHED, steps_done=417, reason="stopped by SIGTERM")
    )
    after = study_standing(tmp_path)
    assert {run.entry.path: run.steps_done for run in after.runs} == {"runs/a/x": 400, "runs/a/y": 417}
    assert not after.at_work


def test_a_training_at_work_tells_its_stage_and_how_much_of_it_is_done(tmp_path, monkeypatch):
    (tmp_path / "jobs").mkdir()
    with Ledger(tmp_path / "study.db") as ledger:
        ledger.enter("models/net", inputs_hash="", job=json.dumps({"kind": "training"}))
        ledger.record("models/net", State.RUNNING)
    monkeypatch.setattr(StudyPlace, "at_work", True)
    (silent,) = study_standing(tmp_path).runs
    assert (silent.doing, silent.share_done) == ("", None)
    JobFiles(tmp_path, "models/net").write_progress(NodeProgress(steps_done=14, steps=200, message="fit, loss 0.02"))
    (training,) = study_standing(tmp_path).runs
    assert (training.doing, training.share_done) == ("fit, loss 0.02: 14 of 200", pytest.approx(0.07))
    assert (training.picoseconds, work_left_s([training])) == (0.0, (0.0, 1))
    assert table_of([training]).rows[0][-1] == "fit, loss 0.02: 14 of 200"
    (tmp_path / "study.toml").touch()
    shown = LiveStudy(tmp_path, report=False)._live(training)
    assert (shown.reason, shown.share_done) == ("fit, loss 0.02: 14 of 200", pytest.approx(0.07))
