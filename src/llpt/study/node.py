"""One node of the plan as a task: start its process, watch it, stop it when asked, and say what became of it.

``run_node`` is what Parsl executes, in a thread here or in a worker on another machine. It starts exactly one process
(``python -m llpt.study.worker JOB``) in a session of its own, so that Ctrl-C reaches it only through us. The
process holds the other end of a pipe: when we die, however we die, it sees the pipe close and stops with a checkpoint.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from llpt.campaign import file_stem
from llpt.files import open_to_append, remove, write_atomically
from llpt.study.layout import read_json
from llpt.study.ledger import State
from llpt.threads import ASLEEP

POLL_S = 0.1
PATIENCE_S = 600.0
"""How long a process may take to stop cleanly before it is killed: one step of a large cell takes that long."""


@dataclass(frozen=True)
class JobFiles:
    """The files through which a node's process is told and tells; they lie in ``jobs/``, beside the runs, not in them.

    Args:
        root: the study's directory.
        identity: the node.
    """

    root: Path
    identity: str

    @property
    def stem(self) -> str:
        """The node's name as a file name: ``dft-N32-P200-T700``."""
        return file_stem(self.identity)

    def _file(self, suffix: str) -> Path:
        return self.root / "jobs" / f"{self.stem}{suffix}"

    @property
    def job(self) -> Path:
        """What the process is told."""
        return self._file(".json")

    @property
    def progress(self) -> Path:
        """What it last said of itself."""
        return self._file(".progress.json")

    @property
    def outcome(self) -> Path:
        """What became of it."""
        return self._file(".outcome.json")

    @property
    def log(self) -> Path:
        """What it printed."""
        return self._file(".log")

    @property
    def start(self) -> Path:
        """The relaxed start of a run whose fluid is made here."""
        return self._file(".start.extxyz")

    @property
    def lock(self) -> Path:
        """Held by the process while it lives."""
        return self._file(".lock")


@dataclass(frozen=True)
class Outcome:
    """What became of a node.

    Args:
        identity: the node.
        state: done, failed, unfinished (can be continued) or waiting (was not started).
        reason: why, where it is not done.
        remedy: what to do about it.
        steps_done: MD steps on disk.
        seconds: wall time of this attempt.
        seconds_per_step: wall time of one MD step, None where none was made.
        host: the machine.
        provenance: versions, hashes and the engine's description.
    """

    identity: str
    state: State
    reason: str = ""
    remedy: str = ""
    steps_done: int = 0
    seconds: float = 0.0
    seconds_per_step: float | None = None
    host: str = ""
    provenance: dict[str, Any] = field(default_factory=dict)


class RunFailedError(Exception):
    """A node that failed, so that Parsl retries it and holds back what depends on it."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.reason)

    def __reduce__(self) -> tuple[type[RunFailedError], tuple[Outcome]]:
        return type(self), (self.outcome,)


def run_node(root: str, identity: str, threads: int, *parents: Outcome) -> Outcome:
    """Do one node in a process of its own and return what became of it.

    Args:
        root: the study's directory.
        identity: the node; ``jobs/`` holds what it is to do.
        threads: processor cores it may use.
        parents: what became of the nodes it depends on.

    Raises:
        RunFailedError: the node failed.
    """
    files = JobFiles(Path(root), identity)
    stop_file = Path(root) / ".stop"
    if stop_file.exists() or any(parent.state is not State.DONE for parent in parents):
        return Outcome(identity, State.WAITING)
    remove(files.outcome)
    began = time.time()
    write_atomically(files.progress, '{"message": "starting"}')
    with open_to_append(files.log) as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "llpt.study.worker", str(files.job)],
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


def _read_outcome(files: JobFiles, code: int, seconds: float) -> Outcome:
    identity, host = files.identity, socket.gethostname()
    data = read_json(files.outcome)
    if data is not None:
        values = {**data, "state": State(data["state"])}
        return Outcome(identity=identity, seconds=seconds, host=host, **values)
    progress = read_json(files.progress) or {}
    steps = int(progress.get("steps_done", 0))
    if code in {-signal.SIGTERM, -signal.SIGKILL, -signal.SIGINT}:
        name = signal.Signals(-code).name
        reason = f"its process was ended by {name}" + (" (out of memory?)" if code == -signal.SIGKILL else "")
        remedy = "Start llpt run again: it goes on from the last checkpoint."
        return Outcome(identity, State.UNFINISHED, reason, remedy, steps_done=steps, seconds=seconds, host=host)
    reason = f"its process ended with code {code} and no word: {_last_line(files.log)}"
    remedy = f"Read {files.log}."
    return Outcome(identity, State.FAILED, reason, remedy, steps_done=steps, seconds=seconds, host=host)


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return "nothing in its log"
    return lines[-1] if lines else "nothing in its log"


def write_outcome(files: JobFiles, outcome: Outcome) -> None:
    """Write what a worker has to say, to be read by ``run_node``; time and machine are the reader's to add."""
    values = asdict(outcome)
    for name in ("identity", "seconds", "host"):
        values.pop(name)
    write_atomically(files.outcome, json.dumps(values, indent=1, default=str))
