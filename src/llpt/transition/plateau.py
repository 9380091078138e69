"""Two phases on an isotherm at held volumes: a plateau of P(rho), or the loop of a small cell around it.

Between the densities of two phases the pressure of a large system is that of their equilibrium, a plateau. In a cell of
some hundred atoms the surface between the phases, or a phase that outlives its equilibrium, makes of it a loop: on
compression the pressure rises, falls and rises again (Binder et al., Am. J. Phys. 80, 1099, 2012). The equilibrium
is then that of equal areas in P(V) (Maxwell), between straight lines from point to point. Noise is propagated by
``RESAMPLES`` curves with the errors of the points added; what straight lines leave open of a curve that bends is told
by leaving out one point after the other. A loop that is gone without one of them gives no pressure.

A loop is there where the pressure is proven to fall on compression between any two points (98 %, Bonferroni over the
pairs). A plateau is there where the slope over four points or more is proven to be below ``FLAT`` of that on either
side, again at 98 % over all stretches, and is not proven to rise: one phase that is soft over a stretch does. The
pressure is their mean. A curve with neither rises all the way.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from llpt.statistics import Estimate, combined, weighted_mean
from llpt.transition.confidence import CONFIDENCE, RESAMPLES, UNANIMITY
from llpt.transition.criterion import Criterion, Standing
from llpt.transition.curve import Coordinate, LineKind
from llpt.transition.evidence import EvidenceKind
from llpt.transition.place import Coexistence, Located

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llpt.transition.curve import Curve
    from llpt.transition.line import LineOfStates

FLAT = 0.25
FEWEST_FLAT = 4
FEWEST = 5
_HALVINGS = 40
"""Of the range of pressures in which the areas are equal."""
_LEAST_ERROR = 1e-9
"""Of the span of the pressures: what an exact one counts as."""


def find_coexistence(curve: Curve, *, seed: int = 0) -> Coexistence:
    """Return the plateau or the loop of the pressure along an isotherm at held densities.

    Args:
        curve: of the pressure in GPa against the density in g/cm³.
        seed: of the resamples.
    """
    points = curve.resolved()
    if len(points) < FEWEST:
        return _none(f"{len(points)} densities have a known error; {FEWEST} are needed.")
    if _falls(points):
        return _of_loop(points, seed)
    return _of_plateau(points)


def equal_areas(volumes: NDArray[np.float64], pressures: NDArray[np.float64]) -> tuple[float, float, float] | None:
    """Return Maxwell's pressure and the volumes of the two phases, for straight lines between the points.

    Args:
        volumes: rising, shape (n,).
        pressures: at each, shape (n,).

    Returns:
        The pressure, the smaller and the larger volume; None where the pressure falls all the way on expansion, or
        where no pressure within the points makes the areas equal.
    """
    pressure, denser, lighter = (float(each) for each in _equal_areas(volumes[None], pressures[None])[0])
    return None if math.isnan(pressure) else (pressure, denser, lighter)


def _equal_areas(volumes: NDArray[np.float64], curves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what ``equal_areas`` does of many curves, shape (m, n), at once: shape (m, 3), NaN where it has none."""
    rises = np.diff(curves) > 0.0
    low = np.maximum(np.where(rises, curves[:, :-1], np.inf).min(axis=1), curves[:, -1])
    high = np.minimum(np.where(rises, curves[:, 1:], -np.inf).max(axis=1), curves[:, 0])
    closed = low < high
    low, high = np.where(closed, low, curves[:, 0]), np.where(closed, high, curves[:, 0])
    closed &= (_areas(volumes, curves, low) >= 0.0) & (_areas(volumes, curves, high) <= 0.0)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        above = _areas(volumes, curves, middle) > 0.0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    level = 0.5 * (low + high)
    found = np.stack([level, *_outermost(volumes, curves - level[:, None])], axis=1)
    return np.where(closed[:, None], found, np.nan)


