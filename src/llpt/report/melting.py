"""Where solid hydrogen was measured to melt: the mark of isobars that give no melting temperature of their own."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

from llpt.report.line_figure import comparison_curves


class MeltingTemperature(NamedTuple):
    """A melting temperature at one pressure.

    Args:
        kelvin: K.
        error: one standard error, K.
        sources: of the points that it lies between, or of the one that it is.
    """

    kelvin: float
    error: float
    sources: tuple[str, ...]


class _Point(NamedTuple):
    pressure_gpa: float
    pressure_error: float
    kelvin: float
    error: float
    source: str


def measured_melting(pressure_gpa: float) -> MeltingTemperature | None:
    """Return the melting temperature of hydrogen between the measured points of ``comparison_curves.json``.

    A straight line joins neighbouring points. The error is that of the line: of both temperatures, and of both
    pressures by its slope.

    Args:
        pressure_gpa: GPa.

    Returns:
        None outside the pressures that were measured, at present 64.7 to 146 GPa: nothing is extrapolated.

    >>> measured_melting(146.0)
    MeltingTemperature(kelvin=880.0, error=50.0, sources=('Eremets and Trojan, JETP Lett. 89, 174 (2009)',))
    >>> measured_melting(200.0) is None
    True
    """
    for low, high in pairwise(_points()):
        if low.pressure_gpa <= pressure_gpa <= high.pressure_gpa:
            share = (pressure_gpa - low.pressure_gpa) / (high.pressure_gpa - low.pressure_gpa)
            slope = (high.kelvin - low.kelvin) / (high.pressure_gpa - low.pressure_gpa)
            weighted = [(low, 1.0 - share), (high, share)]
            error = math.hypot(*(w * math.hypot(p.error, slope * p.pressure_error) for p, w in weighted))
            sources = dict.fromkeys(p.source for p, w in weighted if w)
            return MeltingTemperature(low.kelvin + slope * (pressure_gpa - low.pressure_gpa), error, tuple(sources))
    return None


def _points() -> list[_Point]:
    points = []
    for entry in comparison_curves():
        if entry.kind == "melting":
            unknown = (0.0,) * len(entry.pressures_gpa)
            rows = zip(
                entry.pressures_gpa,
                entry.pressure_errors_gpa or unknown,
                entry.temperatures_k,
                entry.temperature_errors_k or unknown,
                strict=True,
            )
            points += [_Point(*row, source=entry.source) for row in rows]
    return sorted(points)
