"""Doing a plan: every node a Parsl task, every change of state in the ledger, safe to stop at any moment.

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
from queue import SimpleQueue
from typing import TYPE_CHECKING, Literal

import parsl
from parsl.dataflow.errors import DependencyError

from llpt.dynamics import steps_on_disk
from llpt.errors import StorageError
from llpt.files import remove, write_atomically
from llpt.study.cores import available_cores
from llpt.study.engine_sections import ProviderKind
from llpt.study.fixed_thresholds import fix_thresholds
from llpt.study.job_files import JobFiles
from llpt.study.jobs import write_job
from llpt.study.outcome import NodeOutcome, NodeProgress, Provenance, State
from llpt.study.process import STOPPING_S, NotDoneError, run_node
from llpt.study.providers import parsl_config
from llpt.study.schedule import estimate_costs, makespan_s, node_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import FrameType

    from parsl.dataflow.futures import AppFuture
    from parsl.dataflow.taskrecord import TaskRecord

    from llpt.study.layout import StudyDirectory
    from llpt.study.ledger import EntryChanges, Ledger
    from llpt.study.plan import Plan

POLL_S = 0.25
SHARE_OF_SHOWING = 10.0
"""Showing a study of ten thousand runs takes a second; it waits ten times as long before it does so again."""
LEAVE_S = STOPPING_S + 1.0
"""How long after a stop was asked for the last runs are waited for."""


@dataclass(frozen=True)
class NodeView:
    """One node as a display needs it.

    Args:
        state: what has become of it.
        reason: why, where it is not well.
        progress: what its process last said of itself.
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


