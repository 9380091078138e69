"""What an ensemble demands holds of samples drawn from it, and not of those that are only steered to its mean."""

import numpy as np
import pytest

from llpt.audit.ensemble import (
    EnsembleOutcome,
    kinetic_energy_checks,
    log_ratio_slope,
    pressure_pair_check,
    temperature_pair_check,
)
from llpt.units import BOLTZMANN_EV_PER_K, EV_PER_ANGSTROM3_TO_GPA

KELVIN, DEGREES = 900.0, 93
THERMAL = BOLTZMANN_EV_PER_K * KELVIN


def kinetic(seed, count=4000, share=1.0):
    """Kinetic energies of the canonical ensemble; ``share`` of their fluctuation, as a steering thermostat leaves."""
    drawn = np.random.default_rng(seed).gamma(DEGREES / 2.0, THERMAL, count)
    return DEGREES / 2.0 * THERMAL + share * (drawn - DEGREES / 2.0 * THERMAL)


def test_canonical_samples_pass_and_steered_ones_do_not():
    mean, variance = kinetic_energy_checks(kinetic(1), temperature_k=KELVIN, degrees_of_freedom=DEGREES)
    assert (mean.outcome, variance.outcome) == (EnsembleOutcome.HOLDS, EnsembleOutcome.HOLDS)
    assert variance.measured.value == pytest.approx(1.0, abs=5 * variance.measured.error)
    mean, variance = kinetic_energy_checks(kinetic(2, share=0.6), temperature_k=KELVIN, degrees_of_freedom=DEGREES)
    assert (mean.outcome, variance.outcome) == (EnsembleOutcome.HOLDS, EnsembleOutcome.FAILS)
    assert variance.measured.value == pytest.approx(0.36, abs=0.05)
    mean, _ = kinetic_energy_checks(kinetic(3), temperature_k=0.9 * KELVIN, degrees_of_freedom=DEGREES)
    assert mean.outcome is EnsembleOutcome.FAILS


def volumes(seed, pressure_gpa, *, share=1.0, count=2000):
    """Volumes of a cell with G(V) = b (V − V0)² / 2 at a pressure: a Gaussian of variance k_B T / b."""
    stiffness = 0.02
    pressure = pressure_gpa / EV_PER_ANGSTROM3_TO_GPA
    width = np.sqrt(THERMAL / stiffness)
    return 60.0 - pressure / stiffness + share * width * np.random.default_rng(seed).normal(size=count)


def test_volumes_of_two_pressures_differ_as_they_must():
    given = {"pressures_gpa": (200.0, 201.0), "temperature_k": KELVIN}
    right = pressure_pair_check((volumes(1, 200.0), volumes(2, 201.0)), **given)
    assert right.outcome is EnsembleOutcome.HOLDS
    assert right.measured.value == pytest.approx(1.0, abs=4 * right.measured.error)
    steered = pressure_pair_check((volumes(3, 200.0, share=0.5), volumes(4, 201.0, share=0.5)), **given)
    assert steered.outcome is EnsembleOutcome.FAILS
    assert steered.measured.value > 2.0


def test_energies_of_two_temperatures_differ_as_they_must():
    modes = 60
    hot = 1.05 * KELVIN

    def energies(seed, kelvin):
        return np.random.default_rng(seed).gamma(modes / 2.0, BOLTZMANN_EV_PER_K * kelvin, 3000)

    check = temperature_pair_check((energies(1, KELVIN), energies(2, hot)), temperatures_k=(KELVIN, hot))
    assert check.outcome is EnsembleOutcome.HOLDS
    wrong = temperature_pair_check((energies(3, KELVIN), energies(4, 1.15 * KELVIN)), temperatures_k=(KELVIN, hot))
    assert wrong.outcome is EnsembleOutcome.FAILS


def test_what_is_too_short_or_does_not_overlap_is_left_open():
    short = pressure_pair_check((volumes(1, 200.0)[:12], volumes(2, 201.0)[:12]), pressures_gpa=(200.0, 201.0), temperature_k=KELVIN)  # fmt: skip  # noqa: E501
    assert short.outcome is EnsembleOutcome.OPEN
    assert log_ratio_slope(np.linspace(0.0, 1.0, 50), np.linspace(5.0, 6.0, 50)) is None
