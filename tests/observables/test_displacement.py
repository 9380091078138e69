import math

import numpy as np
import pytest
from scipy.signal import lfilter

from llpt.errors import InputError
from llpt.observables import Displacements, msd_all_origins
from llpt.observables.displacement import LONGER_LAGS
from llpt.statistics import sample_estimate


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
    """Its longer lags tell nothing else: the error is little more than the scatter of the parts."""
    step, interval = 0.1, 2.0
    exact = step**2 / (2.0 * interval) * 0.1
    held, more = [], []
    for seed in range(60):
        walk = random_walk(np.random.default_rng(seed), 600, 20, step)
        displacements = collect(make_trajectory(walk, 50.0, timestep_fs=interval), 200)
        estimate = displacements.diffusion()
        corrected = estimate.scaled(20.0 / 19.0, estimate.unit)
        assert estimate.unit == "cm^2/s"
        held.append(abs(corrected.value - exact) / corrected.error)
        more.append(estimate.error / (sample_estimate(displacements._slopes(5), "").error / 60.0))
    assert 0.6 <= np.mean(np.array(held) < 1.0) <= 0.9
    assert np.mean(np.array(held) < 2.0) >= 0.9
    assert np.median(more) < 1.2


def test_slopes_at_longer_lags_scatter_as_the_estimate_takes_them_to(make_trajectory):
    """In a random walk they differ from D by chance alone."""
    slopes = {parts: [] for parts in (5, *LONGER_LAGS)}
    for seed in range(300):
        walk = random_walk(np.random.default_rng(seed), 250, 8, 0.1)
        displacements = collect(make_trajectory(walk, 50.0), 250)
        for parts, found in slopes.items():
            found.append(displacements._slopes(parts).mean())
    own = np.array(slopes[5])
    for parts, variances in LONGER_LAGS.items():
        assert (np.array(slopes[parts]) - own).var() / own.var() == pytest.approx(variances, rel=0.3)


@pytest.mark.parametrize(("frames", "diffuses"), [(60, 0.03), (100, 0.3), (268, 0.03), (268, 0.3), (700, 0.03)])
def test_a_run_too_short_for_diffusion_does_not_claim_a_small_error(make_trajectory, frames, diffuses):
    """Slow vibrations give short lags a slope that is not diffusion's, alike in all parts of a run.

    Pairs of atoms that stay together diffuse with a velocity that lives for 20 fs; each atom vibrates with 60 fs.
    """
    interval, alive_fs, period_fs, damping_fs, amplitude = 2.4, 20.0, 60.0, 50.0, 0.1
    per_fs = diffuses * 1e-3  # Å²/fs
    held, bare = [], []
    for seed in range(20):
        random = np.random.default_rng(seed)
        kept = math.exp(-interval / alive_fs)
        pushes = random.normal(size=(frames + 100, 32, 3)) * math.sqrt((1.0 - kept**2) * per_fs / alive_fs)
        moved = interval * np.cumsum(lfilter([1.0], [1.0, -kept], pushes, axis=0)[100:], axis=0)
        turned = np.exp(complex(-1.0 / damping_fs, 2.0 * math.pi / period_fs) * interval)
        noise = random.normal(size=(2, frames + 100, 64, 3)) * math.sqrt(1.0 - abs(turned) ** 2)
        vibration = lfilter([1.0], [1.0, -turned], noise[0] + 1j * noise[1], axis=0).real[100:]
        walk = moved.repeat(2, axis=1) + amplitude * vibration
        displacements = collect(make_trajectory(walk, 9.0, timestep_fs=interval))
        found, exact = displacements.diffusion(), per_fs * 0.1 * 63.0 / 64.0
        held.append(abs(found.value - exact) < 2.0 * found.error)
        bare.append(abs(found.value - exact) < 2.0 * sample_estimate(displacements._slopes(5), "").error / 60.0)
    assert np.mean(held) >= 0.8
    assert np.mean(bare) <= 0.75


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
