"""Where a series has forgotten its start."""

from __future__ import annotations

import importlib
import logging
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.statistics.autocorrelation import as_series
from llpt.statistics.mean import mean_estimate

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

COARSE_SAMPLES = 500
DRIFT_SIGMAS = 3.0


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
    start, _, _ = timeseries().detect_equilibration(coarse, fast=True, nskip=max(1, coarse.size // 100))
    return int(start) * length


def is_stationary(series: ArrayLike) -> bool:
    """Return whether a series has a known mean and no drift: the rise of a straight line through it is within errors.

    The rise over the whole length has sqrt(12) times the error of the mean of what the line leaves; more than
    ``DRIFT_SIGMAS`` of it is a drift. The variance of a series that drifts is that of the drift: it grows with the
    length of the run.

    Args:
        series: equally spaced samples, shape (n,).
    """
    values = as_series(series)
    if values.size < 3:
        return False
    places = np.linspace(-0.5, 0.5, values.size)
    rise = float(places @ values / (places @ places))
    left = mean_estimate(values - values.mean() - rise * places, "")
    return bool(abs(rise) <= DRIFT_SIGMAS * math.sqrt(12.0) * left.error)


def timeseries() -> Any:
    """Return ``pymbar.timeseries``, imported when first needed and without its advertisement for JAX."""
    logging.getLogger("pymbar").setLevel(logging.ERROR)
    return importlib.import_module("pymbar.timeseries")
