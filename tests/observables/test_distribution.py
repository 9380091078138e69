"""The susceptibility of a density that is known to fluctuate so much, and of one that drifts."""

import numpy as np
import pytest
from scipy import signal

from llpt.observables.distribution import density_binder, density_susceptibility
from llpt.observables.step_series import ThermodynamicSeries


def series_of(relative_density: np.ndarray, n_atoms: int = 128) -> ThermodynamicSeries:
    nothing = np.zeros_like(relative_density)
    return ThermodynamicSeries(
        n_atoms=n_atoms,
        mass_u=1.008 * n_atoms,
        volume_angstrom3=500.0 / relative_density,
        kinetic_energy_ev=nothing,
        internal_energy_ev=nothing,
        free_energy_ev=nothing,
        entropy_ev_per_k=nothing,
        temperature_k=nothing,
        pressure_gpa=nothing,
        pressure_uncorrected_gpa=nothing,
        applied_pressure_gpa=200.0,
        constant_volume=False,
        barostat=True,
    )


def gaussian(seed: int, spread: float, size: int = 20_000) -> np.ndarray:
    noise = signal.lfilter([1.0], [1.0, -0.9], np.random.default_rng(seed).normal(size=size))
    return 1.0 + spread * noise * np.sqrt(1.0 - 0.81)


def test_susceptibility_of_a_known_spread():
    chi = density_susceptibility(series_of(gaussian(1, 0.02)))
    assert chi.resolved
    assert chi.value == pytest.approx(128 * 0.02**2, abs=3.0 * chi.error)
    assert density_binder(series_of(gaussian(1, 0.02))).value == pytest.approx(0.0, abs=0.05)


def test_the_variance_of_a_drift_is_not_taken_for_a_susceptibility():
    drifting = gaussian(2, 0.02) + np.linspace(-0.04, 0.04, 20_000)
    chi = density_susceptibility(series_of(drifting))
    assert chi.value > 2.0 * 128 * 0.02**2
    assert not chi.resolved


def two_states(times_over: int, size: int = 20_000) -> np.ndarray:
    """Half of the time in each of two states a tenth apart, which take turns ``times_over`` times."""
    state = np.where((np.arange(size) * times_over // size) % 2 == 0, -0.05, 0.05)
    return gaussian(3, 0.01, size) + state


def test_one_crossing_is_not_two_states_that_take_turns():
    once, often = density_binder(series_of(two_states(2))), density_binder(series_of(two_states(101)))
    assert once.value == pytest.approx(often.value, abs=0.05)
    assert often.value > 0.5
    assert often.resolved
    assert not once.resolved
