"""What else was observed?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign.state import words_of_line
from llpt.observables import quantity
from llpt.report.observable_figure import observable_figure
from llpt.report.question import Question, Row, Table, Tone, number_columns, text_columns
from llpt.report.tables import UNKNOWN, diffusion_rows

if TYPE_CHECKING:
    from llpt.report.case import Case


def observed(case: Case) -> Question | None:
    """Show every curve against temperature, and the diffusion of the infinite system."""
    figure = observable_figure(case.found)
    rows = diffusion_rows(case.found)
    if figure is None and not rows:
        return None
    headings = [quantity(name).heading for name in ("diffusion", "viscosity", "diffusion_infinite")]
    columns = (
        *text_columns("Engine", "Line"),
        *number_columns("T (K)"),
        *text_columns(f"{headings[0]}, by N"),
        *number_columns(*headings[1:]),
        *text_columns("By"),
    )
    table = Table(
        "Diffusion of the infinite system",
        columns,
        tuple(
            Row(
                (
                    row.engine,
                    words_of_line(row.line),
                    row.temperature,
                    row.by_atoms,
                    row.viscosity,
                    row.infinite,
                    row.method,
                ),
                known=row.infinite != UNKNOWN,
                remark=row.reason,
            )
            for row in rows
        ),
        "A periodic cell slows its atoms down; D∞ is that of the fluid without the cell.",
    )
    return Question(
        "observed",
        "What else was observed?",
        Tone.PLAIN,
        "",
        "Averages of every run against temperature; none of these decides by itself.",
        "The production of every run.",
        (figure,) if figure is not None else (),
        (table,) if rows else (),
        without_figure="0 of these averages have a known error. Longer runs give them one.",
    )
