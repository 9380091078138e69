"""Doing a plan: every node a Parsl task, safe to stop at any moment; ``Attempts`` keeps the ledger.

What is done is left alone, what is unfinished goes on from its checkpoint, what failed is tried again and holds back
only what depends on it.
"""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import parsl

from llpt.errors import StorageError
from llpt.files import remove
from llpt.study.attempts import Attempts
from llpt.study.blocks import Slot
from llpt.study.cores import available_cores
from llpt.study.cost import pace_of
from llpt.study.engine_sections import ProviderKind
from llpt.study.fixed_thresholds import fix_thresholds
from llpt.study.growing import complete_growth
from llpt.study.here import Cores, Devices, in_a_thread
from llpt.study.imported_record import complete_imports
from llpt.study.job_files import JobFiles
from llpt.study.jobs import write_job
from llpt.study.nodes import runs_among
from llpt.study.outcome import NodeOutcome, NodeProgress, State
from llpt.study.paces import known_paces, place_of, remember_paces
from llpt.study.process import STOPPING_S, run_node
from llpt.study.providers import parsl_config
from llpt.study.schedule import contents_of, estimate_costs, left_s, makespan_s, node_threads
from llpt.study.seldom import Seldom
from llpt.study.steps import node_steps_on_disk
from llpt.study.stopping import Stop, StopWord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

    from parsl.dataflow.futures import AppFuture

    from llpt.study.layout import StudyDirectory
    from llpt.study.ledger import Entry, EntryChanges, Ledger
    from llpt.study.plan import Plan

POLL_S = 0.25
SUBMITTED = 200
"""Nodes handed to Parsl between two looks: ten thousand at once hold a core for seconds, which the first runs want."""
LEAVE_S = STOPPING_S + 0.8
"""How long after a stop was asked for the last runs are waited for."""
CLOSING_S = 0.5
"""How long after that the scheduler is waited for."""


@dataclass(frozen=True)
class NodeView:
    """One node as a display needs it.

    Args:
        state: what has become of it.
        reason: why, where it is not well.
        progress: what its process last reported.
        remaining_s: estimated seconds to its end, 0 where it is over.
    """

    state: State
    reason: str
    progress: NodeProgress
    remaining_s: float


@dataclass(frozen=True)
class StudyProgress:
    """The study at one moment.

    Args:
        nodes: every node of the plan.
        remaining_s: estimated seconds to the end of all.
        stopping: whether it has been asked to stop.
    """

    nodes: Mapping[str, NodeView]
    remaining_s: float
    stopping: bool

    def count(self, state: State) -> int:
        """Return how many nodes are in a state."""
        return sum(node.state is state for node in self.nodes.values())


def close_parsl(close: Callable[[], None], limit_s: float | None) -> None:
    """Give back what Parsl holds: its threads, its processes, the blocks of a scheduler.

    A scheduler that is slow to answer keeps nobody who asked for a stop: a command to cancel blocks goes on by itself,
    and blocks whose driver has left end within a minute.

    Args:
        close: does it.
        limit_s: how long it is waited for, in seconds; None for as long as it takes.
    """
    if limit_s is None:
        close()
        return
    closing = threading.Thread(target=close, daemon=True)
    closing.start()
    closing.join(max(0.0, limit_s))


