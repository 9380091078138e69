"""Where on a line of states a curve is greatest, and where it passes a level."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, stats

from llpt.statistics import noisy_errors
from llpt.transition.confidence import RESAMPLES, UNANIMITY
from llpt.transition.place import Located

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llpt.transition.curve import Curve

LOCAL_POINTS = 5
POOR_FIT = 0.05
CONTRADICTION = 0.01
"""Probability below which points do not belong to a curve that only rises or falls."""


def find_maximum(curve: Curve, *, seed: int = 0) -> Located:
    """Return where a curve is greatest.

    A parabola is fitted to the ``LOCAL_POINTS`` points around the highest one; noise is propagated by repeating
    that on ``RESAMPLES`` curves with the errors of the points added. Where the parabola does not fit (a cusp, as above
    a first-order jump), the maximum is only known to lie between the neighbours of the highest point: that point with
    spacing/sqrt(3), and the scatter of the highest point under the noise.

    Not resolved: fewer than five points; the highest point at either end in more than 5 % of the resamples; or no
    drop to either side that exceeds twice its error.
    """
    points, nowhere = curve.resolved(), partial(Located.nowhere, unit=curve.along.unit)
    if len(points) < LOCAL_POINTS:
        return nowhere(f"{len(points)} {curve.along.words} have a known error; {LOCAL_POINTS} are needed.")
    random = np.random.default_rng(seed)
    noise = random.normal(size=(RESAMPLES, len(points))) * points.errors
    found = np.array([_vertex(points.coordinates, row, points.errors)[0] for row in points.values + noise])
    inner = np.isfinite(found)
    if inner.mean() < UNANIMITY:
        return nowhere(f"The greatest value lies at the end of the {curve.along.words}, or too close to it to tell.")
    vertex, chi_squared, used = _vertex(points.coordinates, points.values, points.errors)
    top = int(np.argmax(points.values))
    if not _falls(points, top, range(top)) or not _falls(points, top, range(top + 1, len(points))):
        return nowhere("No maximum stands out from both ends of the curve by twice the error.")
    if math.isfinite(vertex) and stats.chi2.sf(chi_squared, max(used - 3, 1)) >= POOR_FIT:
        value, error = vertex, float(found[inner].std())
    else:
        highest = points.coordinates[np.argmax(points.values + noise, axis=1)]
        low, high = max(top - 1, 0), min(top + 1, len(points) - 1)
        spacing = 0.5 * float(points.coordinates[high] - points.coordinates[low])
        value, error = float(points.coordinates[top]), math.hypot(float(highest.std()), spacing / math.sqrt(3.0))
    place = points.of_all(value, error, curve.along.unit)
    return Located(place, resolved=True, reason=f"Greatest at {curve.along.shown(value, error)}.")


def find_crossing(curve: Curve, level: float, *, rises: bool | None = None, seed: int = 0) -> Located:
    """Return where a curve passes a level, by a straight line between the points on either side of it.

    Of a curve that can only rise, or only fall, the best curve that does so is taken, its points weighted by 1/error^2
    (pool adjacent violators: Ayer et al., Ann. Math. Stat. 26, 641, 1955): it passes a level once, however noisy its
    points. Noise is propagated by ``RESAMPLES`` curves. A line across an interval in which the curve may as well jump
    is not knowledge: spacing/sqrt(12) is added, times the share of the curve's whole range that lies in that interval.

    Not resolved: fewer than two points; no crossing, or more than one, in over 5 % of the resamples; or points that
    contradict a curve that only rises, or falls.

    Args:
        curve: values with errors along a line of states.
        level: in the unit of the curve.
        rises: whether the curve can only rise along the line, or only fall; None where it may do both.
        seed: of the resamples.
    """
    points, nowhere = curve.resolved(), partial(Located.nowhere, unit=curve.along.unit)
    if len(points) < 2:
        return nowhere(f"{len(points)} {curve.along.words} have a known error; two are needed.")
    steady = partial(_monotonic, errors=points.errors, rises=rises)
    if _contradict(points, steady(points.values)):
        return nowhere(f"The points do not {'rise' if rises else 'fall'} from one to the next within their errors.")
    random = np.random.default_rng(seed)
    noise = random.normal(size=(RESAMPLES, len(points))) * points.errors
    crossings = [_crossings(points.coordinates, steady(row), level) for row in points.values + noise]
    single = np.array([row[0] for row in crossings if len(row) == 1])
    if len(single) < UNANIMITY * RESAMPLES:
        once = " once and only once" if rises is None else ""
        return nowhere(f"The curve does not pass {level:g}{once} within its errors.")
    here = float(np.median(single))
    upper = int(np.clip(np.searchsorted(points.coordinates, here), 1, len(points) - 1))
    spacing = float(points.coordinates[upper] - points.coordinates[upper - 1])
    share = abs(float(points.values[upper] - points.values[upper - 1])) / (float(np.ptp(points.values)) or 1.0)
    error = math.hypot(float(single.std()), share * spacing / math.sqrt(12.0))
    degrees = float(points.degrees_of_freedom[upper - 1 : upper + 1].min())
    place = replace(points.of_all(here, error, curve.along.unit), degrees_of_freedom=degrees)
    return Located(place, resolved=True, reason=f"Passes {level:g} at {curve.along.shown(here, error)}.")


def _monotonic(values: NDArray[np.float64], errors: NDArray[np.float64], rises: bool | None) -> NDArray[np.float64]:
    """Return the nearest curve that only rises or only falls; the curve itself where it may do both."""
    if rises is None:
        return values
    weights = noisy_errors(errors) ** -2
    return np.asarray(optimize.isotonic_regression(values, weights=weights, increasing=rises).x)


def _contradict(points: Curve, fitted: NDArray[np.float64]) -> bool:
    """Return whether points lie farther from a monotonic curve than chance lets them.

    Of a flat curve, whose points lie farthest from the fit, chi^2 has as many degrees of freedom as the fit has fewer
    levels than points (the chi-bar-squared distribution).
    """
    pooled = len(points) - len(np.unique(fitted))
    if pooled == 0:
        return False
    chi_squared = float((((points.values - fitted) / noisy_errors(points.errors)) ** 2).sum())
    return bool(stats.chi2.sf(chi_squared, pooled) < CONTRADICTION)


def _vertex(
    places: NDArray[np.float64], values: NDArray[np.float64], errors: NDArray[np.float64]
) -> tuple[float, float, int]:
    """Return the top of the local parabola (NaN at an end), its chi^2 and the number of points used."""
    top = int(np.argmax(values))
    if top in {0, len(values) - 1}:
        return math.nan, 0.0, 0
    first = int(np.clip(top - LOCAL_POINTS // 2, 0, len(values) - LOCAL_POINTS))
    chosen = slice(first, first + LOCAL_POINTS)
    x = places[chosen] - places[top]
    weights = 1.0 / np.maximum(errors[chosen], 1e-12 * max(abs(float(values[top])), 1e-300))
    coefficients = np.polyfit(x, values[chosen], 2, w=weights)
    chi_squared = float((((np.polyval(coefficients, x) - values[chosen]) * weights) ** 2).sum())
    low, high = float(places[top - 1]), float(places[top + 1])
    if coefficients[0] >= 0.0:
        return float(places[top]), chi_squared, LOCAL_POINTS
    vertex = float(places[top] - 0.5 * coefficients[1] / coefficients[0])
    return min(max(vertex, low), high), chi_squared, LOCAL_POINTS


def _falls(points: Curve, top: int, others: range) -> bool:
    highest = points.estimate(top)
    return any(highest.resolved_from(points.estimate(index)) for index in others)


def _crossings(places: NDArray[np.float64], values: NDArray[np.float64], level: float) -> list[float]:
    above = values > level
    found = []
    for index in np.flatnonzero(above[1:] != above[:-1]):
        share = (level - values[index]) / (values[index + 1] - values[index])
        found.append(float(places[index] + share * (places[index + 1] - places[index])))
    return found
