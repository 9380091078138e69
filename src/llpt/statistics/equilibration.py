"""Where a series has forgotten its start."""

from __future__ import annotations

import importlib
import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.statistics.autocorrelation import as_series

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

COARSE_SAMPLES = 500


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


def timeseries() -> Any:
    """Return ``pymbar.timeseries``, imported when first needed and without its advertisement for JAX."""
    logging.getLogger("pymbar").setLevel(logging.ERROR)
    return importlib.import_module("pymbar.timeseries")
