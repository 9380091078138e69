"""Criteria that take the place at which a curve passes a level for the transition."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.transition.criterion import Criterion
from llpt.transition.curve import LineKind
from llpt.transition.maximum import find_crossing
from llpt.transition.place import Located

if TYPE_CHECKING:
    from llpt.transition.line import LineOfStates

HALF = 0.5
METALLIC_S_PER_CM = 2000.0
"""dc conductivity at which the fluid counts as a metal (van de Bund, Wiebe, Ackland, Phys. Rev. Lett. 126, 225701,
2021; the minimum metallic conductivity of Nellis, Weir, Mitchell, Phys. Rev. B 59, 3434, 1999)."""


def place_of_half(states: LineOfStates, curve: str, rises: bool | None) -> Located:
    """Return where the molecular fraction passes 1/2; the instantaneous one where the lifetime-based one is not.

    Args:
        states: without solid points.
        curve: name of the lifetime-based fraction.
        rises: whether the fraction can only rise on the way up, or only fall.
    """
    lifetime = states.curve(curve).resolved()
    fraction = lifetime if len(lifetime) > 1 else states.curve("molecular_fraction")
    return find_crossing(fraction, HALF, rises=rises)


def place_of_conductivity(states: LineOfStates, curve: str, rises: bool | None) -> Located:
    """Return where ln sigma_dc passes that of ``METALLIC_S_PER_CM``.

    Args:
        states: a line of states without solid points.
        curve: name of the observable along it.
        rises: not read.
    """
    del rises
    conductivity = states.curve(curve)
    if not (conductivity.values > 0.0).any():
        reason = "No run has a dc conductivity (llpt optics computes it)."
        return Located.nowhere(reason, unit=states.along.unit)
    return find_crossing(conductivity.logarithm(), math.log(METALLIC_S_PER_CM))


MOLECULAR_HALF = Criterion(
    "molecular fraction 1/2",
    estimator="where the lifetime-based molecular fraction passes 1/2 (llpt.transition.maximum)",
    curve="molecular_fraction_lifetime",
    locate=place_of_half,
    rises_on_heating=False,
    kinds=frozenset(LineKind),
)
CONDUCTIVITY_ONSET = Criterion(
    "conductivity onset",
    estimator="where the dc conductivity passes 2000 S/cm, linear in its logarithm",
    curve="dc_conductivity",
    locate=place_of_conductivity,
    rises_on_heating=True,
    kinds=frozenset(LineKind),
)
