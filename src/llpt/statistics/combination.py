"""Putting estimates of one quantity together."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError
from llpt.statistics.estimate import Estimate, combined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


FEW_DEGREES = 6.0
"""Degrees of freedom of an error below which nothing is weighted by it."""


def weighted_mean(estimates: Sequence[Estimate], *, inflate: bool = True) -> Estimate:
    """Return the mean of independent estimates weighted by 1 / error^2.

    Estimates whose error is unknown carry no weight; if none has an error, the plain mean with error NaN. One whose
    error is 0 beside others that have one is not exact but hides its noise below its resolution: it counts as the best
    of the others. Where they scatter more than their errors allow (chi^2 per degree of freedom above 1), the error
    grows by the root of it (Birge, Phys. Rev. 40, 207, 1932): a disagreement between repeats is never averaged away.
    That the weights themselves rest on errors that are known poorly is in the error (``widening``); errors of fewer
    than ``FEW_DEGREES`` degrees of freedom are no weights (``weighing_errors``).

    Args:
        estimates: of one quantity in one unit, at least one.
        inflate: whether to apply Birge's factor.

    Raises:
        InputError: the list is empty or the units differ.
    """
    units = {estimate.unit for estimate in estimates}
    if len(units) != 1:
        raise InputError(
            f"A weighted mean needs estimates of one unit; these have {sorted(units) or 'none'}.",
            "Convert them first, and pass at least one.",
        )
    unit = units.pop()
    usable = [estimate for estimate in estimates if estimate.resolved]
    if not usable:
        samples = sum(estimate.effective_samples for estimate in estimates)
        return Estimate(sum(estimate.value for estimate in estimates) / len(estimates), math.nan, unit, samples)
    noisy = [estimate for estimate in usable if estimate.error > 0.0]
    if not noisy:
        return usable[0]
    best = min(noisy, key=lambda estimate: estimate.standard_error)
    members = [
        estimate
        if estimate.error > 0.0
        else replace(estimate, error=best.error, degrees_of_freedom=best.degrees_of_freedom)
        for estimate in usable
    ]
    errors, degrees = weighing_errors(members)
    weights = errors**-2.0
    shares = (weights / weights.sum()).tolist()
    value = sum(share * estimate.value for share, estimate in zip(shares, members, strict=True))
    widened = np.array(shares) * widening(np.array(shares), degrees)
    mean = combined(value, list(zip(members, widened.tolist(), strict=True)), unit)
    error = mean.error
    if inflate and len(members) > 1:
        pulls = sum(((estimate.value - value) / estimate.standard_error) ** 2 for estimate in members)
        error *= math.sqrt(max(1.0, pulls / (len(members) - 1)))
    samples = sum(estimate.effective_samples for estimate in usable)
    return Estimate(value, error, unit, samples, mean.degrees_of_freedom)


def widening(leverages: NDArray[np.float64], degrees_of_freedom: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each point's error grows by where points are weighted by 1 / error^2 and errors are estimates.

    A point whose error came out too small by chance weighs too much, and the error of the fit comes out too small with
    it: its variance counts 1 + 4 (1 - h) / nu times. Of a mean, where h is the point's share of the weights, that is
    Meier's formula (Biometrics 9, 59, 1953), of a line that of Kenward and Roger (Biometrics 53, 983, 1997).

    Args:
        leverages: h, the derivative of the fit at each point by its value, shape (n,).
        degrees_of_freedom: nu, how well each error is known, shape (n,).

    Returns:
        Factors of at least 1, shape (n,).

    >>> widening(np.array([0.5, 1.0]), np.array([2.0, 2.0])).round(3).tolist()
    [1.414, 1.0]
    """
    return np.sqrt(1.0 + 4.0 * np.clip(1.0 - leverages, 0.0, 1.0) / degrees_of_freedom)


def weighing_errors(estimates: Sequence[Estimate]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the errors to weight points by, and how well these are known, as ``widening`` asks.

    An error of two degrees of freedom, as three walks have, may be too small by half by chance, and its point
    would rule; ``widening`` is of first order in 1/nu and does not hold there. Such a point weighs no more than what is
    known better does on average, or than the poorly known do, whichever is more. Where nothing is known better, all
    weigh the same, which rests on no error.

    Args:
        estimates: of the points, one at least.

    Returns:
        Standard errors, those of 0 as the least of the others (``noisy_errors``) and NaN where unknown, and their
        degrees of freedom, infinite where all weigh the same. Shape (n,) each.

    >>> lucky, poor = (Estimate.of_deviation(1.0, deviation, "", 3.0, 2.0) for deviation in (0.1, 0.7))
    >>> well, never_changed = Estimate.of_deviation(1.0, 0.2, "", 40.0, 40.0), Estimate(1.0, 0.0, "", math.inf)
    >>> [each.round(3).tolist() for each in weighing_errors([lucky, poor])]
    [[0.5, 0.5], [inf, inf]]
    >>> [each.round(3).tolist() for each in weighing_errors([lucky, poor, well])]
    [[0.2, 0.7, 0.2], [6.0, 6.0, 40.0]]
    >>> weighing_errors([never_changed, lucky, poor])[0].round(3).tolist()
    [0.5, 0.5, 0.5]
    """
    errors = np.array([estimate.standard_error for estimate in estimates])
    degrees_of_freedom = np.array([estimate.degrees_of_freedom for estimate in estimates])
    noisy = noisy_errors(errors)
    known, poor = np.isfinite(noisy), degrees_of_freedom < FEW_DEGREES
    if not (known & poor).any():
        return noisy, degrees_of_freedom
    well, alike = noisy[known & ~poor & (errors > 0.0)], float(np.sqrt(np.mean(noisy[known & poor] ** 2)))
    if not well.size:
        return np.where(known, alike, np.nan), np.full(len(noisy), np.inf)
    least = min(float(np.sqrt(np.mean(well**2))), alike)
    capped = poor | (known & (errors == 0.0))
    return np.where(capped, np.maximum(noisy, least), noisy), np.maximum(degrees_of_freedom, FEW_DEGREES)


def noisy_errors(errors: NDArray[np.float64], *, otherwise: float = 1.0) -> NDArray[np.float64]:
    """Return errors to weight points by: one that is 0 hides its noise below its resolution.

    It counts as the least of the others.

    Args:
        errors: shape (n,); NaN where unknown, which stays.
        otherwise: what they count as where none is above 0.

    >>> noisy_errors(np.array([0.2, 0.0, 0.1])).tolist()
    [0.2, 0.1, 0.1]
    """
    positive = errors[errors > 0.0]
    return np.where(errors == 0.0, positive.min() if positive.size else otherwise, errors)
