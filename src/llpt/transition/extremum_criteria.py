"""Criteria that take the extremum of a curve for the transition."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from llpt.transition.criterion import Criterion
from llpt.transition.curve import LineKind
from llpt.transition.maximum import find_maximum

if TYPE_CHECKING:
    from llpt.transition.line import LineOfStates
    from llpt.transition.place import Located


def place_of_maximum(states: LineOfStates, curve: str, rises: bool | None) -> Located:
    """Return where a curve is greatest; see ``find_maximum``.

    Args:
        states: a line of states without solid points.
        curve: name of the observable along it.
        rises: not read.
    """
    del rises  # a maximum has no sign
    return find_maximum(states.curve(curve))


def place_of_expansion_extremum(states: LineOfStates, curve: str, rises: bool | None) -> Located:
    """Return where alpha = (1/V) dV/dT is greatest (the volume rises on heating), or most negative (it falls).

    Args:
        states: a line of states without solid points.
        curve: name of the observable along it.
        rises: whether the volume rises on the way up.
    """
    values = states.curve(curve)
    located = find_maximum(values if rises else replace(values, values=-values.values))
    known = values.resolved()
    if not len(known):
        return located
    index = int(np.argmax(known.values) if rises else np.argmin(known.values))
    estimate = known.estimate(index)
    sign = "undecided in sign" if abs(estimate.value) < 2.0 * estimate.error else f"{'+-'[estimate.value < 0.0]}"
    word = "greatest" if rises else "least"
    found = f"The expansion coefficient is {word} at {known.temperatures_k[index]:g} K, {estimate} (sign: {sign})."
    return replace(located, reason=f"{found} {located.reason}")


DENSITY_MAXIMUM = Criterion(
    "density maximum",
    estimator="local parabola through rho(T) at its greatest (llpt.transition.maximum)",
    curve="density",
    locate=place_of_maximum,
    figure_order=3,
)
EXPANSION_EXTREMUM = Criterion(
    "expansion extremum",
    estimator="local parabola through the expansion coefficient from fluctuations at its extremum",
    curve="thermal_expansion",
    locate=place_of_expansion_extremum,
    rises_on_heating=False,
    follows_density=True,
)
COMPRESSIBILITY_MAXIMUM = Criterion(
    "compressibility maximum",
    estimator="local parabola through the isothermal compressibility from fluctuations at its greatest, a Widom line "
    "above a critical point (Xu et al., Proc. Natl. Acad. Sci. 102, 16558, 2005, doi:10.1073/pnas.0507870102)",
    curve="compressibility",
    locate=place_of_maximum,
    kinds=frozenset({LineKind.ISOBAR, LineKind.ISOTHERM}),
)
