"""The directory of one run: its lock, its log, and whether it holds something else."""

from __future__ import annotations

import contextlib
import fcntl
from typing import TYPE_CHECKING, TextIO, cast

from llpt.dynamics.run_record import now, read_run_record
from llpt.errors import InputError, StorageError
from llpt.files import make_directory, open_to_append

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCK_NAME = "lock"
LOG_NAME = "run.log"


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold a run directory for this process; the kernel lets go of it however the process ends.

    Raises:
        StorageError: another process holds it, or it cannot be made.
    """
    make_directory(directory)
    with open_to_append(directory / LOCK_NAME) as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StorageError(
                f"Another process is running in {directory}.", "Wait for it or stop it; one process per run."
            ) from error
        yield


class RunLog:
    """``run.log``: what we, i-PI and the engine have to say. A disk that is full silences it, nothing more."""

    def __init__(self, path: Path) -> None:
        self._stream = open_to_append(path)

    @property
    def stream(self) -> TextIO:
        """This log as a stream that standard output can be sent to."""
        return cast("TextIO", self)

    def write(self, text: str) -> int:
        """Write text as it is (the face of a stream, for what others print)."""
        with contextlib.suppress(OSError):
            self._stream.write(text.encode())
        return len(text)

    def flush(self) -> None:
        """Flush what was written."""
        with contextlib.suppress(OSError):
            self._stream.flush()

    def say(self, text: str) -> None:
        """Write one line with the time."""
        self.write(f"{now()}  {text}\n")

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(OSError):
            self._stream.close()


def check_new(directory: Path) -> None:
    """Refuse a directory that holds something else.

    Raises:
        InputError: there are files in it that no run of llpt left.
    """
    foreign = [entry.name for entry in directory.iterdir() if entry.name not in {LOCK_NAME, LOG_NAME}]
    if foreign:
        raise InputError(
            f"{directory} is not a run directory but holds {foreign[0]}.", "Give an empty or a new directory."
        )


def check_before_lock(directory: Path) -> None:
    """Refuse a directory that holds something else before a lock is written into it.

    Raises:
        InputError: as by ``check_new``.
        StorageError: it holds a run whose record is damaged.
    """
    if directory.is_dir() and not (directory / LOCK_NAME).exists() and read_run_record(directory) is None:
        check_new(directory)
