"""The shift of a transition between two phases whose free energies are known exactly."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from llpt import units
from llpt.bridge import (
    DifferenceSamples,
    free_energy_difference,
    labels_needed,
    shift_of_pressure,
    shift_of_temperature,
)
from llpt.errors import InputError
from llpt.statistics import Estimate

ATOMS = 64
STIFF, SOFT = 1.0, 0.6
GAP_EV_PER_ATOM = 0.06
"""Two harmonic phases: the high one is softer and lies higher; T* = 2 gap / (3 k_B ln(stiff/soft)), about 908 K."""


def free_energy_per_atom(temperature_k: float, level: float, spring: float) -> float:
    """Return G/N up to what the two phases share."""
    return level + 1.5 * units.BOLTZMANN_EV_PER_K * temperature_k * math.log(spring)


def crossing(low: tuple[float, float], high: tuple[float, float]) -> float:
    def gap(temperature: float) -> float:
        return free_energy_per_atom(temperature, *high) - free_energy_per_atom(temperature, *low)

    return brentq(gap, 50.0, 5000.0)


def samples(ratio: float, bias: float, coupling: float, temperature: float, seed: int) -> DifferenceSamples:
    """Delta in a phase whose springs become ``ratio`` times as stiff and whose level rises by ``bias`` eV/atom."""
    random = np.random.default_rng(seed)
    thermal = units.BOLTZMANN_EV_PER_K * temperature
    squares = random.chisquare(3 * ATOMS, size=150) * thermal / (1.0 + coupling * (ratio - 1.0))
    return DifferenceSamples(ATOMS * bias + 0.5 * (ratio - 1.0) * squares, ATOMS, temperature, coupling)


@pytest.mark.parametrize(("ratio", "bias"), [(1.0001, 0.004), (1.05, 0.0), (1.04, -0.006), (1.12, 0.015)])
def test_two_harmonic_phases(ratio: float, bias: float) -> None:
    """The reference's high phase is stiffer by ``ratio`` and higher by ``bias`` than the surrogate's."""
    surrogate = crossing((0.0, STIFF), (GAP_EV_PER_ATOM, SOFT))
    truth = crossing((0.0, STIFF), (GAP_EV_PER_ATOM + bias, SOFT * ratio)) - surrogate
    low = free_energy_difference([samples(1.0001, 0.0, c, surrogate, 10 + int(c)) for c in (0.0, 1.0)])
    high = free_energy_difference([samples(ratio, bias, c, surrogate, 20 + int(c)) for c in (0.0, 1.0)])
    latent = Estimate(GAP_EV_PER_ATOM + bias, 0.0005, "eV/atom", 100.0)
    shift = shift_of_temperature(low, high, latent)
    assert shift.value.resolved
    assert abs(shift.value.value - truth) < 3.0 * shift.value.error
    assert shift.value.error < 5.0 + 1.2 * truth**2 / surrogate
    assert shift.bracket[0] - 10.0 < truth < shift.bracket[1] + 10.0


def test_planted_bias_comes_back_in_kelvin() -> None:
    surrogate = crossing((0.0, STIFF), (GAP_EV_PER_ATOM, SOFT))
    low = free_energy_difference([samples(1.02, 0.0, c, surrogate, 30 + int(c)) for c in (0.0, 1.0)])
    high = free_energy_difference([samples(1.02, 0.005, c, surrogate, 40 + int(c)) for c in (0.0, 1.0)])
    shift = shift_of_temperature(low, high, Estimate(GAP_EV_PER_ATOM + 0.005, 0.0005, "eV/atom", 100.0))
    assert abs(shift.difference_mev_per_atom.value - 5.0) < 3.0 * shift.difference_mev_per_atom.error
    assert abs(shift.value.value - 0.005 / 0.060 * surrogate) < 3.0 * shift.value.error


def test_pressure_goes_the_other_way() -> None:
    low = free_energy_difference([samples(1.02, 0.0, c, 900.0, 50 + int(c)) for c in (0.0, 1.0)])
    high = free_energy_difference([samples(1.02, 0.005, c, 900.0, 60 + int(c)) for c in (0.0, 1.0)])
    denser = shift_of_pressure(low, high, Estimate(-0.05, 0.002, "Å³/atom", 50.0))
    assert denser.value.value > 0.0  # the dense phase was raised, so it takes more pressure to reach it
    expected = 0.005 / 0.05 * units.EV_PER_ANGSTROM3_TO_GPA
    assert abs(denser.value.value - expected) < 3.0 * denser.value.error


def test_an_unknown_latent_heat_or_phase_is_not_resolved() -> None:
    low = free_energy_difference([samples(1.02, 0.0, c, 900.0, 70 + int(c)) for c in (0.0, 1.0)])
    high = free_energy_difference([samples(1.02, 0.0, c, 900.0, 80 + int(c)) for c in (0.0, 1.0)])
    vague = shift_of_temperature(low, high, Estimate(0.02, 0.01, "eV/atom", 20.0))
    assert not vague.value.resolved
    assert "Delta H" in vague.reason
    alone = free_energy_difference([samples(1.6, 0.0, 0.0, 900.0, 90)])
    half = shift_of_temperature(low, alone, Estimate(0.04, 0.001, "eV/atom", 20.0))
    assert not half.value.resolved
    assert "ensemble" in half.reason


def test_phases_of_different_cells_are_refused() -> None:
    low = free_energy_difference([samples(1.02, 0.0, c, 900.0, 100 + int(c)) for c in (0.0, 1.0)])
    high = free_energy_difference([samples(1.02, 0.0, c, 950.0, 110 + int(c)) for c in (0.0, 1.0)])
    with pytest.raises(InputError, match="one size and temperature"):
        shift_of_temperature(low, high, Estimate(0.04, 0.001, "eV/atom", 20.0))


def test_the_number_of_labels_keeps_its_promise() -> None:
    """With as many labels as asked for, T* scatters by the target."""
    spread, latent, temperature, target = 0.3, 0.05, 900.0, 25.0
    count = labels_needed(spread, atoms=ATOMS, temperature_k=temperature, enthalpy_ev_per_atom=latent, target_k=target)
    random = np.random.default_rng(0)
    ends = random.normal(0.0, spread, size=(4000, 2, 2, count)).mean(axis=-1)
    difference = 0.5 * ends.sum(axis=-1)
    shifts = temperature * (difference[:, 1] - difference[:, 0]) / (ATOMS * latent)
    assert shifts.std() == pytest.approx(target, rel=0.1)
    with pytest.raises(InputError):
        labels_needed(spread, atoms=ATOMS, temperature_k=temperature, enthalpy_ev_per_atom=0.0)
