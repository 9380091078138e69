"""Averages of the reference from the surrogate's runs, where no two phases are there to be compared.

<A>_r = <A exp(-beta Delta)>_s / <exp(-beta Delta)>_s: exact, and worthless unless many independent samples carry the
weights. To first order in Delta it is <A>_s - beta Cov_s(A, Delta), which needs a small spread of beta Delta instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from llpt.bridge.overlap import exponential_effective_samples
from llpt.bridge.samples import REFERENCE, SURROGATE
from llpt.errors import InputError
from llpt.statistics import Estimate, mean_estimate

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from llpt.bridge.samples import DifferenceSamples

LEAST_SAMPLES = 40.0
"""Independent samples that must carry a reweighted average."""
FIRST_ORDER_SPREAD = 0.5
"""Largest standard deviation of beta Delta for which the first order may stand alone."""


class Reach(StrEnum):
    """How an average was carried from one Hamiltonian to the other."""

    REWEIGHTED = "reweighted"
    FIRST_ORDER = "first order"
    NONE = "too far"


@dataclass(frozen=True)
class CarriedAverage:
    """An average of the reference, from samples of the surrogate.

    Args:
        value: <A>_r, error NaN where it is too far.
        reach: how it was found.
        carrying: independent samples that carry the weights.
        reason: one sentence.
    """

    value: Estimate
    reach: Reach
    carrying: float
    reason: str


def carried_average(observable: ArrayLike, samples: DifferenceSamples, unit: str) -> CarriedAverage:
    """Return <A>_r from configurations of the surrogate.

    Args:
        observable: A on the same configurations as ``samples``, shape (n,), in ``unit``.
        samples: Delta on configurations of the surrogate (coupling 0).
        unit: text of A's unit.

    Raises:
        InputError: the lengths differ, or the samples are not the surrogate's.
    """
    values = np.asarray(observable, dtype=np.float64)
    if values.shape != samples.difference_ev.shape or samples.coupling != SURROGATE:
        raise InputError(
            f"An average is carried over from the surrogate's own configurations, one value for each; there are "
            f"{values.shape} values for {samples.difference_ev.shape} differences at coupling {samples.coupling:g}.",
            "Give the observable of the configurations that were labelled.",
        )
    reduced = samples.beta_per_ev * samples.difference_ev
    carrying = exponential_effective_samples(samples, towards=REFERENCE)
    spread = float(reduced.std(ddof=1))
    if carrying >= LEAST_SAMPLES:
        weights = np.exp(reduced.min() - reduced)
        weights /= weights.mean()
        average = float((weights * values).mean())
        noise = mean_estimate(weights * (values - average), unit)
        number, degrees = min(carrying, noise.effective_samples), min(carrying - 1.0, noise.degrees_of_freedom)
        value = Estimate.of_deviation(average, noise.standard_error, unit, number, degrees)
        return CarriedAverage(value, Reach.REWEIGHTED, carrying, f"{carrying:.0f} independent samples carry it.")
    if spread <= FIRST_ORDER_SPREAD:
        mean = float(values.mean())
        product = (values - mean) * (reduced - reduced.mean())
        noise = mean_estimate(values - mean - product, unit)
        covariance = float(product.sum()) / (product.size - 1)
        value = replace(noise, value=mean - covariance)
        reason = f"Few samples, but the spread of beta Delta is {spread:.2g}: first order."
        return CarriedAverage(value, Reach.FIRST_ORDER, carrying, reason)
    reason = (
        f"{carrying:.2g} independent samples carry the weights, {LEAST_SAMPLES:g} are needed, "
        f"and the spread of beta Delta is {spread:.2g}."
    )
    return CarriedAverage(Estimate.unknown(unit), Reach.NONE, carrying, reason)
