"""The process of one node: ``python -m llpt.study.worker JOB`` reads a file of ``jobs/`` and does what it says.

It works in the study's directory, so that no path it leaves behind is absolute; it prints to the node's log, keeps its
progress file fresh for the display, and leaves its outcome: done, failed with a reason, or unfinished. Its standard
input is a pipe from whoever started it; when the pipe closes, whoever that was is gone, and the process stops itself as
if it had been told to.
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
from llpt.study.job_files import JobFiles
from llpt.study.nodes import read_job
from llpt.study.outcome import NodeOutcome, NodeProgress, Provenance, State
from llpt.study.versions import versions

if TYPE_CHECKING:
    from llpt.study.nodes import Job

PROGRESS_EVERY_S = 1.0


def stop_with_parent() -> None:
    """Send this process SIGTERM when its standard input closes."""

    def wait() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="stop-with-parent", daemon=True).start()


class ProgressFile:
    """A node's progress file, rewritten at most once a second.

    Args:
        files: the node's files.
    """

    def __init__(self, files: JobFiles) -> None:
        self._files = files
        self._next = 0.0

    def write(self, progress: NodeProgress) -> None:
        """Write it if a second has passed since the last time; a full disk is no reason to stop here."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + PROGRESS_EVERY_S
        with contextlib.suppress(StorageError):
            self._files.write_progress(progress)


def main(arguments: list[str]) -> int:
    """Run the worker; its exit code is 0 where an outcome was written, whatever it says."""
    file = Path(arguments[0]).resolve()
    if not sys.stdin.isatty():
        stop_with_parent()
    try:
        job = read_job(file)
    except StorageError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the log of a process without a job
        return 1
    files = JobFiles(file.parents[1], job.path)
    os.chdir(files.root)
    with open_to_append(files.lock) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a process of an earlier llpt run may still be writing its last checkpoint
        files.write_outcome(_outcome(job, files))
    return 0


def _outcome(job: Job, files: JobFiles) -> NodeOutcome:
    """Do a node; whatever goes wrong becomes its stated reason, and its trace goes to the log."""
    try:
        return job.work(ProgressFile(files).write)
    except LlptError as error:
        traceback.print_exc()
        state = State.UNFINISHED if isinstance(error, StorageError) else State.FAILED
        made_with = Provenance(versions=versions())
        return NodeOutcome(path=job.path, state=state, reason=error.cause, remedy=error.remedy, provenance=made_with)
    except Exception as error:  # noqa: BLE001 - the process ends here, and its reason must reach the ledger
        traceback.print_exc()
        reason = f"{type(error).__name__}: {error}"
        return NodeOutcome(path=job.path, state=State.FAILED, reason=reason, remedy=f"Read {files.log}.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
