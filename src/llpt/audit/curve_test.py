"""One curve against another: what is left of the noise when neighbouring temperatures are taken together.

The differences D_i of two curves at common temperatures away from the transition are fitted by

    D(T) = a + b x + c s(T),

x the temperature from -1 to 1 and s the share of the upper phase (``llpt.transition.step``): an offset, another slope
and another height of the step; c is there only where the transition is known and has two points on either side. The
fit is by least squares weighted with the errors. The curve at each temperature, less the offset or not, is a linear
combination of the D_i, so that its error and its degrees of freedom follow to first order, correlations included. A
curve of another shape is seen: where chi^2 of the fit is less likely than ``POOR_FIT``, the points themselves are taken
in the place of the curve. So they are where no transition is known: a shift moves each of them by another amount, and a
fit would carry that to where it does little.

The curve is one comparison. It is faithful where all of it is proven to be within the threshold, and not faithful where
any of it is proven to be outside, at a level divided by the number of independent statements in it: the effective
number of Li and Ji (Heredity 95, 221, 2005) from the eigenvalues of the correlations.

A fit that stands for the points takes a difference at one state alone for noise. So *faithful* is said only where every
point by itself is proven to be within the threshold as well, at the confidence of the verdict.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from llpt.audit.compared import Contrast
from llpt.statistics import Estimate, combined, in_words, noisy_errors, weighing_errors, widening
from llpt.transition import Coordinate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from llpt.transition import Curve

POOR_FIT = 0.01
_ROUNDING = 1e-9
FEWEST_BESIDE = 2
"""Points on either side of a transition from which a fit tells a height from a slope."""


@dataclass(frozen=True)
class CurveTest:
    """The difference of two curves.

    Args:
        parts: the difference at each judged temperature, from the fit or, where it is poor, from the points.
        coordinates: of the parts, shape (n,).
        independent: how many independent statements the parts make together.
        allowances: what a shift that is still allowed may do to each part, where the transition is not known; else
            empty. It moves every point that the part is made of, those that are subtracted too.
        points: the difference at each judged temperature by itself, where the parts are of a fit; else empty.
    """

    parts: tuple[Estimate, ...]
    coordinates: NDArray[np.float64]
    independent: float
    allowances: tuple[float, ...]
    points: tuple[Estimate, ...]

    @property
    def fits(self) -> bool:
        """Whether the fit is good enough to stand for the points."""
        return bool(self.points)


def curve_test(
    coordinates: NDArray[np.float64],
    differences: Sequence[Estimate],
    switch: NDArray[np.float64] | None,
    *,
    judged: NDArray[np.bool_],
    offset_from: NDArray[np.bool_] | None = None,
    allowances: NDArray[np.float64] | None = None,
) -> CurveTest | None:
    """Fit the difference of two curves.

    Args:
        coordinates: common to both, rising, shape (n,).
        differences: at each, surrogate minus reference.
        switch: share of the upper phase at each temperature, shape (n,); None where no transition is known.
        judged: which temperatures take part, shape (n,); points without a known error do not.
        offset_from: the points whose weighted mean is subtracted, shape (n,); None subtracts nothing.
        allowances: what a shift that is still allowed may do at each temperature (``shift_allowances``), shape (n,).

    Returns:
        The test; None where no point with a known error is left, or none but the one that is subtracted.
    """
    known = np.array([each.resolved for each in differences], dtype=bool)
    chosen = np.flatnonzero(known & judged)
    if not chosen.size:
        return None
    errors, degrees = weighing_errors(differences)
    subtracted = np.zeros(len(differences))
    if offset_from is not None and (offset_from & known).any():
        weights = np.where(offset_from & known, errors**-2.0, 0.0)
        subtracted = weights / weights.sum()
    subtracted_widened = subtracted * widening(subtracted, degrees)
    points = np.eye(len(differences))[chosen] - subtracted
    points_widened = np.eye(len(differences))[chosen] - subtracted_widened
    design = _design(coordinates[chosen], None if switch is None else switch[chosen])
    rows, rows_widened = points, points_widened
    fits = False
    if len(chosen) > design.shape[1] and allowances is None:
        weighted = design / errors[chosen, None]
        solution = np.linalg.pinv(weighted) / errors[chosen]
        values = np.array([differences[index].value for index in chosen.tolist()])
        own = noisy_errors(np.array([each.standard_error for each in differences]))
        misfit = (values - design @ (solution @ values)) / own[chosen]
        left = len(chosen) - design.shape[1]
        fits = bool(stats.chi2.sf(float(misfit @ misfit), left) >= POOR_FIT)
        of_all = np.zeros((design.shape[1], len(differences)))
        of_all[:, chosen] = solution
        if fits:
            rows = design @ of_all - subtracted
            factors = np.ones(len(differences))
            factors[chosen] = widening(np.diag(design @ solution), degrees[chosen])
            rows_widened = design @ of_all * factors - subtracted_widened
    deciding = np.abs(rows).max(axis=1) > _ROUNDING
    rows, points, chosen = rows[deciding], points[deciding], chosen[deciding]
    rows_widened, points_widened = rows_widened[deciding], points_widened[deciding]
    if not chosen.size:
        return None
    points[np.abs(points) < _ROUNDING] = 0.0
    return CurveTest(
        tuple(_linear(row, differences, errors, wide) for row, wide in zip(rows, rows_widened, strict=True)),
        coordinates[chosen],
        _independent(rows * np.where(known, errors, 0.0)),
        () if allowances is None else tuple(_moved(row, allowances) for row in rows),
        tuple(_linear(row, differences, errors, wide) for row, wide in zip(points, points_widened, strict=True))
        if fits
        else (),
    )


def _moved(row: NDArray[np.float64], allowances: NDArray[np.float64]) -> float:
    """Return the most that a combination of points may be moved, infinity where that of one of them is not known."""
    used = np.flatnonzero(row)
    most = np.where(np.isnan(allowances[used]), np.inf, allowances[used])
    return float(np.abs(row[used]) @ most)


def shift_allowances(curve: Curve, coordinates: NDArray[np.float64], near: float) -> NDArray[np.float64]:
    """Return how much a curve changes at each temperature where it is shifted by as much as is still allowed.

    Where no transition is placed, a difference of two curves may be that of their transitions. The neighbours at
    ``near`` or just beyond bound what a shift of so much can do, whatever the form of the change between them.

    Args:
        curve: of the reference, in the unit of the differences.
        coordinates: where it is asked for, among the curve's own, shape (n,).
        near: the shift that is still allowed.

    Returns:
        Shape (n,).
    """
    known = curve.resolved()
    found = np.zeros(len(coordinates))
    if not len(known):
        return found
    for place, temperature in enumerate(coordinates):
        value = np.interp(temperature, known.coordinates, known.values)
        after = known.values[known.coordinates >= temperature + near][:1]
        before = known.values[known.coordinates <= temperature - near][-1:]
        found[place] = np.abs(np.concatenate([[0.0], after - value, before - value])).max()
    return found


def phase_difference(
    differences: Sequence[Estimate], below: NDArray[np.bool_], above: NDArray[np.bool_]
) -> Estimate | None:
    """Return the weighted mean of the differences above the transition less that below it.

    Args:
        differences: at each temperature, surrogate minus reference.
        below: which of them are below, shape (n,).
        above: which of them are above, shape (n,).

    Returns:
        The difference, None where either side has no point with a known error. One is enough: its error is its own.
    """
    errors, degrees, low, high = _phase_weights(differences, below, above)
    widened = low * widening(low, degrees) + high * widening(high, degrees)
    return _linear(high - low, differences, errors, widened) if low.any() and high.any() else None


def extrapolated_phase_difference(
    differences: Sequence[Estimate],
    coordinates: NDArray[np.float64],
    below: NDArray[np.bool_],
    above: NDArray[np.bool_],
    *,
    place: float,
) -> Estimate | None:
    """Return the difference of the phases at one place, by a straight line through the differences of either.

    Args:
        differences: at each coordinate, surrogate minus reference.
        coordinates: shape (n,).
        below: which of them are below, shape (n,).
        above: which of them are above, shape (n,).
        place: where the two lines are held against each other.

    Returns:
        The line above at the place less the line below; None where a side has fewer than two points of known error.
    """
    errors, degrees, *phases = _phase_weights(differences, below, above)
    if any(np.count_nonzero(weights) < _POINTS_OF_A_SLOPE for weights in phases):
        return None
    at_place, widened = [], np.zeros(len(differences))
    for weights in phases:
        middle = weights @ coordinates
        away = coordinates - middle
        spread = weights @ away**2
        at_place.append(weights + weights * away / spread * (place - middle))
        widened += widening(weights * (1.0 + away**2 / spread), degrees) * np.abs(at_place[-1])
    return _linear(at_place[1] - at_place[0], differences, errors, widened)


def _phase_weights(
    differences: Sequence[Estimate], below: NDArray[np.bool_], above: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], ...]:
    """Return errors, their degrees of freedom, and the weights of the means below and above; 0 of what is not known."""
    known = np.array([each.resolved for each in differences], dtype=bool)
    errors, degrees = weighing_errors(differences)
    low, high = (np.where(side & known, errors, np.inf) ** -2.0 for side in (below, above))
    return errors, degrees, low / (low.sum() or 1.0), high / (high.sum() or 1.0)


_POINTS_OF_A_SLOPE = 2
_COLUMNS_WITH_STEP = 3


def curve_contrast(test: CurveTest, what: str, confidence: float, along: Coordinate, *, unproven: str = "") -> Contrast:
    """Return a curve as one comparison, shown by the part that reaches farthest.

    Args:
        test: of the curve.
        what: was compared, for people.
        confidence: of the verdict.
        along: what the coordinates are.
        unproven: why the curve cannot be proven small, as where it is not known everywhere.
    """
    reach = [abs(part.value) + part.half_width(confidence) if part.resolved else 0.0 for part in test.parts]
    index = int(np.argmax(reach))
    part, place = test.parts[index], float(test.coordinates[index])
    refused = not test.fits and not test.allowances and len(test.parts) > _COLUMNS_WITH_STEP
    shape = ", another shape" if refused else ""
    sentence = f"{what}: at most {part}, at {place:g} {along.unit} of {len(test.parts)} {along.words}{shape}"
    if test.allowances:
        moved = test.allowances[index]
        much = f"may be {in_words(moved)} {part.unit}".rstrip() if math.isfinite(moved) else "may be all"
        sentence += f", of which a shift that is still allowed {much}"
    return Contrast(
        part,
        sentence,
        kind="curve",
        unproven=unproven,
        parts=test.parts,
        allowances=test.allowances,
        independent=test.independent,
        points=test.points,
        places=tuple(f"{each:g} {along.unit}" for each in test.coordinates.tolist()) if test.points else (),
    )


def contrast_at(place: float, along: Coordinate, difference: Estimate, sentence: str) -> Contrast:
    """Return the difference of a curve at one point, which is shown beside the curve.

    Args:
        place: of the point, in the unit of ``along``.
        along: what it is.
        difference: surrogate minus reference there.
        sentence: for people.
    """
    if along is Coordinate.TEMPERATURE:
        return Contrast(difference, sentence, judged=False, temperature_k=place)
    return Contrast(difference, sentence, judged=False, kind=f"at {place:g} {along.unit}")


def contrasts_at(
    coordinates: NDArray[np.float64], along: Coordinate, differences: Sequence[Estimate], what: str
) -> Iterator[Contrast]:
    """Return the differences of a curve at its points, which are shown beside the curve.

    Args:
        coordinates: of the points, shape (n,).
        along: what they are.
        differences: surrogate minus reference at each.
        what: is compared, for people.
    """
    for place, difference in zip(coordinates.tolist(), differences, strict=True):
        yield contrast_at(place, along, difference, f"{what} at {place:g} {along.unit}: {difference}")


def _design(coordinates: NDArray[np.float64], switch: NDArray[np.float64] | None) -> NDArray[np.float64]:
    middle = 0.5 * (coordinates[0] + coordinates[-1])
    x = (coordinates - middle) / max(0.5 * float(np.ptp(coordinates)), 1.0)
    columns = [np.ones_like(x), x]
    if switch is not None and min((switch < 0.5).sum(), (switch > 0.5).sum()) >= FEWEST_BESIDE:
        columns.append(switch)
    return np.stack(columns, axis=1)


def _linear(
    row: NDArray[np.float64],
    differences: Sequence[Estimate],
    errors: NDArray[np.float64],
    widened: NDArray[np.float64],
) -> Estimate:
    """Return a linear combination of independent differences; exactly nothing where it has none of them.

    Args:
        row: what each difference counts for, shape (n,).
        differences: surrogate minus reference.
        errors: of each, shape (n,).
        widened: what the error of each counts for, see ``widening``, shape (n,).
    """
    used = [int(index) for index in np.flatnonzero(row)]
    if not used:
        return Estimate(0.0, 0.0, differences[0].unit, math.inf)
    value = sum(float(row[index]) * differences[index].value for index in used)
    parts = []
    for index in used:
        each, counted = differences[index], max(abs(float(widened[index])), abs(float(row[index])))
        if each.error == 0.0:
            samples, degrees = each.effective_samples, each.degrees_of_freedom
            each = Estimate.of_deviation(each.value, float(errors[index]), each.unit, samples, degrees)
        parts.append((each, counted))
    return combined(value, parts, differences[used[0]].unit)


def _independent(weighted: NDArray[np.float64]) -> float:
    """Return the effective number of independent ones among linear combinations of unit noise, shape (rows, n)."""
    covariance = weighted @ weighted.T
    deviations = np.sqrt(np.diag(covariance))
    if not (deviations > 0.0).all():
        return float(len(weighted))
    eigenvalues = np.clip(np.linalg.eigvalsh(covariance / np.outer(deviations, deviations)), 0.0, None)
    rounded = np.round(eigenvalues, 9)
    return float(np.clip(((rounded >= 1.0) + rounded - np.floor(rounded)).sum(), 1.0, len(weighted)))
