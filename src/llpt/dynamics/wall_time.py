"""How long the steps of a run take: what starting it costs is not among it."""

from __future__ import annotations

import math
import time


class WallTime:
    """Wall time of the steps: of all that are on disk, and the pace of this session.

    The first step of a session often compiles what the others find compiled. Where there are others, it counts as much
    as one of them.

    Args:
        earlier_seconds: what the steps on disk took.
    """

    def __init__(self, earlier_seconds: float) -> None:
        self.on_disk = self._earlier = earlier_seconds
        self.steps = 0
        self._began = self._first_ended = math.nan

    def start(self) -> None:
        """The steps begin; what was before them (building, the first forces) does not count."""
        self._began = time.perf_counter()

    def count(self) -> None:
        """A step has ended."""
        self.steps += 1
        if self.steps == 1:
            self._first_ended = time.perf_counter()

    def checkpoint(self) -> None:
        """All steps of the session are on disk."""
        self.on_disk = self._earlier + self.steps * self.pace

    @property
    def pace(self) -> float:
        """Seconds per step of this session."""
        instant = time.perf_counter()
        if self.steps > 1:
            return (instant - self._first_ended) / (self.steps - 1)
        return instant - self._began
