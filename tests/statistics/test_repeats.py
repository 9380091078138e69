"""Repeats of one run joined by their times: unbiased where the error grows with the value, and nothing is dropped."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import signal

from llpt.errors import InputError
from llpt.statistics import Estimate, mean_estimate, mean_of_repeats, variance_estimate, weighted_mean


def test_variances_of_repeats_are_not_too_small():
    """Four runs of twenty independent samples, of variance 1; weights of 1/error² make it 8 % too small."""
    random = np.random.default_rng(1)
    memory = np.exp(-0.1)
    joined, weighted = [], []
    for _ in range(60):
        noise = signal.lfilter([1.0], [1.0, -memory], random.normal(size=(4, 1400)))[:, 1000:]
        found = [variance_estimate(each * np.sqrt(1.0 - memory**2), "") for each in noise]
        joined.append(mean_of_repeats(found, [1.0] * 4))
        weighted.append(weighted_mean(found))
    assert np.mean([each.value for each in joined]) == pytest.approx(1.0, abs=0.05)
    assert np.mean([each.value for each in weighted]) < 0.95
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
        joined = mean_of_repeats([Estimate(each.mean(), math.nan, "", 2.0) for each in noise], [1.0] * repeats)
        assert joined.degrees_of_freedom == repeats - 1.0
        inside.append(abs(joined.value) <= joined.error)
        outside.append(abs(joined.value) > joined.half_width(0.975))
    assert not mean_estimate(noise[0], "").resolved
    assert 0.62 < np.mean(inside) < 0.74
    assert 0.02 < np.mean(outside) < 0.08


def test_of_two_short_repeats_and_of_repeats_that_drift_no_error_is_known():
    short = [Estimate(value, math.nan, "", 2.0) for value in (1.0, 1.1, 1.3)]
    assert mean_of_repeats(short, [1.0] * 3).standard_error == pytest.approx(np.std([1.0, 1.1, 1.3], ddof=1) / 3.0**0.5)
    assert math.isnan(mean_of_repeats(short[:2], [1.0] * 2).error)
    drifting = [replace(each, effective_samples=20.0) for each in short]
    assert math.isnan(mean_of_repeats(drifting, [1.0] * 3).error)
    assert math.isfinite(mean_of_repeats([drifting[0], *short[1:]], [1.0] * 3).error)
    assert math.isnan(mean_of_repeats([short[0]] * 3, [1.0] * 3).error)


def test_repeats_that_disagree_are_not_averaged_away():
    apart = mean_of_repeats([Estimate(1.0, 0.01, "", 20.0), Estimate(1.4, 0.01, "", 20.0)], [1.0, 1.0])
    assert apart.value == pytest.approx(1.2)
    assert apart.standard_error == pytest.approx(0.2)
    assert apart.degrees_of_freedom == 1.0


def test_repeats_of_two_units_are_refused():
    with pytest.raises(InputError, match="share one unit"):
        mean_of_repeats([Estimate(1.0, 0.1, "K", 5.0), Estimate(1.0, 0.1, "eV", 5.0)], [1.0, 1.0])
