"""Doing a plan: every node a Parsl task, every change of state in the ledger, safe to stop at any moment.

What is done is left alone, what is unfinished goes on from its checkpoint, what failed is tried again and holds back
only what depends on it.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import threading
import time
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING

import parsl
from parsl.dataflow.errors import DependencyError

from llpt.campaign import file_stem
from llpt.dynamics import steps_on_disk
from llpt.errors import StorageError
from llpt.files import remove, write_atomically
from llpt.study.blocks import Slot
from llpt.study.cores import available_cores
from llpt.study.cost import pace_of
from llpt.study.engine_sections import ProviderKind
from llpt.study.fixed_thresholds import fix_thresholds
from llpt.study.here import Cores, Devices, in_a_thread
from llpt.study.job_files import PROGRESS_SUFFIX, JobFiles
from llpt.study.jobs import write_job
from llpt.study.outcome import NodeOutcome, NodeProgress, Provenance, RunConditions, State
from llpt.study.paces import known_paces, place_of, remember_paces
from llpt.study.process import STOPPING_S, NotDoneError, run_node
from llpt.study.providers import parsl_config
from llpt.study.schedule import estimate_costs, makespan_s, node_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType

    from parsl.dataflow.futures import AppFuture
    from parsl.dataflow.taskrecord import TaskRecord

    from llpt.study.layout import StudyDirectory
    from llpt.study.ledger import EntryChanges, Ledger
    from llpt.study.plan import Plan

POLL_S = 0.25
SHARE_OF_SHOWING = 25.0
"""Showing a study of ten thousand runs takes a second; it waits so many times as long before it does so again."""
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


@dataclass(frozen=True)
class _Failure:
    """An attempt at a node that failed.

    Args:
        path: the node.
        why: the reason.
        outcome: what its process left; None where the worker was lost.
        block_ends: whether it only has to go on in another block of nodes.
        written: when it last showed itself, in ns.
    """

    path: str
    why: str
    outcome: NodeOutcome | None = None
    block_ends: bool = False
    written: int = 0


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
        self.threads = node_threads(plan, self.cores)
        self._slots = {node.path: Slot.of(node, execution) for node in plan.nodes}
        self._stems = {file_stem(path): path for path in plan.paths}
        self._begun: set[str] = set()
        self._between: dict[str, int] = {}
        """Runs that wait to go on in another block, and when each last showed itself, in ns."""
        self._ended: SimpleQueue[str] = SimpleQueue()
        self._failures: SimpleQueue[_Failure] = SimpleQueue()
        self._tried: dict[str, int] = {}
        self._interrupts = 0
        self._leave_at = math.inf
        self._show_at = self._look_at = -math.inf

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
        slots = {self._slots[path] for path in self.wanted}
        config = parsl_config(self.directory.study.execution, self.directory.root / ".parsl", slots, self._failed)
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
        self._remember()
        final = self.progress()
        self.on_update(final)
        return final

    def _remember(self) -> None:
        """Let later studies on this machine know what steps take."""
        place = place_of(self.directory.study.execution)
        measured = {entry.path: entry.seconds_per_step for entry in self.ledger.entries() if entry.path in self._begun}
        runs = {run.path: run for run in self.plan.runs}
        remember_paces(pace_of(place, runs[path], pace) for path, pace in measured.items() if pace and path in runs)

    def _submit(self, kernel: parsl.DataFlowKernel) -> dict[str, AppFuture]:
        """Hand every node that is not done to Parsl, each with the futures of what it depends on."""
        execution = self.directory.study.execution
        local = execution.where is ProviderKind.LOCAL
        root = str(self.directory.root)
        ranks = {path: rank for rank, path in enumerate(self.plan.paths)}
        task = in_a_thread(Cores(self.cores), Devices(execution.gpus), ranks, self._slots) if local else run_node
        labels = ["local"] if local else sorted({slot.label for slot in self._slots.values()})
        apps = {label: parsl.python_app(task, data_flow_kernel=kernel, executors=[label]) for label in labels}
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
            app = apps["local" if local else self._slots[path].label]
            threads = self.threads[path] if local else node.threads
            future = app(root, path, threads, execution.stall_s, *parents)
            # Before a child is made: so a node is heard of only after all it depends on.
            future.add_done_callback(lambda _, path=path: self._ended.put(path))
            futures[path] = pending[path] = future
        return pending

    def _collect(self, pending: dict[str, AppFuture]) -> None:
        """Write into the ledger what has begun, what is tried again and what has ended since the last look."""
        over = [self._ended.get() for _ in range(self._ended.qsize())]
        with self.ledger.transaction():
            self._note_retries()
            self._note_begun(pending, over)
            for path in over:
                self._record(self._outcome(path, pending.pop(path)))

    def _note_begun(self, pending: Mapping[str, AppFuture], over: Sequence[str]) -> None:
        """Write into the ledger which nodes have begun: those whose progress file is there.

        The directory is read as a whole, for there may be ten thousand of them, and not too often.
        """
        began = time.monotonic()
        found = [path for path in over if self._files(path).progress.exists()]
        if began >= self._look_at:
            with contextlib.suppress(OSError), os.scandir(self.directory.root / "jobs") as entries:
                names = [entry.name for entry in entries if entry.name.endswith(PROGRESS_SUFFIX)]
                found += [self._stems.get(name.removesuffix(PROGRESS_SUFFIX), "") for name in names]
            self._look_at = time.monotonic() + SHARE_OF_SHOWING * (time.monotonic() - began)
        for path in found:
            if path in pending and path not in self._begun:
                before = self._between.get(path)
                if before is None or (path not in over and self._written(path) > before):
                    self._between.pop(path, None)
                    self._begun.add(path)
                    self.ledger.begin(path)

    def _written(self, path: str) -> int:
        """Return when a node's progress file was last written, in ns; 0 where there is none."""
        try:
            return self._files(path).progress.stat().st_mtime_ns
        except OSError:
            return 0

    def _note_retries(self) -> None:
        """Write into the ledger what has failed and is tried again, or has to go on in another block."""
        allowed = self.directory.study.execution.retries
        while not self._failures.empty():
            failure = self._failures.get()
            path, outcome = failure.path, failure.outcome or self._lost(failure.path, failure.why)
            if failure.block_ends:
                if outcome.seconds:
                    self._add(outcome, State.UNFINISHED)
                self._begun.discard(path)
                self._between[path] = failure.written
                continue
            tries = self._tried[path] = self._tried.get(path, 0) + 1
            if tries <= allowed:
                self._add(outcome, State.UNFINISHED)
                self.ledger.begin(path, reason=f"tried again ({tries} of {allowed}): {failure.why}")

    def _failed(self, error: Exception, task: TaskRecord) -> float:
        """Take note, in a thread of Parsl's, that an attempt failed; it counts unless its block ended."""
        path = task["args"][1]
        if isinstance(error, DependencyError):
            return 1.0
        if isinstance(error, NotDoneError):
            block_ends = error.block_ends
            self._failures.put(
                _Failure(path, error.outcome.reason, error.outcome, block_ends=block_ends, written=self._written(path))
            )
            return 0.0 if block_ends else 1.0
        self._failures.put(_Failure(path, f"{type(error).__name__}: {error}"))
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
        if outcome.state is State.BLOCKED:
            self.ledger.record(outcome.path, outcome.state, reason=outcome.reason, remedy=outcome.remedy)
            return
        self._add(outcome, outcome.state)

    def _add(self, outcome: NodeOutcome, state: State) -> None:
        """Write what an attempt came to; its time is added to that of the attempts before."""
        before = self.ledger.entry(outcome.path)
        columns: EntryChanges = {
            "finished": time.time(),
            "seconds": before.seconds + outcome.seconds,
            "core_seconds": before.core_seconds + outcome.seconds * (outcome.cores or self.threads[outcome.path]),
            "steps_done": outcome.steps_done,
            "host": outcome.host,
        }
        if outcome.seconds_per_step is not None:
            columns["seconds_per_step"] = outcome.seconds_per_step
        if outcome.provenance != Provenance():
            columns["provenance"] = outcome.provenance
        if outcome.conditions != RunConditions():
            columns["conditions"] = outcome.conditions
        self.ledger.record(outcome.path, state, reason=outcome.reason, remedy=outcome.remedy, **columns)

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
        costs = estimate_costs(self.plan, measured, self._known)
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
