"""Block averages and the block bootstrap: errors of means against block length, and of any statistic of a series."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError
from llpt.statistics.autocorrelation import as_series, spectral_estimate
from llpt.statistics.estimate import Estimate
from llpt.statistics.mean import MINIMUM_EFFECTIVE_SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class BlockErrors:
    """Errors of a mean from block averages of growing length (Flyvbjerg and Petersen, J. Chem. Phys. 91, 461, 1989).

    Args:
        block_lengths: samples per block, powers of two, shape (k,).
        errors: standard error of the mean from the scatter of the blocks, shape (k,).
        errors_of_errors: statistical error of each, errors / sqrt(2 (blocks - 1)), shape (k,).
    """

    block_lengths: NDArray[np.int64]
    errors: NDArray[np.float64]
    errors_of_errors: NDArray[np.float64]

    @property
    def plateau(self) -> float:
        """The first error that three or more longer blocks do not exceed beyond both errors; NaN without one."""
        for index in range(self.errors.size - 3):
            later = self.errors[index + 1 :] - self.errors_of_errors[index + 1 :]
            if (later <= self.errors[index] + self.errors_of_errors[index]).all():
                return float(self.errors[index])
        return math.nan


def block_errors(series: ArrayLike, *, minimum_blocks: int = 4) -> BlockErrors:
    """Return the error of the mean against block length; where it levels off, blocks are independent.

    Args:
        series: shape (n,).
        minimum_blocks: blocks of the longest length tried, >= 2.

    Raises:
        InputError: the series is shorter than ``minimum_blocks``.
    """
    values = as_series(series)
    if values.size < minimum_blocks or minimum_blocks < 2:
        raise InputError(
            f"Block errors need at least {max(minimum_blocks, 2)} samples; the series has {values.size}.",
            "Run longer, or ask for fewer blocks (two at least).",
        )
    lengths, errors, uncertainties = [], [], []
    length = 1
    while values.size // length >= minimum_blocks:
        count = values.size // length
        means = values[values.size - count * length :].reshape(count, length).mean(axis=1)
        error = float(means.std(ddof=1)) / math.sqrt(count)
        lengths.append(length)
        errors.append(error)
        uncertainties.append(error / math.sqrt(2.0 * (count - 1)))
        length *= 2
    return BlockErrors(np.array(lengths), np.array(errors), np.array(uncertainties))


def bootstrap(
    columns: ArrayLike,
    statistic: Callable[[NDArray[np.float64]], float],
    *,
    unit: str,
    seed: int,
    resamples: int = 200,
) -> Estimate:
    """Return any statistic of correlated samples with its error by the circular block bootstrap.

    Blocks are three integrated autocorrelation times (of the slowest column) long, so that what is resampled is nearly
    independent (Künsch, Ann. Stat. 17, 1217, 1989; Politis and Romano 1992 for the circular form). With fewer than
    ``MINIMUM_EFFECTIVE_SAMPLES`` independent samples the error is NaN.

    Args:
        columns: samples of one or more quantities, shape (n,) or (n, quantities); rows are resampled together.
        statistic: array of the shape given -> number.
        unit: text of the statistic's unit.
        seed: of the random numbers.
        resamples: number of bootstrap series.
    """
    data = np.asarray(columns, dtype=np.float64)
    table = data.reshape(data.shape[0], -1)
    spectra = [spectral_estimate(table[:, index]) for index in range(table.shape[1])]
    independent = min(spectrum.effective_samples for spectrum in spectra)
    value = float(statistic(data))
    if math.isinf(independent):
        return Estimate(value, 0.0, unit, math.inf)
    if not independent >= MINIMUM_EFFECTIVE_SAMPLES:
        return Estimate(value, math.nan, unit, 0.0 if math.isnan(independent) else independent)
    samples = table.shape[0]
    length = int(np.clip(math.ceil(1.5 * samples / independent), 1, max(samples // 4, 1)))
    random = np.random.default_rng(seed)
    replicas = np.empty(resamples)
    blocks = -(-samples // length)
    for index in range(resamples):
        starts = random.integers(samples, size=blocks)
        rows = ((starts[:, None] + np.arange(length)).ravel() % samples)[:samples]
        replicas[index] = statistic(data[rows])
    degrees = min(spectrum.degrees_of_freedom for spectrum in spectra)
    return Estimate.of_deviation(value, float(replicas.std(ddof=1)), unit, independent, degrees)
