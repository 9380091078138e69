"""A sampled number: value, error, unit and the number of independent samples behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number that was sampled.

    Args:
        value: the estimate itself, in ``unit``.
        error: one standard error (68 %), in ``unit``; NaN where it could not be estimated (never 0 for "unknown").
        unit: text of the unit, e.g. ``"g/cm^3"``; ``""`` for a pure number.
        effective_samples: number of statistically independent samples behind the value, >= 0; infinity for exact input.

    >>> Estimate(0.93, 0.01, "g/cm^3", 40.0).resolved_from(Estimate(0.90, 0.005, "g/cm^3", 50.0))
    True
    """

    value: float
    error: float
    unit: str
    effective_samples: float

    @classmethod
    def unknown(cls, unit: str) -> Estimate:
        """Return what stands for a number that could not be determined: value and error NaN, no sample behind it.

        Args:
            unit: that the number would have.
        """
        return cls(math.nan, math.nan, unit, 0.0)

    @property
    def resolved(self) -> bool:
        """Whether value and error are finite numbers."""
        return math.isfinite(self.value) and math.isfinite(self.error)

    def scaled(self, factor: float, unit: str) -> Estimate:
        """Return the estimate times an exact factor, in a new unit."""
        return Estimate(self.value * factor, self.error * abs(factor), unit, self.effective_samples)

    def minus(self, other: Estimate) -> Estimate:
        """Return the difference of two independent estimates of one unit, errors in quadrature.

        Raises:
            ValueError: the units differ.
        """
        if self.unit != other.unit:
            raise ValueError(f"cannot subtract {other.unit!r} from {self.unit!r}")
        error = math.hypot(self.error, other.error)
        samples = min(self.effective_samples, other.effective_samples)
        return Estimate(self.value - other.value, error, self.unit, samples)

    def resolved_from(self, other: Estimate, *, sigmas: float = 2.0) -> bool:
        """Whether the two differ by more than ``sigmas`` combined standard errors; False where an error is unknown."""
        difference = self.minus(other)
        return difference.resolved and abs(difference.value) > sigmas * difference.error

    def __str__(self) -> str:
        """Write value ± error unit, with the error to two digits."""
        if self.error == 0.0:
            return f"{self.value:.6g} (exact) {self.unit}".rstrip()
        if not math.isfinite(self.error):
            return f"{self.value:.4g} (error unknown) {self.unit}".rstrip()
        digits = max(0, 1 - math.floor(math.log10(self.error)))
        return f"{self.value:.{digits}f} ± {self.error:.{digits}f} {self.unit}".rstrip()


def in_words(value: float) -> str:
    """Write a number to two digits for a sentence, without an exponent.

    >>> in_words(196.3), in_words(0.0341), in_words(12.0)
    ('200', '0.034', '12')
    """
    return np.format_float_positional(float(f"{value:.2g}"), trim="-")
