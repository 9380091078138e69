"""Whose turn it is in a study's directory: one ``llpt run`` at a time, which others can see to be alive.

It imports little, for ``llpt status`` must answer at once.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from llpt.errors import StorageError
from llpt.files import open_to_append

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOK_S = 1.0
"""``llpt status`` holds the lock for a moment to see whether it is free."""
SILENCE_S = 120.0
"""An ``llpt run`` shows itself several times a second; network file systems pass that on within a minute."""


class LockedDirectory:
    """A directory in which one ``llpt run`` works at a time.

    Args:
        root: the directory itself.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory for one ``llpt run``; the lock ends with the process, however it ends.

        Raises:
            StorageError: another process holds it, or showed itself lately on another machine.
        """
        with open_to_append(self.lock_file) as lock:
            until = time.monotonic() + LOOK_S
            while not _taken(lock, fcntl.LOCK_EX):
                if time.monotonic() > until:
                    raise self._held()
                time.sleep(0.05)
            if self._alive_elsewhere():
                raise StorageError(
                    f"Another llpt run ({self._holder()}) is at work in {self.root}, on another machine.",
                    f"Wait for it, or stop it there; where it was killed, start again after {SILENCE_S:.0f} s.",
                )
            lock.truncate(0)
            with suppress(OSError):  # who holds it is for the messages above; a full disk says so where it matters
                lock.write(f"{os.getpid()} on {socket.gethostname()}".encode())
            try:
                yield
            finally:
                with suppress(OSError):
                    lock.truncate(0)

    def refuse_a_second(self) -> None:
        """Refuse a directory that an ``llpt run`` holds; nothing is written.

        Raises:
            StorageError: one does, here or on another machine.
        """
        if self.at_work:
            raise self._held()

    def _held(self) -> StorageError:
        return StorageError(
            f"Another llpt run ({self._holder()}) is at work in {self.root}.",
            "Wait for it, or stop it with Ctrl-C; two at once would do everything twice.",
        )

    def beat(self) -> None:
        """Show that the ``llpt run`` that holds the directory is alive."""
        with suppress(OSError):
            os.utime(self.lock_file)

    @property
    def at_work(self) -> bool:
        """Whether an ``llpt run`` is alive here: it holds the lock, or showed itself lately on another machine.

        Where a file system does not carry locks from machine to machine, the time of its last sign tells.
        """
        with suppress(OSError), self.lock_file.open("rb") as lock:
            return not _taken(lock, fcntl.LOCK_SH) or self._alive_elsewhere()
        return False

    def _alive_elsewhere(self) -> bool:
        """Whether an ``llpt run`` of another machine showed itself lately; one that has ended left no name."""
        with suppress(OSError):
            holder = self.lock_file.read_text().strip()
            of_others = bool(holder) and not holder.endswith(f" on {socket.gethostname()}")
            # A sign from the future is one from before a clock was set back.
            return of_others and abs(time.time() - self.lock_file.stat().st_mtime) < SILENCE_S
        return False

    def _holder(self) -> str:
        """Return which process holds the directory, or held it when it was killed."""
        with suppress(OSError):
            return f"process {self.lock_file.read_text().strip() or 'unknown'}"
        return "process unknown"

    @property
    def lock_file(self) -> Path:
        """Held by ``llpt run`` while it lives; its text says which process that is, its time when it last lived."""
        return self.root / ".lock"


def _taken(lock: IO[bytes], how: int) -> bool:
    """Whether a lock could be had without waiting."""
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
