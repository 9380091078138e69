"""The density curves of a pair: a constant offset, fitted in the atomic fluid, apart from a difference of shape.

Karasiev et al. 2021 (doi:10.1038/s41586-021-04078-x) see a systematic offset of the surrogate in the atomic fluid and a
different shape below the transition. The offset is the weighted mean of the relative difference over the temperatures
above both transitions (or, where no transition is resolved, where less than a quarter of the atoms is bound in both).
Shape is what is left after it.
Temperatures within ``transition_temperature_k`` of either transition, and those between the two, are not judged here
when both transitions are resolved: there the difference is that of the transition temperature, judged on its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit.compared import ComparedQuantity, Contrast
from llpt.audit.pairing import CurveDifference, relative_difference
from llpt.audit.thresholds import DENSITY_CHANGE, DENSITY_SHIFT
from llpt.statistics import Estimate, combined, weighted_mean
from llpt.transition import DENSITY_JUMP

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from llpt.audit.pairing import Pair
    from llpt.audit.thresholds import Thresholds
    from llpt.transition import Isobar

ATOMIC_FRACTION = 0.25


@dataclass(frozen=True)
class DensityComparison:
    """Offset and shape.

    Args:
        difference: the relative difference as it is.
        offset: in percent; None where there is no atomic fluid to fit it in, and the shape is then all of it.
        atomic: which temperatures the offset was fitted at, shape (n,).
        judged: which temperatures are judged for shape, shape (n,).
        shape: difference less offset, with error, one per temperature.
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
    usable = np.array([percent.resolved for percent in difference.percent], dtype=bool)
    atomic = usable & _atomic(pair, temperatures, known)
    judged = np.ones(len(temperatures), dtype=bool)
    if len(known) == 2:
        low = min(estimate.value for estimate in known) - near_transition_k
        high = max(estimate.value for estimate in known) + near_transition_k
        judged &= (temperatures < low) | (temperatures > high)
    fitted = np.flatnonzero(atomic)
    offset = weighted_mean([difference.percent[int(i)] for i in fitted]) if fitted.size else None
    return DensityComparison(difference, offset, atomic, judged, tuple(_shape(difference.percent, fitted, offset)))


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


def _shape(differences: Sequence[Estimate], fitted: NDArray[np.intp], offset: Estimate | None) -> list[Estimate]:
    """Return what is left of each difference after the offset, a weighted mean of the fitted ones.

    Each is a linear combination of independent differences, d_i - sum_j w_j d_j, and has the error of one: a point that
    took part in the fit is correlated with it. Birge's factor, which the offset carries where the fitted points
    disagree, does not enter: that they disagree is what a shape is.
    """
    if offset is None:
        return list(differences)
    weights = {int(j): differences[j].standard_error ** -2 for j in fitted}
    total = sum(weights.values())
    shares = {j: weight / total for j, weight in weights.items()}
    return [
        combined(
            difference.value - offset.value,
            [(difference, 1.0 - shares.get(i, 0.0)), *((differences[j], -w) for j, w in shares.items() if j != i)],
            "%",
        )
        for i, difference in enumerate(differences)
    ]


def offset_contrasts(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return the constant offset; nothing where there is no atomic fluid to fit it in."""
    offset = compare_density(pair, near_transition_k=thresholds.transition_temperature_k).offset
    if offset is not None:
        yield Contrast(offset, f"Constant density offset in the atomic fluid {offset}")


def density_contrasts(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return what is left of the difference at each temperature; one that is open where none can be judged."""
    density = compare_density(pair, near_transition_k=thresholds.transition_temperature_k)
    after = "after the offset" if density.offset is not None else "(no atomic fluid to take an offset from)"
    for temperature, residual, judged in zip(
        density.difference.temperatures_k, density.shape, density.judged, strict=True
    ):
        sentence = f"Density at {temperature:g} K {after}: {residual}"
        yield Contrast(residual, sentence, bool(judged), temperature_k=float(temperature))
    if not density.judged.any():
        yield no_density("No temperature away from the transition is common to both")


def no_density(reason: str) -> Contrast:
    """Return that the densities of a pair cannot be compared, and why."""
    return Contrast(Estimate.unknown("%"), reason)


DENSITY_OFFSET = ComparedQuantity("density offset", threshold=DENSITY_SHIFT, contrasts=offset_contrasts, judged=True)
DENSITY = ComparedQuantity("density", threshold=DENSITY_CHANGE, contrasts=density_contrasts, judged=True)
