"""Joining repeats of one run: what they averaged to, weighted by the time that each took."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.errors import InputError
from llpt.statistics.estimate import Estimate

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_KNOWN = 0.5
"""Share of the time whose runs must know their errors."""


def mean_of_repeats(estimates: Sequence[Estimate], times_fs: Sequence[float]) -> Estimate:
    """Return the mean of independent repeats of one run, weighted by their production times.

    A weight of 1 / error^2 would favour the repeat that happened to see little: the error of a variance grows with its
    value, so that heat capacities and susceptibilities would come out low. All repeats have one variance per unit of
    time: a repeat that does not know its error, being short or drifting, counts with that of the others. Where the
    repeats scatter by more than that allows, the error grows by the root of chi^2 per degree of freedom (Birge, Phys.
    Rev. 40, 207, 1932), known as well as so few repeats can tell it. Where less than half of the time is in runs that
    know their errors, nor does the whole.

    Args:
        estimates: of one quantity in one unit, one for each repeat, at least one.
        times_fs: production time of each repeat, > 0.

    Raises:
        InputError: there is none, or the units differ.
    """
    units = {estimate.unit for estimate in estimates}
    if len(units) != 1:
        raise InputError(
            f"Repeats must share one unit; these have {sorted(units) or 'none'}.",
            "Convert them first, and pass at least one.",
        )
    unit, total = units.pop(), float(sum(times_fs))
    shares = [time / total for time in times_fs]
    value = sum(share * estimate.value for share, estimate in zip(shares, estimates, strict=True))
    samples = sum(estimate.effective_samples for estimate in estimates)
    known = [(estimate, share) for estimate, share in zip(estimates, shares, strict=True) if estimate.resolved]
    covered = sum(share for _, share in known)
    if covered < LEAST_KNOWN:
        return Estimate(value, math.nan, unit, samples)
    variances = [(share * estimate.standard_error) ** 2 for estimate, share in known]
    per_time = sum(variances) / covered
    chi_squared = 1.0
    if per_time > 0.0 and len(estimates) > 1:
        pulls = (share * (estimate.value - value) ** 2 for estimate, share in zip(estimates, shares, strict=True))
        chi_squared = sum(pulls) / per_time / (len(estimates) - 1)
    doubt = sum(
        (variance / sum(variances)) ** 2 / estimate.degrees_of_freedom
        for variance, (estimate, _) in zip(variances, known, strict=True)
        if variance > 0.0
    )
    degrees = 1.0 / doubt if doubt > 0.0 else math.inf
    if chi_squared > 1.0:
        degrees = min(degrees, len(estimates) - 1.0)
    return Estimate.of_deviation(value, math.sqrt(per_time * max(1.0, chi_squared)), unit, samples, degrees)
