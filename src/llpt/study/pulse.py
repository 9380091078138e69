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


class ReportPace:
    """How fast reports of a process come, and the longest pause between two of them.

    Args:
        first: so many reports come before the pace is known: those of a start take as long as they take.
    """

    def __init__(self, *, first: int = 1) -> None:
        self._first = first
        self._last = time.monotonic()
        self.reports = 0
        self.longest_s = 0.0

    @property
    def silence_s(self) -> float:
        """Time since the last report, in seconds; since the beginning, before the first."""
        return time.monotonic() - self._last

    def reported(self) -> None:
        """Something was done."""
        if self.reports >= self._first:
            self.longest_s = max(self.longest_s, self.silence_s)
        self._last = time.monotonic()
        self.reports += 1


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
        self._pace = ReportPace(first=REPORTS_BEFORE_PACE)

    def stalled(self) -> str:
        """Return why the process is taken to hang, one sentence; empty while it is not."""
        with contextlib.suppress(OSError):
            written = self._file.stat().st_mtime_ns
            if written != self._seen:
                self._seen = written
                self._pace.reported()
                return ""
        silence, limit, longest = self._pace.silence_s, self.limit_s, self._pace.longest_s
        if silence <= limit:
            return ""
        pace = f", where its longest pause before was {longest:.3g} s" if longest else ""
        return f"It gave no sign of life for {silence:.0f} s{pace} (time-out {limit:.3g} s): it hung and was killed."

    @property
    def limit_s(self) -> float:
        """The silence in seconds that is taken for a hang."""
        if self._stall_s != "auto":
            return self._stall_s if self._pace.reports > 1 else max(self._stall_s, LEAST_S)
        return max(LEAST_S, TIMES_LONGER * self._pace.longest_s) if self._pace.longest_s else FIRST_SIGN_S


def kill_tree(pid: int) -> None:
    """Kill a process and all it has started, in whatever session they are."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for one in (*process.children(recursive=True), process):  # itself last: the process may be this one
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
