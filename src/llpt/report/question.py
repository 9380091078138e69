"""What a page is made of: questions of a referee, each with its answer, figures and tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from llpt.audit import Outcome
from llpt.statistics.estimate import WITHOUT_ERROR

if TYPE_CHECKING:
    from llpt.report.panels import Figure


class Tone(StrEnum):
    """What an answer means for the reader's trust."""

    GOOD = "good"
    """Shown, and in order."""
    BAD = "bad"
    """Shown, and not in order."""
    OPEN = "open"
    """Not known from these runs."""
    PLAIN = "plain"
    """Neither good nor bad."""


OUTCOME_TONES = {Outcome.FAITHFUL: Tone.GOOD, Outcome.NOT_FAITHFUL: Tone.BAD, Outcome.NOT_RESOLVED: Tone.OPEN}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Args:
        heading: name and unit.
        numeric: whether it holds numbers, which are set right.
    """

    heading: str
    numeric: bool = False


@dataclass(frozen=True)
class Row:
    """One row of a table; text.

    Args:
        cells: as many as the table has columns.
        known: whether it says anything; rows that do not are folded away and counted.
        tone: what it means.
        remark: what stands below it in small print.
    """

    cells: tuple[str, ...]
    known: bool = True
    tone: Tone = Tone.PLAIN
    remark: str = ""

    @property
    def told(self) -> bool:
        """Whether it says anything, and nothing whose error is not known."""
        return self.known and is_sure(self.remark) and all(is_sure(cell) for cell in self.cells)


@dataclass(frozen=True)
class Table:
    """Rows under headings.

    Args:
        title: what it holds, a few words.
        columns: from left to right.
        rows: from top to bottom.
        note: how to read it.
        folded: whether it stands closed until the reader opens it.
        lack: what rows that say nothing have in common, after "rows".
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    folded: bool = False
    lack: str = "are not resolved"

    @property
    def known(self) -> tuple[Row, ...]:
        """The rows that say something."""
        return tuple(row for row in self.rows if row.told)

    @property
    def unknown(self) -> tuple[Row, ...]:
        """The rows that do not: shown on request."""
        return tuple(row for row in self.rows if not row.told)


@dataclass(frozen=True)
class Question:
    """One question and what the runs answer.

    Args:
        name: of its place on the page, e.g. ``equilibrium``.
        title: the question.
        tone: what the answer means.
        word: the answer in a word or two.
        sentence: the answer with its numbers.
        rests_on: what the answer rests on.
        figures: what shows it.
        tables: the numbers.
        points: sentences of the same rank, as a list.
        without_figure: why there is none, with the number of what there is, and what would give one.

    Raises:
        ValueError: it has neither a figure nor a reason why there is none.
    """

    name: str
    title: str
    tone: Tone
    word: str
    sentence: str
    rests_on: str
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = field(default=())
    points: tuple[str, ...] = ()
    without_figure: str = ""

    def __post_init__(self) -> None:
        if not self.figures and not self.without_figure:
            raise ValueError(f"question {self.name!r} has no figure and does not say why")


def is_sure(text: str) -> bool:
    """Whether a text tells no number whose error is not known; those that do are folded away and counted."""
    return WITHOUT_ERROR not in text


def text_columns(*headings: str) -> tuple[Column, ...]:
    """Return columns of text."""
    return tuple(Column(heading) for heading in headings)


def number_columns(*headings: str) -> tuple[Column, ...]:
    """Return columns of numbers."""
    return tuple(Column(heading, numeric=True) for heading in headings)
