import math

import numpy as np
import pytest
from scipy import signal

from llpt.errors import InputError
from llpt.statistics import block_errors, bootstrap, mean_estimate


def correlated(random, length, decay):
    return signal.lfilter([1.0], [1.0, -np.exp(-1.0 / decay)], random.normal(size=length + 1000))[1000:]


def test_block_errors_level_off_at_the_true_error():
    decay, length = 10.0, 100_000
    series = correlated(np.random.default_rng(1), length, decay)
    exact = 1.0 / (1.0 - np.exp(-1.0 / decay)) / math.sqrt(length)
    blocks = block_errors(series)
    assert blocks.errors[0] < 0.3 * exact
    assert blocks.plateau == pytest.approx(exact, rel=0.15)


def test_block_errors_of_a_drifting_series_have_no_plateau():
    assert math.isnan(block_errors(np.linspace(0.0, 1.0, 4096)).plateau)


def test_bootstrap_agrees_with_the_error_of_the_mean():
    series = correlated(np.random.default_rng(2), 20_000, 20.0)
    direct = mean_estimate(series, "K")
    resampled = bootstrap(series, lambda rows: float(rows.mean()), unit="K", seed=3)
    assert resampled.value == pytest.approx(direct.value)
    assert resampled.error == pytest.approx(direct.error, rel=0.25)


def test_bootstrap_of_a_ratio_of_two_columns():
    random = np.random.default_rng(4)
    denominator = 2.0 + 0.1 * random.normal(size=4000)
    columns = np.stack([3.0 * denominator + 0.05 * random.normal(size=4000), denominator], axis=1)
    ratio = bootstrap(columns, lambda rows: float(rows[:, 0].mean() / rows[:, 1].mean()), unit="", seed=5)
    assert abs(ratio.value - 3.0) < 3.0 * ratio.error
    assert ratio.error == pytest.approx(0.05 / 2.0 / math.sqrt(4000), rel=0.3)


def test_too_short_a_series_is_said_so():
    assert math.isnan(bootstrap(np.linspace(0.0, 1.0, 50), lambda rows: float(rows.mean()), unit="", seed=1).error)
    with pytest.raises(InputError, match="at least 4 samples"):
        block_errors([1.0, 2.0])
