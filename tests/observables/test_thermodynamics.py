import math

import numpy as np
import pytest
from scipy import signal

from llpt import units
from llpt.errors import InputError
from llpt.observables import (
    density,
    electronic_heat_capacity,
    enthalpy,
    heat_capacity_constant_pressure,
    heat_capacity_constant_volume,
    isothermal_compressibility,
    thermal_expansion,
    thermodynamic_series,
    total_heat_capacity,
)
from llpt.observables.thermodynamics import electronic_entropy_term, enthalpy_from_free_energy

KB = units.BOLTZMANN_EV_PER_K
ATOMS = 50
TEMPERATURE = 1000.0


def series_of(make_trajectory, applied_gpa, steps=20_000, **columns):
    trajectory = make_trajectory(np.zeros((1, ATOMS, 3)), 5.0)
    trajectory.columns = {"volume_angstrom3": np.full(steps, 125.0)} | {
        name: np.zeros(steps)
        for name in (
            "internal_energy_ev",
            "free_energy_ev",
            "entropy_ev_per_k",
            "kinetic_energy_ev",
            "temperature_k",
            "pressure_gpa",
            "pressure_uncorrected_gpa",
            "conserved_ev",
        )
    }
    trajectory.columns |= columns
    return thermodynamic_series(trajectory, discard_steps=100, pressure_gpa=applied_gpa)


def gamma(random, shape, scale, steps=20_000):
    return random.gamma(shape, scale, size=steps)


def test_ideal_gas_at_constant_pressure(make_trajectory):
    """Exact: V is gamma distributed with N + 1, E_kin with 3N/2 degrees of freedom over 2."""
    random = np.random.default_rng(1)
    pressure = 5.0
    pressure_ev = pressure * units.GPA_TO_EV_PER_ANGSTROM3
    volume = gamma(random, ATOMS + 1, KB * TEMPERATURE / pressure_ev)
    kinetic = gamma(random, 1.5 * ATOMS, KB * TEMPERATURE)
    series = series_of(make_trajectory, pressure, volume_angstrom3=volume, kinetic_energy_ev=kinetic)

    def agrees(estimate, exact):
        assert estimate.error < 0.1 * abs(exact)
        assert abs(estimate.value - exact) < 3.0 * estimate.error

    agrees(enthalpy(series), KB * TEMPERATURE * (1.5 + (ATOMS + 1) / ATOMS))
    agrees(heat_capacity_constant_pressure(series, TEMPERATURE), 1.5 + (ATOMS + 1) / ATOMS)
    agrees(thermal_expansion(series, TEMPERATURE), 1.0 / TEMPERATURE)
    agrees(isothermal_compressibility(series, TEMPERATURE), 1.0 / pressure)
    mean_volume = (ATOMS + 1) * KB * TEMPERATURE / pressure_ev
    agrees(density(series), ATOMS * 1.008 * units.U_PER_ANGSTROM3_TO_G_PER_CM3 / mean_volume)


def test_harmonic_crystal_at_constant_volume(make_trajectory):
    """Exact: kinetic and potential energy are gamma distributed; C_V = 3 k_B per atom."""
    random = np.random.default_rng(2)
    kinetic = gamma(random, 1.5 * ATOMS, KB * TEMPERATURE)
    potential = gamma(random, 1.5 * ATOMS, KB * TEMPERATURE)
    series = series_of(
        make_trajectory, None, kinetic_energy_ev=kinetic, internal_energy_ev=potential, free_energy_ev=potential
    )
    assert series.constant_volume
    heat_capacity = heat_capacity_constant_volume(series, TEMPERATURE)
    assert abs(heat_capacity.value - 3.0) < 3.0 * heat_capacity.error
    assert heat_capacity.error < 0.1
    assert heat_capacity.unit == "k_B/atom"


def test_enthalpy_is_built_from_the_internal_energy(make_trajectory):
    steps = 20_000
    random = np.random.default_rng(3)
    internal = -1000.0 + random.normal(size=steps)
    entropy_term = 0.004 * ATOMS
    series = series_of(
        make_trajectory,
        200.0,
        internal_energy_ev=internal,
        free_energy_ev=internal - entropy_term,
        entropy_ev_per_k=np.full(steps, entropy_term / TEMPERATURE),
    )
    difference = enthalpy(series).value - enthalpy_from_free_energy(series).value
    assert difference == pytest.approx(0.004)
    assert electronic_entropy_term(series).value == pytest.approx(0.004)
    work = 200.0 * units.GPA_TO_EV_PER_ANGSTROM3 * 125.0 / ATOMS
    assert enthalpy(series).value == pytest.approx(-20.0 + work, abs=1e-3)
    assert electronic_heat_capacity(series, TEMPERATURE).value == pytest.approx(0.004 / KB / TEMPERATURE)


def test_at_constant_volume_the_sampled_pressure_enters(make_trajectory):
    pressure = 150.0 + np.random.default_rng(4).normal(size=20_000)
    series = series_of(make_trajectory, None, pressure_gpa=pressure)
    assert series.applied_pressure_gpa == pytest.approx(150.0, abs=0.1)


