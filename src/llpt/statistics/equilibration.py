"""Where a series has forgotten its start."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from llpt.statistics.autocorrelation import as_series, block_averages, spectral_estimate
from llpt.statistics.mean import mean_estimate
from llpt.statistics.reweighting import pymbar

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from llpt.statistics.estimate import Estimate

COARSE_SAMPLES = 500
TREND_BLOCKS = 64
"""A trend is fitted to so many averages of neighbouring samples, or to as many samples as there are."""
DECAY = 0.3
FALSE_ALARM = 0.02


def detect_equilibration(series: ArrayLike) -> int:
    """Return the index of the first sample of the part worth averaging.

    The start is where the number of independent samples of the rest is greatest (Chodera, J. Chem. Theory Comput. 12,
    1799, 2016), as ``pymbar.timeseries.detect_equilibration`` finds it, on at most ``COARSE_SAMPLES`` block averages.
    A result beyond half of the series means that the run was not in equilibrium for most of its length.

    Args:
        series: equally spaced samples, shape (n,).

    Returns:
        An index, 0 for a constant series.
    """
    values = as_series(series)
    length = -(-values.size // COARSE_SAMPLES)
    coarse = values[: values.size - values.size % length].reshape(-1, length).mean(axis=1)
    if coarse.size < 8 or np.ptp(coarse) == 0.0:
        return 0
    start, _, _ = pymbar("pymbar.timeseries").detect_equilibration(coarse, fast=True, nskip=max(1, coarse.size // 100))
    return int(start) * length


def drifts(series: ArrayLike) -> bool:
    """Return whether a series is proven to drift: in a straight line, or by a decay within the first third of it.

    Either shape is fitted. Its height over the error that the remainder allows it (whose spectral density at zero
    frequency is s0, so that the variance of the height is s0 / sum c^2, c the shape less its mean) is held against
    Student's quantile for ``FALSE_ALARM`` over both shapes. On series without drift of 6 to 100 independent samples it
    rings in 1 to 6 of 100. A start two standard deviations off that decays within a third of the run is noticed in
    about 44, 63 and 91 of 100 runs of 20, 40 and 100 independent samples, one that decays within the whole run in 29,
    39 and 73 (``benchmarks/findings.py drift``). Too short a series is not proven to drift.

    Args:
        series: equally spaced samples, shape (n,).
    """
    values = block_averages(as_series(series), TREND_BLOCKS)
    if np.ptp(values) == 0.0:
        return False
    place = (np.arange(values.size) + 0.5) / values.size
    for shape in (place, np.exp(-place / DECAY)):
        contrast = shape - shape.mean()
        height = float(contrast @ values / (contrast @ contrast))
        left = spectral_estimate(values - values.mean() - height * contrast)
        error = math.sqrt(left.variance_of_mean * values.size / float(contrast @ contrast))
        if abs(height) > error * float(stdtrit(left.degrees_of_freedom, 1.0 - 0.25 * FALSE_ALARM)):
            return True
    return False


def is_stationary(series: ArrayLike) -> bool:
    """Return whether a series has a known mean and is not proven to drift.

    The variance of a series that drifts is that of the drift: it grows with the length of the run.

    Args:
        series: equally spaced samples, shape (n,).
    """
    values = as_series(series)
    return mean_estimate(values, "").resolved and not drifts(values)


def steady(estimate: Estimate, series: ArrayLike) -> Estimate:
    """Return what a series was averaged to, with the error NaN where the series drifts: its mean is that of the drift.

    Args:
        estimate: made from the series.
        series: equally spaced samples, shape (n,).
    """
    return replace(estimate, error=math.nan) if estimate.resolved and drifts(series) else estimate
