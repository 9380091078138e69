"""One node of the plan as a task: start its process, watch it, stop it when asked, and say what became of it.

``run_node`` is what Parsl executes, in a thread here or in a worker on another machine. It starts exactly one process
(``python -m llpt.study.worker JOB``) in a session of its own, so that Ctrl-C reaches it only through us. The
process holds the other end of a pipe: when we die, however we die, it sees the pipe close and stops with a checkpoint.
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

from llpt.files import open_to_append, remove
from llpt.study.job_files import JobFiles
from llpt.study.outcome import NodeOutcome, NodeProgress, State
from llpt.threads import ASLEEP

POLL_S = 0.1
PATIENCE_S = 600.0
"""How long a process may take to stop cleanly before it is killed: one step of a large cell takes that long."""


class RunFailedError(Exception):
    """A node that failed, so that Parsl retries it and holds back what depends on it."""

    def __init__(self, outcome: NodeOutcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.reason)

    def __reduce__(self) -> tuple[type[RunFailedError], tuple[NodeOutcome]]:
        return type(self), (self.outcome,)


def run_node(root: str, path: str, threads: int, *parents: NodeOutcome) -> NodeOutcome:
    """Do one node in a process of its own and return what became of it.

    Args:
        root: the study's directory.
        path: the node; ``jobs/`` holds what it is to do.
        threads: processor cores it may use.
        parents: what became of the nodes it depends on.

    Raises:
        RunFailedError: the node failed.
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
        _watch(process, stop_file)
    outcome = _read_outcome(files, process.returncode, time.time() - began)
    if outcome.state is State.FAILED:
        raise RunFailedError(outcome)
    return outcome


def _thread_limits(threads: int) -> dict[str, str]:
    """Return what tells the numerical libraries their cores, and to wait asleep unless the person says otherwise."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
    return {name: os.environ.get(name, value) for name, value in ASLEEP.items()} | dict.fromkeys(names, str(threads))


def _watch(process: subprocess.Popen[bytes], stop_file: Path) -> None:
    """Wait for the end of a process; ask it to stop when the stop file appears, and kill it if it does not listen."""
    asked: float | None = None
    while process.poll() is None:
        if asked is None and stop_file.exists():
            asked = time.monotonic()
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        if asked is not None and (time.monotonic() - asked > PATIENCE_S or _now(stop_file)):
            process.kill()
        time.sleep(POLL_S)
    assert process.stdin is not None
    process.stdin.close()


def _now(stop_file: Path) -> bool:
    """Whether the stop is to be at once (Ctrl-C twice)."""
    try:
        return stop_file.read_text() == "now"
    except OSError:
        return False


def _read_outcome(files: JobFiles, code: int, seconds: float) -> NodeOutcome:
    host = socket.gethostname()
    outcome = files.read_outcome(seconds=seconds, host=host)
    if outcome is not None:
        return outcome
    if code in {-signal.SIGTERM, -signal.SIGKILL, -signal.SIGINT}:
        state = State.UNFINISHED
        name = signal.Signals(-code).name
        reason = f"its process was ended by {name}" + (" (out of memory?)" if code == -signal.SIGKILL else "")
        remedy = "Start llpt run again: it goes on from the last checkpoint."
    else:
        state = State.FAILED
        reason = f"its process ended with code {code} and no word: {_last_line(files.log)}"
        remedy = f"Read {files.log}."
    steps = files.read_progress().steps_done or 0
    return NodeOutcome(
        path=files.path, state=state, reason=reason, remedy=remedy, steps_done=steps, seconds=seconds, host=host
    )


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return "nothing in its log"
    return lines[-1] if lines else "nothing in its log"
