"""Repeats of one run joined by their times: unbiased where the error grows with the value, and nothing is dropped."""

import math

import numpy as np
import pytest
from scipy import signal

from llpt.errors import InputError
from llpt.statistics import Estimate, mean_of_repeats, variance_estimate, weighted_mean


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


def test_repeats_that_disagree_are_not_averaged_away():
    apart = mean_of_repeats([Estimate(1.0, 0.01, "", 20.0), Estimate(1.4, 0.01, "", 20.0)], [1.0, 1.0])
    assert apart.value == pytest.approx(1.2)
    assert apart.standard_error == pytest.approx(0.2)
    assert apart.degrees_of_freedom == 1.0


def test_repeats_of_two_units_are_refused():
    with pytest.raises(InputError, match="share one unit"):
        mean_of_repeats([Estimate(1.0, 0.1, "K", 5.0), Estimate(1.0, 0.1, "eV", 5.0)], [1.0, 1.0])
