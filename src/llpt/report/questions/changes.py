"""What changes along the lines of states, whether or not a transition can be placed?"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from llpt.campaign import Role
from llpt.campaign.ends import SHARE_WITH_ERRORS, EndToEnd, changes_end_to_end
from llpt.campaign.state import words_of_line
from llpt.observables import quantity, with_unit
from llpt.report.isobar_figures import rung_name
from llpt.report.observable_figure import observable_figures
from llpt.report.question import Question, Row, Table, Tone, number_columns, text_columns
from llpt.report.tables import UNKNOWN, diffusion_rows, estimate_text, in_powers
from llpt.statistics.beyond_chance import FALSE_ALARMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.report.case import Case

TOLD = ("molecular_fraction", "rdf_peak_height", "density")
"""What the sentence tells of both sides of a line: the first that one of them resolves."""


def what_changes(case: Case) -> Question | None:
    """Answer by the change of every average from one end of each line to the other; show every curve between."""
    changes = changes_end_to_end([ladder for role in Role for ladder in case.found.base(role)])
    figures = observable_figures(case.found)
    infinite = _infinite(case)
    if not figures and not changes and infinite is None:
        return None
    resolved = sum(each.resolved for each in changes)
    count = f"{resolved} of {len(changes)} changes between the outermost states are more than chance makes."
    return Question(
        "changes",
        "What changes along the lines of states?",
        Tone.PLAIN if resolved else Tone.OPEN,
        f"{resolved} of {len(changes)} resolved" if changes else "not known",
        f"{_told(changes)}{count}"
        if changes
        else f"No average has a known error at {SHARE_WITH_ERRORS:.0%} of the states of a line.",
        f"Averages at the outermost states of each line where their error is known; chance alone makes one in at most "
        f"{FALSE_ALARMS:.0%} of studies. Where between, and how sharp, they do not tell, nor what settles late.",
        figures,
        tuple(table for table in (_table(changes), infinite) if table is not None),
        without_figure="0 of these averages have a known error. Longer runs give them one.",
    )


def _told(changes: Sequence[EndToEnd]) -> str:
    """Return what both sides have of one quantity, in cells of one size where they have one; nothing if unresolved."""
    for line, name in itertools.product(dict.fromkeys(each.ladder.line for each in changes), TOLD):
        there = [each for each in changes if each.ladder.line == line and each.quantity.name == name]
        if not any(each.resolved for each in there):
            continue
        sides = [{each.ladder.atoms: each for each in reversed(there) if each.ladder.role is role} for role in Role]
        shared = set.intersection(*(set(side) for side in sides))
        told = "; ".join(_side(side[max(shared or side)]) for side in sides if side)
        return f"At {words_of_line(line)}, {quantity(name).words}: {told}. "
    return ""


def _side(change: EndToEnd) -> str:
    ladder = change.ladder
    values = (estimate_text(value) for value in change.values)
    ends = " and ".join(f"{value} at {place}" for value, place in zip(values, _places(change), strict=True))
    doubt = "" if change.resolved else ", no change resolved"
    return f"{ladder.engine} (N = {ladder.atoms}) {ends}{doubt}"


def _places(change: EndToEnd) -> tuple[str, ...]:
    """Return what people call the two ends."""
    runs = change.ladder.runs
    ends = (end.coordinate for end in (change.first, change.last))
    return tuple(rung_name(min(runs, key=lambda run: abs(run.state.coordinate - at))) for at in ends)


def _table(changes: Sequence[EndToEnd]) -> Table | None:
    if not changes:
        return None
    return Table(
        "Between the outermost states",
        (
            *text_columns("Engine"),
            *number_columns("N"),
            *text_columns("Line", "What", "From", "To"),
            *number_columns("At the first", "At the last", "Change"),
        ),
        tuple(_row(each) for each in changes),
        lack="are not resolved",
    )


def _row(change: EndToEnd) -> Row:
    first, last = change.values
    return Row(
        (
            change.ladder.engine,
            str(change.ladder.atoms),
            words_of_line(change.ladder.line),
            with_unit(change.quantity.words, change.quantity.unit, power=change.quantity.power),
            *_places(change),
            *(in_powers(each, change.quantity) for each in (first, last, change.change)),
        ),
        known=change.resolved,
        remark="One of the two is too short to tell a solid from a fluid." if change.may_be_solid else "",
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
