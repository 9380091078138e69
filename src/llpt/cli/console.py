"""How commands speak: results on standard output, everything else on standard error, errors in two lines."""

from __future__ import annotations

import math
import re
import shlex
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from llpt.units import DAY_S

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from rich.console import ConsoleOptions, RenderableType, RenderResult
    from rich.segment import Segment

    from llpt.errors import LlptError
    from llpt.statistics import Estimate

YEAR_S = 365.25 * DAY_S
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Characters that a terminal obeys, but for tabulators and ends of lines."""


class TextConsole(Console):
    """A console on which no text is obeyed by a terminal: names come from study files and archives of others."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Give the segments of what is printed; rich's own commands are segments without text of others."""
        for segment in super().render(renderable, options):
            told = segment.control or not CONTROL.search(segment.text)
            yield segment if told else segment._replace(text=CONTROL.sub("\N{REPLACEMENT CHARACTER}", segment.text))


def output() -> Console:
    """Return the console for results; as wide as the terminal, or 200 columns into a pipe or file."""
    return TextConsole(soft_wrap=not sys.stdout.isatty(), width=None if sys.stdout.isatty() else 200, highlight=False)


def messages() -> Console:
    """Return the console for progress, warnings and errors."""
    return TextConsole(stderr=True, soft_wrap=True, highlight=False)


def typed(path: Path) -> str:
    """Write a path as a person types it in a command, to be printed with markup: in quotes where a shell needs them."""
    return escape(shlex.quote(str(path)))


def show_error(error: LlptError) -> None:
    """Print one line of cause and one of remedy."""
    console = messages()
    console.print(f"[bold red]error:[/] {escape(error.cause)}")
    console.print(f"[bold cyan]  fix:[/] {escape(error.remedy)}")


class PlainTable:
    """A table without lines, to be printed.

    rich lays out each cell as a page of its own, which takes a hundred rows an eighth of a second. That is left to it
    where a cell must be folded; where all fits, cells are joined to lines.

    Args:
        columns: their names; one that ends in `` >`` is aligned to the right.
    """

    GAP = "  "

    def __init__(self, *columns: str) -> None:
        self.names = tuple(name.removesuffix(" >") for name in columns)
        self.right = tuple(name.endswith(" >") for name in columns)
        self.rows: list[tuple[str, ...]] = []
        self.caption: str | None = None

    def add_row(self, *cells: str) -> None:
        """Add a row.

        Args:
            cells: one for each column from the left, with markup; those that are left out are empty.
        """
        self.rows.append((*cells, *[""] * (len(self.names) - len(cells))))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give it to rich as lines, or as a table that folds its cells where they do not fit."""
        rows = [[Text(name, style="bold") for name in self.names]]
        rows += [[_cell(console, text) for text in row] for row in self.rows]
        widths = [max(cell.cell_len for cell in column) for column in zip(*rows, strict=True)]
        whole = sum(widths) + len(self.GAP) * (len(widths) - 1)
        caption = console.render_str(self.caption or "", style="table.caption")
        if (
            whole > options.max_width
            or caption.cell_len > whole
            or any("\n" in cell.plain for row in rows for cell in row)
        ):
            yield self._folding()
            return
        lines = [self._line(row, widths) for row in rows]
        if self.caption:
            caption.align("center", whole)
            lines.append(caption)
        yield Text("\n", no_wrap=True, overflow="ignore").join(lines)

    def _line(self, row: list[Text], widths: list[int]) -> Text:
        line = Text()
        for number, (cell, width, right) in enumerate(zip(row, widths, self.right, strict=True)):
            gap, room = self.GAP if number else "", " " * (width - cell.cell_len)
            line.append(gap + room if right else gap)
            line.append_text(cell)
            if not right:
                line.append(room)
        return line

    def _folding(self) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1), caption=self.caption)
        for name, right in zip(self.names, self.right, strict=True):
            table.add_column(name, justify="right" if right else "left", overflow="fold")
        for row in self.rows:
            table.add_row(*row)
        return table


def _cell(console: Console, text: str) -> Text:
    return console.render_str(text) if "[" in text or ":" in text else Text(text)


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
