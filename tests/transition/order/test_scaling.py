import math

import numpy as np
import pytest

from llpt.observables.distribution import cumulant
from llpt.statistics import Estimate
from llpt.transition.order import Order, binder_evidence, size_shift_evidence, susceptibility_evidence

SIZES = (256, 512, 1024, 2048)


def peaks(exponent, error=0.05):
    return {size: Estimate(1e-3 * size**exponent, error * 1e-3 * size**exponent, "", 50.0) for size in SIZES}


@pytest.mark.parametrize(
    ("exponent", "order"),
    [(1.0, Order.FIRST_ORDER), (0.0, Order.CROSSOVER), (0.65, Order.NOT_RESOLVED)],
)
def test_susceptibility_growth(exponent, order):
    evidence = susceptibility_evidence(peaks(exponent), jump=0.03)
    assert evidence.number.value == pytest.approx(exponent, abs=1e-9)
    assert evidence.order is order


def test_noisy_or_single_size_decides_nothing():
    assert susceptibility_evidence(peaks(1.0, error=0.45), jump=0.03).order is Order.NOT_RESOLVED
    assert susceptibility_evidence({512: Estimate(1.0, 0.1, "", 20.0)}, jump=0.03).order is Order.NOT_RESOLVED


def test_cumulant_of_known_distributions():
    random = np.random.default_rng(1)
    assert cumulant(random.normal(size=400_000)) == pytest.approx(0.0, abs=0.01)
    assert cumulant(random.choice([-1.0, 1.0], size=10_000)) == pytest.approx(2.0 / 3.0, abs=1e-3)
    assert cumulant(random.uniform(-1.0, 1.0, size=400_000)) == pytest.approx(0.4, abs=0.01)
    assert cumulant(np.ones(5)) == 0.0


def test_binder_evidence():
    two_states = {256: Estimate(0.6, 0.02, "", 50.0), 1024: Estimate(0.64, 0.02, "", 50.0)}
    assert binder_evidence(two_states, separation=6.0).order is Order.FIRST_ORDER
    assert binder_evidence({1024: Estimate(0.02, 0.05, "", 50.0)}, separation=6.0).order is Order.CROSSOVER
    assert binder_evidence({1024: Estimate(0.4, 0.1, "", 50.0)}, separation=6.0).order is Order.NOT_RESOLVED
    assert binder_evidence({}, separation=6.0).order is Order.NOT_RESOLVED


def test_a_jump_too_small_to_show_is_not_called_a_crossover():
    """Two phases 1 % apart in 256 and 512 atoms: chi_0 of one phase hides most of N d^2/4."""
    growing = {size: Estimate(0.0144 + size * 0.01**2 / 4.0, 0.001, "", 50.0) for size in (256, 512)}
    assert susceptibility_evidence(growing, jump=0.01).order is Order.NOT_RESOLVED
    assert susceptibility_evidence(peaks(0.0), jump=0.0).order is Order.NOT_RESOLVED
    evidence = binder_evidence({512: Estimate(0.02, 0.05, "", 50.0)}, separation=1.9)
    assert evidence.order is Order.NOT_RESOLVED
    assert "1.9 spreads" in evidence.reason


def test_shift_with_size_is_fitted_and_decides_nothing():
    temperatures = {size: Estimate(900.0 + 20_000.0 / size, 2.0, "K", 40.0) for size in SIZES}
    evidence = size_shift_evidence(temperatures)
    assert evidence.number.value == pytest.approx(20_000.0, rel=1e-6)
    assert evidence.number.error > 0.0
    assert evidence.order is Order.NOT_RESOLVED
    assert size_shift_evidence({512: temperatures[512]}).order is Order.NOT_RESOLVED


@pytest.mark.parametrize(("degrees", "order"), [(math.inf, Order.FIRST_ORDER), (3.0, Order.NOT_RESOLVED)])
def test_an_error_known_from_few_samples_proves_less(degrees, order):
    """2.5 errors of 68 %: beyond the 98 % of a normal distribution, within those of Student's of three degrees."""
    assert binder_evidence({512: Estimate(0.55, 0.02, "", 40.0, degrees)}, separation=10.0).order is order
