"""What attempts at nodes came to, written into the ledger: begun, tried again, gone on in another block, ended.

Parsl calls from its own threads, which only take note; the ledger is written by the one thread that looks.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING

from parsl.dataflow.errors import DependencyError

from llpt.campaign import file_stem
from llpt.study.job_files import PROGRESS_SUFFIX, JobFiles
from llpt.study.outcome import LEFT, NodeOutcome, Provenance, RunConditions, State
from llpt.study.process import NotDoneError
from llpt.study.seldom import Seldom
from llpt.study.steps import node_steps_on_disk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from parsl.dataflow.futures import AppFuture
    from parsl.dataflow.taskrecord import TaskRecord

    from llpt.study.layout import StudyDirectory
    from llpt.study.ledger import EntryChanges, Ledger
    from llpt.study.plan import Plan


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


class Attempts:
    """The attempts of one ``llpt run`` at the nodes of a plan.

    Args:
        directory: the study's directory.
        plan: its plan.
        ledger: its ledger.
        threads: cores that each node holds.
    """

    def __init__(self, directory: StudyDirectory, plan: Plan, ledger: Ledger, threads: Mapping[str, int]) -> None:
        self.directory = directory
        self.plan = plan
        self.ledger = ledger
        self.threads = threads
        self.begun: dict[str, float] = {}
        """Nodes that this ``llpt run`` has begun, and when each did so last, by a clock that nobody sets."""
        self._stems = {file_stem(path): path for path in plan.paths}
        self._between: dict[str, int] = {}
        """Runs that wait to go on in another block, and when each last showed itself, in ns."""
        self._over: SimpleQueue[str] = SimpleQueue()
        self._failures: SimpleQueue[_Failure] = SimpleQueue()
        self._tried: dict[str, int] = {}
        self._looking = Seldom()

    def at_work_s(self, path: str) -> float:
        """Return how long a node has been at work, in seconds; 0 where this ``llpt run`` has not begun it."""
        began = self.begun.get(path)
        return 0.0 if began is None else time.monotonic() - began

    def look_again(self) -> None:
        """Look at the next opportunity which nodes have begun, however long that takes."""
        self._looking = Seldom()

    def ended(self, path: str) -> None:
        """Take note, in a thread of Parsl's, that a node is over."""
        self._over.put(path)

    def failed(self, error: Exception, task: TaskRecord) -> float:
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

    def collect(self, pending: dict[str, AppFuture]) -> None:
        """Write into the ledger what has begun, what is tried again and what has ended since the last look."""
        over = [self._over.get() for _ in range(self._over.qsize())]
        with self.ledger.transaction():
            self._note_retries()
            self._note_begun(pending, over)
            for path in over:
                self._record(self._outcome(path, pending.pop(path)))

    def _note_begun(self, pending: Mapping[str, AppFuture], over: Sequence[str]) -> None:
        """Write into the ledger which nodes have begun: those whose progress file is there.

        The directory is read as a whole, for there may be ten thousand of them, and not too often.
        """
        found = [path for path in over if self._files(path).progress.exists()]
        if self._looking.is_due:
            jobs = self.directory.root / "jobs"
            with self._looking.doing(), contextlib.suppress(OSError), os.scandir(jobs) as entries:
                names = [entry.name for entry in entries if entry.name.endswith(PROGRESS_SUFFIX)]
                found += [self._stems.get(name.removesuffix(PROGRESS_SUFFIX), "") for name in names]
        for path in found:
            if path in pending and path not in self.begun:
                before = self._between.get(path)
                if before is None or (path not in over and self._written(path) != before):
                    self._between.pop(path, None)
                    self._begin(path)

    def _begin(self, path: str, reason: str = "") -> None:
        self.begun[path] = time.monotonic()
        self.ledger.begin(path, reason=reason)

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
                self.begun.pop(path, None)
                self._between[path] = failure.written
                continue
            tries = self._tried[path] = self._tried.get(path, 0) + 1
            if tries <= allowed:
                if path not in self.begun:  # it died before it was seen
                    self._begin(path)
                self._add(outcome, State.UNFINISHED)
                self._begin(path, f"tried again ({tries} of {allowed}): {failure.why}")

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
        return NodeOutcome(
            path=path,
            state=State.UNFINISHED,
            reason=reason,
            remedy="Start llpt run again: it goes on from the last checkpoint.",
            steps_done=node_steps_on_disk(self.directory.node(path)),
            seconds=self.at_work_s(path),
        )

    def leave(self, pending: dict[str, AppFuture]) -> None:
        """Enter what is still at work when a stop has taken too long: it ends its step with nobody waiting."""
        self.collect(pending)
        for path in pending:
            if path in self.begun:
                self._record(self._lost(path, LEFT))

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
        if outcome.state is State.WAITING:
            entry = self.ledger.entry(outcome.path) if outcome.path in self.begun else None
            if entry and entry.state is State.RUNNING:  # it was to be tried again when the stop was asked for
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
            "compile_seconds": outcome.compile_seconds,
        }
        if outcome.seconds_per_step is not None:
            columns["seconds_per_step"] = outcome.seconds_per_step
        if outcome.provenance != Provenance():
            columns["provenance"] = outcome.provenance
        if outcome.conditions != RunConditions():
            columns["conditions"] = outcome.conditions
        self.ledger.record(outcome.path, state, reason=outcome.reason, remedy=outcome.remedy, **columns)

    def _files(self, path: str) -> JobFiles:
        return JobFiles(self.directory.root, path)
