import numpy as np
import pytest

from llpt.errors import InputError
from llpt.statistics import autocorrelation_function, integrated_autocorrelation_time, statistical_inefficiency


def first_order(random, length, phi):
    noise = random.normal(size=length)
    series = np.empty(length)
    series[0] = noise[0] / np.sqrt(1.0 - phi**2)
    for index in range(1, length):
        series[index] = phi * series[index - 1] + noise[index]
    return series


def test_autocorrelation_time_of_a_first_order_process():
    phi = 0.9
    exact = 0.5 * (1.0 + phi) / (1.0 - phi)
    random = np.random.default_rng(3)
    found = [integrated_autocorrelation_time(first_order(random, 20_000, phi)) for _ in range(20)]
    assert np.mean([estimate.value for estimate in found]) == pytest.approx(exact, rel=0.1)
    within = [abs(estimate.value - exact) < 2.0 * estimate.error for estimate in found]
    assert sum(within) >= 16


def test_autocorrelation_function_is_exponential():
    series = first_order(np.random.default_rng(4), 100_000, 0.8)
    rho = autocorrelation_function(series, maximum_lag=8)
    assert rho[0] == 1.0
    np.testing.assert_allclose(rho, 0.8 ** np.arange(9), atol=0.03)


def test_white_noise_is_independent():
    assert statistical_inefficiency(np.random.default_rng(5).normal(size=5000)) == pytest.approx(1.0, abs=0.5)


def test_anticorrelated_samples_are_worth_more_than_independent_ones():
    assert statistical_inefficiency(first_order(np.random.default_rng(6), 5000, -0.6)) < 0.6


def test_constant_series():
    assert statistical_inefficiency(np.full(100, 0.1)) == 1.0
    np.testing.assert_array_equal(autocorrelation_function(np.full(10, 3.3)), np.ones(10))


@pytest.mark.parametrize("bad", [[], [[1.0, 2.0]], [1.0, np.nan, 2.0]])
def test_bad_series_is_refused(bad):
    with pytest.raises(InputError):
        autocorrelation_function(bad)
