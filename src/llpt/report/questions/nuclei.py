"""What do the nuclei's mass and quantum motion change?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from llpt.campaign import ControlledTest
from llpt.observables import estimate_of
from llpt.report.question import Question, Row, Table, Tone, number_columns, text_columns
from llpt.report.questions.effects import counted, effect_table
from llpt.report.tables import estimate_text
from llpt.statistics import Estimate, combined

if TYPE_CHECKING:
    from llpt.campaign.ladders import ObservedLadder
    from llpt.campaign.observed import ObservedRun
    from llpt.report.case import Case

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
    rows = []
    for ladder in case.found.ladders:
        if ladder.test not in NUCLEI:
            continue
        base = {run.state: run for run in _base_of(case, ladder)}
        for run in ladder.runs:
            if run.state in base:
                values = (volume_change_percent(run, base[run.state]), *_differences(run, base[run.state]))
                texts = [estimate_text(value) for value in values]
                rows.append(
                    Row((ladder.identity.label, ladder.engine, str(ladder.atoms), ladder.line, run.state.rung, *texts))
                )
    return tuple(rows)


def _base_of(case: Case, ladder: ObservedLadder) -> tuple[ObservedRun, ...]:
    alike = (ladder.role, ladder.atoms, ladder.line)
    return next((each.runs for each in case.found.ladders if each.is_base and _place(each) == alike), ())


def _place(ladder: ObservedLadder) -> tuple[object, ...]:
    return ladder.role, ladder.atoms, ladder.line


def _differences(run: ObservedRun, base: ObservedRun) -> list[Estimate]:
    return [
        estimate_of(run.summary, name).minus(estimate_of(base.summary, name))
        if name in run.summary and name in base.summary
        else Estimate.unknown("")
        for name in SHIFTS
    ]


def volume_change_percent(run: ObservedRun, base: ObservedRun) -> Estimate:
    """Return the relative change of the number of atoms in a volume, V_base/V − 1, in per cent.

    Args:
        run: with other nuclei.
        base: of the same state.
    """
    volumes = [estimate_of(each.summary, "volume") for each in (base, run)]
    ratio = volumes[0].value / volumes[1].value
    slopes = (100.0 / volumes[1].value, -100.0 * ratio / volumes[1].value)
    if not np.isfinite(ratio):
        return Estimate.unknown("%")
    return combined(100.0 * (ratio - 1.0), list(zip(volumes, slopes, strict=True)), "%")
