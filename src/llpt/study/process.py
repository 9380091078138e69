"""One node of the plan as a task: start its process, watch it, stop it when asked, and say what became of it.

``run_node`` is what Parsl executes, in a thread here or in a worker on another machine. It starts exactly one process
(``python -m llpt.study.worker JOB``) in a session of its own, so that Ctrl-C reaches it only through us. The
process holds the other end of a pipe: when we die or leave, it sees the pipe close and stops with a checkpoint.

A process that says nothing for much longer than it ever did before hangs: it is killed with all it has started. Who
asks for a stop waits a few seconds at most: a process in the middle of a long step is left to end it on its own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Literal

from llpt.dynamics import steps_on_disk
from llpt.files import open_to_append, remove
from llpt.study.job_files import JobFiles
from llpt.study.outcome import NodeOutcome, NodeProgress, State
from llpt.study.pulse import Pulse, kill_tree
from llpt.threads import ASLEEP

POLL_S = 0.1
STOPPING_S = 3.0
"""How long a process that was asked to stop is waited for; after that it ends its step and writes its checkpoint with
nobody waiting."""


class NotDoneError(Exception):
    """A node that failed or was lost, so that Parsl tries it again and holds back what depends on it."""

    def __init__(self, outcome: NodeOutcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.reason)

    def __reduce__(self) -> tuple[type[NotDoneError], tuple[NodeOutcome]]:
        return type(self), (self.outcome,)


def run_node(
    root: str, path: str, threads: int, stall_s: float | Literal["auto"], *parents: NodeOutcome
) -> NodeOutcome:
    """Do one node in a process of its own and return what became of it.

    Args:
        root: the study's directory.
        path: the node; ``jobs/`` holds what it is to do.
        threads: processor cores it may use.
        stall_s: after how many seconds without a sign of life it is taken to hang; "auto" by its own pace.
        parents: what became of the nodes it depends on.

    Raises:
        NotDoneError: the node failed, or its process ended though nobody asked it to.
    """
    files = JobFiles(Path(root), path)
    stop_file = Path(root) / ".stop"
    if stop_file.exists() or any(parent.state is not State.DONE for parent in parents):
        return NodeOutcome(path=path, state=State.WAITING)
    remove(files.outcome)
    began = time.time()
    files.write_progress(NodeProgress(message="starting"))
    with open_to_append(files.log) as log:
        process = subprocess.Popen(
            # -P: what lies in the current directory is not imported, whatever its name is.
            [sys.executable, "-P", "-m", "llpt.study.worker", str(files.job)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, **_thread_limits(threads)},
        )
        hung = _watch(process, stop_file, Pulse(files.progress, stall_s))
    outcome = _read_outcome(files, process.returncode, time.time() - began, hung)
    if outcome.state is not State.DONE and not stop_file.exists():
        raise NotDoneError(outcome)
    return outcome


def _thread_limits(threads: int) -> dict[str, str]:
    """Return what tells the numerical libraries their cores, and to wait asleep unless the person says otherwise."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    return {name: os.environ.get(name, value) for name, value in ASLEEP.items()} | dict.fromkeys(names, str(threads))


def _watch(process: subprocess.Popen[bytes], stop_file: Path, pulse: Pulse) -> str:
    """Wait for the end of a process, or for the end of our patience with it.

    It is asked to stop when the stop file appears; killed, with all it has started, when it hangs or the stop is to be
    at once.

    Returns:
        Why it was taken to hang; empty where it was not.
    """
    assert process.stdin is not None
    asked: float | None = None
    hung = ""
    while process.poll() is None:
        if asked is None and stop_file.exists():
            asked = time.monotonic()
            with contextlib.suppress(OSError):  # it has just ended
                process.stdin.write(b"stop")
                process.stdin.flush()
        if asked is None:
            hung = pulse.stalled()
        if hung or (asked is not None and _now(stop_file)):
            kill_tree(process.pid)
            process.wait()
            break
        if asked is not None and time.monotonic() - asked > STOPPING_S:
            break
        time.sleep(POLL_S)
    with contextlib.suppress(OSError):
        process.stdin.close()
    return hung


def _now(stop_file: Path) -> bool:
    """Whether the stop is to be at once (Ctrl-C twice)."""
    try:
        return stop_file.read_text() == "now"
    except OSError:
        return False


def _read_outcome(files: JobFiles, code: int | None, seconds: float, hung: str) -> NodeOutcome:
    host = socket.gethostname()
    outcome = files.read_outcome(seconds=seconds, host=host)
    if outcome is not None:
        return outcome
    state = State.UNFINISHED
    remedy = "Start llpt run again: it goes on from the last checkpoint."
    if hung:
        state, reason, remedy = State.FAILED, hung, f"Read {files.log}, and the engine's own log."
    elif code is None:
        reason = "it was left to end its step and write its checkpoint by itself"
    elif code in {-signal.SIGTERM, -signal.SIGKILL, -signal.SIGINT}:
        name = signal.Signals(-code).name
        reason = f"its process was ended by {name}" + (" (out of memory?)" if code == -signal.SIGKILL else "")
    else:
        state = State.FAILED
        reason = f"its process ended with code {code} and no word: {_last_line(files.log)}"
        remedy = f"Read {files.log}."
    return NodeOutcome(
        path=files.path,
        state=state,
        reason=reason,
        remedy=remedy,
        steps_done=steps_on_disk(files.root / files.path),
        seconds=seconds,
        host=host,
    )


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return "nothing in its log"
    return lines[-1] if lines else "nothing in its log"
