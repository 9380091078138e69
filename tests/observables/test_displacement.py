import math

import numpy as np
import pytest

from llpt.errors import InputError
from llpt.observables import Displacements, msd_all_origins


def collect(trajectory, size=64):
    displacements = Displacements(trajectory.masses_u)
    for block in trajectory.blocks(size):
        displacements.add(block)
    return displacements


def random_walk(random, frames, atoms, step):
    return np.cumsum(random.normal(scale=step, size=(frames, atoms, 3)), axis=0)


def test_fft_agrees_with_the_double_sum():
    positions = random_walk(np.random.default_rng(1), 40, 5, 0.3).astype(np.float32)
    direct = [np.mean(np.sum((positions[lag:] - positions[: 40 - lag]) ** 2, axis=2)) for lag in range(40)]
    np.testing.assert_allclose(msd_all_origins(positions), direct, rtol=1e-4, atol=1e-5)


def test_free_particles_move_ballistically(make_trajectory):
    velocities = np.random.default_rng(2).normal(scale=0.03, size=(1, 50, 3))
    velocities -= velocities.mean(axis=1, keepdims=True)
    times = np.arange(100)[:, None, None] * 0.5
    displacements = collect(make_trajectory(velocities * times + 7.0, 6.0))
    curves = displacements.from_origins()
    assert curves.curves_angstrom2.shape == (6, 50)
    expected = (velocities**2).sum() / 50 * curves.lags_fs**2
    np.testing.assert_allclose(curves.mean_angstrom2, expected, rtol=1e-4, atol=1e-8)
    assert displacements.exponent() == pytest.approx(2.0, abs=0.01)


def test_motion_of_the_centre_of_mass_and_of_the_cell_is_not_diffusion(make_trajectory):
    random = np.random.default_rng(3)
    fractions = random.uniform(-3.0, 3.0, size=(1, 30, 3))
    edges = 8.0 + 0.2 * np.sin(np.arange(120) / 5.0)
    drift = np.arange(120)[:, None, None] * np.array([0.05, -0.02, 0.01])
    displacements = collect(make_trajectory(fractions * edges[:, None, None] + drift, edges))
    assert displacements.all_origins()[1].max() < 1e-6


def test_diffusion_of_a_random_walk_and_its_error(make_trajectory):
    step, interval = 0.1, 2.0
    exact = step**2 / (2.0 * interval) * 0.1
    held = 0
    for seed in range(60):
        walk = random_walk(np.random.default_rng(seed), 600, 20, step)
        estimate = collect(make_trajectory(walk, 50.0, timestep_fs=interval), 200).diffusion()
        corrected = estimate.scaled(20.0 / 19.0, estimate.unit)
        assert estimate.unit == "cm^2/s"
        held += abs(corrected.value - exact) < corrected.error
    assert 0.5 <= held / 60 <= 0.85


def test_liquid_and_solid_are_told_apart_by_the_exponent(make_trajectory):
    random = np.random.default_rng(5)
    walk = random_walk(random, 500, 40, 0.1)
    assert collect(make_trajectory(walk, 30.0)).exponent() == pytest.approx(1.0, abs=0.2)
    solid = random.normal(scale=0.1, size=(500, 40, 3)) + random.uniform(size=(1, 40, 3)) * 9.0
    displacements = collect(make_trajectory(solid, 9.0))
    assert displacements.exponent() == pytest.approx(0.0, abs=0.05)
    assert displacements.from_origins().mean_angstrom2[5:].mean() == pytest.approx(6.0 * 0.01, rel=0.05)


def test_too_few_frames(make_trajectory):
    walk = random_walk(np.random.default_rng(6), 30, 4, 0.1)
    assert math.isnan(collect(make_trajectory(walk, 9.0)).diffusion().value)
    with pytest.raises(InputError, match="two at least"):
        collect(make_trajectory(walk[:1], 9.0)).from_origins()
