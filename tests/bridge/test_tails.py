"""The tails of free-energy differences from few independent samples, of known truth: degrees of freedom, not 68 %."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from llpt import units
from llpt.bridge import (
    DifferenceSamples,
    FreeEnergyMethod,
    PhaseDifference,
    carried_average,
    free_energy_difference,
    shift_of_temperature,
)
from llpt.statistics import Estimate

TEMPERATURE = 900.0
BETA = 1.0 / (units.BOLTZMANN_EV_PER_K * TEMPERATURE)
ATOMS = 64
FAR = float(norm.cdf(3.09))
"""One-sided; two of a thousand normal numbers lie beyond it on either side."""


def gaussian(random: np.random.Generator, coupling: float, *, count: int, memory: float, spread: float):
    """Delta of two Hamiltonians of one free energy, Gaussian, with memory; ``spread`` is that of beta Delta."""
    series = random.normal(size=count)
    for index in range(1, count):
        series[index] = memory * series[index - 1] + math.sqrt(1.0 - memory**2) * series[index]
    values = ((0.5 - coupling) * spread**2 + spread * series) / BETA
    return DifferenceSamples(values, ATOMS, TEMPERATURE, coupling)


def difference(seed: int, couplings: tuple[float, ...], **series: float) -> PhaseDifference:
    random = np.random.default_rng(seed)
    return free_energy_difference([gaussian(random, coupling, **series) for coupling in couplings])


def beyond(estimates: list[Estimate], confidence: float) -> float:
    return float(np.mean([abs(each.value) > each.half_width(confidence) for each in estimates]))


BOTH, ONE = (0.0, 1.0), (0.0,)


@pytest.mark.parametrize(
    ("couplings", "count", "memory", "spread", "method"),
    [
        (BOTH, 8, 0.0, 0.5, FreeEnergyMethod.ACCEPTANCE_RATIO),
        (BOTH, 50, 0.7, 1.0, FreeEnergyMethod.ACCEPTANCE_RATIO),
        (BOTH, 50, 0.7, 2.0, FreeEnergyMethod.MIDPOINT),
        (ONE, 12, 0.0, 0.9, FreeEnergyMethod.CUMULANT),
        (ONE, 50, 0.7, 0.3, FreeEnergyMethod.CUMULANT),
    ],
    ids=["ratio", "ratio, memory", "midpoint, memory", "cumulants", "cumulants, memory"],
)
def test_five_to_twelve_independent_samples(couplings, count, memory, spread, method) -> None:
    """By normal quantiles up to 5 % lie beyond 3.09 errors in place of 0.2, and up to 15 % beyond 95 %."""
    found = [difference(seed, couplings, count=count, memory=memory, spread=spread) for seed in range(700)]
    assert all(each.value.resolved for each in found if each.method is not FreeEnergyMethod.NONE)
    stated = [each.value for each in found if each.method is method and each.value.effective_samples < 14.0]
    assert len(stated) > 150
    assert all(1.0 < each.degrees_of_freedom < 40.0 for each in stated)
    assert beyond(stated, FAR) <= 0.02
    assert beyond(stated, 0.975) <= 0.10


def test_a_shift_is_known_as_badly_as_its_parts() -> None:
    """Two phases of few samples: the quantiles of the shift in kelvin are Student's, not the normal ones."""
    latent = Estimate(0.05, 0.0, "eV", math.inf)
    shifts = []
    for seed in range(500):
        low, high = (difference(2 * seed + n, BOTH, count=50, memory=0.7, spread=0.5) for n in (0, 1))
        shifts.append(shift_of_temperature(low, high, latent).value)
    known = [each for each in shifts if each.resolved]
    assert len(known) > 100
    assert max(each.degrees_of_freedom for each in known) < 40.0
    assert beyond(known, FAR) <= 0.02
    assert beyond(known, 0.975) <= 0.08


def test_a_carried_average_of_few_samples_knows_how_few() -> None:
    """First order: A = x, Delta's own deviation, whose mean moves by -beta Var."""
    found = []
    for seed in range(700):
        samples = gaussian(np.random.default_rng(seed), 0.0, count=30, memory=0.5, spread=0.3)
        carried = carried_average(samples.difference_ev, samples, "eV").value
        if carried.resolved:
            truth = -0.5 * 0.3**2 / BETA
            found.append(Estimate(carried.value - truth, carried.error, "eV", 1.0, carried.degrees_of_freedom))
    assert len(found) > 200
    assert max(each.degrees_of_freedom for each in found) < 30.0
    assert beyond(found, FAR) <= 0.02
