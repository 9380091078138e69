"""What would change the answer?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from llpt.report import palette
from llpt.report.panels import Dash, Figure, Panel, PlottedCurve, Source
from llpt.report.question import Question, Tone
from llpt.report.transition_tables import order_rows

if TYPE_CHECKING:
    from llpt.audit import Requirement, Verdict
    from llpt.report.case import Case

POINTS = 5


def what_would_change_it(case: Case) -> Question | None:
    """Answer with what the verdict and the evidence of the order ask for."""
    verdict = case.verdict
    wanted = [each.sentence for each in verdict.requirements] if verdict else []
    orders = [proposal for row in order_rows(case.found) for proposal in row.proposals]
    points = tuple(dict.fromkeys([*wanted, *orders]))
    if verdict is None and not points:
        return None
    return Question(
        "remedy",
        "What would change the answer?",
        Tone.OPEN if points else Tone.GOOD,
        f"{len(points)} things to do" if points else "nothing is open",
        "Runs that would decide what is open, the verdict's first, then those that tell first order from crossover."
        if points
        else "Every comparison that the study judges by is decided, and so is the order of each transition.",
        "Errors that are needed for a decision, and how they fall with time and size.",
        tuple(filter(None, [_figure(verdict) if verdict else None])),
        points=points,
        without_figure="0 comparisons are open for want of length alone, so no longer run would decide one."
        if verdict
        else "there is no verdict yet, so it is not known which runs are too short. The study's own runs come first.",
    )


def _source(verdict: Verdict, requirement: Requirement) -> Source:
    """Return whose runs are to be longer: of one engine, or of both."""
    if requirement.engine in {verdict.reference, verdict.surrogate}:
        return Source(requirement.engine)
    return Source(verdict.reference, other=verdict.surrogate)


def _figure(verdict: Verdict) -> Figure | None:
    """Return how the error that decides falls with the length of runs; None where length is not what lacks."""
    curves: list[PlottedCurve] = []
    named: dict[str, int] = {}
    for each in verdict.requirements:
        if not each.picoseconds or not each.picoseconds_now or each.picoseconds <= each.picoseconds_now:
            continue
        times = np.geomspace(each.picoseconds_now, each.picoseconds, POINTS)
        label = f"{each.engine}{f', {each.pressure_gpa:g} GPa' if each.pressure_gpa is not None else ''}"
        index = named.setdefault(label, len(named))
        curves.append(
            PlottedCurve(
                label,
                tuple(map(float, times)),
                tuple(float(math.sqrt(each.picoseconds / time)) for time in times),
                colour=palette.CYCLE[index % len(palette.CYCLE)],
                dash=(Dash.SOLID, Dash.DASHED)[index % 2],  # two that fall on one another are both seen
                marker=palette.MARKERS[index % len(palette.MARKERS)],
                source=_source(verdict, each),
            )
        )
    if not curves:
        return None
    ends = [curve.x[index] for curve in curves for index in (0, -1)]
    enough = PlottedCurve("enough to decide", (min(ends), max(ends)), (1.0, 1.0), dash=Dash.DOTTED, width=0.8)
    return Figure(
        "remedy-lengths",
        "What longer runs would come to",
        "The error of the comparison that is still open, over the one that decides it, against production at each "
        "temperature: from what there is to what is needed. It supposes that errors fall with the square root of "
        "time and that the differences stay where they are.",
        ((Panel("production (ps)", "error / error that decides", (*curves, enough), log_x=True, log_y=True),),),
    )
