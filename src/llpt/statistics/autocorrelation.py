"""How long a series remembers itself, and the error of its mean that follows.

The variance of the mean of a stationary series x of n samples is s0 / n, where s0 is its spectral density at zero
frequency, s0 = var(x) * g, and g = 2 tau the statistical inefficiency. We estimate s0 from an autoregressive model
(Yule–Walker, order by AICc) of at most ``COARSE_LENGTH`` block averages of the series: block averages have exactly the
same mean, slow modes are not hidden behind thousands of fast samples, and an oscillating correlation function (an
H2 stretch, a barostat) costs nothing. Thompson (arXiv:1011.0175) compares the common estimators and finds the
autoregressive one best on short series. The sum of the fitted coefficients is biased towards zero, by
(1 + 3 phi) / n for a first-order process (Kendall, Biometrika 41, 403, 1954); without that correction short series
look better than they are. ``BIAS_SHARE`` of it and the coarse length were chosen by the coverage of the 68 % interval
over thirteen kinds of synthetic series (``benchmarks/analysis.py``).

How well the error itself is known decides how far its tails reach. For a first-order process s0 = sigma² / (1 - phi)²
has the relative variance (2/n)(1 + 2 g), g = (1 + phi)/(1 - phi), n the number of blocks: n / (1 + 2 g) degrees of
freedom. A slow mode under a fast one is seen late by the model and early by the scatter of a few long parts:
``PARTS_SHARE`` of the variance from ``PARTS`` parts is the least claimed. Both were chosen by the tails at 95 to
99.9 % of series of 5 to 40 independent samples (``benchmarks/analysis.py tails``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError
from llpt.statistics.estimate import Estimate

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

COARSE_LENGTH = 32
MAXIMUM_ORDER = 8
BIAS_SHARE = 0.8
MINIMUM_LENGTH = 8
PARTS = 4
PARTS_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class SpectralEstimate:
    """What the autoregressive model says of a series.

    Args:
        variance_of_mean: s0 / n, in the series' unit squared.
        effective_samples: var(x) / variance_of_mean, the number of independent samples with the same information
            about the mean; above n for an anticorrelated series.
        degrees_of_freedom: of the error itself, for Student's factor, > 0.3.
        inefficiency: g = 2 tau by the model alone, in samples.
    """

    variance_of_mean: float
    effective_samples: float
    degrees_of_freedom: float
    inefficiency: float


def as_series(series: ArrayLike) -> NDArray[np.float64]:
    """Return the series as a one-dimensional float array.

    Raises:
        InputError: it is empty, has more than one dimension, or holds a value that is not finite.
    """
    values = np.asarray(series, dtype=np.float64)
    if values.ndim != 1 or values.size == 0:
        raise InputError(
            f"A series must have one dimension and at least one sample; this one has shape {values.shape}.",
            "Pass the values of one quantity, in the order in which they were sampled.",
        )
    if not np.isfinite(values).all():
        first = int(np.flatnonzero(~np.isfinite(values))[0])
        raise InputError(
            f"A series holds a value that is not finite (sample {first} of {values.size}).",
            "Find the step at which the run failed; a failed step is not part of an average.",
        )
    return values


def autocorrelation_function(series: ArrayLike, *, maximum_lag: int | None = None) -> NDArray[np.float64]:
    """Return the normalised autocorrelation function rho(t) = <dx(0) dx(t)> / <dx^2>, by FFT, biased (1/n) form.

    Args:
        series: equally spaced samples, shape (n,).
        maximum_lag: last lag returned, in samples; default n - 1.

    Returns:
        rho, shape (maximum_lag + 1,), rho[0] = 1; all ones for a constant series.
    """
    values = as_series(series)
    lags = values.size - 1 if maximum_lag is None else min(maximum_lag, values.size - 1)
    covariance = _autocovariance(values)[: lags + 1]
    if covariance[0] <= _round_off(values):
        return np.ones(lags + 1)
    return np.asarray(covariance / covariance[0])


def spectral_estimate(series: ArrayLike) -> SpectralEstimate:
    """Return the variance of the series' mean and the number of independent samples behind it.

    A constant series is exact: variance 0, infinitely many effective samples. A series shorter than ``MINIMUM_LENGTH``
    samples has NaN for both.
    """
    values = as_series(series)
    variance, round_off = float(values.var()), _round_off(values)
    if variance <= round_off:
        return SpectralEstimate(0.0, np.inf, np.inf, 1.0)
    if values.size < MINIMUM_LENGTH:
        return SpectralEstimate(np.nan, np.nan, 1.0, np.nan)
    coarse = block_averages(values, COARSE_LENGTH)
    covariance = _autocovariance(coarse)
    if covariance[0] <= round_off:
        coarse, covariance = values, _autocovariance(values)
    blocks = coarse.size
    variance_of_mean = _spectral_density(covariance, blocks) / blocks
    inefficiency = values.size * variance_of_mean / variance
    degrees = blocks / (1.0 + 2.0 * blocks / float(np.clip(covariance[0] / variance_of_mean, 1.0, blocks)))
    parts = PARTS_SHARE * _variance_from_parts(values)
    if parts > variance_of_mean:
        variance_of_mean, degrees = parts, min(degrees, PARTS - 1.0)
    return SpectralEstimate(
        variance_of_mean=variance_of_mean,
        effective_samples=variance / variance_of_mean,
        degrees_of_freedom=degrees,
        inefficiency=inefficiency,
    )


def statistical_inefficiency(series: ArrayLike) -> float:
    """Return g = 2 tau: how many correlated samples are worth one independent sample. NaN if too short to tell."""
    return spectral_estimate(series).inefficiency


def integrated_autocorrelation_time(series: ArrayLike) -> Estimate:
    """Return tau = 1/2 + sum_{t>0} rho(t) in samples, with an error from the degrees of freedom of the fit.

    The relative standard error of a spectral density with nu degrees of freedom is sqrt(2 / nu).
    """
    spectral = spectral_estimate(series)
    tau = 0.5 * statistical_inefficiency(series)
    relative = np.sqrt(2.0 / spectral.degrees_of_freedom)
    return Estimate(tau, float(tau * relative), "samples", spectral.effective_samples)


def block_averages(values: NDArray[np.float64], blocks: int) -> NDArray[np.float64]:
    """Return the averages of equal blocks, between ``blocks``/2 and ``blocks`` of them.

    Leading samples that do not fill a block go. A series of at most ``blocks`` samples is returned as it is.
    """
    if values.size <= blocks:
        return values
    length = -(-values.size // blocks)
    return np.asarray(values[values.size % length :].reshape(-1, length).mean(axis=1))


def _variance_from_parts(values: NDArray[np.float64]) -> float:
    """Return the variance of the mean from the scatter of ``PARTS`` equal parts; 0 for a series too short for them."""
    length = values.size // PARTS
    if length < 2:
        return 0.0
    means = values[values.size - PARTS * length :].reshape(PARTS, length).mean(axis=1)
    return float(means.var(ddof=1)) / PARTS


def _round_off(values: NDArray[np.float64]) -> float:
    """Return the variance below which a series counts as constant: rounding of its own magnitude."""
    return float((8.0 * np.finfo(np.float64).eps * max(-values.min(), values.max())) ** 2)


def _autocovariance(values: NDArray[np.float64]) -> NDArray[np.float64]:
    deviation = values - values.mean()
    padded = 1 << (2 * values.size - 1).bit_length()
    spectrum = np.fft.rfft(deviation, padded)
    return np.asarray(np.fft.irfft(np.abs(spectrum) ** 2, padded)[: values.size] / values.size)


def _spectral_density(covariance: NDArray[np.float64], samples: int) -> float:
    """Return s0 by Levinson's recursion over orders: the order of least AICc, corrected for the bias of its fit."""
    coefficients = np.zeros(0)
    innovation = float(covariance[0])
    best = (np.inf, 0.0, innovation, 0)
    for order in range(min(MAXIMUM_ORDER, samples // 4) + 1):
        if order > 0:
            predicted = float(coefficients @ covariance[1:order][::-1])
            reflection = (float(covariance[order]) - predicted) / innovation
            coefficients = np.append(coefficients - reflection * coefficients[::-1], reflection)
            innovation *= 1.0 - reflection**2
        if innovation <= 0.0:
            break
        penalty = 2.0 * (order + 1) * samples / max(samples - order - 2, 1)
        criterion = samples * np.log(innovation) + penalty
        if criterion < best[0]:
            best = (criterion, float(coefficients.sum()), innovation, order)
    _, memory, innovation, order = best
    gap = 1.0 - memory
    if order > 0:
        bias = (1.0 + 3.0 * memory) / samples if memory > 0.0 else (1.0 + memory) / samples
        gap = max(gap - BIAS_SHARE * bias, 0.5 * gap, 1.0 / samples)
    return innovation * samples / max(samples - order - 1, 1) / gap**2
