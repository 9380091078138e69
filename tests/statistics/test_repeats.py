"""Repeats of one run joined by their times: unbiased where the error grows with the value, and nothing is dropped."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import signal

from llpt.errors import InputError
from llpt.statistics import Estimate, mean_estimate, mean_of_repeats, variance_estimate


def test_variances_of_repeats_are_not_too_small():
    """Four runs of twenty independent samples, of variance 1; weights of 1/error² make it 8 % too small."""
    random = np.random.default_rng(1)
    memory = np.exp(-0.1)
    joined, weighted = [], []
    for _ in range(60):
        noise = signal.lfilter([1.0], [1.0, -memory], random.normal(size=(4, 1400)))[:, 1000:]
        found = [variance_estimate(each * np.sqrt(1.0 - memory**2), "") for each in noise]
        joined.append(mean_of_repeats(found, [1.0] * 4))
        known = [each for each in found if each.resolved]
        weighted.append(np.average([each.value for each in known], weights=[each.error**-2.0 for each in known]))
    assert np.mean([each.value for each in joined]) == pytest.approx(1.0, abs=0.05)
    assert np.mean(weighted) < 0.95
    pulls = [(each.value - 1.0) / each.error for each in joined]
    assert 0.7 < np.std(pulls) < 1.2


def test_a_repeat_counts_by_its_time_and_without_an_error_as_the_others():
    known, short = Estimate(1.0, 0.01, "", 20.0), Estimate(1.02, math.nan, "", 4.0)
    joined = mean_of_repeats([known, short], [3.0, 1.0])
    assert joined.value == pytest.approx(1.005)
    assert joined.error >= 0.01 * math.sqrt(0.75)
    assert math.isnan(mean_of_repeats([known, short], [1.0, 3.0]).error)


@pytest.mark.parametrize("repeats", [3, 6])
def test_repeats_whose_memory_is_as_long_as_they_are_tell_their_error_by_their_scatter(repeats):
    """Four correlation times a run: no run knows its own error, and the joined interval holds the truth as it says."""
    random = np.random.default_rng(repeats)
    memory, length = math.exp(-1.0 / 50.0), 200
    inside, outside = [], []
    for _ in range(400):
        noise = signal.lfilter([1.0], [1.0, -memory], random.normal(size=(repeats, 400 + length)))[:, 400:]
        joined = mean_of_repeats(
            [Estimate(each.mean(), math.nan, "", 2.0) for each in noise], [1.0] * repeats, independent=True
        )
        assert joined.degrees_of_freedom == repeats - 1.0
        inside.append(abs(joined.value) <= joined.error)
        outside.append(abs(joined.value) > joined.half_width(0.975))
    assert not mean_estimate(noise[0], "").resolved
    assert 0.62 < np.mean(inside) < 0.74
    assert 0.02 < np.mean(outside) < 0.08


def scatter(estimates, times=None):
    return mean_of_repeats(estimates, times or [1.0] * len(estimates), independent=True)


SHORT = [Estimate(value, math.nan, "", 2.0) for value in (1.0, 1.1, 1.3)]


def test_the_scatter_of_three_short_repeats_is_an_error_where_they_are_independent():
    assert scatter(SHORT).standard_error == pytest.approx(np.std([1.0, 1.1, 1.3], ddof=1) / 3.0**0.5)
    assert scatter(SHORT).degrees_of_freedom == 2.0
    assert math.isnan(mean_of_repeats(SHORT, [1.0] * 3).error)
    assert math.isnan(scatter(SHORT[:2]).error)
    assert math.isnan(scatter([SHORT[0]] * 3).error)


def test_what_repeats_may_share_takes_their_scatter_away():
    """One that drifts has samples and no error; one that remembers for longer than half a run has too few."""
    assert math.isnan(scatter([replace(SHORT[0], effective_samples=20.0), *SHORT[1:]]).error)
    assert math.isfinite(scatter([replace(each, effective_samples=1.6) for each in SHORT]).error)
    assert math.isnan(scatter([replace(each, effective_samples=1.4) for each in SHORT]).error)


def test_a_long_repeat_does_not_pass_for_all():
    """The variance of a short run hardly depends on its length: it does not go with 1/t."""
    times = [8.0, 1.0, 1.0]
    by_time = mean_of_repeats([replace(each, error=1e-6) for each in SHORT], times)
    assert scatter(SHORT, times).standard_error == pytest.approx(np.std([1.0, 1.1, 1.3], ddof=1) * 0.66**0.5)
    assert scatter(SHORT, times).standard_error > 1.5 * by_time.standard_error


def test_repeats_that_never_changed_are_not_exact_where_another_did():
    still = [Estimate(1.0, 0.0, "", math.inf)] * 2
    assert math.isnan(mean_of_repeats([*still, Estimate(0.7, math.nan, "", 2.0)], [1.0] * 3).error)
    moved = scatter([*still, Estimate(0.7, math.nan, "", 2.0)])
    assert moved.standard_error == pytest.approx(0.1)
    assert scatter(still).error == 0.0


def test_repeats_that_disagree_are_not_averaged_away():
    apart = mean_of_repeats([Estimate(1.0, 0.01, "", 20.0), Estimate(1.4, 0.01, "", 20.0)], [1.0, 1.0])
    assert apart.value == pytest.approx(1.2)
    assert apart.standard_error == pytest.approx(0.2)
    assert apart.degrees_of_freedom == 1.0


def test_repeats_of_two_units_are_refused():
    with pytest.raises(InputError, match="share one unit"):
        mean_of_repeats([Estimate(1.0, 0.1, "K", 5.0), Estimate(1.0, 0.1, "eV", 5.0)], [1.0, 1.0])
