import math

import numpy as np
import pytest

from llpt import units
from llpt.errors import InputError
from llpt.transition.order import (
    EvidenceKind,
    Order,
    Reweighting,
    SampledState,
    distribution_at_transition,
    histogram_evidence,
)

KB = units.BOLTZMANN_EV_PER_K
GPA = units.GPA_TO_EV_PER_ANGSTROM3


def ideal_gas(random, temperature, pressure, *, atoms=30, samples=1500):
    """V of an ideal gas is gamma distributed with N + 1; its energy is zero."""
    volume = random.gamma(atoms + 1, KB * temperature / (pressure * GPA), size=samples)
    return SampledState(atoms, atoms * 1.008, temperature, pressure, volume, np.zeros(samples), np.zeros(samples))


def test_ideal_gas_at_a_temperature_between_two_runs():
    random = np.random.default_rng(1)
    runs = Reweighting(
        [ideal_gas(random, 900.0, 5.0), ideal_gas(random, 1100.0, 5.0)], hamiltonian_follows_temperature=False
    )
    for temperature, pressure in ((1000.0, 5.0), (1000.0, 5.3), (900.0, 5.0)):
        found = runs.density(temperature, pressure)
        exact = 30 * 1.008 * units.U_PER_ANGSTROM3_TO_G_PER_CM3 / (31 * KB * temperature / (pressure * GPA))
        assert abs(found.value - exact) < 3.0 * found.error
        assert found.error < 0.02 * exact
    assert runs.least_overlap() > 0.1
    assert 500.0 < runs.effective_samples(1000.0, 5.0) <= 3000.0


def electronic(random, temperature, *, atoms=30, samples=3000, gamma=0.0):
    """A configuration with energy a > 0, gamma distributed, and electronic heat: F = a - g T^2/2, E = a + g T^2/2.

    The coefficient g is itself proportional to a, so that the sampled distribution of a depends on T_el:
    F = a (1 - c T^2 / 2), gamma distributed with scale kT / (1 - c T^2 / 2).
    """
    factor = 1.0 - 0.5 * gamma * temperature**2
    base = random.gamma(3.0 * atoms, KB * temperature / factor, size=samples)
    free = base * factor
    internal = base * (1.0 + 0.5 * gamma * temperature**2)
    volume = np.full(samples, 50.0) + random.normal(scale=0.1, size=samples)
    return SampledState(atoms, atoms * 1.008, temperature, 0.0, volume, internal, free), base


def test_the_electronic_temperature_changes_the_hamiltonian():
    """Reweighting 980 and 1020 K to 1000 K: exact <E> = 3N kT (1 + c T^2/2)/(1 - c T^2/2)."""
    gamma, atoms = 4e-8, 30
    random = np.random.default_rng(2)
    states = [electronic(random, temperature, gamma=gamma)[0] for temperature in (980.0, 1020.0)]
    runs = Reweighting(states, hamiltonian_follows_temperature=True)
    wrong = Reweighting(states, hamiltonian_follows_temperature=False)
    base = 3.0 * KB * 1000.0 / (1.0 - 0.5 * gamma * 1e6)
    weights = runs.weights(1000.0, 0.0)
    own = np.concatenate([state.free_energy_ev for state in runs.states]) / atoms
    temperatures = np.repeat([980.0, 1020.0], [len(state.volume_angstrom3) for state in runs.states])
    sampled = own / (1.0 - 0.5 * gamma * temperatures**2)
    assert weights @ sampled == pytest.approx(base, rel=0.004)
    assert abs(weights @ sampled - base) < abs(wrong.weights(1000.0, 0.0) @ sampled - base) + 0.002 * base


def two_phases(random, temperature, *, atoms, barrier=True, samples=4000):
    """Two states of Gaussian volume that change places at 1000 K, or one state that moves smoothly."""
    latent, place = 0.06, 1000.0
    tilt = atoms * latent * (1.0 / (KB * temperature) - 1.0 / (KB * place))
    if barrier:
        upper = random.uniform(size=samples) < 1.0 / (1.0 + math.exp(tilt))
        energy = np.where(upper, latent * atoms, 0.0)
    else:
        share = 1.0 / (1.0 + math.exp(tilt / atoms * 20.0))
        groups = atoms // 20
        upper = random.binomial(groups, share, size=samples) / groups
        energy = upper * latent * groups * 20
    spread = 0.012 * math.sqrt(64.0 / atoms)
    volume = atoms * 1.7 * (1.0 - 0.05 * upper + spread * random.normal(size=samples))
    return SampledState(atoms, atoms * 1.008, temperature, 0.0, volume, energy, energy)


@pytest.mark.parametrize(
    ("barrier", "most", "order"),
    [
        (True, 128, Order.FIRST_ORDER),
        (True, 256, Order.FIRST_ORDER),
        # One peak in 128 atoms proves nothing: a jump as high as the whole change would be 3.5 spreads of one state.
        (False, 128, Order.NOT_RESOLVED),
        (False, 256, Order.CROSSOVER),
    ],
)
@pytest.mark.parametrize("kind", [EvidenceKind.HISTOGRAM, EvidenceKind.MIXED_FIELD])
def test_two_states_and_one(barrier, most, order, kind):
    random = np.random.default_rng(3)
    found = {}
    jump = 0.05 * 1.008 * units.U_PER_ANGSTROM3_TO_G_PER_CM3 / 1.7
    for atoms in (64, most):
        states = [two_phases(random, t, atoms=atoms, barrier=barrier) for t in (980.0, 990.0, 1000.0, 1010.0, 1020.0)]
        runs = Reweighting(states, hamiltonian_follows_temperature=False)
        found[atoms] = distribution_at_transition(
            runs, pressure_gpa=0.0, jump_g_per_cm3=jump, mixed=kind is EvidenceKind.MIXED_FIELD
        )
    evidence = histogram_evidence(found, kind)
    assert evidence.order is order, evidence.reason
    assert ("more atoms" in evidence.reason) == (order is Order.NOT_RESOLVED)
    if barrier:
        assert found[most].temperature_k == pytest.approx(1000.0, abs=5.0)
        assert found[most].barrier.value > found[64].barrier.value > 0.0
    integral = np.trapezoid(found[most].probability, found[most].values)
    assert integral == pytest.approx(1.0, abs=0.01)


def test_runs_that_share_nothing_decide_nothing():
    random = np.random.default_rng(4)
    states = [two_phases(random, t, atoms=2048) for t in (900.0, 1100.0)]
    runs = Reweighting(states, hamiltonian_follows_temperature=False)
    evidence = histogram_evidence({2048: distribution_at_transition(runs, pressure_gpa=0.0)}, EvidenceKind.HISTOGRAM)
    assert evidence.order is Order.NOT_RESOLVED
    assert "share no configurations" in evidence.reason


def test_one_run_cannot_be_joined():
    with pytest.raises(InputError, match="two or more"):
        Reweighting([ideal_gas(np.random.default_rng(5), 900.0, 5.0)], hamiltonian_follows_temperature=True)
