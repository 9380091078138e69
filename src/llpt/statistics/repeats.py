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
"""Independent repeats from which on their scatter alone is an error."""
LONGEST_MEMORY = 0.5
"""In lengths of a run: of repeats that remember for longer nothing is known, for all may be far from equilibrium."""


def mean_of_repeats(estimates: Sequence[Estimate], times_fs: Sequence[float], *, independent: bool = False) -> Estimate:
    """Return the mean of repeats of one run, weighted by their production times.

    A weight of 1 / error^2 would favour the repeat that happened to see little: the error of a variance grows with its
    value, so that heat capacities and susceptibilities would come out low. All repeats have one variance per unit of
    time: a repeat that does not know its error, being short or drifting, counts with that of the others. Where the
    repeats scatter by more than that allows, the error grows by the root of chi^2 per degree of freedom (Birge, Phys.
    Rev. 40, 207, 1932), known as well as so few repeats can tell it.

    Where less than half of the time is in runs that know their errors, nor does the whole, but for averages over time
    of at least ``LEAST_REPEATS`` independent repeats: their scatter is the error, with one degree of freedom fewer than
    there are repeats. It does not show what all repeats share, as a start that none has forgotten. So it is not taken
    where one of them is proven to drift, which has samples enough and no error (``steady``), nor where they remember
    for longer than ``LONGEST_MEMORY``; what shorter memories leave is ``memory_of_repeats``.

    Args:
        estimates: of one quantity in one unit, one for each repeat, at least one.
        times_fs: production time of each repeat, > 0.
        independent: whether the repeats do not go on from one another, and the quantity is an average over time: of a
            variance, short runs are too small all alike.

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
    count = len(estimates)
    known = [(estimate, share) for estimate, share in zip(estimates, shares, strict=True) if estimate.resolved]
    pulls = sum(share * (estimate.value - value) ** 2 for estimate, share in zip(estimates, shares, strict=True))
    if not _know_their_errors(estimates, shares):
        trusted = independent and count >= LEAST_REPEATS and not any(map(_drifts, estimates))
        if not trusted or pulls == 0.0 or _memory(estimates) > LONGEST_MEMORY:
            return Estimate(value, math.nan, unit, samples)
        return Estimate.of_deviation(value, _scatter(estimates, shares, value), unit, max(samples, count), count - 1.0)
    variances = [(share * estimate.standard_error) ** 2 for estimate, share in known]
    per_time = sum(variances) / sum(share for _, share in known)
    chi_squared = pulls / per_time / (count - 1) if per_time > 0.0 and count > 1 else 1.0
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
    """Return how long repeats remember, in lengths of one; 0 where they know their errors.

    A process that relaxes in a time tau has some n = 1/2 + t/(2 tau) independent samples in a run of length t, where
    these are few. The n that most short runs find is smaller still (``benchmarks/crossings.py``).

    Args:
        estimates: of one quantity, one for each repeat, at least one.
        times_fs: production time of each repeat, > 0.
    """
    total = float(sum(times_fs))
    known = _know_their_errors(estimates, [time / total for time in times_fs])
    return 0.0 if known else _memory(estimates)


def _know_their_errors(estimates: Sequence[Estimate], shares: Sequence[float]) -> bool:
    """Return whether at least ``LEAST_KNOWN`` of the time is in repeats that know their errors.

    Errors that are all 0, of repeats that never changed, are none where another did.
    """
    known = [(estimate, share) for estimate, share in zip(estimates, shares, strict=True) if estimate.resolved]
    if sum(share for _, share in known) < LEAST_KNOWN:
        return False
    return any(estimate.error > 0.0 for estimate, _ in known) or len({estimate.value for estimate in estimates}) == 1


def _memory(estimates: Sequence[Estimate]) -> float:
    few = [estimate.effective_samples for estimate in estimates if not estimate.resolved]
    beyond = sum(few) / len(few) - 0.5 if few else math.inf
    return 0.5 / beyond if beyond > 0.0 else math.inf


def _drifts(estimate: Estimate) -> bool:
    """Return whether samples enough for an error have none."""
    return not estimate.resolved and estimate.effective_samples >= MINIMUM_EFFECTIVE_SAMPLES


def _scatter(estimates: Sequence[Estimate], shares: Sequence[float], value: float) -> float:
    """Return the standard deviation of the mean by the scatter of the repeats.

    The variance of a run goes with 1/t where it is long, and hardly with t where it remembers: the larger of what
    either makes of unlike lengths.
    """
    degrees = len(estimates) - 1.0
    by_time = sum(share * (each.value - value) ** 2 for each, share in zip(estimates, shares, strict=True)) / degrees
    plain = sum(each.value for each in estimates) / len(estimates)
    alike = sum((each.value - plain) ** 2 for each in estimates) / degrees * sum(share**2 for share in shares)
    return math.sqrt(max(by_time, alike))
