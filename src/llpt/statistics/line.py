"""Straight lines through points with errors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.statistics.estimate import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class FittedLine:
    """A straight line y = intercept + slope x fitted with errors.

    Args:
        intercept: at x = 0.
        slope: its slope.
        chi_squared: of the fit.
        degrees_of_freedom: points less two.
    """

    intercept: Estimate
    slope: Estimate
    chi_squared: float
    degrees_of_freedom: int


def fit_line(
    x: Sequence[float], y: Sequence[Estimate], *, slope_unit: str = "", intercept_unit: str = ""
) -> FittedLine:
    """Fit a straight line by weighted least squares; errors grow by Birge's factor where the line does not fit.

    Args:
        x: abscissae, shape (n,), two different ones at least.
        y: ordinates with errors > 0, n of them.
        slope_unit: unit of the slope.
        intercept_unit: unit of the ordinate at 0.
    """
    abscissae = np.array(x)
    values = np.array([point.value for point in y])
    errors = np.array([point.standard_error for point in y])
    design = np.stack([np.ones_like(abscissae), abscissae], axis=1) / errors[:, None]
    covariance = np.linalg.inv(design.T @ design)
    solution = covariance @ (design.T @ (values / errors))
    degrees = len(x) - 2
    chi_squared = float((((values - solution[0] - solution[1] * abscissae) / errors) ** 2).sum())
    factor = max(1.0, math.sqrt(chi_squared / degrees)) if degrees > 0 else 1.0
    known = min(point.effective_samples for point in y), min(point.degrees_of_freedom for point in y)
    return FittedLine(
        Estimate.of_deviation(float(solution[0]), factor * math.sqrt(covariance[0, 0]), intercept_unit, *known),
        Estimate.of_deviation(float(solution[1]), factor * math.sqrt(covariance[1, 1]), slope_unit, *known),
        chi_squared,
        degrees,
    )
