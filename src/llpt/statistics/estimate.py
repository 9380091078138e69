"""A sampled number: value, error, unit and the number of independent samples behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

if TYPE_CHECKING:
    from collections.abc import Sequence

WITHOUT_ERROR = "(error unknown)"
"""Stands in the place of an error that could not be estimated."""
ONE_SIGMA = 0.5 * (1.0 + math.erf(1.0 / math.sqrt(2.0)))
"""The one-sided probability of one standard error of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number that was sampled.

    Args:
        value: the estimate itself, in ``unit``.
        error: half-width of the 68 % interval, in ``unit``, Student's factor for few degrees of freedom included; NaN
            where it could not be estimated (never 0 for "unknown").
        unit: text of the unit, e.g. ``"g/cm^3"``; ``""`` for a pure number.
        effective_samples: number of statistically independent samples behind the value, >= 0; infinity for exact input.
        degrees_of_freedom: of the error itself, > 0: how well it is known. Infinity where it is known exactly.

    >>> Estimate(0.93, 0.01, "g/cm^3", 40.0).resolved_from(Estimate(0.90, 0.005, "g/cm^3", 50.0))
    True
    """

    value: float
    error: float
    unit: str
    effective_samples: float
    degrees_of_freedom: float = math.inf

    @classmethod
    def unknown(cls, unit: str) -> Estimate:
        """Return what stands for a number that could not be determined: value and error NaN, no sample behind it.

        Args:
            unit: that the number would have.
        """
        return cls(math.nan, math.nan, unit, 0.0)

    @classmethod
    def of_deviation(
        cls, value: float, deviation: float, unit: str, effective_samples: float, degrees_of_freedom: float
    ) -> Estimate:
        """Return the estimate whose standard deviation was itself estimated with some degrees of freedom.

        Args:
            value: in ``unit``.
            deviation: standard deviation of ``value``, in ``unit``, >= 0.
            unit: text of the unit.
            effective_samples: independent samples behind the value.
            degrees_of_freedom: of ``deviation``, > 0.
        """
        error = deviation * _student(degrees_of_freedom, ONE_SIGMA)
        return cls(value, error, unit, effective_samples, degrees_of_freedom)

    @property
    def resolved(self) -> bool:
        """Whether value and error are finite numbers."""
        return math.isfinite(self.value) and math.isfinite(self.error)

    @property
    def standard_error(self) -> float:
        """The standard deviation of the value by itself, without Student's factor, in ``unit``."""
        return self.error / _student(self.degrees_of_freedom, ONE_SIGMA)

    def half_width(self, confidence: float) -> float:
        """Return the half-width of the one-sided interval of a confidence (0.5 … 1) by Student's distribution."""
        return self.standard_error * _student(self.degrees_of_freedom, confidence)

    def scaled(self, factor: float, unit: str) -> Estimate:
        """Return the estimate times an exact factor, in a new unit."""
        error = self.error * abs(factor)
        return Estimate(self.value * factor, error, unit, self.effective_samples, self.degrees_of_freedom)

    def minus(self, other: Estimate) -> Estimate:
        """Return the difference of two independent estimates of one unit.

        Standard errors add in quadrature, degrees of freedom by Welch and Satterthwaite (Biometrika 34, 28, 1947).

        Raises:
            ValueError: the units differ.
        """
        if self.unit != other.unit:
            raise ValueError(f"cannot subtract {other.unit!r} from {self.unit!r}")
        return combined(self.value - other.value, ((self, 1.0), (other, -1.0)), self.unit)

    def resolved_from(self, other: Estimate, *, sigmas: float = 2.0) -> bool:
        """Whether the two differ by more than ``sigmas`` combined standard errors; False where an error is unknown."""
        difference = self.minus(other)
        return difference.resolved and abs(difference.value) > sigmas * difference.error

    def __str__(self) -> str:
        """Write value ± error unit, with the error to two digits."""
        if self.error == 0.0:
            return f"{self.value:.6g} (exact) {self.unit}".rstrip()
        if not math.isfinite(self.error):
            return f"{self.value:.4g} {WITHOUT_ERROR} {self.unit}".rstrip()
        digits = max(0, 1 - math.floor(math.log10(self.error)))
        return f"{self.value:.{digits}f} ± {self.error:.{digits}f} {self.unit}".rstrip()


def combined(value: float, parts: Sequence[tuple[Estimate, float]], unit: str) -> Estimate:
    """Return a number that depends on independent estimates, with its error to first order.

    Args:
        value: the number, in ``unit``.
        parts: each estimate with the derivative of the number by it.
        unit: text of the number's unit.
    """
    variances = [(slope * part.standard_error) ** 2 for part, slope in parts]
    total = sum(variances)
    shares = sum(
        (variance / total) ** 2 / part.degrees_of_freedom
        for variance, (part, _) in zip(variances, parts, strict=True)
        if variance > 0.0
    )
    degrees = 1.0 / shares if shares > 0.0 else math.inf
    samples = min(part.effective_samples for part, _ in parts)
    return Estimate.of_deviation(value, math.sqrt(total), unit, samples, degrees)


def _student(degrees_of_freedom: float, probability: float) -> float:
    return float(stdtrit(degrees_of_freedom, probability))


def in_words(value: float) -> str:
    """Write a number to two digits for a sentence, without an exponent.

    >>> in_words(196.3), in_words(0.0341), in_words(12.0)
    ('200', '0.034', '12')
    """
    return np.format_float_positional(float(f"{value:.2g}"), trim="-")
