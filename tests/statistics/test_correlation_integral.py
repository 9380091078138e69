import math

import numpy as np
import pytest
from scipy.signal import lfilter

from llpt.errors import InputError
from llpt.statistics import autocorrelation_integral


def decaying(random, steps, time, variance=1.0):
    """Five series with <x(0) x(t)> = variance exp(-t / time), and the integral of the samples' trapezium rule."""
    factor = math.exp(-1.0 / time)
    warm_up = int(10 * time)
    kicks = random.normal(size=(5, steps + warm_up)) * math.sqrt(variance * (1.0 - factor**2))
    return lfilter([1.0], [1.0, -factor], kicks, axis=1)[:, warm_up:], variance * 0.5 * (1.0 + factor) / (1.0 - factor)


def fast_and_slow(random, steps):
    (fast, first), (slow, second) = decaying(random, steps, 5.0), decaying(random, steps, 60.0, 0.15)
    return fast + slow, first + second


def swinging(random, steps, time=20.0, period=40.0):
    """Five series whose correlation is a damped oscillation, and its integral."""
    damping, angle = math.exp(-1.0 / time), 2.0 * math.pi / period
    filter_ = [1.0, -2.0 * damping * math.cos(angle), damping**2]
    kicks = random.normal(size=(5, steps + 400))
    return lfilter([1.0], filter_, kicks, axis=1)[:, 400:], 0.5 / sum(filter_) ** 2


FAMILIES = {
    "short": lambda random: decaying(random, 8000, 5.0),
    "middle": lambda random: decaying(random, 3000, 10.0),
    "long": lambda random: decaying(random, 30_000, 80.0),
    "fast and slow": lambda random: fast_and_slow(random, 8000),
    "swinging": lambda random: swinging(random, 8000),
}


def test_the_interval_holds_the_truth_in_two_cases_of_three():
    hits: dict[str, float] = {}
    for number, (name, draw) in enumerate(FAMILIES.items()):
        random = np.random.default_rng(number)
        pulls, ratios = [], []
        for _ in range(150):
            series, truth = draw(random)
            found = autocorrelation_integral(series, 1.0, "")
            if found.resolved:
                pulls.append((found.value - truth) / found.error)
                ratios.append(found.value / truth)
        assert len(pulls) > 130, name
        assert abs(np.mean(ratios) - 1.0) < 0.04, name
        hits[name] = float(np.mean(np.abs(pulls) < 1.0))
    # 750 series: the share of the pool is known to 0.017, that of a family to 0.038.
    assert 0.63 < np.mean(list(hits.values())) < 0.74, hits
    assert all(0.57 < share < 0.80 for share in hits.values()), hits


def test_units_of_time_and_number_of_samples():
    series, truth = decaying(np.random.default_rng(2), 20_000, 10.0)
    found = autocorrelation_integral(series, 0.25, "Pa^2 s")
    assert found.value == pytest.approx(0.25 * truth, rel=0.2)
    assert found.unit == "Pa^2 s"
    assert found.effective_samples == pytest.approx(5 * 20_000 / 20.0, rel=0.25)


def test_a_run_shorter_than_its_memory_has_no_error():
    series, _ = decaying(np.random.default_rng(3), 600, 200.0)
    assert math.isnan(autocorrelation_integral(series, 1.0, "").error)


def test_few_or_missing_samples_are_refused():
    with pytest.raises(InputError, match="80 finite samples"):
        autocorrelation_integral(np.zeros((5, 40)), 1.0, "")
    with pytest.raises(InputError, match="finite"):
        autocorrelation_integral(np.full((5, 400), np.nan), 1.0, "")
    assert autocorrelation_integral(np.zeros((5, 400)), 1.0, "").value == 0.0
