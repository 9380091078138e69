"""How many frames a file being read holds in all, by how far it has been read: nobody knows before its end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LEAST_S_BETWEEN_LOOKS = 0.5


class FramesExpected:
    """An estimate of the frames of files that this process is reading: frames so far over the share that is read.

    The share is the position of this process in the files, packed or not, over their sizes; a file that was closed has
    been read. Where the system does not tell positions, nothing is known.

    Args:
        files: what is read.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._sizes = {str(path.resolve()): path.stat().st_size for path in files if path.is_file()}
        self._positions = dict.fromkeys(self._sizes, 0)
        self._looked = 0.0
        self._expected: float | None = None

    def after(self, frames: int) -> float | None:
        """Return how many frames there will be; None where that cannot be told.

        Args:
            frames: read so far.
        """
        now = time.monotonic()
        if now - self._looked >= LEAST_S_BETWEEN_LOOKS:
            self._looked = now
            share = self._share_read()
            self._expected = round(frames / share) if share else None
        return None if self._expected is None else max(self._expected, frames)

    def _share_read(self) -> float:
        opened = {found.path: int(getattr(found, "position", 0)) for found in psutil.Process().open_files()}
        for path, position in self._positions.items():
            if path in opened:
                self._positions[path] = max(position, opened[path])
            elif position:
                self._positions[path] = self._sizes[path]
        return sum(self._positions.values()) / max(sum(self._sizes.values()), 1)
