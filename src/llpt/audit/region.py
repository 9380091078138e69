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


EDGE = 1.65
"""Errors of a place beyond which it lies in one case of twenty on this side."""


@dataclass(frozen=True)
class Region:
    """The transition of a pair.

    Args:
        low_k: of the two sides' places, the lower one; that of the reference where the surrogate has none.
        high_k: the higher one.
        error_k: 68 %, the larger of the two.
        width_k: w, the mean of those known.
        widening_k: by how much the two w differ; 0 where only one is known.
        of_both: whether both sides have a place.
    """

    low_k: float
    high_k: float
    error_k: float
    width_k: float
    widening_k: float
    of_both: bool

    def below(self, temperatures_k: NDArray[np.float64], near_k: float) -> NDArray[np.bool_]:
        """Return which temperatures lie below both transitions by more than the margin."""
        return np.asarray(temperatures_k < self.low_k - self._margin(near_k))

    def above(self, temperatures_k: NDArray[np.float64], near_k: float) -> NDArray[np.bool_]:
        """Return which temperatures lie above both transitions by more than the margin."""
        return np.asarray(temperatures_k > self.high_k + self._margin(near_k))

    def beside(self, temperatures_k: NDArray[np.float64], near_k: float) -> NDArray[np.bool_]:
        """Return which temperatures are not between the two places, and farther from both than the margin."""
        return self.below(temperatures_k, near_k) | self.above(temperatures_k, near_k)

    def _margin(self, near_k: float) -> float:
        """Return the distance from a place within which a curve is that of its transition.

        Where both places are known: ``EDGE`` errors of them, the smaller w, and as much of the difference of the two
        as is still allowed, ``near_k``. Where one is not: the shift that is still allowed, an error, and w/2.
        """
        if self.of_both:
            return EDGE * self.error_k + self.width_k - 0.5 * self.widening_k + min(self.widening_k, near_k)
        return near_k + self.error_k + 0.5 * self.width_k

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
    return Region(min(values), max(values), error, float(np.mean(widths)), float(np.ptp(widths)), len(found) == 2)


def _resolved(side: LocatedLine) -> Iterator[CriterionResult]:
    found = (side.criteria.get(each) for each in STEPS)
    return (each for each in found if each is not None and each.resolved)
