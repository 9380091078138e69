import math

import numpy as np
import pytest
from scipy import signal

from llpt.errors import InputError
from llpt.statistics import mean_estimate, sample_estimate

WARM_UP = 3000


def white(random, length):
    return random.normal(size=length)


def first_order(random, length, *, decay, scale=1.0):
    noise = random.normal(size=length + WARM_UP) * scale
    return signal.lfilter([1.0], [1.0, -np.exp(-1.0 / decay)], noise)[WARM_UP:]


def damped_oscillation(random, length, *, period, decay):
    radius = np.exp(-1.0 / decay)
    noise = random.normal(size=length + WARM_UP)
    return signal.lfilter([1.0], [1.0, -2.0 * radius * np.cos(2.0 * np.pi / period), radius**2], noise)[WARM_UP:]


def fast_and_slow(random, length):
    return first_order(random, length, decay=3.0) + first_order(random, length, decay=200.0, scale=0.05)


def non_gaussian(random, length):
    return np.exp(first_order(random, length, decay=10.0, scale=0.1)) - np.exp(0.5 * 0.01 / (1.0 - np.exp(-0.2)))


FAMILIES = {
    "white, 200": lambda random: white(random, 200),
    "white, 20": lambda random: white(random, 20),
    "first order, 100 independent": lambda random: first_order(random, 1000, decay=5.0),
    "first order, 20 independent": lambda random: first_order(random, 400, decay=10.0),
    "first order, 14 independent": lambda random: first_order(random, 6000, decay=200.0),
    "oscillating": lambda random: damped_oscillation(random, 6000, period=100.0, decay=100.0),
    "hardly damped": lambda random: damped_oscillation(random, 6000, period=40.0, decay=300.0),
    "fast and slow": lambda random: fast_and_slow(random, 7000),
    "anticorrelated": lambda random: first_order(random, 500, decay=1.0) - first_order(random, 500, decay=2.0),
    "log-normal": lambda random: non_gaussian(random, 3000),
}


WIDE = {"oscillating": 0.77, "hardly damped": 0.81}
"""Oscillations are coarse-grained away, and their errors come out generous."""


@pytest.mark.parametrize("family", FAMILIES)
def test_interval_holds_the_truth_68_percent_of_the_time(family):
    random = np.random.default_rng([11, len(family)])
    estimates = [mean_estimate(FAMILIES[family](random), "") for _ in range(3000)]
    resolved = [estimate for estimate in estimates if estimate.resolved]
    assert len(resolved) >= 2700
    held = sum(abs(estimate.value) < estimate.error for estimate in resolved)
    assert 0.63 <= held / len(resolved) <= WIDE.get(family, 0.73)


def slow_under_fast(random, length, independent, fast):
    slow = first_order(random, length, decay=length / (2.0 * independent))
    return 0.5 * slow / slow.std() + fast / fast.std()


TAILS = {
    "8 independent": (0.075, 0.025, lambda random: first_order(random, 2000, decay=125.0)),
    "12 independent": (0.065, 0.02, lambda random: first_order(random, 2000, decay=83.0)),
    "20 independent": (0.065, 0.016, lambda random: first_order(random, 2000, decay=50.0)),
    "200 independent": (0.055, 0.01, lambda random: first_order(random, 2000, decay=5.0)),
    "12 under an oscillation": (
        0.075,
        0.02,
        lambda random: slow_under_fast(random, 2000, 12, damped_oscillation(random, 2000, period=40.0, decay=60.0)),
    ),
    "20 under a fast mode": (
        0.07,
        0.016,
        lambda random: slow_under_fast(random, 2000, 20, first_order(random, 2000, decay=5.0)),
    ),
}


@pytest.mark.parametrize("family", TAILS)
def test_tails_are_those_of_student(family):
    """What is claimed at 95 and at 99.5 % fails about as seldom as it says, among the runs that know their error."""
    allowed_at_95, allowed_at_99_5, make = TAILS[family]
    random = np.random.default_rng([17, len(family)])
    estimates = [estimate for _ in range(2500) if (estimate := mean_estimate(make(random), "")).resolved]
    beyond = [
        np.mean([abs(each.value) > each.half_width(confidence) for each in estimates]) / 2.0
        for confidence in (0.95, 0.995)
    ]
    assert beyond[0] <= allowed_at_95
    assert beyond[1] <= allowed_at_99_5


def test_series_too_short_for_its_correlation_time_claims_no_error():
    random = np.random.default_rng(12)
    drifting = [np.cumsum(random.normal(size=500)) for _ in range(200)]
    unresolved = [math.isnan(mean_estimate(series, "").error) for series in drifting]
    assert np.mean(unresolved) > 0.85
    ramp = mean_estimate(np.linspace(0.0, 1.0, 1000), "K")
    assert math.isnan(ramp.error)
    assert ramp.effective_samples < 5.0
    assert ramp.value == pytest.approx(0.5)


def test_seven_samples_claim_no_error():
    assert math.isnan(mean_estimate([1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0], "").error)


def test_constant_series_is_exact():
    estimate = mean_estimate(np.full(50, 1.7), "A^3")
    assert estimate.value == pytest.approx(1.7)
    assert estimate.error == 0.0
    assert math.isinf(estimate.effective_samples)
    assert estimate.resolved


def test_series_that_is_not_finite_is_refused():
    with pytest.raises(InputError, match="sample 1 of 3"):
        mean_estimate([1.0, np.inf, 2.0], "")


def test_independent_samples():
    random = np.random.default_rng(13)
    held = [abs((estimate := sample_estimate(random.normal(size=4), "")).value) < estimate.error for _ in range(2000)]
    assert np.mean(held) == pytest.approx(0.683, abs=0.03)
    assert math.isnan(sample_estimate([1.0], "").error)
