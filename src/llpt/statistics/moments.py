"""Variances and covariances of correlated series: what fluctuation formulas need."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.errors import InputError
from llpt.statistics.autocorrelation import as_series, spectral_estimate
from llpt.statistics.estimate import Estimate
from llpt.statistics.mean import MINIMUM_EFFECTIVE_SAMPLES, mean_estimate

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def covariance_estimate(first: ArrayLike, second: ArrayLike, unit: str) -> Estimate:
    """Return the covariance of two series sampled together, with its error.

    The mean of (x - <x>)(y - <y>), treated as a correlated series of its own. Sample means in place of true ones make
    it low by the factor 1 - 1/n_eff (n_eff the smaller number of independent samples of the two series); it is divided
    out. With fewer than ``MINIMUM_EFFECTIVE_SAMPLES`` the factor is as unknown as the error: the product stays as it
    is, with the error NaN.

    Args:
        first: x, shape (n,).
        second: y, shape (n,).
        unit: text of the unit of the product.

    Raises:
        InputError: the series differ in length.
    """
    x = as_series(first)
    y = as_series(second)
    if x.size != y.size:
        raise InputError(
            f"Two series sampled together must have one length; these have {x.size} and {y.size} samples.",
            "Cut both to the same steps.",
        )
    product = mean_estimate((x - x.mean()) * (y - y.mean()), unit)
    independent = min(spectral_estimate(x).effective_samples, spectral_estimate(y).effective_samples)
    if math.isinf(independent):
        return product
    if not independent >= MINIMUM_EFFECTIVE_SAMPLES:
        return Estimate(product.value, math.nan, unit, product.effective_samples)
    corrected = product.scaled(1.0 / (1.0 - 1.0 / independent), unit)
    samples = min(product.effective_samples, independent)
    return Estimate(corrected.value, corrected.error, unit, samples, corrected.degrees_of_freedom)


def variance_estimate(series: ArrayLike, unit: str) -> Estimate:
    """Return the variance of a correlated series with its error, free of the bias of the sample mean.

    Args:
        series: shape (n,).
        unit: text of the unit of the square.
    """
    return covariance_estimate(series, series, unit)
