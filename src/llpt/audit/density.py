"""The density curves of a pair: a constant offset, fitted in the atomic fluid, apart from a difference of shape.

The seed sees a systematic offset of the surrogate in the atomic fluid and a different shape below the transition. The
offset is the weighted mean of the relative difference over the temperatures above both transitions (or, where no
transition is resolved, where less than a quarter of the atoms is bound in both). Shape is what is left after it.
Temperatures within ``transition_temperature_k`` of either transition, and those between the two, are not judged here
when both transitions are resolved: there the difference is that of the transition temperature, judged on its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit.pairing import CurveDifference, relative_difference
from llpt.statistics import Estimate, weighted_mean
from llpt.transition import DENSITY_JUMP

if TYPE_CHECKING:
    from llpt.audit.pairing import Pair
    from llpt.transition import Isobar

ATOMIC_FRACTION = 0.25


@dataclass(frozen=True)
class DensityComparison:
    """Offset and shape.

    Args:
        difference: the relative difference as it is. offset: in percent; None where there is no atomic fluid to fit
        it in, and the shape is then the whole difference. atomic: which temperatures the offset was fitted at, shape
        (n,). judged: which temperatures are judged for shape, shape (n,). shape: difference less offset, with error,
        one per temperature.
    """

    difference: CurveDifference
    offset: Estimate | None
    atomic: np.ndarray[tuple[int], np.dtype[np.bool_]]
    judged: np.ndarray[tuple[int], np.dtype[np.bool_]]
    shape: tuple[Estimate, ...]


def compare_density(pair: Pair, *, near_transition_k: float) -> DensityComparison:
    """Separate offset and shape of rho(T).

    Args:
        pair: the isobars, without solid points.
        near_transition_k: temperatures this close to a transition are left to the transition temperature.
    """
    difference = relative_difference(pair.reference.isobar.curve("density"), pair.surrogate.isobar.curve("density"))
    jumps = [located.criteria[DENSITY_JUMP] for located in (pair.reference, pair.surrogate)]
    known = [jump.temperature_k for jump in jumps if jump.resolved]
    temperatures = difference.temperatures_k
    usable = np.isfinite(difference.errors)
    atomic = usable & _atomic(pair, temperatures, known)
    judged = np.ones(len(temperatures), dtype=bool)
    if len(known) == 2:
        low = min(estimate.value for estimate in known) - near_transition_k
        high = max(estimate.value for estimate in known) + near_transition_k
        judged &= (temperatures < low) | (temperatures > high)
    offset = weighted_mean([difference.estimate(int(i)) for i in np.flatnonzero(atomic)]) if atomic.any() else None
    residuals = (_less_offset(difference.estimate(i), offset, fitted=bool(atomic[i])) for i in range(len(temperatures)))
    return DensityComparison(difference, offset, atomic, judged, tuple(residuals))


def _atomic(
    pair: Pair, temperatures: np.ndarray[tuple[int], np.dtype[np.float64]], transitions: list[Estimate]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if transitions:
        above = max(estimate.value + 2.0 * estimate.error for estimate in transitions)
        chosen = temperatures > above
        if len(transitions) == 2:
            return np.asarray(chosen)
    else:
        chosen = np.ones(len(temperatures), dtype=bool)
    for located in (pair.reference, pair.surrogate):
        dissociated = _dissociated(located.isobar)
        chosen &= np.array([round(float(temperature), 1) in dissociated for temperature in temperatures], dtype=bool)
    return np.asarray(chosen)


def _dissociated(isobar: Isobar) -> set[float]:
    curve = isobar.curve("molecular_fraction")
    return {round(float(curve.temperatures_k[i]), 1) for i in np.flatnonzero(curve.values < ATOMIC_FRACTION)}


def _less_offset(difference: Estimate, offset: Estimate | None, *, fitted: bool) -> Estimate:
    """Subtract the offset; a point that took part in its fit is correlated with it."""
    if offset is None:
        return difference
    if fitted:
        variance = max(difference.error**2 - offset.error**2, 0.0)
    else:
        variance = difference.error**2 + offset.error**2
    samples = min(difference.effective_samples, offset.effective_samples)
    return Estimate(difference.value - offset.value, math.sqrt(variance), "%", samples)
