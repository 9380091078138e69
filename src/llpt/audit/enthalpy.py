"""The enthalpy of a pair: the height of its step, and the enthalpy of heating.

Engines differ in their zero of energy, so that only differences along the isobar can be compared. What differs between
the phases moves the transition: by dT = T dh / Dh for an error dh of the enthalpy of one phase against the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from llpt.audit.compared import ComparedQuantity, Contrast
from llpt.audit.curve_test import phase_difference
from llpt.audit.pairing import common_temperatures
from llpt.audit.region import region_of
from llpt.audit.thresholds import ENTHALPY_CHANGE, ENTHALPY_STEP_CHANGE
from llpt.statistics import Estimate, combined
from llpt.transition import HEAT_CAPACITY_MAXIMUM, LineKind
from llpt.transition.isotherm import HEAT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llpt.audit.pairing import Pair
    from llpt.audit.thresholds import Thresholds


ENERGIES = {
    LineKind.ISOBAR: ("enthalpy_from_free_energy", "enthalpy"),
    LineKind.ISOTHERM: (HEAT,),
    LineKind.ISOCHORE: ("free_energy", "internal_energy"),
    LineKind.DENSITY_ISOTHERM: ("free_energy", "internal_energy"),
}
"""What takes the place of the enthalpy on each kind of line, the first that both sides have: the heat T S(P) on an
isotherm, the energy at held volumes."""


def step_contrasts(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return by how much more the surrogate's enthalpy changes from below the transition to above it.

    It is the mean of H' - H over the temperatures above the transition less that below it, those near it left out.
    Where both sides have it, H is that from the free energy of the electrons, F + E_kin + P V: it is F that a surrogate
    learns, and its own E is F.

    Args:
        pair: without solid points.
        thresholds: for what is near the transition.
    """
    for name in ENERGIES[pair.kind]:
        reference, surrogate = (side.states.curve(name).resolved() for side in (pair.reference, pair.surrogate))
        common = common_temperatures(reference, surrogate)
        if common:
            break
    else:
        return
    region = region_of(pair)
    if region is None:
        yield Contrast(
            Estimate.unknown(ENTHALPY_STEP_CHANGE.unit), "The reference places no transition to divide enthalpies at"
        )
        return
    temperatures = np.array([reference.coordinates[index] for index, _ in common])
    differences = [surrogate.estimate(other).minus(reference.estimate(index)) for index, other in common]
    near = pair.near(thresholds)
    found = phase_difference(differences, region.below(temperatures, near), region.above(temperatures, near))
    if found is None:
        reason = "No two temperatures on either side of the transition at which both enthalpies are known"
        yield Contrast(Estimate.unknown(ENTHALPY_STEP_CHANGE.unit), reason)
    else:
        word = "Energy" if pair.kind.holds_volume else "Enthalpy"
        sentence = f"{word} from below the transition to above it: surrogate minus reference {found}"
        yield Contrast(found, f"{sentence}{_kelvins(pair, found)}")


def _kelvins(pair: Pair, bias: Estimate) -> str:
    """Return by how much a bias between the phases would move the transition if their entropies had none, T dh / Dh."""
    located = pair.reference.criteria.get(HEAT_CAPACITY_MAXIMUM)
    if located is None or not located.resolved or located.step is None or not located.step.height.value:
        return ""
    latent, place = located.step.height, located.place.value
    shift = place * bias.value / latent.value
    worth = combined(shift, ((bias, place / latent.value), (latent, -shift / latent.value)), "K")
    return f", worth {worth} of the transition temperature where the entropies do not differ"


def enthalpy_contrasts(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return, on an isobar, [H(T) - H(T_low)] of the surrogate less that of the reference at common temperatures.

    The error at T_low is part of every one of them, so that they are correlated.

    Args:
        pair: without solid points.
        thresholds: not asked for.
    """
    del thresholds
    if pair.kind is not LineKind.ISOBAR:
        return
    reference, surrogate = (side.states.curve("enthalpy").resolved() for side in (pair.reference, pair.surrogate))
    common = common_temperatures(reference, surrogate)
    if not common:
        return
    (first, second), *rest = common
    zero = surrogate.estimate(second).minus(reference.estimate(first))
    lowest = float(reference.temperatures_k[first])
    for index, other in rest:
        temperature = float(reference.temperatures_k[index])
        difference = surrogate.estimate(other).minus(reference.estimate(index)).minus(zero)
        sentence = f"Enthalpy at {temperature:g} K less that at {lowest:g} K: {difference}"
        yield Contrast(difference, sentence, temperature_k=temperature)


ENTHALPY_STEP = ComparedQuantity("enthalpy step", threshold=ENTHALPY_STEP_CHANGE, contrasts=step_contrasts)
ENTHALPY = ComparedQuantity("enthalpy", threshold=ENTHALPY_CHANGE, contrasts=enthalpy_contrasts)
