"""One node of the plan as a task: start its process, watch it, stop it when asked, and say what became of it.

``run_node`` is what Parsl executes, in a thread here or in a worker on another machine. It has exactly one process
forked (``llpt.study.child``) in a session of its own, so that Ctrl-C reaches it only through us. The process holds the
other end of a pipe: when we die or leave, it sees the pipe close and stops with a checkpoint.

A process that says nothing for much longer than it ever did before hangs: it is killed with all it has started. Who
asks for a stop waits a few seconds at most: a process in the middle of a long step is left to end it on its own.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from llpt.errors import StorageError
from llpt.files import open_to_append, remove
from llpt.study.blocks import time_left_s
from llpt.study.child import DISK_REFUSED, SERVER_LOG, Child
from llpt.study.job_files import JobFiles
from llpt.study.outcome import LEFT, NodeOutcome, NodeProgress, State
from llpt.study.pulse import Pulse
from llpt.study.steps import node_steps_on_disk
from llpt.study.stopping import Stop, StopWord

if TYPE_CHECKING:
    from collections.abc import Mapping

POLL_S = 0.1
STOPPING_S = 1.2
"""How long a process that was asked to stop is waited for; after that it ends its step and writes its checkpoint with
nobody waiting."""
BETWEEN_TRIES_S = 2.0
BLOCK_ENDS = "its block of nodes ended; it goes on in another"


class NotDoneError(Exception):
    """A node that failed or was lost, so that Parsl tries it again and holds back what depends on it.

    Args:
        outcome: what became of it.
        block_ends: whether it stopped because its block of nodes ends; it then goes on in another.
    """

    def __init__(self, outcome: NodeOutcome, *, block_ends: bool = False) -> None:
        self.outcome = outcome
        self.block_ends = block_ends
        super().__init__(outcome.reason)

    def __reduce__(self) -> tuple[partial[NotDoneError], tuple[NodeOutcome]]:
        return partial(type(self), block_ends=self.block_ends), (self.outcome,)


def run_node(
    root: str,
    path: str,
    threads: int,
    stall_s: float | Literal["auto"],
    *parents: NodeOutcome,
    environment: Mapping[str, str] | None = None,
    word: StopWord | None = None,
) -> NodeOutcome:
    """Do one node in a process of its own and return what became of it.

    Args:
        root: the study's directory.
        path: the node; ``jobs/`` holds what it is to do.
        threads: processor cores it may use, 0 for all of this machine.
        stall_s: after how many seconds without a sign of life it is taken to hang; "auto" by its own pace.
        parents: what became of the nodes it depends on.
        environment: variables of the environment that its process has beside those of this process.
        word: that asks it to stop; that of the study's directory alone where it is left out.

    Raises:
        NotDoneError: the node failed, its process ended though nobody asked it to, or this block of nodes ends.
    """
    files = JobFiles(Path(root), path)
    word = word or StopWord(files.root)
    if word.given or any(parent.state is not State.DONE for parent in parents):
        return NodeOutcome(path=path, state=State.WAITING)
    if time_left_s() <= 0.0:
        time.sleep(BETWEEN_TRIES_S)  # it comes here again until the workers of this block take no more
        raise NotDoneError(NodeOutcome(path=path, state=State.WAITING, reason=BLOCK_ENDS), block_ends=True)
    began = time.monotonic()
    cores = threads or len(os.sched_getaffinity(0))
    try:
        remove(files.outcome)
        files.write_progress(NodeProgress(message="starting"))
        with (
            open_to_append(files.log) as log,
            Child(files.root, files.job, log, threads=cores, environment=environment) as child,
        ):
            hung, block_ends = _watch(child, word, Pulse(files.progress, stall_s))
        outcome = _read_outcome(files, child, time.monotonic() - began, hung)
    except StorageError as error:
        outcome, block_ends = _left(files, time.monotonic() - began, error.cause, error.remedy), False
    outcome = outcome.model_copy(update={"cores": cores})
    if outcome.state is not State.DONE and not word.given:
        if block_ends and outcome.state is State.UNFINISHED:
            raise NotDoneError(outcome.model_copy(update={"reason": BLOCK_ENDS}), block_ends=True)
        raise NotDoneError(outcome)
    return outcome


def _watch(child: Child, word: StopWord, pulse: Pulse) -> tuple[str, bool]:
    """Wait for the end of a process, or for the end of our patience with it.

    It is asked to stop when the word is given or the block of nodes ends; killed, with all it has started, when it
    hangs or the stop is to be at once. Where the block ends, it is waited for until the scheduler ends all.

    Returns:
        Why it was taken to hang, empty where it was not; whether it was asked to stop because its block ends.
    """
    asked: float | None = None
    block_ends = False
    while not child.wait(POLL_S):
        stopping = word.given
        if asked is None and (stopping or time_left_s() <= 0.0):
            block_ends = not stopping
            asked = time.monotonic()
            child.ask_to_stop()
        hung = pulse.stalled() if asked is None else ""
        if hung or stopping is Stop.NOW:
            child.kill()
            return hung, False
        if stopping and asked is not None and time.monotonic() - asked > STOPPING_S:
            break
    return "", block_ends


def _this_host() -> str:
    return os.environ.get("SLURMD_NODENAME") or socket.gethostname()  # several of Slurm's nodes may be one machine


def _left(files: JobFiles, seconds: float, reason: str, remedy: str, *, state: State = State.UNFINISHED) -> NodeOutcome:
    """Return what became of a node that has left no outcome, by what is on the disk."""
    return NodeOutcome(
        path=files.path,
        state=state,
        reason=reason,
        remedy=remedy,
        steps_done=node_steps_on_disk(files.root / files.path),
        seconds=seconds,
        host=_this_host(),
    )


def _what_the_disk_says(files: JobFiles) -> StorageError:
    """Return why a process could not leave its outcome, by leaving one in its place."""
    why = StorageError(
        "The disk refused what its process wrote.",
        f"Make room, or the directory writable ({files.log} may say which), then start again: a run continues from "
        "its last checkpoint.",
    )
    try:
        files.write_outcome(NodeOutcome(path=files.path, state=State.UNFINISHED, reason=why.cause, remedy=why.remedy))
    except StorageError as error:
        return error
    return why


def _read_outcome(files: JobFiles, child: Child, seconds: float, hung: str) -> NodeOutcome:
    outcome = files.read_outcome(seconds=seconds, host=_this_host())
    if outcome is not None:
        return outcome
    state = State.UNFINISHED
    remedy = "Start llpt run again: it goes on from the last checkpoint."
    if hung:
        state, reason, remedy = State.FAILED, hung, f"Read {files.log}, and the engine's own log."
    elif child.code in DISK_REFUSED:
        refusal = _what_the_disk_says(files)
        reason, remedy = refusal.cause, refusal.remedy
    elif not child.ended:
        reason = LEFT
    elif (code := child.code) is None:
        reason = f"its process is gone, and nothing is known of its end: {_last_line(files.root / SERVER_LOG)}"
    elif code in {-signal.SIGTERM, -signal.SIGKILL, -signal.SIGINT}:
        name = signal.Signals(-code).name
        reason = f"its process was ended by {name}" + (" (out of memory?)" if code == -signal.SIGKILL else "")
    else:
        state = State.FAILED
        reason = f"its process ended with code {code} and no word: {_last_line(files.log)}"
        remedy = f"Read {files.log}."
    return _left(files, seconds, reason, remedy, state=state)


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return "nothing in its log"
    return lines[-1] if lines else "nothing in its log"
