import numpy as np
import pytest
from scipy import signal

from llpt.statistics import detect_equilibration, drifts, is_stationary


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


def test_a_relaxation_within_the_run_is_seen_more_often_than_noise_is_taken_for_one():
    """Two standard deviations off at the start, gone after a third of a run of 100 independent samples."""
    memory = np.exp(-0.1)
    place = np.linspace(0.0, 1.0, 2000)
    noise = [
        signal.lfilter([1.0], [1.0, -memory], np.random.default_rng(seed).normal(size=4000))[2000:]
        * np.sqrt(1.0 - memory**2)
        for seed in range(100)
    ]
    assert sum(drifts(each) for each in noise) <= 6
    # 86, 88 and 90 of three sets of a hundred, with 2, 5 and 1 false alarms.
    assert sum(drifts(each + 2.0 * np.exp(-3.0 * place)) for each in noise) >= 80
    assert not drifts(np.ones(20))


def test_a_series_too_short_to_know_its_mean_is_not_called_stationary():
    assert not is_stationary(np.arange(2.0))
    assert not is_stationary(np.array([0.1, -0.2, 0.3, 0.0, -0.1, 0.2]))
