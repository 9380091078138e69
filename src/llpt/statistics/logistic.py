"""A straight line through the logarithm of odds, from counts: logistic regression.

Near 0 or 1 the logarithm of an observed ratio is no Gaussian number, and at 0 or 1 it is none at all; the likelihood of
the counts needs neither. Firth's correction (Biometrika 80, 27, 1993, https://doi.org/10.1093/biomet/80.1.27) removes
the first order of its bias and keeps it finite where the counts are apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.statistics.estimate import Estimate
from llpt.statistics.line import FittedLine

if TYPE_CHECKING:
    from collections.abc import Sequence

ITERATIONS = 200
LARGEST_STEP = 2.0
CONVERGED = 1e-10


@dataclass(frozen=True)
class LogitLine:
    """A straight line ln(p / (1 - p)) = value + slope (x - middle).

    Args:
        middle: where value and slope are independent of each other.
        line: value there (its intercept), slope, and how well it fits: Pearson's chi squared.
    """

    middle: float
    line: FittedLine


def fit_logit(
    x: Sequence[float], shares: Sequence[float], samples: Sequence[float], *, slope_unit: str = ""
) -> LogitLine:
    """Fit the line to shares; errors grow by Birge's factor where it does not fit.

    Args:
        x: abscissae, at least two of them different.
        shares: of what is counted, each 0 to 1.
        samples: independent samples behind each share, > 0, whole or not.
        slope_unit: of the slope.
    """
    abscissae, share, count = (np.array(each, dtype=float) for each in (x, shares, samples))
    centre, scale = float(abscissae.mean()), float(np.ptp(abscissae))
    design = np.stack([np.ones_like(abscissae), (abscissae - centre) / scale], axis=1)
    solution = np.zeros(2)
    for _ in range(ITERATIONS):
        expected = 1.0 / (1.0 + np.exp(-design @ solution))
        weights = count * expected * (1.0 - expected)
        covariance = np.linalg.inv(design.T @ (weights[:, None] * design))
        leverage = weights * np.einsum("ij,jk,ik->i", design, covariance, design)
        step = covariance @ (design.T @ (count * (share - expected) + leverage * (0.5 - expected)))
        solution = solution + np.clip(step, -LARGEST_STEP, LARGEST_STEP)
        if float(np.abs(step).max()) < CONVERGED:
            break
    chi_squared = float((count**2 * (share - expected) ** 2 / weights).sum())
    degrees = len(abscissae) - 2
    factor = max(1.0, math.sqrt(chi_squared / degrees)) if degrees > 0 else 1.0
    middle = float((weights * abscissae).sum() / weights.sum())
    slope = float(solution[1]) / scale
    spread = math.sqrt(float((weights * (abscissae - middle) ** 2).sum()))
    known = min(samples), min(samples)
    return LogitLine(
        middle,
        FittedLine(
            Estimate.of_deviation(
                float(solution[0]) + slope * (middle - centre), factor / math.sqrt(float(weights.sum())), "", *known
            ),
            Estimate.of_deviation(slope, factor / spread, slope_unit, *known),
            chi_squared,
            degrees,
        ),
    )
