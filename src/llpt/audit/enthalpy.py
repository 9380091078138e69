"""The enthalpy of a pair: the height of its step, and its curve along the line of states.

Engines differ in their zero of energy, so that only differences along the isobar can be compared. What differs between
the phases moves the transition: by dT = T dh / Dh for an error dh of the enthalpy of one phase against the other.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit.compared import ComparedQuantity, Contrast
from llpt.audit.coverage import not_covered
from llpt.audit.curve_test import (
    contrast_at,
    extrapolated_phase_difference,
    phase_difference,
    shift_allowances,
)
from llpt.audit.curves import difference_contrast
from llpt.audit.pairing import common_temperatures
from llpt.audit.region import region_of
from llpt.audit.thresholds import ENTHALPY_CHANGE, ENTHALPY_STEP_CHANGE
from llpt.statistics import Estimate, combined
from llpt.transition import LineKind, step_in
from llpt.transition.isotherm import HEAT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from llpt.audit.pairing import Pair
    from llpt.audit.thresholds import Thresholds
    from llpt.transition import Curve, LineOfStates

AT_PRESSURE = {"E": "enthalpy", "F": "enthalpy_from_free_energy"}
AT_VOLUME = {"E": "internal_energy", "F": "free_energy"}
ENERGIES = {
    LineKind.ISOBAR: (AT_PRESSURE["F"], AT_PRESSURE["E"]),
    LineKind.ISOTHERM: (HEAT,),
    LineKind.ISOCHORE: (AT_VOLUME["F"], AT_VOLUME["E"]),
    LineKind.DENSITY_ISOTHERM: (AT_VOLUME["F"], AT_VOLUME["E"]),
}
"""What takes the place of the enthalpy on each kind of line, the first that both sides have: the heat T S(P) on an
isotherm, the energy at held volumes."""


def step_contrasts(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return by how much more the surrogate's enthalpy changes from below the transition to above it.

    Two numbers, those near the transition left out. The means of H' - H over the temperatures above the transition less
    that below it: the bias of one phase against the other, averaged over each. And straight lines through either phase,
    carried on to the transition: the latent heat, which another heat capacity may hide from the means. The step is
    proven small only where both are; means alone prove it large, since a line is no proof beyond its points.

    Where both sides have it, H is that from the free energy of the electrons, F + E_kin + P V: it is F that a surrogate
    learns, and its own E is F.

    Args:
        pair: without solid points.
        thresholds: for what is near the transition.
    """
    curves = next((both for name in ENERGIES[pair.kind] if (both := _of_both(pair, name)) is not None), None)
    if curves is None:
        if all(_has_energy(side.states) for side in (pair.reference, pair.surrogate)):
            reason = "One side has its energy from E alone, the other from F alone, and they cannot be compared"
            yield Contrast(Estimate.unknown(ENTHALPY_STEP_CHANGE.unit), reason)
        return
    reference, surrogate, common = curves
    region = region_of(pair)
    if region is None:
        yield Contrast(
            Estimate.unknown(ENTHALPY_STEP_CHANGE.unit), "The reference places no transition to divide enthalpies at"
        )
        return
    temperatures = np.array([reference.coordinates[index] for index, _ in common])
    differences = [surrogate.estimate(other).minus(reference.estimate(index)) for index, other in common]
    near = pair.near(thresholds)
    below, above = region.below(temperatures, near), region.above(temperatures, near)
    shared = [side.states.shared_error(reference.name) for side in (pair.reference, pair.surrogate)]
    found = _widened(phase_difference(differences, below, above), shared)
    if found is None:
        reason = "No temperature on one side of the transition at which both enthalpies are known"
        yield Contrast(Estimate.unknown(ENTHALPY_STEP_CHANGE.unit), reason)
        return
    sentence = f"{_word(pair)} from below the transition to above it: surrogate minus reference {found} by the means"
    middle = 0.5 * (region.low + region.high)
    lines = _widened(extrapolated_phase_difference(differences, temperatures, below, above, place=middle), shared)
    unproven = not_covered(pair, near, temperatures, differences)
    if lines is None:
        unproven = unproven or "one point of a phase cannot be carried on to the transition"
        yield Contrast(found, f"{sentence}{_kelvins(pair, found)}", unproven=unproven)
        return
    sentence += f", {lines} by straight lines through either phase, carried on to the transition"
    shown = found if abs(found.value) > thresholds.enthalpy_step_ev_per_atom else lines
    yield Contrast(
        shown,
        f"{sentence}{_kelvins(pair, shown)}",
        unproven=unproven,
        parts=(found, lines),
        allowances=(0.0, math.inf),
    )


