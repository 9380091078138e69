"""Whether a node's process still lives: by its own pace, as its reports come."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Literal

import psutil

if TYPE_CHECKING:
    from pathlib import Path

FIRST_SIGN_S = 6 * 3600.0
"""How long a process may take to its first reports: it builds its engine and computes the first forces."""
LEAST_S = 1800.0
"""No shorter silence is taken for a hang where nothing else is asked for: a loaded machine stands still, a training
changes its stage."""
TIMES_LONGER = 20.0
"""A silence this many times longer than the longest before is a hang: SCF cycles differ by a factor of three or so."""
REPORTS_BEFORE_PACE = 3
"""Reports that it takes to know the pace: the start, the first forces, one step."""


class Pulse:
    """The signs of life of a node's process: its progress file, which it rewrites when something was done.

    Args:
        file: the progress file.
        stall_s: the silence in seconds that is taken for a hang, once it has reported itself; "auto": twenty times the
            longest before, at least half an hour, and six hours to the first steps.
    """

    def __init__(self, file: Path, stall_s: float | Literal["auto"]) -> None:
        self._file = file
        self._stall_s = stall_s
        self._seen: int | None = None
        self._reports = 0
        self._last = time.monotonic()
        self._longest = 0.0

    def stalled(self) -> str:
        """Return why the process is taken to hang, one sentence; empty while it is not."""
        now = time.monotonic()
        silence = now - self._last
        with contextlib.suppress(OSError):
            written = self._file.stat().st_mtime_ns
            if written != self._seen:
                if self._reports >= REPORTS_BEFORE_PACE:
                    self._longest = max(self._longest, silence)
                self._seen, self._last = written, now
                self._reports += 1
                return ""
        limit = self.limit_s
        if silence <= limit:
            return ""
        pace = f", where its longest pause before was {self._longest:.3g} s" if self._longest else ""
        return f"It gave no sign of life for {silence:.0f} s{pace} (time-out {limit:.3g} s): it hung and was killed."

    @property
    def limit_s(self) -> float:
        """The silence in seconds that is taken for a hang."""
        if self._stall_s != "auto":
            return self._stall_s if self._reports > 1 else max(self._stall_s, LEAST_S)
        return max(LEAST_S, TIMES_LONGER * self._longest) if self._longest else FIRST_SIGN_S


def kill_tree(pid: int) -> None:
    """Kill a process and all it has started, in whatever session they are."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for one in (*process.children(recursive=True), process):  # itself last: the process may be this one
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
