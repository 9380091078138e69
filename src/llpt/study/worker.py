"""The process of one node: ``python -m llpt.study.worker JOB`` reads a file of ``jobs/`` and does what it says.

It works in the study's directory, so that no path it leaves behind is absolute; it prints to the node's log, keeps its
progress file fresh for the display, and leaves its outcome: done, failed with a reason, or unfinished. Its standard
input is a pipe from whoever started it; when the pipe closes, whoever that was is gone, and the process stops itself as
if it had been told to.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import sys
import threading
import time
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

from llpt.errors import LlptError, StorageError
from llpt.files import open_to_append, write_atomically
from llpt.study.layout import read_json
from llpt.study.ledger import State
from llpt.study.node import JobFiles, Outcome, write_outcome
from llpt.study.versions import versions

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
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._next = 0.0

    def write(self, **values: Any) -> None:
        """Write ``values`` if a second has passed since the last time; a full disk is no reason to stop here."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + PROGRESS_EVERY_S
        with contextlib.suppress(StorageError):
            write_atomically(self._path, json.dumps(values, default=float), durable=False)


def work(job: dict[str, Any], progress: ProgressFile) -> Outcome:
    """Do a node and return what became of it; the working directory is the study's."""
    kinds = {"md": "work_md", "training": "work_training", "labels": "work_labels"}
    module = import_module(f"llpt.study.{kinds[job['kind']]}")
    outcome: Outcome = module.work(job, progress)  # each module brings only what its kind of node needs
    return outcome


def main(arguments: list[str]) -> int:
    """Run the worker; its exit code is 0 where an outcome was written, whatever it says."""
    path = Path(arguments[0]).resolve()
    if not sys.stdin.isatty():
        stop_with_parent()
    job = read_json(path)
    if job is None:
        print(f"there is no job {path}", file=sys.stderr)  # noqa: T201 - the log of a process without a job
        return 1
    files = JobFiles(path.parents[1], job["identity"])
    os.chdir(files.root)
    with open_to_append(files.lock) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a process of an earlier llpt run may still be writing its last checkpoint
        write_outcome(files, _outcome(job, files))
    return 0


def _outcome(job: dict[str, Any], files: JobFiles) -> Outcome:
    """Do a node; whatever goes wrong becomes its stated reason, and its trace goes to the log."""
    identity = job["identity"]
    try:
        return work(job, ProgressFile(files.progress))
    except StorageError as error:
        traceback.print_exc()
        return Outcome(identity, State.UNFINISHED, error.cause, error.remedy, provenance={"versions": versions()})
    except LlptError as error:
        traceback.print_exc()
        return Outcome(identity, State.FAILED, error.cause, error.remedy, provenance={"versions": versions()})
    except Exception as error:  # noqa: BLE001 - the process ends here, and its reason must reach the ledger
        traceback.print_exc()
        reason = f"{type(error).__name__}: {error}"
        return Outcome(identity, State.FAILED, reason, f"Read {files.log}.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
