"""The density curves of a pair: a constant offset, fitted in the atomic fluid, apart from a difference of shape.

Karasiev et al. 2021 (doi:10.1038/s41586-021-04078-x) see a systematic offset of the surrogate in the atomic fluid and a
different shape below the transition. The offset is the weighted mean of the relative difference over the temperatures
above both transitions (or, where no transition is resolved, where less than a quarter of the atoms is bound in both).
Shape is what is left after it, as one curve (``llpt.audit.curve_test``).
Temperatures within ``transition_temperature_k`` of either transition, and those between the two, are not judged here:
there the difference is that of the transition temperature, judged on its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit.compared import ComparedQuantity, Contrast
from llpt.audit.coverage import not_covered
from llpt.audit.curve_test import CurveTest, contrast_at, curve_contrast, curve_test, shift_allowances
from llpt.audit.pairing import CurveDifference, common_temperatures, relative_difference, same_place
from llpt.audit.region import Region, region_of
from llpt.audit.thresholds import DENSITY_CHANGE, DENSITY_SHIFT
from llpt.statistics import Estimate, combined, weighing_errors, weighted_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from llpt.audit.pairing import Pair
    from llpt.audit.thresholds import Thresholds

ATOMIC_FRACTION = 0.25


@dataclass(frozen=True)
class DensityComparison:
    """Offset and shape.

    Args:
        difference: the relative difference as it is.
        offset: in percent; unknown where no density of the atomic fluid is known, None where there is no atomic fluid
            to fit it in, and the shape is then the whole difference.
        atomic: which temperatures the offset was fitted at, shape (n,).
        judged: which temperatures are judged for shape, shape (n,).
        shape: difference less offset, with error, one per temperature.
        curve: the shape as one curve over the judged temperatures; None where there is none.
    """

    difference: CurveDifference
    offset: Estimate | None
    atomic: NDArray[np.bool_]
    judged: NDArray[np.bool_]
    shape: tuple[Estimate, ...]
    curve: CurveTest | None


def compare_density(pair: Pair, *, near: float) -> DensityComparison:
    """Separate offset and shape of rho(T).

    Args:
        pair: the isobars, without solid points.
        near: points this close to a transition are left to the comparison of the transition itself; in the unit of
            what changes along the lines.
    """
    difference = relative_difference(pair.reference.states.curve("density"), pair.surrogate.states.curve("density"))
    temperatures, percent = difference.coordinates, difference.percent
    region = region_of(pair)
    usable = np.array([each.resolved for each in percent], dtype=bool)
    fluid = _atomic(pair, temperatures, region, near)
    atomic = usable & fluid
    judged = np.ones(len(temperatures), dtype=bool) if region is None else region.beside(temperatures, near)
    fitted = np.flatnonzero(atomic)
    offset = weighted_mean([percent[int(i)] for i in fitted]) if fitted.size else None
    if offset is None and fluid.any():
        offset = Estimate.unknown("%")
    switch = None if region is None else region.switch(temperatures)
    allowances = None
    if region is None:
        base = pair.reference.states.curve("density")
        values = np.interp(temperatures, base.coordinates, base.values)
        allowances = 100.0 * shift_allowances(base, temperatures, near) / values
    curve = curve_test(temperatures, percent, switch, judged=judged, offset_from=atomic, allowances=allowances)
    return DensityComparison(difference, offset, atomic, judged, tuple(_shape(percent, fitted, offset)), curve)


def _atomic(pair: Pair, temperatures: NDArray[np.float64], region: Region | None, near: float) -> NDArray[np.bool_]:
    if region is not None:
        return region.above(temperatures, near)
    fractions = [side.states.curve("molecular_fraction") for side in (pair.reference, pair.surrogate)]
    chosen = np.zeros(len(temperatures), dtype=bool)
    for index, other in common_temperatures(*fractions):
        if max(fractions[0].values[index], fractions[1].values[other]) < ATOMIC_FRACTION:
            chosen |= same_place(temperatures, float(fractions[0].coordinates[index]), fractions[0].along)
    return chosen


def _shape(differences: Sequence[Estimate], fitted: NDArray[np.intp], offset: Estimate | None) -> list[Estimate]:
    """Return what is left of each difference after the offset, a weighted mean of the fitted ones.

    Each is a linear combination of independent differences, d_i - sum_j w_j d_j, and has the error of one: a point that
    took part in the fit is correlated with it. Birge's factor, which the offset carries where the fitted points
    disagree, does not enter: that they disagree is what a shape is.
    """
    if offset is None or not fitted.size:
        return list(differences)
    weights = weighing_errors([differences[j] for j in fitted.tolist()])[0] ** -2.0
    shares = dict(zip(fitted.tolist(), (weights / weights.sum()).tolist(), strict=True))
    return [
        combined(
            difference.value - offset.value,
            [(difference, 1.0 - shares.get(i, 0.0)), *((differences[j], -w) for j, w in shares.items() if j != i)],
            "%",
        )
        for i, difference in enumerate(differences)
    ]


def offset_contrasts(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return the constant offset; nothing at held volumes, and where there is no atomic fluid to fit it in."""
    if pair.kind.holds_volume:
        return
    offset = compare_density(pair, near=pair.near(thresholds)).offset
    if offset is not None:
        yield Contrast(offset, f"Constant density offset in the atomic fluid {offset}")


def density_contrasts(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return the shape as one curve, which is judged, and what is left of the difference at each point.

    At held volumes there is none.
    """
    if pair.kind.holds_volume:
        return
    density, along = compare_density(pair, near=pair.near(thresholds)), pair.reference.states.along
    after = "after the offset"
    if not density.atomic.any():
        lacking = "atomic fluid" if density.offset is None else "density of the atomic fluid with an error"
        after = f"(no {lacking} to take an offset from)"
    if density.curve is None:
        yield no_density(f"No {along.word} away from the transition is common to both")
    else:
        what = f"Density away from the transition {after}"
        unproven = not_covered(pair, pair.near(thresholds), density.difference.coordinates, density.difference.percent)
        yield curve_contrast(density.curve, what, thresholds.confidence, along, unproven=unproven)
    for place, residual in zip(density.difference.coordinates, density.shape, strict=True):
        sentence = f"Density at {place:g} {along.unit} {after}: {residual}"
        yield contrast_at(float(place), along, residual, sentence)


def no_density(reason: str) -> Contrast:
    """Return that the densities of a pair cannot be compared, and why."""
    return Contrast(Estimate.unknown("%"), reason)


DENSITY_OFFSET_COMPARISON = ComparedQuantity(
    DENSITY_SHIFT.quantity, threshold=DENSITY_SHIFT, contrasts=offset_contrasts
)
DENSITY_COMPARISON = ComparedQuantity(
    DENSITY_CHANGE.quantity, threshold=DENSITY_CHANGE, contrasts=density_contrasts, open_for_solids=True
)
