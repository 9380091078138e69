"""Straight lines in 1/T, and the temperature at which one passes zero, with what its error is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt import units
from llpt.statistics import Estimate, combined, fit_line

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST_TEMPERATURES = 3
SLOPE_SIGMAS = 3.0
"""Errors by which the slope along 1/T must differ from zero for a temperature to be read off the line."""


@dataclass(frozen=True)
class InverseLine:
    """A straight line in 1/T through what is known at some temperatures.

    Args:
        coldest_k: lowest temperature; NaN without points.
        hottest_k: highest.
        points: how many.
        middle: weighted mean of 1/T in 1/K, where value and slope are independent of each other; NaN without a line.
        value: there.
        slope: in K.
        chi_squared: of the line; NaN without one.
    """

    coldest_k: float
    hottest_k: float
    points: int
    middle: float
    value: Estimate
    slope: Estimate
    chi_squared: float

    def at(self, temperature_k: float) -> Estimate:
        """Return the line at a temperature; unknown without a line."""
        away = 1.0 / temperature_k - self.middle
        value = self.value.value + away * self.slope.value
        return combined(value, ((self.value, 1.0), (self.slope, away)), "")


@dataclass(frozen=True)
class EqualShares:
    """Where the two regions are equally frequent.

    Args:
        temperature: T* in K; unknown where the line does not give it.
        enthalpy: H_high - H_low of the cell in eV by the slope.
        chi_squared: of the straight line; NaN without one.
        degrees_of_freedom: temperatures less two.
        reason: one sentence.
    """

    temperature: Estimate
    enthalpy: Estimate
    chi_squared: float
    degrees_of_freedom: int
    reason: str


def no_line(temperatures: Sequence[float]) -> InverseLine:
    """Return what stands for a line where the points are too few for one.

    Args:
        temperatures: at which something is known, K; none or few.
    """
    ends = temperatures or [math.nan]
    unknown = (Estimate.unknown(""), Estimate.unknown("K"))
    return InverseLine(min(ends), max(ends), len(temperatures), math.nan, *unknown, math.nan)


def inverse_line(points: Sequence[tuple[float, Estimate]]) -> InverseLine:
    """Fit a straight line in 1/T; its errors grow by Birge's factor where it does not fit.

    Args:
        points: temperature in K and a pure number with its error; unknown ones take no part. Fewer than
            ``FEWEST_TEMPERATURES`` of them make no line.
    """
    known = [(temperature, value) for temperature, value in points if value.resolved and value.error > 0.0]
    ends = [temperature for temperature, _ in known]
    if len(known) < FEWEST_TEMPERATURES:
        return no_line(ends)
    inverse = np.array([1.0 / temperature for temperature, _ in known])
    weights = np.array([1.0 / value.standard_error**2 for _, value in known])
    middle = float((weights * inverse).sum() / weights.sum())
    line = fit_line(list(inverse - middle), [value for _, value in known], slope_unit="K")
    return InverseLine(min(ends), max(ends), len(known), middle, line.intercept, line.slope, line.chi_squared)


def equal_shares(visits: InverseLine) -> EqualShares:
    """Return where ln(p / (1 - p)) passes zero.

    Nothing is read off a slope that is not known to three of its errors, nor beyond the temperatures of the visits.

    Args:
        visits: the line of ln(p / (1 - p)).
    """
    if not visits.slope.resolved:
        return nowhere(visits, f"Shares are known at {visits.points} temperatures; {FEWEST_TEMPERATURES} are needed.")
    if not is_known(visits.slope):
        return nowhere(visits, "The shares do not change with temperature by three errors.")
    inverse = visits.middle - visits.value.value / visits.slope.value
    if not 1.0 / visits.hottest_k <= inverse <= 1.0 / visits.coldest_k:
        return nowhere(visits, "The regions are equally frequent beyond the temperatures that were run.")
    return somewhere(visits, merged(1.0 / inverse, (parts_at(visits, inverse), 1.0)))


def is_known(slope: Estimate) -> bool:
    """Whether the slope along 1/T differs from zero by ``SLOPE_SIGMAS`` errors."""
    return abs(slope.value) > SLOPE_SIGMAS * slope.error


def nowhere(line: InverseLine, reason: str) -> EqualShares:
    """Return what stands for a crossing that is not known.

    Args:
        line: of ln(p / (1 - p)).
        reason: one sentence.
    """
    unknown = (Estimate.unknown("K"), Estimate.unknown("eV"))
    return EqualShares(*unknown, line.chi_squared, max(line.points - 2, 0), reason)


def somewhere(line: InverseLine, temperature: Estimate) -> EqualShares:
    """Return a crossing that is known.

    Args:
        line: of ln(p / (1 - p)).
        temperature: where it passes zero, K.
    """
    enthalpy = line.slope.scaled(-units.BOLTZMANN_EV_PER_K, "eV")
    reason = f"The regions are equally frequent at {temperature}."
    return EqualShares(temperature, enthalpy, line.chi_squared, line.points - 2, reason)


Parts = tuple[tuple[Estimate, float], ...]
"""What a number was made of: independent estimates, each with the derivative of the number by it."""


def parts_of(visits: InverseLine, found: EqualShares) -> Parts:
    """Return value and slope of a side's line with the derivatives of its T* by each; nothing without a T*.

    Args:
        visits: the line.
        found: where it passes zero.
    """
    return parts_at(visits, 1.0 / found.temperature.value) if found.temperature.resolved else ()


def parts_at(line: InverseLine, inverse: float) -> Parts:
    """Return value and slope of a line with the derivatives by each of the temperature at which it passes zero.

    Args:
        line: of ln(p / (1 - p)).
        inverse: 1/T of that temperature, 1/K.
    """
    by_value = 1.0 / (line.slope.value * inverse**2)
    return ((line.value, by_value), (line.slope, (inverse - line.middle) * by_value))


def merged(value: float, *sums: tuple[Parts, float]) -> Estimate:
    """Return a number of kelvins with its error; what several of its parts share is counted once.

    Args:
        value: the number; unknown where it is not finite.
        sums: the parts of each term with the sign of the term.
    """
    if not math.isfinite(value):
        return Estimate.unknown("K")
    slopes: dict[int, tuple[Estimate, float]] = {}
    for parts, sign in sums:
        for part, slope in parts:
            before = slopes.get(id(part), (part, 0.0))[1]
            slopes[id(part)] = (part, before + sign * slope)
    return combined(value, list(slopes.values()), "K")