class Execution:
    """One attempt at everything in a plan that is not done.

    Args:
        directory: the study's directory, whose lock the caller holds.
        plan: its plan.
        ledger: its ledger.
        on_update: called a few times a second with the state of things.
        wanted: the nodes to do, what they need included; all where it is left out.
        limit_s: stop, as if it had been asked for, after this time; never where it is None.
    """

    def __init__(
        self,
        directory: StudyDirectory,
        plan: Plan,
        ledger: Ledger,
        on_update: Callable[[StudyProgress], None] = lambda _: None,
        *,
        wanted: frozenset[str] | None = None,
        limit_s: float | None = None,
    ) -> None:
        self.directory = directory
        self.plan = plan
        self.ledger = ledger
        self.on_update = on_update
        self.wanted = frozenset(plan.paths) if wanted is None else wanted
        self.out_of_time = False
        self._stop_at = math.inf if limit_s is None else time.monotonic() + limit_s
        execution = directory.study.execution
        self.cores = available_cores(execution)
        self._known = known_paces(place_of(execution))
        self._contents = contents_of(plan, directory.root, copies=True)
        self.threads = node_threads(plan, self.cores)
        self._slots = {node.path: Slot.of(node, execution) for node in plan.nodes}
        self._attempts = Attempts(directory, plan, ledger, self.threads)
        self._word = StopWord(directory.root)
        self._interrupts = 0
        self._leave_at = math.inf
        self._showing = Seldom()

    def run(self) -> StudyProgress:
        """Do what is not done, until all is over or a stop is asked for (Ctrl-C, SIGTERM).

        Raises:
            InputError: the scheduler's provider cannot be made from the study file.
            StorageError: the ledger or a job cannot be written; runs at work stop as when a stop is asked for.
        """
        self._word.withdraw()
        complete_growth(self.directory, self.ledger)
        complete_imports(self.directory, self.ledger)
        self.ledger.recover(self._left_by_a_kill)
        with self.ledger.transaction():
            fix_thresholds(self.directory.study, self.ledger)
            for node in self.plan.nodes:
                write_job(self.directory, node, self.ledger)
                remove(self._files(node.path).progress)
        slots = {self._slots[path] for path in self.wanted}
        config = parsl_config(
            self.directory.study.execution, self.directory.root / ".parsl", slots, self._attempts.failed
        )
        kernel = parsl.DataFlowKernel(config)
        try:
            with self._listening():
                pending: dict[str, AppFuture] = {}
                submitting = self._submitting(kernel, pending)
                more = next(submitting)
                while self._goes_on(pending, more=more):
                    self.directory.beat()
                    if time.monotonic() > self._stop_at and not self._interrupts:
                        self.out_of_time = True
                        self._stop()
                    self._attempts.collect(pending)
                    self._show()
                    more = next(submitting)
                    time.sleep(POLL_S if pending else 0.0)
                self._attempts.leave(pending)
                if self.directory.study.execution.where is ProviderKind.LOCAL:  # threads end with this process
                    self._leave_at = min(self._leave_at, time.monotonic())
        except BaseException:
            if not self._interrupts:
                self._stop()
            raise
        finally:
            limit = self._leave_at + CLOSING_S - time.monotonic() if self._interrupts else None
            close_parsl(kernel.cleanup, limit)
        self._remember()
        final = self.progress()
        self.on_update(final)
        return final

    def _goes_on(self, pending: dict[str, AppFuture], *, more: bool) -> bool:
        """Whether there is something to wait for: after a stop was asked for, only what is at work."""
        if not self._interrupts:
            return more or bool(pending)
        self._attempts.collect(pending)
        return time.monotonic() < self._leave_at and any(path in pending for path in self._attempts.begun)

    def _left_by_a_kill(self, entry: Entry) -> EntryChanges:
        """Return what a node has left that was at work when its ``llpt run`` was killed, its time by its own clock."""
        progress = self._progress_of(entry.path)
        left: EntryChanges = {
            "steps_done": node_steps_on_disk(self.directory.node(entry.path)),
            "seconds": entry.seconds + progress.seconds,
            "core_seconds": entry.core_seconds + progress.seconds * self.threads.get(entry.path, 1),
        }
        if progress.seconds_per_step:
            left["seconds_per_step"] = progress.seconds_per_step
        return left

    def _remember(self) -> None:
        """Let later studies on this machine know what steps take, and starts of runs but for what they compiled."""
        place = place_of(self.directory.study.execution)
        begun = runs_among(self.plan[path] for path in self._attempts.begun)
        runs = {run.path: run for run in begun if not run.inner_steps}
        contents = contents_of(self.plan, self.directory.root, copies=True)  # potentials trained meanwhile among them
        entries = sorted(map(self.ledger.entry, runs), key=lambda entry: entry.started or 0.0)
        remember_paces(
            pace_of(place, runs[entry.path], entry.seconds_per_step, contents, start_up=entry.start_up_s)
            for entry in entries
            if entry.seconds_per_step
        )

    def _submitting(self, kernel: parsl.DataFlowKernel, pending: dict[str, AppFuture]) -> Iterator[bool]:
        """Hand every node that is not done to Parsl, each with the futures of what it depends on, some at a time.

        Args:
            kernel: of Parsl.
            pending: where their futures go.

        Yields:
            whether there are more.
        """
        execution = self.directory.study.execution
        local = execution.where is ProviderKind.LOCAL
        root = str(self.directory.root)
        ranks = {path: rank for rank, path in enumerate(self.plan.paths)}
        cores, devices = Cores(self.cores), Devices(execution.gpus)
        task = in_a_thread(cores, devices, ranks, self._slots, self._word) if local else run_node
        labels = ["local"] if local else sorted({slot.label for slot in self._slots.values()})
        apps = {label: parsl.python_app(task, data_flow_kernel=kernel, executors=[label]) for label in labels}
        done = {entry.path for entry in self.ledger.entries() if entry.state is State.DONE}
        futures: dict[str, NodeOutcome | AppFuture] = {
            path: NodeOutcome(path=path, state=State.DONE) for path in self.plan.paths if path in done
        }
        left = [node for node in self.plan.nodes if node.path in self.wanted and node.path not in done]
        while left and not self._interrupts:
            some, left = left[:SUBMITTED], left[SUBMITTED:]
            for node in some:
                path = node.path
                parents = [futures[parent] for parent in node.after]
                app = apps["local" if local else self._slots[path].label]
                threads = self.threads[path] if local else node.threads
                future = app(root, path, threads, execution.stall_s, *parents)
                # Before a child is made: so a node is heard of only after all it depends on.
                future.add_done_callback(lambda _, path=path: self._attempts.ended(path))
                futures[path] = pending[path] = future
            yield bool(left)
        while True:
            yield False

    def _show(self) -> None:
        """Show the study as it stands, unless that takes so long that it is not yet time to do it again."""
        if self._showing.is_due:
            with self._showing.doing():
                self.on_update(self.progress())

    def progress(self) -> StudyProgress:
        """Return the study as it stands now; what is left is not estimated where a stop was asked for."""
        stopping = self._interrupts > 0
        entries = {entry.path: entry for entry in self.ledger.entries() if entry.path in self.plan}
        running = {path: self._progress_of(path) for path, entry in entries.items() if entry.state is State.RUNNING}
        paces = {path: entry.seconds_per_step for path, entry in entries.items()}
        paces |= {path: progress.seconds_per_step for path, progress in running.items() if progress.seconds_per_step}
        measured = {path: pace for path, pace in paces.items() if pace}
        costs = {} if stopping else estimate_costs(self.plan, measured, self._known, self._contents)
        nodes: dict[str, NodeView] = {}
        unheard = NodeProgress()
        for path, entry in entries.items():
            progress = running.get(path, unheard)
            left = 0.0
            if costs and entry.state in {State.WAITING, State.RUNNING, State.UNFINISHED}:
                done = entry.steps_done if progress.steps_done is None else progress.steps_done
                left = left_s(costs[path], done=done, steps=progress.steps or self.plan[path].steps)
                if path in running and progress.steps_done is None:  # its engine compiles, or solves its first step
                    left = max(left, self._attempts.at_work_s(path))
            nodes[path] = NodeView(entry.state, entry.reason, progress, left)
        remaining = {path: node.remaining_s for path, node in nodes.items()}
        return StudyProgress(nodes, makespan_s(self.plan, remaining, self.cores) if costs else 0.0, stopping)

    def _progress_of(self, path: str) -> NodeProgress:
        """Return what a process last reported; a file that is damaged reports nothing."""
        try:
            return self._files(path).read_progress()
        except StorageError:
            return NodeProgress()

    def _files(self, path: str) -> JobFiles:
        return JobFiles(self.directory.root, path)

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        """Turn Ctrl-C and SIGTERM into a clean stop of every run; a second Ctrl-C ends them at once."""

        def on_signal(_number: int, _frame: FrameType | None) -> None:
            self._stop()

        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self) -> None:
        """Ask every run to stop at its next step; asked once more, at once."""
        self._interrupts += 1
        self._attempts.look_again()
        self._leave_at = min(self._leave_at, time.monotonic() + LEAVE_S)
        self._word.give(Stop.SOON if self._interrupts == 1 else Stop.NOW)
