"""Free-energy differences of one phase against Hamiltonians whose difference is known exactly."""

import math

import numpy as np
import pytest

from llpt import units
from llpt.bridge import DifferenceSamples, FreeEnergyMethod, free_energy_difference
from llpt.errors import InputError

TEMPERATURE = 900.0
THERMAL = units.BOLTZMANN_EV_PER_K * TEMPERATURE
ATOMS = 64


def harmonic(ratio: float, count: int, random: np.random.Generator, coupling: float) -> DifferenceSamples:
    """Delta of a crystal of 3N springs whose constant is ``ratio`` in place of 1, sampled exactly at a coupling."""
    spring = 1.0 + coupling * (ratio - 1.0)
    squares = random.chisquare(3 * ATOMS, size=count) * THERMAL / spring
    return DifferenceSamples(0.5 * (ratio - 1.0) * squares, ATOMS, TEMPERATURE, coupling)


def exact(ratio: float) -> float:
    return 1.5 * ATOMS * THERMAL * math.log(ratio)


def correlated(values: np.ndarray, memory: float) -> np.ndarray:
    """Turn independent standard normal numbers into a series with memory and the same variance."""
    series = np.empty_like(values)
    series[0] = values[0]
    for index in range(1, len(values)):
        series[index] = memory * series[index - 1] + math.sqrt(1.0 - memory**2) * values[index]
    return series


def pulls(make, count: int = 200) -> np.ndarray:
    found = []
    for seed in range(count):
        random = np.random.default_rng(seed)
        samples, truth = make(random)
        result = free_energy_difference(samples)
        assert result.value.resolved, result.reason
        found.append((result.value.value - truth) / result.value.error)
    return np.array(found)


def test_near_hamiltonians_by_the_acceptance_ratio() -> None:
    def make(random):
        return [harmonic(1.1, 60, random, coupling) for coupling in (0.0, 1.0)], exact(1.1)

    assert free_energy_difference(make(np.random.default_rng(0))[0]).method is FreeEnergyMethod.ACCEPTANCE_RATIO
    found = pulls(make)
    assert 0.8 < found.std() < 1.25
    assert abs(found.mean()) < 0.35


def test_far_hamiltonians_by_a_chain_of_couplings() -> None:
    def make(random):
        return [harmonic(1.5, 80, random, coupling) for coupling in (0.0, 0.2, 0.45, 0.7, 1.0)], exact(1.5)

    assert free_energy_difference(make(np.random.default_rng(0))[0]).method is FreeEnergyMethod.ACCEPTANCE_RATIO
    found = pulls(make, 100)
    assert 0.75 < found.std() < 1.3


def test_far_hamiltonians_by_the_corrected_midpoint() -> None:
    def make(random):
        return [harmonic(1.6, 200, random, coupling) for coupling in (0.0, 1.0)], exact(1.6)

    result = free_energy_difference(make(np.random.default_rng(1))[0])
    assert result.method is FreeEnergyMethod.MIDPOINT
    found = pulls(make)
    assert (np.abs(found) < 1.0).mean() > 0.93
    assert result.value.error < 0.2 * (result.upper.value - result.lower.value)


def test_the_bracket_holds_and_its_width_is_the_divergence() -> None:
    random = np.random.default_rng(2)
    result = free_energy_difference([harmonic(1.4, 400, random, coupling) for coupling in (0.0, 1.0)])
    assert result.lower.value < exact(1.4) < result.upper.value
    width = (result.upper.value - result.lower.value) / THERMAL / ATOMS
    assert result.jeffreys_per_atom.value == pytest.approx(width)
    truth = 1.5 * (1.4 - 1.0) ** 2 / 1.4  # beta (<Delta>_s - <Delta>_r) of 3N springs, per atom
    assert abs(result.jeffreys_per_atom.value - truth) < 4.0 * result.jeffreys_per_atom.error


def test_correlated_samples_keep_an_honest_error() -> None:
    sigma = 1.2 * THERMAL

    def make(random):
        series = [sigma * correlated(random.standard_normal(1500), 0.9) for _ in range(2)]
        means = (0.3, 0.3 - sigma**2 / THERMAL)
        return [
            DifferenceSamples(mean + each, ATOMS, TEMPERATURE, coupling)
            for mean, each, coupling in zip(means, series, (0.0, 1.0), strict=True)
        ], 0.3 - 0.5 * sigma**2 / THERMAL

    found = pulls(make, 200)
    assert 0.75 < found.std() < 1.35


