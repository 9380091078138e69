"""What do the nuclei's mass and quantum motion change?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign import ControlledTest
from llpt.campaign.effects import density_changes
from llpt.report.question import Question, Row, Table, Tone, number_columns, text_columns
from llpt.report.questions.effects import counted, effect_table
from llpt.report.tables import estimate_text
from llpt.statistics import Estimate

if TYPE_CHECKING:
    from llpt.report.case import Case
    from llpt.transition import LinePoint

NUCLEI = (ControlledTest.BEADS, ControlledTest.ISOTOPE)
SHIFTS = ("molecular_fraction", "nearest_neighbour_distance")
"""Whose changes stand beside that of the density, each with the unit it has itself."""


def quantum_nuclei(case: Case) -> Question | None:
    """Answer from runs with another number of beads or another isotope; None where there are none."""
    effects = case.effects(NUCLEI)
    rows = _shifts(case)
    if not effects and not rows:
        return None
    return Question(
        "nuclei",
        "What do the nuclei's mass and quantum motion change?",
        Tone.PLAIN,
        counted(effects) or "see the table",
        f"Of {len(effects)} tests of beads and isotope: {counted(effects) or 'none forms a ladder'}.",
        "Runs with another number of beads, or another mass, against the base runs of the same engine and size.",
        tables=(
            Table(
                "Changed less base, state by state",
                (
                    *text_columns("Changed", "Engine"),
                    *number_columns("N"),
                    *text_columns("Line", "State"),
                    *number_columns("Atoms in a volume (%)", "Molecular fraction", "Nearest neighbour (Å)"),
                ),
                rows,
                "Errors are 68 %, of both runs together.",
            ),
            *((effect_table("Ladders with other nuclei", effects),) if effects else ()),
        ),
    )


def _shifts(case: Case) -> tuple[Row, ...]:
    """Return one row for each state that a ladder with other nuclei shares with its base, repeats taken together."""
    rows = []
    for ladder in case.found.ladders:
        if ladder.test not in NUCLEI:
            continue
        alike = (
            each for each in case.found.base(ladder.role) if (each.atoms, each.line) == (ladder.atoms, ladder.line)
        )
        base = next(alike, None)
        if base is not None and base.states is not None and ladder.states is not None:
            volumes = dict(density_changes(ladder, base))
            points = {point.coordinate: point for point in base.states.points}
            for point in ladder.states.points:
                if point.coordinate in points:
                    volume = volumes.get(point.coordinate, Estimate.unknown("%"))
                    values = (volume, *_differences(point, points[point.coordinate]))
                    place = f"{point.coordinate:g} {base.states.along.unit}"
                    texts = [estimate_text(value, unit=False) for value in values]
                    rows.append(
                        Row((ladder.identity.label, ladder.engine, str(ladder.atoms), ladder.line, place, *texts))
                    )
    return tuple(rows)


def _differences(changed: LinePoint, base: LinePoint) -> list[Estimate]:
    return [
        changed.estimates[name].minus(base.estimates[name])
        if name in changed.estimates and name in base.estimates
        else Estimate.unknown("")
        for name in SHIFTS
    ]
