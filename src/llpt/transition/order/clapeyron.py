"""Clapeyron's equation: the slope of a first-order line is dT/dP = T Delta v / Delta h.

Delta v and Delta h come from the steps of V(T) and H(T) on the isobars, the slope from the temperatures of the steps
on neighbouring isobars. On a first-order line the two must agree. If they do not, the steps are no jumps between two
phases in equilibrium. That they agree proves nothing: a smooth change obeys the same relation between its rises.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt import units
from llpt.statistics import Estimate, weighted_mean
from llpt.transition.order.evidence import Evidence, EvidenceKind, Order
from llpt.transition.order.scaling import fit_line
from llpt.transition.step import fit_step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.transition.isobar import Isobar

SIGMAS = 2.33


def clapeyron_slope(isobar: Isobar) -> Estimate:
    """Return T Delta v / Delta h of one isobar in K/GPa; NaN where the steps are not resolved.

    Negative where the volume falls on heating, as at the dissociation of hydrogen.
    """
    volume, enthalpy = fit_step(isobar.curve("volume")), fit_step(isobar.curve("enthalpy"))
    if not (volume.resolved and enthalpy.resolved):
        return Estimate(math.nan, math.nan, "K/GPa", 0.0)
    change = volume.height.value * units.GPA_TO_EV_PER_ANGSTROM3
    slope = enthalpy.location_k.value * change / enthalpy.height.value
    relative = math.hypot(
        volume.height.error / volume.height.value,
        enthalpy.height.error / enthalpy.height.value,
        enthalpy.location_k.error / enthalpy.location_k.value,
    )
    samples = min(volume.height.effective_samples, enthalpy.height.effective_samples)
    return Estimate(slope, abs(slope) * relative, "K/GPa", samples)


def clapeyron_evidence(isobars: Sequence[Isobar]) -> Evidence:
    """Return the ratio of the line's slope to Clapeyron's over neighbouring isobars, 1 on a first-order line.

    The line is taken to be straight over the pressures given: pass neighbours.

    Args:
        isobars: of one engine and size at two pressures or more.
    """
    meaning = "slope of the line over Clapeyron's T Delta v / Delta h"
    unknown = Estimate(math.nan, math.nan, "", 0.0)
    steps = {isobar.pressure_gpa: fit_step(isobar.curve("enthalpy")) for isobar in isobars}
    places = {pressure: step.location_k for pressure, step in steps.items() if step.resolved}
    slopes = [slope for isobar in isobars if (slope := clapeyron_slope(isobar)).resolved]
    if len(places) < 2 or not slopes:
        reason = "Steps in V(T) and H(T) are resolved on fewer than two isobars."
        return Evidence(EvidenceKind.CLAPEYRON, Order.NOT_RESOLVED, unknown, meaning, reason)
    pressures = sorted(places)
    line = fit_line(pressures, [places[pressure] for pressure in pressures], slope_unit="K/GPa").slope
    expected = weighted_mean(slopes)
    ratio = line.value / expected.value
    error = math.hypot(line.error / expected.value, ratio * expected.error / expected.value)
    number = Estimate(ratio, error, "", min(line.effective_samples, expected.effective_samples))
    said = f"dT/dP is {line} along the line and {expected} by Clapeyron"
    if abs(ratio - 1.0) > SIGMAS * error:
        reason = f"{said}: the steps are not those of two phases in equilibrium."
        return Evidence(EvidenceKind.CLAPEYRON, Order.CROSSOVER, number, meaning, reason)
    reason = f"{said}: consistent with a first-order line, and not proof of one."
    return Evidence(EvidenceKind.CLAPEYRON, Order.NOT_RESOLVED, number, meaning, reason)