def _widened(found: Estimate | None, errors: Sequence[float]) -> Estimate | None:
    """Return a number with errors that none of its points knows of."""
    for error in errors:
        if found is not None and error:
            found = found.minus(Estimate(0.0, error, found.unit, math.inf))
    return found


def _of_both(pair: Pair, name: str) -> tuple[Curve, Curve, list[tuple[int, int]]] | None:
    """Return what is known of a curve on either side, and the places that both know; None where a side has none of it.

    That one has it and knows its error nowhere is no reason to do without.
    """
    curves = [side.states.curve(name) for side in (pair.reference, pair.surrogate)]
    if not all(curve.has_values for curve in curves):
        return None
    reference, surrogate = (curve.resolved() for curve in curves)
    return reference, surrogate, common_temperatures(reference, surrogate)


def _has_energy(states: LineOfStates) -> bool:
    return any(states.curve(name).has_values for name in ENERGIES[states.kind])


def _kelvins(pair: Pair, bias: Estimate) -> str:
    """Return by how much a bias between the phases would move the transition if their entropies had none, T dh / Dh."""
    located = step_in(pair.reference.criteria, "enthalpy")
    if located is None or not located.resolved or located.step is None or not located.step.height.value:
        return ""
    latent, place = located.step.height, located.place.value
    shift = place * bias.value / latent.value
    worth = combined(shift, ((bias, place / latent.value), (latent, -shift / latent.value)), "K")
    return f", worth {worth} of the transition temperature where the entropies do not differ"


def enthalpy_contrasts(pair: Pair, thresholds: Thresholds, *, made_from: str) -> Iterator[Contrast]:
    """Return the difference of the enthalpy as one curve, which is judged, and at each common point beside it.

    Engines differ in their zero of energy: the mean difference below the transition, or over all points where none is
    known, is subtracted from the curve, the difference at the lowest point from the points. On an isotherm the enthalpy
    contains the work of compression, at held volumes the energy stands in its place.

    Args:
        pair: without solid points.
        thresholds: for what is near the transition, and the confidence.
        made_from: "E" or "F".
    """
    curves = _of_both(pair, (AT_VOLUME if pair.kind.holds_volume else AT_PRESSURE)[made_from])
    if curves is None:
        return
    reference, surrogate, common = curves
    if not common:
        reason = f"{_word(pair)} from {made_from}: no state at which both are known with an error"
        yield Contrast(Estimate.unknown(ENTHALPY_CHANGE.unit), reason, kind="curve")
        return
    along = reference.along
    coordinates = np.array([reference.coordinates[index] for index, _ in common])
    differences = tuple(surrogate.estimate(other).minus(reference.estimate(index)) for index, other in common)
    allowances = partial(shift_allowances, reference, coordinates, pair.near(thresholds))
    what = f"{_word(pair)} from {made_from}"
    yield difference_contrast(pair, thresholds, coordinates, differences, what, allowances=allowances, from_below=True)
    for place, difference in zip(coordinates[1:].tolist(), differences[1:], strict=True):
        apart = difference.minus(differences[0])
        sentence = f"{what} at {place:g} {along.unit} less that at {coordinates[0]:g} {along.unit}: {apart}"
        yield contrast_at(place, along, apart, sentence)


def _word(pair: Pair) -> str:
    return "Energy" if pair.kind.holds_volume else "Enthalpy"


ENTHALPY_STEP_COMPARISON = ComparedQuantity(
    ENTHALPY_STEP_CHANGE.quantity,
    threshold=ENTHALPY_STEP_CHANGE,
    contrasts=step_contrasts,
    is_in=_has_energy,
)
ENTHALPY_COMPARISON = ComparedQuantity(
    ENTHALPY_CHANGE.quantity, threshold=ENTHALPY_CHANGE, contrasts=partial(enthalpy_contrasts, made_from="E")
)
ENTHALPY_FROM_F_COMPARISON = ComparedQuantity(
    "enthalpy from F", threshold=ENTHALPY_CHANGE, contrasts=partial(enthalpy_contrasts, made_from="F")
)
"""What a surrogate learns is F, and its E is F: against the reference's H from E it lacks T_el S, against that from F
it should not."""
