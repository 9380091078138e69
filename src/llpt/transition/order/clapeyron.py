"""Clapeyron's equation: the slope of a first-order line is dT/dP = T Delta v / Delta h.

Delta v and Delta h come from the steps of V(T) and H(T) on the isobars; the line from the temperatures of the steps
on neighbouring isobars. On a first-order line the two must agree. If they do not, the steps are no jumps between two
phases in equilibrium. That they agree proves nothing: a smooth change obeys the same relation between its rises.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

from llpt import units
from llpt.statistics import Estimate, combined
from llpt.transition.confidence import CONFIDENCE
from llpt.transition.evidence import Evidence, EvidenceKind, Order
from llpt.transition.isotherm import HEAT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llpt.transition.located import LocatedLine

LATENT_SIGMAS = 2.0
"""Errors by which Delta h must differ from zero for anything to be divided by it."""


def clapeyron_slope(located: LocatedLine) -> Estimate:
    """Return T Delta v / Delta h of an isobar or an isotherm in K/GPa; NaN where the steps are not resolved.

    Negative where the volume falls on heating, as at the dissociation of hydrogen. On an isotherm Delta h is the step
    of the heat T S(P) (``llpt.transition.isotherm``).
    """
    states = located.states
    isothermal = states.kind.holds_temperature
    volume, heat = located.step("volume"), located.step(HEAT if isothermal else "enthalpy")
    if volume is None or heat is None or not (volume.resolved and heat.resolved):
        return Estimate.unknown("K/GPa")
    temperature = Estimate(states.held, 0.0, "K", math.inf) if isothermal else heat.location
    return slope_of_line(temperature, volume.height, heat.height)


def slope_of_line(temperature_k: Estimate, volume_angstrom3: Estimate, enthalpy_ev: Estimate) -> Estimate:
    """Return T Delta v / Delta h in K/GPa; unknown where one is not known or Delta h is not told from zero.

    Args:
        temperature_k: T in K.
        volume_angstrom3: Delta v in Å³/atom.
        enthalpy_ev: Delta h in eV/atom, of the same sense.
    """
    parts = (temperature_k, volume_angstrom3, enthalpy_ev)
    if not all(part.resolved for part in parts) or abs(enthalpy_ev.value) <= LATENT_SIGMAS * enthalpy_ev.error:
        return Estimate.unknown("K/GPa")
    factor = units.GPA_TO_EV_PER_ANGSTROM3 / enthalpy_ev.value
    slope = temperature_k.value * volume_angstrom3.value * factor
    slopes = (volume_angstrom3.value * factor, temperature_k.value * factor, -slope / enthalpy_ev.value)
    return combined(slope, list(zip(parts, slopes, strict=True)), "K/GPa")


def clapeyron_evidence(
    isobars: Sequence[LocatedLine], *, pressure_gpa: float, places_k: Mapping[float, Estimate] | None = None
) -> Evidence:
    """Return how far the transition moves to a neighbouring isobar less what Clapeyron's equation says, 0 if equal.

    Along a first-order line T changes between two isobars by the integral of T Delta v / Delta h over P: the mean of
    its values on both times the difference in pressure, uncertain by what their own difference leaves open
    (1/sqrt(12) of it). The neighbour that agrees least is reported.

    Args:
        isobars: located, of one engine, at two pressures or more.
        pressure_gpa: of the isobar that is judged, with the next below and above it.
        places_k: where two phases are in equilibrium, by pressure, of the isobars that were walked both ways; a step
            on another one may lie anywhere in its metastable range, and contradicts nothing. None takes the steps in
            H(T) for places of equilibrium.
    """
    meaning = "shift between neighbouring isobars less the integral of Clapeyron's T Delta v / Delta h"
    slopes = {isobar.states.held: clapeyron_slope(isobar) for isobar in isobars}
    places = {isobar.states.held: step.location for isobar in isobars if (step := isobar.step("enthalpy"))}
    places |= places_k or {}
    known = sorted(pressure for pressure in slopes if slopes[pressure].resolved and places[pressure].resolved)
    pairs = [pair for pair in itertools.pairwise(known) if pressure_gpa in pair]
    if not pairs:
        unknown = Estimate.unknown("K")
        reason = "Steps in V(T) and H(T) are not resolved on this isobar and a neighbouring one."
        return Evidence(EvidenceKind.CLAPEYRON, Order.NOT_RESOLVED, unknown, meaning, reason)
    compared = []
    for low, high in pairs:
        shift = places[high].minus(places[low])
        mean = 0.5 * (high - low) * (slopes[low].value + slopes[high].value)
        spread = (high - low) * (slopes[high].value - slopes[low].value) / math.sqrt(12.0)
        half = 0.5 * (high - low)
        between = Estimate(0.0, spread, "K", math.inf)
        expected = combined(mean, [(slopes[low], half), (slopes[high], half), (between, 1.0)], "K")
        bounded = places_k is None or {low, high} <= set(places_k)
        compared.append((shift.minus(expected), shift, expected, bounded))
    number, shift, expected, bounded = max(compared, key=lambda item: abs(item[0].value) / item[0].error)
    text = f"T shifts by {shift} to the next isobar, and by {expected} according to Clapeyron"
    differs = abs(number.value) > number.half_width(1.0 - 0.5 * (1.0 - CONFIDENCE) / len(pairs))
    if differs and not bounded:
        reason = f"{text}: an isobar walked one way only, where a phase outlives its transition, contradicts nothing."
        return Evidence(EvidenceKind.CLAPEYRON, Order.NOT_RESOLVED, number, meaning, reason)
    if differs:
        reason = f"{text}: the steps are not those of two phases in equilibrium."
        return Evidence(EvidenceKind.CLAPEYRON, Order.CROSSOVER, number, meaning, reason)
    reason = f"{text}: consistent with a first-order line, and not proof of one."
    return Evidence(EvidenceKind.CLAPEYRON, Order.NOT_RESOLVED, number, meaning, reason)
