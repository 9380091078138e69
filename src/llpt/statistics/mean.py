"""The mean of a correlated series with an honest error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.statistics.autocorrelation import as_series, spectral_estimate
from llpt.statistics.estimate import Estimate

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MINIMUM_EFFECTIVE_SAMPLES = 5.0
"""Below this many independent samples a series cannot tell its own correlation time, and no error is claimed."""


def mean_estimate(series: ArrayLike, unit: str) -> Estimate:
    """Return the mean of a correlated series with its 68 % error.

    The error is sqrt(s0 / n) of ``llpt.statistics.autocorrelation`` times Student's factor for the few degrees of
    freedom of a short series, so that value ± error holds the truth 68 % of the time down to some ten independent
    samples (measured in ``tests/statistics``).

    A series too short for its own correlation time — fewer than ``MINIMUM_EFFECTIVE_SAMPLES`` independent samples by
    its own account, or fewer than eight samples — has the error NaN: its value may be drawn, but nothing can be
    concluded from it. ``effective_samples`` then still says what little was found.

    Args:
        series: equally spaced samples, shape (n,), in ``unit``.
        unit: text of the unit.

    Raises:
        InputError: the series is empty or holds a value that is not finite.
    """
    values = as_series(series)
    spectral = spectral_estimate(values)
    value = float(values.mean())
    if spectral.variance_of_mean == 0.0:
        return Estimate(value, 0.0, unit, math.inf)
    if not spectral.effective_samples >= MINIMUM_EFFECTIVE_SAMPLES:
        found = 0.0 if math.isnan(spectral.effective_samples) else spectral.effective_samples
        return Estimate(value, math.nan, unit, found)
    deviation = math.sqrt(spectral.variance_of_mean)
    return Estimate.of_deviation(value, deviation, unit, spectral.effective_samples, spectral.degrees_of_freedom)


def sample_estimate(samples: ArrayLike, unit: str) -> Estimate:
    """Return the mean of independent samples (repeated runs, separate blocks) with Student's 68 % error.

    Fewer than two samples give the error NaN.
    """
    values = as_series(samples)
    count = values.size
    if count < 2:
        return Estimate(float(values.mean()), math.nan, unit, float(count))
    deviation = float(values.std(ddof=1)) / math.sqrt(count)
    return Estimate.of_deviation(float(values.mean()), deviation, unit, float(count), float(count - 1))
