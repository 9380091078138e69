"""Where the transition of a pair lies, and which temperatures are left to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.transition import placing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from llpt.audit.pairing import Pair
    from llpt.transition import Criterion, CriterionResult, LocatedLine

EDGE = 1.65
"""Errors of a place beyond which it lies in one case of twenty on this side."""

TAILS = 2.0
"""Differences of two widths beyond which the wider change is over: tails that are of one side alone do not cancel. From
a jump to w the farther side lacks 2 % of its change there."""


@dataclass(frozen=True)
class Region:
    """The transition of a pair; places and widths are in the unit of what changes along its lines (K, GPa or g/cm³).

    Args:
        low: of the two sides' places, the lower one; that of the reference where the surrogate has none.
        high: the higher one.
        error: 68 %, the larger of the two.
        width: w, the mean of those known.
        widening: by how much the two w differ; 0 where only one is known.
        of_both: whether both sides have a place.
    """

    low: float
    high: float
    error: float
    width: float
    widening: float
    of_both: bool

    def below(self, coordinates: NDArray[np.float64], near: float) -> NDArray[np.bool_]:
        """Return which points lie below both transitions by more than the margin."""
        return np.asarray(coordinates < self.low - self._margin(near))

    def above(self, coordinates: NDArray[np.float64], near: float) -> NDArray[np.bool_]:
        """Return which points lie above both transitions by more than the margin."""
        return np.asarray(coordinates > self.high + self._margin(near))

    def beside(self, coordinates: NDArray[np.float64], near: float) -> NDArray[np.bool_]:
        """Return which points are not between the two places, and farther from both than the margin."""
        return self.below(coordinates, near) | self.above(coordinates, near)

    def _margin(self, near: float) -> float:
        """Return the distance from a place within which a curve is that of its transition.

        Where both places are known: ``EDGE`` errors of them, the smaller w, and ``TAILS`` times as much of the
        difference of the two as is still allowed, ``near``. Where one is not: half as much again as the shift that is
        still allowed, since it may be as much wider too, ``EDGE`` errors, and w/2.
        """
        if self.of_both:
            return EDGE * self.error + self.width - 0.5 * self.widening + TAILS * min(self.widening, near)
        return 1.5 * near + EDGE * self.error + 0.5 * self.width

    def switch(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share of the upper phase."""
        middle = 0.5 * (self.low + self.high)
        return np.asarray(0.5 * (1.0 + np.tanh((coordinates - middle) / self.width)))


def region_of(pair: Pair) -> Region | None:
    """Return where the transition is by the criterion that it is judged by; None where the reference resolves none.

    Where the reference does not resolve that one, the next does that it resolves; where the surrogate does not, its
    own first.
    """
    order = tuple(dict.fromkeys((pair.deciding, *placing(pair.kind))))
    base = next(_resolved(pair.reference, order), None)
    if base is None:
        return None
    other = next(_resolved(pair.surrogate, (base.criterion, *order)), None)
    found = [base] if other is None else [base, other]
    places = [result.place for result in found]
    widths = [result.width.value for result in found if result.width is not None]
    values = [place.value for place in places]
    error = max(place.error for place in places)
    return Region(min(values), max(values), error, float(np.mean(widths)), float(np.ptp(widths)), len(found) == 2)


def _resolved(side: LocatedLine, order: Sequence[Criterion]) -> Iterator[CriterionResult]:
    found = (side.criteria.get(each) for each in order)
    return (each for each in found if each is not None and each.resolved)
