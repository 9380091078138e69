"""The true error of a committee by its disagreement, with the line on which the two are equal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.report import palette
from llpt.report.panels import Dash, Figure, Marker, Panel, PlottedCurve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.audit import SpreadCalibration


def calibration_figure(found: Mapping[str, SpreadCalibration]) -> Figure:
    """Return a panel for each quantity: its error by the disagreement of the committee.

    Args:
        found: calibration by what it is of (``force``, ``energy``), one at least.
    """
    return Figure(
        "calibration",
        "Does the committee know its error?",
        "Root mean square of the true error on labelled frames in groups of equal disagreement of the members, against "
        "the disagreement. Error bars: one standard error, by leaving out block after block. Broken: error and "
        "disagreement equal. Dotted: the factor over all values.",
        (tuple(_panel(what, each) for what, each in found.items()),),
        wide=len(found) == 1,
    )


def _panel(what: str, found: SpreadCalibration) -> Panel:
    ends = (min(found.spreads), max(found.spreads))
    groups = PlottedCurve(
        "groups of values",
        found.spreads,
        tuple(each.value for each in found.errors),
        tuple(each.error for each in found.errors),
        palette.CYCLE[1],
        dash=Dash.NONE,
        marker=Marker.CIRCLE,
        samples=tuple(each.effective_samples for each in found.errors),
    )
    curves = [groups, PlottedCurve("error = disagreement", ends, ends, colour=palette.GREY, dash=Dash.DASHED)]
    factor = found.factor.value
    if math.isfinite(factor):
        line = tuple(factor * end for end in ends)
        curves.append(PlottedCurve(f"× {factor:.2g}", ends, line, colour=palette.CYCLE[0], dash=Dash.DOTTED))
    unit = f" ({found.unit})" if found.unit else ""
    return Panel(f"disagreement{unit}", f"rms error{unit}", tuple(curves), note=what, legend_inside="upper left")
