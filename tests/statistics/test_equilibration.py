import numpy as np
import pytest
from scipy import signal

from llpt.statistics import detect_equilibration, is_stationary


def test_relaxation_is_cut_off():
    random = np.random.default_rng(1)
    noise = signal.lfilter([1.0], [1.0, -0.9], random.normal(size=5000)) * 0.1
    series = noise + 5.0 * np.exp(-np.arange(5000) / 150.0)
    start = detect_equilibration(series)
    assert 300 <= start <= 1500


def test_equilibrated_series_keeps_most_of_itself():
    random = np.random.default_rng(2)
    starts = [detect_equilibration(random.normal(size=2000)) for _ in range(20)]
    assert np.median(starts) < 400


@pytest.mark.parametrize("series", [np.full(100, 2.0), np.arange(5.0)])
def test_series_with_nothing_to_detect(series):
    assert detect_equilibration(series) == 0


def correlated(seed: int, size: int = 4000) -> np.ndarray:
    return signal.lfilter([1.0], [1.0, -0.9], np.random.default_rng(seed).normal(size=size))


def test_a_correlated_series_without_drift_is_stationary():
    assert sum(is_stationary(correlated(seed)) for seed in range(200)) > 190


def test_a_drift_larger_than_the_noise_is_seen():
    drift = np.linspace(-4.0, 4.0, 4000)
    assert not any(is_stationary(correlated(seed) + drift) for seed in range(20))


def test_a_series_too_short_to_know_its_mean_is_not_called_stationary():
    assert not is_stationary(np.arange(2.0))
    assert not is_stationary(np.array([0.1, -0.2, 0.3, 0.0, -0.1, 0.2]))