def _outermost(
    volumes: NDArray[np.float64], excess: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the smallest and the largest volume at which each excess pressure passes 0, shape (m,) each."""
    one, other = excess[:, :-1], excess[:, 1:]
    passes = (one * other <= 0.0) & (one != other)
    places = volumes[:, :-1] + np.diff(volumes) * one / np.where(passes, one - other, 1.0)
    somewhere = passes.any(axis=1)
    first, last = np.where(passes, places, np.inf).min(axis=1), np.where(passes, places, -np.inf).max(axis=1)
    return np.where(somewhere, first, volumes[:, 0]), np.where(somewhere, last, volumes[:, 0])


def _areas(
    volumes: NDArray[np.float64], curves: NDArray[np.float64], levels: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the integral of each P - level between the outermost volumes at that level, shape (m,)."""
    excess = curves - levels[:, None]
    first, last = (each[:, None] for each in _outermost(volumes, excess))
    inside = (volumes > first) & (volumes < last)
    left = np.maximum(np.pad(volumes[:, :-1], ((0, 0), (1, 0)), constant_values=-np.inf), first)
    right = np.minimum(np.pad(volumes[:, 1:], ((0, 0), (0, 1)), constant_values=np.inf), last)
    return np.asarray(0.5 * (np.where(inside, excess, 0.0) * (right - left)).sum(axis=1))


def _falls(points: Curve) -> bool:
    """Return whether the pressure is proven to fall between any two points on the way up in density."""
    pairs = list(itertools.combinations(range(len(points)), 2))
    level = 1.0 - (1.0 - CONFIDENCE) / len(pairs)
    for lower, upper in pairs:
        fall = points.estimate(lower).minus(points.estimate(upper))
        if fall.value > 0.0 and fall.value > fall.half_width(level):
            return True
    return False


def _of_loop(points: Curve, seed: int) -> Coexistence:
    random = np.random.default_rng(seed)
    noise = random.normal(size=(RESAMPLES, len(points))) * points.errors
    volumes, pressures = 1.0 / points.coordinates[::-1], points.values[::-1]
    found = _equal_areas(np.tile(volumes, (RESAMPLES, 1)), (points.values + noise)[:, ::-1])
    known = found[~np.isnan(found[:, 0])]
    best = equal_areas(volumes, pressures)
    if best is None or len(known) < UNANIMITY * RESAMPLES:
        return _none(
            "The pressure falls on compression, but the loop is not closed within the densities.", is_loop=True
        )
    left_open = _left_open(volumes, pressures, best)
    if left_open is None:
        return _none("The pressure falls on compression, but the loop hangs on one of the densities.", is_loop=True)
    known[:, 1:] = 1.0 / known[:, 1:]
    best_gcc = 1.0 / best[1], 1.0 / best[2]
    errors = np.hypot(known.std(axis=0), left_open * [1.0, best_gcc[0] ** 2, best_gcc[1] ** 2])
    pressure = points.of_all(best[0], float(errors[0]), points.unit)
    denser, lighter = (
        points.of_all(value, float(error), Coordinate.DENSITY.unit)
        for value, error in zip(best_gcc, errors[1:], strict=True)
    )
    reason = f"A loop: two phases of {lighter} and {denser} at {pressure}, by equal areas."
    return Coexistence(pressure, lighter, denser, is_loop=True, reason=reason)


def _left_open(
    volumes: NDArray[np.float64], pressures: NDArray[np.float64], best: tuple[float, float, float]
) -> NDArray[np.float64] | None:
    """Return what straight lines between the points leave open of pressure and volumes; None where one point is all.

    Without one point an area changes by six times what the straight lines beside it miss of a curve that bends: two
    intervals of h miss h^3/12 of its second derivative each, one of 2 h misses eight times as much. All of that is
    taken to have one sign.
    """
    without = _equal_areas(
        *(np.stack([np.delete(each, index) for index in range(1, len(each) - 1)]) for each in (volumes, pressures))
    )
    if np.isnan(without).any():
        return None
    return np.asarray(np.abs(without - np.array(best)).sum(axis=0) / 6.0)


def _of_plateau(points: Curve) -> Coexistence:
    """Return the longest stretch that is proven to be flat against both of its sides."""
    count = len(points)
    stretches = [
        (first, last) for first in range(1, count - FEWEST_FLAT) for last in range(first + FEWEST_FLAT - 1, count - 1)
    ]
    level = 1.0 - (1.0 - CONFIDENCE) / max(len(stretches), 1)
    flat = [
        (first, last)
        for first, last in stretches
        if _is_flat(points, first, last, level) and _is_even(points, first, last)
    ]
    if not flat:
        return _none("The pressure rises with the density all the way: neither a loop nor a plateau is proven.")
    first, last = max(flat, key=lambda each: float(points.coordinates[each[1]] - points.coordinates[each[0]]))
    pressure = weighted_mean([points.estimate(index) for index in range(first, last + 1)])
    lighter, denser = (_end(points, inner, outer) for inner, outer in ((first, first - 1), (last, last + 1)))
    reason = f"A plateau from {lighter} to {denser} at {pressure}."
    return Coexistence(pressure, lighter, denser, is_loop=False, reason=reason)


def _slope(points: Curve, first: int, last: int) -> Estimate:
    """Return the slope of the weighted straight line through some points."""
    least = _LEAST_ERROR * float(np.ptp(points.values))
    known = [points.estimate(index) for index in range(first, last + 1)]
    known = [replace(each, error=max(each.error, least)) for each in known]
    x, weights = points.coordinates[first : last + 1], np.array([each.error for each in known]) ** -2.0
    away = x - float(weights @ x) / float(weights.sum())
    shares = weights * away / float(weights @ away**2)
    return combined(float(shares @ points.values[first : last + 1]), list(zip(known, shares.tolist(), strict=True)), "")


def _is_flat(points: Curve, first: int, last: int, level: float) -> bool:
    slope = _slope(points, first, last)
    if slope.value > slope.half_width(CONFIDENCE):
        return False
    for steep in (_slope(points, first - 1, first), _slope(points, last, last + 1)):
        steeper = combined(FLAT * steep.value - slope.value, [(steep, FLAT), (slope, -1.0)], "")
        if not steeper.value > steeper.half_width(level):
            return False
    return True


def _is_even(points: Curve, first: int, last: int) -> bool:
    """Return whether no part of the stretch is steeper than the plateau may be: a curve that bends is none."""
    return all(
        (points.values[index + 1] - points.values[index]) / (points.coordinates[index + 1] - points.coordinates[index])
        < 2.0 * FLAT * min(_slope(points, first - 1, first).value, _slope(points, last, last + 1).value)
        for index in range(first, last)
    )


def _end(points: Curve, inner: int, outer: int) -> Estimate:
    """Return where a plateau ends: somewhere between its last point and the next one outside."""
    one, other = float(points.coordinates[inner]), float(points.coordinates[outer])
    return points.of_all(0.5 * (one + other), abs(one - other) / math.sqrt(12.0), Coordinate.DENSITY.unit)


def _none(reason: str, *, is_loop: bool = False) -> Coexistence:
    unknown = Estimate.unknown(Coordinate.DENSITY.unit)
    return Coexistence(Estimate.unknown(Coordinate.PRESSURE.unit), unknown, unknown, is_loop, reason)


def place_of_plateau(states: LineOfStates, curve: str, rises: bool | None) -> Located:
    """Return the density halfway between the two phases.

    Args:
        states: an isotherm at held densities, without solid points.
        curve: of the pressure.
        rises: not asked for: a loop has both signs.
    """
    del rises
    found = find_coexistence(states.curve(curve))
    unit = states.along.unit
    if not found.resolved:
        return Located(Estimate.unknown(unit), resolved=False, reason=found.reason, coexistence=found)
    ends = (found.lighter_gcc, found.denser_gcc)
    known = states.curve(curve).resolved()
    error = 0.5 * math.hypot(ends[0].error, ends[1].error)
    place = known.of_all(0.5 * (ends[0].value + ends[1].value), error, unit)
    return Located(place, resolved=True, reason=found.reason, coexistence=found)


PRESSURE_PLATEAU = Criterion(
    "pressure plateau",
    estimator="middle of the plateau of P(rho), or of the loop by equal areas (llpt.transition.plateau)",
    curve="pressure",
    locate=place_of_plateau,
    standing=Standing.DECIDING,
    kinds=frozenset({LineKind.DENSITY_ISOTHERM}),
    evidence=EvidenceKind.PRESSURE_LOOP,
)
