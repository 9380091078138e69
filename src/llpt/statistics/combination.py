"""Putting estimates of one quantity together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.errors import InputError
from llpt.statistics.estimate import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence


def weighted_mean(estimates: Sequence[Estimate], *, inflate: bool = True) -> Estimate:
    """Return the mean of independent estimates weighted by 1 / error^2.

    Estimates whose error is unknown carry no weight; if none has an error, the plain mean with error NaN. Where they
    scatter more than their errors allow (chi^2 per degree of freedom above 1), the error grows by the root of it
    (Birge, Phys. Rev. 40, 207, 1932), so that a disagreement between repeats is never averaged away.

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
    samples = sum(estimate.effective_samples for estimate in estimates)
    exact = [estimate for estimate in estimates if estimate.error == 0.0]
    if exact:
        return exact[0]
    usable = [estimate for estimate in estimates if estimate.resolved]
    if not usable:
        return Estimate(sum(estimate.value for estimate in estimates) / len(estimates), math.nan, unit, samples)
    weights = [estimate.error**-2 for estimate in usable]
    total = sum(weights)
    value = sum(weight * estimate.value for weight, estimate in zip(weights, usable, strict=True)) / total
    error = total**-0.5
    if inflate and len(usable) > 1:
        pulls = (((estimate.value - value) / estimate.error) ** 2 for estimate in usable)
        error *= math.sqrt(max(1.0, sum(pulls) / (len(usable) - 1)))
    return Estimate(value, error, unit, sum(estimate.effective_samples for estimate in usable))
