"""The process of one node, forked by ``llpt.study.fork_server``: it reads a file of ``jobs/`` and does what it says.

It works in the study's directory, so that no path it leaves behind is absolute; it prints to the node's log, keeps its
progress file fresh for the display, and leaves its outcome: done, failed with a reason, or unfinished. Its standard
input is a pipe from whoever started it: at a word there it stops itself, and when the pipe closes, for then whoever
that was is gone. Where it does not come to that, because its engine hangs, it ends itself and all it has started.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from llpt.errors import LlptError, StorageError
from llpt.files import open_to_append
from llpt.study.blocks import in_a_block
from llpt.study.child import NO_WORD_CODE
from llpt.study.contents import content_hash
from llpt.study.job_files import JobFiles
from llpt.study.nodes import read_job
from llpt.study.outcome import NodeOutcome, NodeProgress, Provenance, State
from llpt.study.pulse import ReportPace, kill_tree
from llpt.study.steps import node_steps_on_disk
from llpt.version import package_versions

if TYPE_CHECKING:
    from llpt.study.nodes import Job

PROGRESS_EVERY_S = 1.0
PROGRESS_IN_A_BLOCK_S = 10.0
"""Less often on a cluster, whose file system has thousands of them to rename."""


PATIENCE_S = 600.0
"""How long a process may take to stop where nothing is known of its pace: a step of a large cell takes that long."""
LEAST_PATIENCE_S = 10.0
STEPS_OF_PATIENCE = 10.0


def stop_with_parent(pace: ReportPace) -> None:
    """Send this process SIGTERM at a word on its standard input or its end; kill it if it goes on for ten steps more.

    It is sent once, for a second one would end the process in the middle of its step.
    """

    def wait() -> None:
        os.read(0, 1024)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(patience_s(pace))
        _to_log("The process did not stop in time: its engine hangs.")
        kill_tree(os.getpid())

    threading.Thread(target=wait, name="stop-with-parent", daemon=True).start()


def patience_s(pace: ReportPace) -> float:
    """Return how long a process may take to stop, in seconds.

    Args:
        pace: how fast its reports came.
    """
    if not pace.longest_s:
        return PATIENCE_S
    return min(PATIENCE_S, max(LEAST_PATIENCE_S, STEPS_OF_PATIENCE * pace.longest_s))


class ProgressFile:
    """A node's progress file, rewritten at most once a second.

    Args:
        files: the node's files.
        pace: told of every report.
    """

    def __init__(self, files: JobFiles, pace: ReportPace) -> None:
        self._files = files
        self._pace = pace
        self._next = 0.0
        self._began = time.monotonic()

    def write(self, progress: NodeProgress) -> None:
        """Write it if a second has passed since the last time; a full disk is no reason to stop here."""
        self._pace.reported()
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (PROGRESS_IN_A_BLOCK_S if in_a_block() else PROGRESS_EVERY_S)
        with contextlib.suppress(StorageError):
            self._files.write_progress(progress.model_copy(update={"seconds": now - self._began}))


def do_job(job_file: Path) -> int:
    """Do a node; the exit code is 0 where an outcome was written, whatever it says, 74 where the disk refused it.

    Args:
        job_file: the file of its job.
    """
    file = job_file.resolve()
    pace = ReportPace()
    stop_with_parent(pace)
    try:
        job = read_job(file)
    except StorageError as error:
        _to_log(str(error))
        return 1
    files = JobFiles(file.parents[1], job.path)
    os.chdir(files.root)
    reason = ""
    try:
        with open_to_append(files.lock) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a process of an earlier llpt run may still be writing a checkpoint
            with contextlib.suppress(OSError):  # which process it is, for a person who looks for it
                lock.truncate(0)
                lock.write(str(os.getpid()).encode())
            outcome = _outcome(job, files, pace)
            reason = outcome.reason
            files.write_outcome(outcome)
    except StorageError as error:
        _to_log(reason or error.cause)
        return NO_WORD_CODE
    return 0


def _to_log(text: str) -> None:
    """Print to the node's log; a disk that refuses what a node wrote may refuse this too."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)  # noqa: T201 - its log


def device_in_use() -> str:
    """Return what this process has computed on: the graphics processors that it has opened, else ``cpu``."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return "cpu"
    return ", ".join(torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count()))


def compile_seconds_here() -> float:
    """Return the seconds that this process has waited for machine code; 0 where nothing is compiled."""
    compiling = sys.modules.get("llpt.compiling")
    return 0.0 if compiling is None else float(compiling.compile_seconds())


def _outcome(job: Job, files: JobFiles, pace: ReportPace) -> NodeOutcome:
    """Do a node; whatever goes wrong becomes its stated reason, and its trace goes to the log."""
    try:
        outcome = job.work(ProgressFile(files, pace).write)
        if outcome.state is not State.DONE:
            return outcome
        kept = {"content_hash": content_hash(Path(job.path)), "device": device_in_use()}
        provenance = outcome.provenance.model_copy(update=kept)
        return outcome.model_copy(update={"provenance": provenance, "compile_seconds": compile_seconds_here()})
    except LlptError as error:
        _to_log(traceback.format_exc())
        state = State.UNFINISHED if isinstance(error, StorageError) else State.FAILED
        made_with = Provenance(versions=package_versions())
        return NodeOutcome(
            path=job.path,
            state=state,
            reason=error.cause,
            remedy=error.remedy,
            steps_done=node_steps_on_disk(Path(job.path)),
            provenance=made_with,
        )
    except Exception as error:  # noqa: BLE001 - the process ends here, and its reason must reach the ledger
        _to_log(traceback.format_exc())
        reason = f"{type(error).__name__}: {error}"
        remedy = f"Read {files.log}."
        steps = node_steps_on_disk(Path(job.path))
        return NodeOutcome(path=job.path, state=State.FAILED, reason=reason, remedy=remedy, steps_done=steps)
