"""What attempts come to is in the ledger: a lost node is a try, the end of a block is none, a set clock no time."""

import os
from concurrent.futures import Future

import pytest
from parsl.executors.high_throughput.errors import ManagerLost, WorkerLost
from tests.studies import study_of_one_engine

from llpt.study import Ledger, State, StudyDirectory, make_plan, parse_study
from llpt.study.attempts import Attempts
from llpt.study.job_files import JobFiles
from llpt.study.jobs import write_job
from llpt.study.outcome import NodeOutcome, NodeProgress
from llpt.study.process import NotDoneError

STUDY = (
    study_of_one_engine("ase:ase.calculators.lj.LennardJones", atoms=16, steps=60, discard=10)
    + "[execution]\nretries = 1\n"
)
LOST = [ManagerLost(b"manager", "node7"), WorkerLost(1, "node7")]


class Watched:
    """One run and what is known of its attempts."""

    def __init__(self, directory, plan, ledger):
        (node,) = plan.nodes
        self.path = node.path
        self.ledger = ledger
        self.files = JobFiles(directory.root, self.path)
        self.attempts = Attempts(directory, plan, ledger, {self.path: 2})
        self.future = Future()
        self.pending = {self.path: self.future}

    def begin(self):
        """Its process shows itself."""
        self.files.write_progress(NodeProgress(message="starting"))
        self.attempts.collect(self.pending)

    def fail(self, error):
        """An attempt fails, as a thread of Parsl's says it; return what the failure costs of the retries."""
        cost = self.attempts.failed(error, {"args": ("root", self.path)})
        self.attempts.collect(self.pending)
        return cost

    def end(self, error):
        """No attempt follows."""
        self.future.set_exception(error)
        self.attempts.ended(self.path)
        self.attempts.collect(self.pending)

    @property
    def entry(self):
        return self.ledger.entry(self.path)

    @property
    def reasons(self):
        return [reason for *_, reason in self.ledger.events() if reason]


@pytest.fixture
def run(tmp_path):
    directory = StudyDirectory.claim(tmp_path / "study", STUDY, parse_study(STUDY), source=tmp_path)
    plan = make_plan(directory.study)
    with Ledger(directory.database) as ledger:
        for node in plan.nodes:
            write_job(directory, node, ledger)
        yield Watched(directory, plan, ledger)


@pytest.mark.parametrize("lost", LOST)
def test_a_lost_node_is_a_try_and_then_the_run_is_unfinished(run, lost):
    run.begin()
    assert run.fail(lost) == 1.0
    assert (run.entry.state, run.entry.attempts) == (State.RUNNING, 2)
    assert run.reasons[-1].startswith(f"tried again (1 of 1): {type(lost).__name__}: ")
    assert run.fail(lost) == 1.0
    run.end(lost)
    assert (run.entry.state, run.entry.attempts) == (State.UNFINISHED, 2)
    assert run.entry.reason.startswith("its worker was lost: ")
    assert run.entry.remedy


def test_a_node_lost_before_its_run_was_seen_is_a_try_too(run):
    run.fail(LOST[0])
    assert (run.entry.state, run.entry.attempts) == (State.RUNNING, 2)


def test_the_end_of_a_block_is_no_try(run):
    run.begin()
    ended = NodeOutcome(path=run.path, state=State.UNFINISHED, reason="block", steps_done=20, seconds=5.0)
    assert run.fail(NotDoneError(ended, block_ends=True)) == 0.0
    assert (run.entry.state, run.entry.attempts, run.entry.seconds) == (State.UNFINISHED, 1, 5.0)
    assert not [reason for reason in run.reasons if "tried again" in reason]
    assert run.entry.core_seconds == 10.0


def test_what_a_run_waited_for_the_compiler_is_in_the_ledger(run):
    run.begin()
    run.future.set_result(NodeOutcome(path=run.path, state=State.DONE, seconds=9.0, compile_seconds=4.0))
    run.attempts.ended(run.path)
    run.attempts.collect(run.pending)
    assert (run.entry.state, run.entry.compile_seconds) == (State.DONE, 4.0)


@pytest.mark.parametrize("jump_s", [-86_400.0, 86_400.0])
def test_a_run_that_goes_on_in_another_block_is_running_whatever_was_done_to_the_clock(run, monkeypatch, jump_s):
    monkeypatch.setattr("llpt.study.seldom.WAIT", 0.0)
    run.begin()
    ended = NodeOutcome(path=run.path, state=State.UNFINISHED, reason="block", steps_done=20, seconds=5.0)
    run.fail(NotDoneError(ended, block_ends=True))
    run.attempts.collect(run.pending)
    assert run.entry.state is State.UNFINISHED
    shown = run.files.progress.stat().st_mtime + jump_s
    os.utime(run.files.progress, (shown, shown))
    run.attempts.collect(run.pending)
    assert run.entry.state is State.RUNNING


@pytest.mark.parametrize("jump_s", [-86_400.0, 86_400.0])
def test_a_clock_that_is_set_costs_a_run_no_time(run, monkeypatch, jump_s):
    run.begin()
    now = run.entry.started
    monkeypatch.setattr("time.time", lambda: now + jump_s)
    run.end(LOST[0])
    assert run.entry.state is State.UNFINISHED
    assert 0.0 <= run.entry.seconds < 3600.0
