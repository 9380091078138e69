"""How long the steps of a run take: what starting it costs is not among it."""

from __future__ import annotations

import math
import time


class WallTime:
    """Wall time of the steps: of all that are on disk, and the pace of this session.

    Args:
        earlier_seconds: what the steps on disk took.
    """

    def __init__(self, earlier_seconds: float) -> None:
        self.on_disk = earlier_seconds
        self.steps = 0
        self._began = self._counted = math.nan

    def start(self) -> None:
        """The steps begin; what was before them (building, the first forces) does not count."""
        self._began = self._counted = time.perf_counter()

    def checkpoint(self) -> None:
        """Count the time since the last checkpoint as belonging to steps on disk."""
        instant = time.perf_counter()
        self.on_disk += instant - self._counted
        self._counted = instant

    @property
    def pace(self) -> float:
        """Seconds per step of this session."""
        return (time.perf_counter() - self._began) / max(self.steps, 1)
