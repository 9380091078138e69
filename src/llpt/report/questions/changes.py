"""What changes along the lines of states, whether or not a transition can be placed?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign import Role
from llpt.campaign.ends import EndToEnd, changes_end_to_end
from llpt.campaign.state import words_of_line
from llpt.observables import quantity, with_unit
from llpt.report.observable_figure import observable_figures
from llpt.report.question import Question, Row, Table, Tone, number_columns, text_columns
from llpt.report.tables import UNKNOWN, diffusion_rows, estimate_text, in_powers
from llpt.statistics.beyond_chance import FALSE_ALARMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.report.case import Case

TOLD = ("molecular_fraction", "rdf_peak_height", "density")
"""What the sentence tells of each side on the first line of states, the first that is resolved."""


def what_changes(case: Case) -> Question | None:
    """Answer by the change of every average from one end of each line to the other; show every curve between."""
    ladders = [ladder for role in Role for ladder in case.found.base(role)]
    changes = changes_end_to_end(ladders, false_alarms=FALSE_ALARMS)
    figures = observable_figures(case.found)
    infinite = _infinite(case)
    if not figures and not changes and infinite is None:
        return None
    resolved = [each for each in changes if each.resolved]
    largest = {id(case.found.largest(role, line)) for role in Role for line in case.found.lines[:1]}
    told = " ".join(_told([each for each in resolved if id(each.ladder) in largest]))
    return Question(
        "changes",
        "What changes along the lines of states?",
        Tone.PLAIN if resolved else Tone.OPEN,
        f"{len(resolved)} of {len(changes)} resolved" if changes else "not known",
        f"{told} {len(resolved)} of {len(changes)} changes from end to end are more than chance makes.".lstrip()
        if changes
        else "No average has a known error at two states of a line.",
        f"Averages at the two ends of each line; chance alone makes a change in {FALSE_ALARMS:.0%} of studies. They do "
        "not tell where between, nor how sharp.",
        figures,
        tuple(table for table in (_table(changes), infinite) if table is not None),
        without_figure="0 of these averages have a known error. Longer runs give them one.",
    )


def _told(resolved: Sequence[EndToEnd]) -> list[str]:
    """Return a sentence for each ladder of which a change is resolved: of the first of ``TOLD`` that is."""
    by_ladder: dict[int, dict[str, EndToEnd]] = {}
    for each in resolved:
        by_ladder.setdefault(id(each.ladder), {})[each.quantity.name] = each
    first = [next((changes[name] for name in TOLD if name in changes), None) for changes in by_ladder.values()]
    return [_sentence(change) for change in first if change is not None]


def _sentence(change: EndToEnd) -> str:
    ladder = change.ladder
    ends = ", ".join(f"{estimate_text(value)} at {_place(change, end)}" for end, value in enumerate(change.values))
    return f"{ladder.engine} (N = {ladder.atoms}, {words_of_line(ladder.line)}): {change.quantity.words} {ends}."


def _place(change: EndToEnd, end: int) -> str:
    along = change.ladder.states.along if change.ladder.states is not None else None
    coordinate = (change.first, change.last)[end].coordinate
    return f"{coordinate:g} {along.unit}" if along is not None else f"{coordinate:g}"


def _table(changes: Sequence[EndToEnd]) -> Table | None:
    if not changes:
        return None
    return Table(
        "From end to end",
        (
            *text_columns("Engine"),
            *number_columns("N"),
            *text_columns("Line", "What", "From", "To"),
            *number_columns("At the first", "At the last", "Change"),
        ),
        tuple(_row(each) for each in changes),
        lack="change by no more than chance makes",
    )


def _row(change: EndToEnd) -> Row:
    first, last = change.values
    return Row(
        (
            change.ladder.engine,
            str(change.ladder.atoms),
            words_of_line(change.ladder.line),
            with_unit(change.quantity.words, change.quantity.unit, power=change.quantity.power),
            _place(change, 0),
            _place(change, 1),
            *(in_powers(each, change.quantity) for each in (first, last, change.change)),
        ),
        known=change.resolved,
    )


def _infinite(case: Case) -> Table | None:
    """Return the diffusion of the infinite system; None where no state has it asked for."""
    rows = diffusion_rows(case.found)
    if not rows:
        return None
    headings = [quantity(name).heading for name in ("diffusion", "viscosity", "diffusion_infinite")]
    columns = (
        *text_columns("Engine", "Line"),
        *number_columns("T (K)"),
        *text_columns(f"{headings[0]}, by N"),
        *number_columns(*headings[1:]),
        *text_columns("By"),
    )
    return Table(
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