class Cores:
    """Processor cores that tasks in threads take and give back, the earliest node of the plan first.

    Args:
        total: how many there are.
    """

    def __init__(self, total: int) -> None:
        self._free = total
        self._waiting: list[int] = []
        self._condition = threading.Condition()

    @contextlib.contextmanager
    def taken(self, count: int, rank: int) -> Iterator[None]:
        """Wait until ``count`` cores are free and nobody of a lower ``rank`` waits for cores, and hold them."""
        with self._condition:
            self._waiting.append(rank)
            self._condition.wait_for(lambda: self._free >= count and rank == min(self._waiting))
            self._waiting.remove(rank)
            self._free -= count
            self._condition.notify_all()
        try:
            yield
        finally:
            with self._condition:
                self._free += count
                self._condition.notify_all()


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
        self.cores = available_cores(directory.study.execution)
        self.threads = node_threads(plan, self.cores)
        self._begun: set[str] = set()
        self._failures: SimpleQueue[tuple[str, str]] = SimpleQueue()
        self._tried: dict[str, int] = {}
        self._interrupts = 0
        self._leave_at = math.inf
        self._show_at = -math.inf

    def run(self) -> StudyProgress:
        """Do what is not done, until all is over or a stop is asked for (Ctrl-C, SIGTERM).

        Raises:
            InputError: the scheduler's provider cannot be made from the study file.
            StorageError: the ledger or a job cannot be written.
        """
        remove(self.directory.stop_file)
        self.ledger.recover(lambda path: steps_on_disk(self.directory.node(path)))
        with self.ledger.transaction():
            fix_thresholds(self.directory.study, self.ledger)
            for node in self.plan.nodes:
                write_job(self.directory, node, self.ledger)
                remove(self._files(node.path).progress)
        config = parsl_config(self.directory.study.execution, self.directory.root / ".parsl", self._failed)
        kernel = parsl.DataFlowKernel(config)
        try:
            with self._listening():
                pending = self._submit(kernel)
                while pending and time.monotonic() < self._leave_at:
                    self.directory.beat()
                    if time.monotonic() > self._stop_at and not self._interrupts:
                        self.out_of_time = True
                        self._stop()
                    self._collect(pending)
                    self._show()
                    time.sleep(POLL_S if pending else 0.0)
                self._leave(pending)
        except BaseException:
            self._ask_to_stop("now")
            raise
        finally:
            kernel.cleanup()
            if not self._interrupts:
                remove(self.directory.stop_file)
        final = self.progress()
        self.on_update(final)
        return final

    def _submit(self, kernel: parsl.DataFlowKernel) -> dict[str, AppFuture]:
        """Hand every node that is not done to Parsl, each with the futures of what it depends on."""
        local = self.directory.study.execution.where is ProviderKind.LOCAL
        root = str(self.directory.root)
        ranks = {path: rank for rank, path in enumerate(self.plan.paths)}
        task = _in_a_thread(Cores(self.cores), ranks) if local else run_node
        stall_s = self.directory.study.execution.stall_s
        app = parsl.python_app(task, data_flow_kernel=kernel)
        futures: dict[str, NodeOutcome | AppFuture] = {}
        pending: dict[str, AppFuture] = {}
        done = {entry.path for entry in self.ledger.entries() if entry.state is State.DONE}
        for node in self.plan.nodes:
            path = node.path
            if path in done:
                futures[path] = NodeOutcome(path=path, state=State.DONE)
                continue
            if path not in self.wanted:
                continue
            parents = [futures[parent] for parent in node.after]
            futures[path] = pending[path] = app(root, path, self.threads[path], stall_s, *parents)
        return pending

    def _collect(self, pending: dict[str, AppFuture]) -> None:
        """Write into the ledger what has begun, what is tried again and what has ended since the last look."""
        # Looked at from the end: where a node is over, what it depends on is seen to be over too.
        over = {path for path in reversed(pending) if pending[path].done()}
        for path in pending:
            if path not in self._begun and self._files(path).progress.exists():
                self._begun.add(path)
                self.ledger.begin(path)
        self._note_retries()
        for path in [path for path in pending if path in over]:
            self._record(self._outcome(path, pending.pop(path)))

    def _note_retries(self) -> None:
        """Write into the ledger what has failed and is tried again."""
        allowed = self.directory.study.execution.retries
        while not self._failures.empty():
            path, why = self._failures.get()
            tries = self._tried[path] = self._tried.get(path, 0) + 1
            if tries <= allowed:
                self.ledger.begin(path, reason=f"tried again ({tries} of {allowed}): {why}")

    def _failed(self, error: Exception, task: TaskRecord) -> float:
        """Take note, in a thread of Parsl's, that an attempt at a node failed; it counts as one."""
        if not isinstance(error, DependencyError):
            why = error.outcome.reason if isinstance(error, NotDoneError) else f"{type(error).__name__}: {error}"
            self._failures.put((task["args"][1], why))
        return 1.0

    def _outcome(self, path: str, future: AppFuture) -> NodeOutcome:
        error = future.exception()
        if error is None:
            outcome: NodeOutcome = future.result()
            return outcome
        if isinstance(error, NotDoneError):
            return error.outcome
        if isinstance(error, DependencyError):
            why = self._why_blocked(path)
            return NodeOutcome(path=path, state=State.BLOCKED if why else State.WAITING, reason=why)
        return self._lost(path, f"its worker was lost: {type(error).__name__}: {error}")

    def _lost(self, path: str, reason: str) -> NodeOutcome:
        """Return what became of a node whose process cannot tell any more."""
        began = self.ledger.entry(path).started if path in self._begun else None
        return NodeOutcome(
            path=path,
            state=State.UNFINISHED,
            reason=reason,
            remedy="Start llpt run again: it goes on from the last checkpoint.",
            steps_done=steps_on_disk(self.directory.node(path)),
            seconds=0.0 if began is None else max(0.0, time.time() - began),
        )

    def _leave(self, pending: dict[str, AppFuture]) -> None:
        """Enter what is still at work when a stop has taken too long: it ends its step with nobody waiting."""
        self._collect(pending)
        for path in pending:
            if path in self._begun:
                self._record(self._lost(path, "it was left to end its step and write its checkpoint by itself"))

    def _why_blocked(self, path: str) -> str:
        """Name the failed node, near or far, that a node cannot do without; empty where none failed."""
        for parent in self.plan[path].after:
            entry = self.ledger.entry(parent)
            if entry.state is State.FAILED:
                return f"it needs {parent}, which failed"
            if entry.state is State.BLOCKED:
                return entry.reason
        return ""

    def _record(self, outcome: NodeOutcome) -> None:
        entry = self.ledger.entry(outcome.path)
        if outcome.state is State.WAITING:
            if entry.state is State.RUNNING:  # it was to be tried again when the stop was asked for
                self.ledger.record(entry.path, State.UNFINISHED, reason=entry.reason)
            return
        columns: EntryChanges = {}
        if outcome.state is not State.BLOCKED:
            columns = {
                "finished": time.time(),
                "seconds": entry.seconds + outcome.seconds,
                "steps_done": outcome.steps_done,
                "host": outcome.host,
            }
            if outcome.seconds_per_step is not None:
                columns["seconds_per_step"] = outcome.seconds_per_step
            if outcome.provenance != Provenance():
                columns["provenance"] = outcome.provenance
        self.ledger.record(outcome.path, outcome.state, reason=outcome.reason, remedy=outcome.remedy, **columns)

    def _show(self) -> None:
        """Show the study as it stands, unless that takes so long that it is not yet time to do it again."""
        began = time.monotonic()
        if began < self._show_at:
            return
        self.on_update(self.progress())
        self._show_at = time.monotonic() + SHARE_OF_SHOWING * (time.monotonic() - began)

    def progress(self) -> StudyProgress:
        """Return the study as it stands now."""
        entries = {entry.path: entry for entry in self.ledger.entries() if entry.path in self.plan}
        running = {path: self._progress_of(path) for path, entry in entries.items() if entry.state is State.RUNNING}
        paces = {path: entry.seconds_per_step for path, entry in entries.items()}
        paces |= {path: progress.seconds_per_step for path, progress in running.items() if progress.seconds_per_step}
        measured = {path: pace for path, pace in paces.items() if pace}
        costs = estimate_costs(self.plan, measured)
        nodes: dict[str, NodeView] = {}
        for path, entry in entries.items():
            progress = running.get(path, NodeProgress())
            left = 0.0
            if entry.state in {State.WAITING, State.RUNNING, State.UNFINISHED}:
                done = entry.steps_done if progress.steps_done is None else progress.steps_done
                total = progress.steps or self.plan[path].steps or 1
                left = max(0.0, 1.0 - done / total) * costs[path]
            nodes[path] = NodeView(entry.state, entry.reason, progress, left)
        remaining = {path: node.remaining_s for path, node in nodes.items()}
        return StudyProgress(nodes, makespan_s(self.plan, remaining, self.cores), self._interrupts > 0)

    def _progress_of(self, path: str) -> NodeProgress:
        """Return what a process last said of itself; a file that is damaged says nothing."""
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
        self._leave_at = min(self._leave_at, time.monotonic() + LEAVE_S)
        self._ask_to_stop("soon" if self._interrupts == 1 else "now")

    def _ask_to_stop(self, when: str) -> None:
        with contextlib.suppress(StorageError):
            write_atomically(self.directory.stop_file, when, durable=False)


def _in_a_thread(cores: Cores, ranks: Mapping[str, int]) -> Callable[..., NodeOutcome]:
    """Return ``run_node`` for a thread of this process: it waits for its cores first."""

    def run_node_here(
        root: str, path: str, threads: int, stall_s: float | Literal["auto"], *parents: NodeOutcome
    ) -> NodeOutcome:
        with cores.taken(threads, ranks[path]):
            return run_node(root, path, threads, stall_s, *parents)

    return run_node_here
