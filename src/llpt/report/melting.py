"""Where solid hydrogen was measured to melt: the mark of isobars that give no melting temperature of their own."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from llpt.report.line_figure import comparison_curves


class MeltingTemperature(NamedTuple):
    """A melting temperature at one pressure.

    Args:
        kelvin: K.
        error: one standard error, K.
        measured: by whom, as a caption says it; empty where a study gives the temperature.
    """

    kelvin: float
    error: float
    measured: str = ""


def measured_melting(pressure_gpa: float) -> MeltingTemperature | None:
    """Return where real hydrogen melts at a pressure, by the points of ``comparison_curves.json``.

    A straight line joins neighbouring points of one paper, never of two: papers contradict each other. The error is
    that of the temperatures, interpolated too: points of one method share what is wrong with it. The first paper of the
    file that reaches to the pressure gives it.

    Args:
        pressure_gpa: GPa.

    Returns:
        None where no paper has the pressure within its points: nothing is extrapolated.

    >>> measured_melting(1000.0) is None
    True
    """
    for paper in comparison_curves():
        if paper.kind == "melting" and min(paper.pressures_gpa) <= pressure_gpa <= max(paper.pressures_gpa):
            points = sorted(zip(paper.pressures_gpa, paper.temperatures_k, paper.temperature_errors_k, strict=True))
            pressures, kelvins, errors = zip(*points, strict=True)
            between = "" if pressure_gpa in pressures else "interpolated on a straight line between points "
            kelvin, error = (float(np.interp(pressure_gpa, pressures, each)) for each in (kelvins, errors))
            return MeltingTemperature(kelvin, error, f"{between}measured by {paper.source}")
    return None
