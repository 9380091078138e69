import math

import numpy as np
import pytest
from scipy import signal

from llpt.errors import InputError
from llpt.statistics import covariance_estimate, variance_estimate


def correlated(random, length, decay):
    phi = np.exp(-1.0 / decay)
    noise = random.normal(size=length + 1000) * np.sqrt(1.0 - phi**2)
    return signal.lfilter([1.0], [1.0, -phi], noise)[1000:]


def test_variance_is_unbiased_and_its_error_honest():
    random = np.random.default_rng(1)
    estimates = [variance_estimate(correlated(random, 2000, 10.0), "") for _ in range(2000)]
    values = np.array([estimate.value for estimate in estimates])
    assert values.mean() == pytest.approx(1.0, abs=3.0 * values.std() / np.sqrt(2000))
    held = np.mean([abs(estimate.value - 1.0) < estimate.error for estimate in estimates])
    assert 0.64 <= held <= 0.73  # 0.683 of Gaussian errors; 0.708, 0.688 and 0.689 with seeds 1 to 3


def test_covariance_of_a_known_mixture():
    random = np.random.default_rng(2)
    shared = correlated(random, 50_000, 5.0)
    first = shared + random.normal(size=shared.size)
    second = 2.0 * shared + random.normal(size=shared.size)
    estimate = covariance_estimate(first, second, "")
    assert abs(estimate.value - 2.0) < 3.0 * estimate.error
    assert estimate.error < 0.1


def test_the_bias_of_a_run_shorter_than_its_memory_is_not_divided_out():
    """One over 1 - 1/n_eff has a pole at one sample: a Lennard-Jones run had many times its variance by it."""
    random = np.random.default_rng(4)
    estimates = [
        (series, variance_estimate(series, "")) for series in (correlated(random, 400, 80.0) for _ in range(200))
    ]
    unknown = [(series, found) for series, found in estimates if math.isnan(found.error)]
    assert len(unknown) > 20
    assert all(found.value == pytest.approx(series.var()) for series, found in unknown)
    assert all(found.value < 1.3 * series.var() for series, found in estimates)


def test_short_and_constant_series():
    assert math.isnan(variance_estimate(np.linspace(0.0, 1.0, 200), "").error)
    assert variance_estimate(np.full(20, 4.0), "").value == 0.0
    with pytest.raises(InputError, match="one length"):
        covariance_estimate(np.ones(10), np.ones(11), "")
