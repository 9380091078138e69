"""The transition in the plane of pressure and temperature, beside what others found."""

from __future__ import annotations

import math
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from llpt.campaign import Role
from llpt.report import palette
from llpt.report.panels import Dash, Figure, Marker, Panel, PlottedCurve, Source
from llpt.transition import Coordinate, drawn_criteria

if TYPE_CHECKING:
    from llpt.campaign.analysis import Analysis

HYDROGEN_PRESSURES_GPA = (30.0, 500.0)
"""Isobars in this range are dense hydrogen, and are shown beside what is known of it."""


def transition_line_figure(analysis: Analysis) -> Figure | None:
    """Return the transition in the plane of P and T by each resolved criterion; None where nothing is resolved.

    Isobars and isochores give a temperature, isotherms a pressure. Those of dense hydrogen are shown beside
    ``comparison_curves.json``: points stated in the literature, each with its source.
    """
    own = [curve for role in Role for curve in _criteria(analysis, role)]
    if not own:
        return None
    pressures = [ladder.pressure_gpa for ladder in analysis.ladders if ladder.pressure_gpa is not None]
    dense = all(HYDROGEN_PRESSURES_GPA[0] <= pressure <= HYDROGEN_PRESSURES_GPA[1] for pressure in pressures)
    literature = comparison_curves() if dense else []
    caption = (
        "The transition by each criterion that is resolved, of the largest cell at each pressure. Lines of different "
        "criteria that separate are themselves evidence of a crossover."
    )
    if literature:
        sources = "; ".join(f"{entry.label}: {entry.source}" for entry in literature)
        caption = f"{caption} Grey: stated by others. {sources}."
    kinds = [entry.kind for entry in literature]
    stated = (_literature(entry, kinds[:index].count(entry.kind)) for index, entry in enumerate(literature))
    curves = (*stated, *own)
    return Figure(
        "transition-line",
        "The transition in the plane of pressure and temperature",
        caption,
        ((Panel(Coordinate.PRESSURE.label, Coordinate.TEMPERATURE.label, curves),),),
        wide=bool(literature),
    )


class StatedPoints(BaseModel):
    """Points of the transition, or of a line beside it, that a paper states.

    Args:
        label: method, size and paper.
        kind: what lies there.
        pressures_gpa: GPa.
        temperatures_k: K, one for each pressure.
        pressure_errors_gpa: GPa; none where the paper gives none.
        temperature_errors_k: K, likewise.
        line: whether a line through them is stated.
        source: where they stand.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    kind: Literal["first order", "crossover", "critical point", "melting", "metal, measured"]
    pressures_gpa: tuple[float, ...]
    temperatures_k: tuple[float, ...]
    pressure_errors_gpa: tuple[float, ...] = ()
    temperature_errors_k: tuple[float, ...] = ()
    line: bool
    source: str


def comparison_curves() -> tuple[StatedPoints, ...]:
    """Return the points that papers state."""
    text = files("llpt.report").joinpath("comparison_curves.json").read_text(encoding="utf-8")
    return TypeAdapter(tuple[StatedPoints, ...]).validate_json(text)


def _criteria(analysis: Analysis, role: Role) -> list[PlottedCurve]:
    largest = [ladder for ladder in (analysis.largest(role, line) for line in analysis.lines) if ladder]
    curves = []
    for criterion in drawn_criteria():
        order = criterion.figure_order or 0
        found = [ladder.located.phase_point(criterion) for ladder in largest if ladder.located]
        points = sorted(
            (each for each in found if each is not None and each.pressure_gpa.resolved),
            key=lambda point: point.pressure_gpa.value,
        )
        if not points:
            continue
        curves.append(
            PlottedCurve(
                f"{largest[0].engine}, {criterion}",
                tuple(point.pressure_gpa.value for point in points),
                tuple(point.temperature_k.value for point in points),
                tuple(point.temperature_k.error for point in points),
                palette.size_colour(role, order),
                palette.DASHES[role],
                palette.MARKERS[order % len(palette.MARKERS)],
                filled=role is Role.REFERENCE,
                samples=tuple(
                    min(point.temperature_k.effective_samples, point.pressure_gpa.effective_samples) for point in points
                ),
                source=Source(largest[0].engine),
                x_error=tuple(point.pressure_gpa.error for point in points),
            )
        )
    return curves


def _literature(entry: StatedPoints, number: int) -> PlottedCurve:
    """Draw the points of one entry, which is of its kind the one of this number, from 0."""
    markers = KIND_MARKERS[entry.kind]
    return PlottedCurve(
        entry.label,
        entry.pressures_gpa,
        entry.temperatures_k,
        entry.temperature_errors_k or (math.nan,) * len(entry.pressures_gpa),
        palette.GREYS[number // len(markers) % len(palette.GREYS)],
        Dash.DOTTED if entry.line else Dash.NONE,
        markers[number % len(markers)],
        filled=entry.kind in FILLED,
        x_error=entry.pressure_errors_gpa,
        width=0.8,
    )


KIND_MARKERS = {
    "first order": (Marker.CIRCLE, Marker.SQUARE, Marker.DIAMOND, Marker.TRIANGLE),
    "crossover": (Marker.DOWN,),
    "critical point": (Marker.STAR, Marker.PENTAGON),
    "melting": (Marker.CROSS, Marker.PLUS),
    "metal, measured": (Marker.SQUARE, Marker.CIRCLE),
}
"""Markers of each kind of point: neighbours in the legend differ without colour, and with the greys all do."""
FILLED = frozenset({"critical point", "metal, measured"})
