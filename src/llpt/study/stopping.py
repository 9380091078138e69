"""The word that asks the runs of a study to stop: a file, which every machine sees, and the memory of ``llpt run``.

A disk that is full or read-only takes no file, and then a stop is asked for most of all: runs that are watched from the
threads of this process hear of it all the same, and those on other machines end with the blocks they are in.
"""

from __future__ import annotations

import contextlib
from enum import StrEnum
from typing import TYPE_CHECKING

from llpt.errors import StorageError
from llpt.files import remove, write_atomically

if TYPE_CHECKING:
    from pathlib import Path

STOP_FILE = ".stop"


class Stop(StrEnum):
    """When runs are to stop: not at all, after the step at hand and with a checkpoint, or at once."""

    NOT = ""
    SOON = "soon"
    NOW = "now"


class StopWord:
    """What the runs of a study are asked.

    Args:
        root: the study's directory.
    """

    def __init__(self, root: Path) -> None:
        self._file = root / STOP_FILE
        self._given = Stop.NOT

    @property
    def given(self) -> Stop:
        """What was asked, here or by another process; a file whose text cannot be read asks for a stop soon."""
        if self._given is not Stop.NOT or not self._file.exists():
            return self._given
        with contextlib.suppress(OSError, ValueError):
            return Stop(self._file.read_text(encoding="utf-8")) or Stop.SOON
        return Stop.SOON

    def give(self, when: Stop) -> None:
        """Ask every run to stop; a disk that refuses the file keeps nobody in this process from hearing it."""
        self._given = when
        with contextlib.suppress(StorageError):
            write_atomically(self._file, when, durable=False)

    def withdraw(self) -> None:
        """Ask for nothing any more.

        Raises:
            StorageError: the file of an earlier word cannot be removed.
        """
        self._given = Stop.NOT
        remove(self._file)
