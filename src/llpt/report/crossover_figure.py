"""How often cells that go to and fro are above the transition: by each side's runs, and as labels foretell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from llpt import units
from llpt.campaign import Role
from llpt.campaign.state import words_of_line
from llpt.report import palette
from llpt.report.panels import Dash, Figure, Marker, Panel, PlottedCurve, Source, VerticalLine
from llpt.transition import Coordinate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llpt.audit import EqualShares
    from llpt.campaign.explained import CampaignExplanation, PlacedCrossover
    from llpt.statistics import Estimate

LINE_POINTS = 60
FORETOLD = "#009E73"


def crossover_figure(found: CampaignExplanation | None, engines: Mapping[Role, str]) -> Figure | None:
    """Return a panel for each isobar and size whose cells go to and fro; None where there is none.

    Args:
        found: what the labels of a study say.
        engines: of each side, its name for people.
    """
    placed = found.crossovers if found is not None else ()
    if not placed:
        return None
    return Figure(
        "crossover",
        "How often the cells are in the region above the transition",
        "ln p/(1 − p), p the share of the region that is stable above the transition, of each side's runs, and of the "
        "reference as the surrogate's visits and the labels foretell it. Lines: straight in 1/T; they pass zero at T*, "
        "with a band of one standard error. Error bars: one standard error.",
        (tuple(_panel(each, engines) for each in placed),),
    )


def _panel(placed: PlacedCrossover, engines: Mapping[Role, str]) -> Panel:
    found = placed.crossover

    def source(role: Role) -> Source | None:
        return Source(engines[role], placed.atoms) if role in engines else None

    sides = (
        (
            "surrogate's runs",
            [(each.temperature_k, each.log_ratio) for each in found.surrogate_visits],
            found.surrogate,
            palette.size_colour(Role.SURROGATE, 0),
            Marker.CIRCLE,
            source(Role.SURROGATE),
        ),
        (
            "reference's runs",
            [(each.temperature_k, each.log_ratio) for each in found.reference_visits],
            found.reference,
            palette.size_colour(Role.REFERENCE, 0),
            Marker.SQUARE,
            source(Role.REFERENCE),
        ),
        (
            "reference, foretold",
            [(each.temperature_k, each.predicted) for each in found.differences],
            found.predicted,
            FORETOLD,
            Marker.DIAMOND,
            None,  # by visits of the one and labels of the other
        ),
    )
    curves: list[PlottedCurve] = []
    lines = []
    for name, points, place, colour, marker, whose in sides:
        curves += [replace(curve, source=whose) for curve in _curves(name, points, place, colour, marker)]
        at = place.temperature
        if at.resolved:
            lines.append(VerticalLine(f"T*, {name}", at.value, at.error, colour, source=whose))
    note = f"{words_of_line(placed.line)}, N = {placed.atoms}"
    return Panel(
        Coordinate.TEMPERATURE.label,
        "ln p/(1 − p)",
        tuple(curves),
        tuple(lines),
        note=note,
        legend_inside="lower right",
    )


def _curves(
    name: str, points: Sequence[tuple[float, Estimate]], place: EqualShares, colour: str, marker: Marker
) -> list[PlottedCurve]:
    """Return the points of one side and its straight line in 1/T."""
    known = [(temperature, value) for temperature, value in points if value.resolved]
    curves = [
        PlottedCurve(
            name,
            tuple(temperature for temperature, _ in known),
            tuple(value.value for _, value in known),
            tuple(value.error for _, value in known),
            colour,
            dash=Dash.NONE,
            marker=marker,
            samples=tuple(value.effective_samples for _, value in known),
        )
    ]
    if place.temperature.resolved:
        temperatures = np.linspace(known[0][0], known[-1][0], LINE_POINTS)
        slope = -place.enthalpy.value / units.BOLTZMANN_EV_PER_K
        values = slope * (1.0 / temperatures - 1.0 / place.temperature.value)
        curves.append(
            PlottedCurve(
                f"{name}, line",
                tuple(temperatures.tolist()),
                tuple(values.tolist()),
                colour=colour,
                in_legend=False,
            )
        )
    return curves
