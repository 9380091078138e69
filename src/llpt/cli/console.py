"""How commands speak: results on standard output, everything else on standard error, errors in two lines."""

from __future__ import annotations

import math
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from llpt.units import DAY_S

if TYPE_CHECKING:
    from llpt.errors import LlptError
    from llpt.statistics import Estimate

YEAR_S = 365.25 * DAY_S


def output() -> Console:
    """Return the console for results; as wide as the terminal, or 200 columns into a pipe or file."""
    return Console(soft_wrap=not sys.stdout.isatty(), width=None if sys.stdout.isatty() else 200, highlight=False)


def messages() -> Console:
    """Return the console for progress, warnings and errors."""
    return Console(stderr=True, soft_wrap=True, highlight=False)


def show_error(error: LlptError) -> None:
    """Print one line of cause and one of remedy."""
    console = messages()
    console.print(f"[bold red]error:[/] {escape(error.cause)}")
    console.print(f"[bold cyan]  fix:[/] {escape(error.remedy)}")


def make_table(*columns: str) -> Table:
    """Return an empty table without lines; a column whose name ends in `` >`` is aligned to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1))
    for name in columns:
        right = name.endswith(" >")
        table.add_column(name.removesuffix(" >"), justify="right" if right else "left", overflow="fold")
    return table


def known_text(estimate: Estimate, unit: str = "") -> str:
    """Write an estimate with its error and unit; one without a known error is not known."""
    return f"{estimate.value:.3g} ± {estimate.error:.2g} {unit}".rstrip() if estimate.resolved else "not known"


def roughly(seconds: float) -> str:
    """Write a time as an estimate deserves: two or three digits of one unit.

    >>> roughly(42.3), roughly(3725), roughly(90000), roughly(200000), roughly(3.2e9)
    ('42 s', '62 min', '25 h', '2.3 days', '101 years')
    """
    for unit, length, reach in (
        ("s", 1.0, 90.0),
        ("min", 60.0, 5400.0),
        ("h", 3600.0, 2 * DAY_S),
        ("days", DAY_S, YEAR_S),
    ):
        if seconds < reach:
            value = seconds / length
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    return f"{seconds / YEAR_S:.3g} years"


def duration(seconds: float) -> str:
    """Write a time as a person says it.

    >>> duration(42.3), duration(3725), duration(200000), duration(3.2e9)
    ('42 s', '1:02:05', '2.3 days', '101 years')
    """
    if not math.isfinite(seconds):
        return "unknown"
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds >= 10 or seconds == 0 else f"{seconds:.1f} s"
    if seconds < 2 * DAY_S:
        text = str(timedelta(seconds=round(seconds)))
        return text.removeprefix("0:")
    if seconds < YEAR_S:
        return f"{seconds / DAY_S:.1f} days"
    return f"{seconds / YEAR_S:.3g} years"
