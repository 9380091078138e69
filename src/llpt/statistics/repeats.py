"""Joining repeats of one run: what they averaged to, weighted by the time that each took."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.errors import InputError
from llpt.statistics.estimate import Estimate
from llpt.statistics.mean import MINIMUM_EFFECTIVE_SAMPLES

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_KNOWN = 0.5
"""Share of the time whose runs must know their errors for the errors of runs to be used."""
LEAST_REPEATS = 3
"""Repeats from which on their scatter alone is an error."""


def mean_of_repeats(estimates: Sequence[Estimate], times_fs: Sequence[float]) -> Estimate:
    """Return the mean of independent repeats of one run, weighted by their production times.

    A weight of 1 / error^2 would favour the repeat that happened to see little: the error of a variance grows with its
    value, so that heat capacities and susceptibilities would come out low. All repeats have one variance per unit of
    time: a repeat that does not know its error, being short or drifting, counts with that of the others. Where the
    repeats scatter by more than that allows, the error grows by the root of chi^2 per degree of freedom (Birge, Phys.
    Rev. 40, 207, 1932), known as well as so few repeats can tell it.

    Where less than half of the time is in runs that know their errors, the memory of a run being as long as the run,
    the scatter of at least ``LEAST_REPEATS`` repeats is the error: they are independent, whatever they remember. It has
    one degree of freedom fewer than there are repeats. The error is unknown of fewer repeats, and where half of the
    time is in runs that are proven to drift: those have samples enough, and no error (``steady``). What all repeats
    share, as a start that none has forgotten, no scatter shows (see ``memory_of_repeats``).

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
    count = len(estimates)
    pulls = [share * (estimate.value - value) ** 2 for estimate, share in zip(estimates, shares, strict=True)]
    if _told_by_scatter(estimates, times_fs):
        drifting = sum(share for each, share in zip(estimates, shares, strict=True) if _drifts(each))
        if count < LEAST_REPEATS or drifting >= LEAST_KNOWN or not sum(pulls) > 0.0:
            return Estimate(value, math.nan, unit, samples)
        scatter = math.sqrt(sum(pulls) / (count - 1))
        return Estimate.of_deviation(value, scatter, unit, max(samples, float(count)), count - 1.0)
    variances = [(share * estimate.standard_error) ** 2 for estimate, share in known]
    per_time = sum(variances) / sum(share for _, share in known)
    chi_squared = 1.0
    if per_time > 0.0 and count > 1:
        chi_squared = sum(pulls) / per_time / (count - 1)
    doubt = sum(
        (variance / sum(variances)) ** 2 / estimate.degrees_of_freedom
        for variance, (estimate, _) in zip(variances, known, strict=True)
        if variance > 0.0
    )
    degrees = 1.0 / doubt if doubt > 0.0 else math.inf
    if chi_squared > 1.0:
        degrees = min(degrees, count - 1.0)
    return Estimate.of_deviation(value, math.sqrt(per_time * max(1.0, chi_squared)), unit, samples, degrees)


def memory_of_repeats(estimates: Sequence[Estimate], times_fs: Sequence[float]) -> float:
    """Return how long repeats remember, in lengths of one: 0 where they know their errors, 1 at most.

    A process that relaxes in a time tau has some n = 1/2 + t/(2 tau) independent samples in a run of length t, where
    these are few. Of short runs n comes out too small rather than too large (``benchmarks/crossings.py``).

    Args:
        estimates: of one quantity, one for each repeat, at least one.
        times_fs: production time of each repeat, > 0.
    """
    if not _told_by_scatter(estimates, times_fs):
        return 0.0
    few = [estimate.effective_samples for estimate in estimates if not estimate.resolved]
    beyond = sum(few) / len(few) - 0.5
    return min(1.0, 0.5 / beyond) if beyond > 0.0 else 1.0


def _told_by_scatter(estimates: Sequence[Estimate], times_fs: Sequence[float]) -> bool:
    """Return whether less than ``LEAST_KNOWN`` of the time is in repeats that know their errors."""
    known = sum(time for estimate, time in zip(estimates, times_fs, strict=True) if estimate.resolved)
    return known < LEAST_KNOWN * sum(times_fs)


def _drifts(estimate: Estimate) -> bool:
    """Return whether samples enough for an error have none."""
    return not estimate.resolved and estimate.effective_samples >= MINIMUM_EFFECTIVE_SAMPLES