def test_a_run_that_ends_before_the_discarded_steps_is_refused(make_trajectory):
    trajectory = make_trajectory(np.zeros((5, 2, 3)), 5.0)
    with pytest.raises(InputError, match="ends at step 4"):
        thermodynamic_series(trajectory, discard_steps=10, pressure_gpa=1.0)


def test_at_constant_volume_the_enthalpy_has_the_error_of_the_pressure(make_trajectory):
    """Runs of one state: H scatters as its error says, which is that of <P> V and hardly of E."""
    values, errors = [], []
    for seed in range(40):
        pressure = 150.0 + signal.lfilter([1.0], [1.0, -0.9], np.random.default_rng(seed).normal(size=20_000))
        found = enthalpy(series_of(make_trajectory, None, pressure_gpa=pressure))
        values.append(found.value)
        errors.append(found.error)
    assert np.std(values) == pytest.approx(np.nanmean(errors), rel=0.35)


def test_a_run_that_relaxes_has_densities_without_an_error(make_trajectory):
    place = np.linspace(0.0, 1.0, 20_000)
    noise = signal.lfilter([1.0], [1.0, -0.99], np.random.default_rng(1).normal(size=20_000))
    volume = 125.0 + 0.1 * noise
    assert density(series_of(make_trajectory, 200.0, volume_angstrom3=volume)).resolved
    relaxing = density(series_of(make_trajectory, 200.0, volume_angstrom3=volume + 2.0 * np.exp(-3.0 * place)))
    assert math.isnan(relaxing.error)
    assert math.isfinite(relaxing.value)


def test_a_drifting_run_has_no_error(make_trajectory):
    series = series_of(make_trajectory, 200.0, volume_angstrom3=np.linspace(120.0, 130.0, 20_000))
    assert math.isnan(density(series).error)


def with_electrons(make_trajectory, electronic_k, *, correlated, steps=20_000):
    """E of a crystal whose electronic entropy is 0.3 k_B per atom on average and may rise with (E - <E>)²."""
    random = np.random.default_rng(8)
    kinetic, potential = gamma(random, 1.5 * ATOMS, KB * TEMPERATURE), gamma(random, 1.5 * ATOMS, KB * TEMPERATURE)
    whole = kinetic + potential
    square = (whole - whole.mean()) ** 2 / (KB * TEMPERATURE) ** 2 / ATOMS
    entropy = KB * ATOMS * (0.3 + (0.1 * (square - square.mean()) if correlated else 0.03 * random.normal(size=steps)))
    columns = {"kinetic_energy_ev": kinetic, "internal_energy_ev": potential, "entropy_ev_per_k": entropy}
    return series_of(make_trajectory, None, **columns, free_energy_ev=potential - electronic_k * entropy)


@pytest.mark.parametrize("correlated", [False, True])
def test_total_heat_capacity_is_the_sum_with_the_error_of_the_sum(make_trajectory, correlated):
    series = with_electrons(make_trajectory, TEMPERATURE, correlated=correlated)
    ions, electrons = (
        heat_capacity_constant_volume(series, TEMPERATURE),
        electronic_heat_capacity(series, TEMPERATURE),
    )
    total = total_heat_capacity(series, TEMPERATURE)
    assert series.electronic_temperature_k == pytest.approx(TEMPERATURE)
    assert electrons.value == pytest.approx(0.3, abs=0.01)
    assert total.value == pytest.approx(ions.value + electrons.value, rel=1e-9)
    assert abs(total.value - 3.3) < 3.0 * total.error
    assert total.unit == "k_B/atom"
    if correlated:  # what makes the one large makes the other large: 1 + 0.1 times the error of the one
        assert total.error == pytest.approx(1.1 * ions.error, rel=0.02)
        assert total.error > 1.05 * math.hypot(ions.error, electrons.error)
    else:
        assert total.error == pytest.approx(math.hypot(ions.error, electrons.error), rel=0.05)


def test_electrons_held_at_another_temperature_have_no_part_in_it(make_trajectory):
    series = with_electrons(make_trajectory, 3000.0, correlated=False)
    assert series.electronic_temperature_k == pytest.approx(3000.0)
    assert electronic_heat_capacity(series, TEMPERATURE).value == 0.0
    ions = heat_capacity_constant_volume(series, TEMPERATURE)
    assert total_heat_capacity(series, TEMPERATURE).value == pytest.approx(ions.value)


def test_without_an_entropy_the_total_is_that_of_the_fluctuations_and_without_energies_unknown(make_trajectory):
    volume = gamma(np.random.default_rng(1), ATOMS + 1, 1.0)
    series = series_of(make_trajectory, 5.0, volume_angstrom3=volume)
    ions = heat_capacity_constant_pressure(series, TEMPERATURE)
    assert math.isnan(series.electronic_temperature_k)
    assert total_heat_capacity(series, TEMPERATURE).value == pytest.approx(ions.value)
    unknown = series_of(make_trajectory, 5.0, volume_angstrom3=volume, internal_energy_ev=np.full(20_000, math.nan))
    assert math.isnan(total_heat_capacity(unknown, TEMPERATURE).value)
