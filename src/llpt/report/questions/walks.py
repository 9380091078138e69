"""Do independent walks of one ladder agree?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llpt.campaign.state import words_of_line
from llpt.campaign.walks import lie_apart, walks_of
from llpt.observables import quantity
from llpt.report import palette
from llpt.report.isobar_figures import axis_label, curves_along
from llpt.report.panels import Dash, Figure, Panel
from llpt.report.question import Question, Row, Table, Tone, number_columns, text_columns
from llpt.report.tables import UNKNOWN, estimate_text
from llpt.statistics.beyond_chance import FALSE_ALARMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.campaign.ladders import ObservedLadder
    from llpt.report.case import Case
    from llpt.statistics import Estimate
    from llpt.transition import Criterion


def walks_agree(case: Case) -> Question | None:
    """Answer from the transition of each walk; None where every ladder was walked once."""
    walked = [(ladder, walks) for ladder in case.found.ladders if (walks := walks_of(ladder))]
    if not walked:
        return None
    cases = [
        (ladder, criterion, _places(walks, criterion)) for ladder, walks in walked for criterion in ladder.criteria
    ]
    known = [[place for place in places if place is not None] for *_, places in cases]
    far = lie_apart(known, false_alarms=FALSE_ALARMS)
    rows = tuple(_row(*each, apart=apart) for each, apart in zip(cases, far, strict=True))
    compared, apart = sum(len(each) > 1 for each in known), sum(far)
    most = max(len(walks) for _, walks in walked)
    answer = (
        f"{apart} of {compared} places apart" if apart else "no difference is resolved" if compared else "not known"
    )
    return Question(
        "walks",
        "Do independent walks of one ladder agree?",
        Tone.BAD if apart else Tone.PLAIN if compared else Tone.OPEN,
        answer,
        f"{len(walked)} ladder{'s were' if len(walked) > 1 else ' was'} walked up to {most} times. Two walks or more "
        f"place the transition by a criterion in {compared} cases; in {apart} two of them lie apart by more than "
        f"chance does in {FALSE_ALARMS:.0%} of studies.",
        "The transition of each walk on its own; elsewhere the averages of one state are joined.",
        (_figure(walked),),
        (
            Table(
                "Where each walk puts the transition",
                (
                    *text_columns("Engine"),
                    *number_columns("N"),
                    *text_columns("Line", "Test", "Criterion"),
                    *number_columns("Each walk", "From the joined averages"),
                ),
                rows,
                lack="have no place by any walk",
            ),
        ),
    )


def _places(walks: Sequence[ObservedLadder], criterion: Criterion) -> list[Estimate | None]:
    """Return where each walk puts the transition by a criterion; None where it is not resolved."""
    found = [walk.criteria.get(criterion) for walk in walks]
    return [each.place if each is not None and each.resolved else None for each in found]


def _row(ladder: ObservedLadder, criterion: Criterion, places: Sequence[Estimate | None], *, apart: bool) -> Row:
    joined = ladder.criteria[criterion]
    return Row(
        (
            ladder.engine,
            str(ladder.atoms),
            words_of_line(ladder.line),
            str(ladder.identity.label),
            str(criterion),
            "; ".join(UNKNOWN if place is None else estimate_text(place) for place in places),
            estimate_text(joined.place) if joined.resolved else UNKNOWN,
        ),
        known=any(place is not None for place in places),
        tone=Tone.BAD if apart else Tone.PLAIN,
    )


def _figure(walked: Sequence[tuple[ObservedLadder, Sequence[ObservedLadder]]]) -> Figure:
    panels = []
    for ladder, walks in walked:
        held = ladder.kind is not None and ladder.kind.holds_volume
        observable = "pressure" if held else "density"
        curves = [
            replace(curve, label=f"{curve.label}, walk {number}", marker=marker, dash=Dash.DOTTED, width=0.8)
            for number, (walk, marker) in enumerate(zip(walks, palette.MARKERS * len(walks), strict=False), start=1)
            for curve in curves_along([ladder], walk, observable)
        ]
        panels.append(
            Panel(
                axis_label(ladder),
                quantity(observable).axis_label,
                tuple(curves),
                note=f"{words_of_line(ladder.line)} {ladder.engine}",
            )
        )
    return Figure(
        "walks",
        "Independent walks of one ladder",
        "Each curve is a walk of its own from the start, by other random numbers. Error bars: one standard error of "
        "that walk's run.",
        (tuple(panels[:3]),),
    )