def test_a_series_that_does_not_hold_is_not_resolved() -> None:
    random = np.random.default_rng(3)
    surrogate = DifferenceSamples(0.1 * THERMAL * random.standard_normal(200), ATOMS, TEMPERATURE, 0.0)
    reference = DifferenceSamples(THERMAL * (-100.0 + random.standard_normal(200)), ATOMS, TEMPERATURE, 1.0)
    result = free_energy_difference([surrogate, reference])
    assert result.method is FreeEnergyMethod.NONE
    assert math.isnan(result.value.error)
    assert result.lower.value < result.value.value < result.upper.value
    assert "Sample Hamiltonians between" in result.reason


def test_one_side_alone_needs_many_samples_that_carry_it() -> None:
    random = np.random.default_rng(4)
    near = free_energy_difference([harmonic(1.05, 300, random, 0.0)])
    assert near.method is FreeEnergyMethod.EXPONENTIAL
    assert abs(near.value.value - exact(1.05)) < 4.0 * near.value.error
    back = free_energy_difference([harmonic(1.05, 300, random, 1.0)])
    assert abs(back.value.value - exact(1.05)) < 4.0 * back.value.error
    far = free_energy_difference([harmonic(1.6, 300, random, 0.0)])
    assert far.method is FreeEnergyMethod.NONE
    assert far.upper.resolved
    assert not far.lower.resolved
    assert "reference's own ensemble" in far.reason


@pytest.mark.parametrize("coupling", [0.0, 1.0])
@pytest.mark.parametrize("count", [16, 24])
def test_the_error_of_two_cumulants_holds(count: int, coupling: float) -> None:
    """Few labels of one side: beyond two errors in some six of a hundred, and 300 tries tell that to two."""
    random = np.random.default_rng(7)
    ratio = 1.0 + 1.5 / math.sqrt(6.0 * ATOMS)  # the spread of beta Delta is 0.75
    results = [free_energy_difference([harmonic(ratio, count, random, coupling)]) for _ in range(300)]
    stated = [each.value for each in results if each.method is FreeEnergyMethod.CUMULANT]
    assert len(stated) > 200
    pulls = np.array([(each.value - exact(ratio)) / each.error for each in stated])
    assert 0.8 < pulls.std() < 1.2
    assert (np.abs(pulls) > 2.0).mean() < 0.1


def test_a_constant_is_carried_through_exactly() -> None:
    random = np.random.default_rng(5)
    samples = [harmonic(1.1, 100, random, coupling) for coupling in (0.0, 1.0)]
    moved = [DifferenceSamples(each.difference_ev + 3.0, ATOMS, TEMPERATURE, each.coupling) for each in samples]
    change = free_energy_difference(moved).value.value - free_energy_difference(samples).value.value
    assert change == pytest.approx(3.0, abs=1e-8)


@pytest.mark.parametrize(
    ("values", "atoms", "temperature", "coupling"),
    [([1.0], 4, 300.0, 0.0), ([1.0, np.nan], 4, 300.0, 0.0), ([1.0, 2.0], 0, 300.0, 0.0), ([1.0, 2.0], 4, 300.0, 1.5)],
)
def test_samples_that_cannot_be_are_refused(values, atoms, temperature, coupling) -> None:
    with pytest.raises(InputError):
        DifferenceSamples(np.array(values), atoms, temperature, coupling)


def test_mixed_sets_are_refused() -> None:
    random = np.random.default_rng(6)
    one = harmonic(1.1, 50, random, 0.0)
    with pytest.raises(InputError, match="same Hamiltonian"):
        free_energy_difference([one, one])
    other = DifferenceSamples(one.difference_ev, ATOMS, 2.0 * TEMPERATURE, 1.0)
    with pytest.raises(InputError, match="one temperature"):
        free_energy_difference([one, other])
    with pytest.raises(InputError):
        free_energy_difference([])
