"""Observables along lines of states: those whose record asks for it, beside the density of Fig. 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign.state import words_of_line
from llpt.observables import all_observables
from llpt.report.isobar_figures import axis_label, curves_along, shown_ladders
from llpt.report.panels import Figure, Panel

if TYPE_CHECKING:
    from llpt.campaign.analysis import Analysis

DRAWN_ELSEWHERE = frozenset({"density"})
PANELS_IN_A_ROW = 3


def observable_figures(analysis: Analysis) -> tuple[Figure, ...]:
    """Return figures with a panel for each drawn quantity and line of states; none where no run has one.

    Args:
        analysis: of the study.
    """
    shown = shown_ladders(analysis)
    points = [point for ladders in shown.values() for each in ladders if each.states for point in each.states.points]
    wanted = [
        each
        for each in all_observables().quantities.values()
        if each.drawn and each.name not in DRAWN_ELSEWHERE and any(each.name in point.estimates for point in points)
    ]
    figures = []
    for at in range(0, len(wanted), PANELS_IN_A_ROW):
        quantities = wanted[at : at + PANELS_IN_A_ROW]
        rows = [
            tuple(
                Panel(
                    axis_label(ladders[0]),
                    each.axis_label,
                    tuple(curve for ladder in ladders for curve in curves_along(ladders, ladder, each.name)),
                    note=words_of_line(ladders[0].line),
                )
                for each in quantities
            )
            for ladders in shown.values()
        ]
        names = "; ".join(each.axis_label for each in quantities)
        figures.append(
            Figure(
                f"observables-{at // PANELS_IN_A_ROW + 1}" if at else "observables",
                f"Along lines of states: {', '.join(each.words for each in quantities)}",
                f"{names}. Rows: lines of states. Error bars: one standard error; open symbols have none because the "
                "run is too short to know its own error.",
                tuple(rows),
            )
        )
    return tuple(figures)
