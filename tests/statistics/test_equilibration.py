import numpy as np
import pytest
from scipy import signal

from llpt.statistics import detect_equilibration


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
