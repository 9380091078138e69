"""Where the transition of a pair lies, and which temperatures are left to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.transition import (
    DENSITY_JUMP,
    DIFFUSION_ONSET,
    ENERGY_STEP,
    ENTROPY_STEP,
    FIRST_PEAK_LOSS,
    HEAT_CAPACITY_MAXIMUM,
    PRESSURE_STEP,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from llpt.audit.pairing import Pair
    from llpt.transition import CriterionResult, LocatedLine

STEPS = (
    DENSITY_JUMP,
    HEAT_CAPACITY_MAXIMUM,
    ENTROPY_STEP,
    ENERGY_STEP,
    PRESSURE_STEP,
    FIRST_PEAK_LOSS,
    DIFFUSION_ONSET,
)
"""Any of these places the transition, in this order; one that a curve leaves open may stand in another."""


@dataclass(frozen=True)
class Region:
    """The transition of a pair.

    Args:
        low_k: of the two sides' places, the lower one; that of the reference where the surrogate has none.
        high_k: the higher one.
        error_k: 68 %, the larger of the two.
        width_k: w, the mean of those known.
        of_both: whether both sides have a place.
    """

    low_k: float
    high_k: float
    error_k: float
    width_k: float
    of_both: bool

    def beside(self, temperatures_k: NDArray[np.float64], near_k: float) -> NDArray[np.bool_]:
        """Return which temperatures are not between the two places, and farther from both than a margin.

        The margin is ``near_k``, an error of the places and half the width: within it a shift by ``near_k`` that is
        still allowed changes every curve.
        """
        margin = near_k + self.error_k + 0.5 * self.width_k
        return (temperatures_k < self.low_k - margin) | (temperatures_k > self.high_k + margin)

    def above(self, temperatures_k: NDArray[np.float64], near_k: float) -> NDArray[np.bool_]:
        """Return which temperatures lie above both transitions, ``near_k`` farther where one is not known."""
        return np.asarray(temperatures_k > self.high_k + 2.0 * self.error_k + (0.0 if self.of_both else near_k))

    def switch(self, temperatures_k: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of the upper phase."""
        middle = 0.5 * (self.low_k + self.high_k)
        return np.asarray(0.5 * (1.0 + np.tanh((temperatures_k - middle) / self.width_k)))


def region_of(pair: Pair) -> Region | None:
    """Return where the transition is by the first step that the reference resolves; None where it resolves none."""
    base = next(_resolved(pair.reference), None)
    if base is None:
        return None
    other = pair.surrogate.criteria[base.criterion]
    found = [base, other] if other.resolved else [base, *list(_resolved(pair.surrogate))[:1]]
    places = [result.place for result in found]
    widths = [result.step.width.value for result in found if result.step is not None]
    values = [place.value for place in places]
    error = max(place.error for place in places)
    return Region(min(values), max(values), error, float(np.mean(widths)), len(found) == 2)


def _resolved(side: LocatedLine) -> Iterator[CriterionResult]:
    found = (side.criteria.get(each) for each in STEPS)
    return (each for each in found if each is not None and each.resolved)
