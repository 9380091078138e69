import numpy as np
import pytest

from llpt.observables import VelocityCorrelation


def collect(trajectory, interval):
    velocities = VelocityCorrelation(trajectory.masses_u, interval)
    for block in trajectory.blocks(90):
        velocities.add(block)
    return velocities.result()


def oscillators(frequency_thz, interval, frames=2000, atoms=24, seed=1):
    random = np.random.default_rng(seed)
    phases = random.uniform(0.0, 2.0 * np.pi, size=(1, atoms, 3))
    times = np.arange(frames)[:, None, None] * interval
    return np.cos(2.0 * np.pi * frequency_thz * 1e-3 * times + phases)


@pytest.mark.parametrize("frequency", [30.0, 120.0])
def test_einstein_oscillators_have_one_line(make_trajectory, frequency):
    velocities = oscillators(frequency, 1.5)
    trajectory = make_trajectory(np.zeros_like(velocities), 9.0, timestep_fs=1.5, velocities=velocities)
    found = collect(trajectory, 1.5)
    assert found.frequencies_thz[np.argmax(found.density_of_states)] == pytest.approx(frequency, abs=5.1)
    integral = found.density_of_states.sum() * found.frequencies_thz[1]
    assert integral == pytest.approx(1.0)
    expected = np.cos(2.0 * np.pi * frequency * 1e-3 * found.lags_fs)
    np.testing.assert_allclose(found.autocorrelation[:60], expected[:60], atol=0.06)
    assert found.stretch_share.value == pytest.approx(float(frequency > 75.0), abs=0.02)


def test_brownian_velocities_decay_exponentially(make_trajectory):
    random = np.random.default_rng(2)
    decay = np.exp(-1.0 / 20.0)
    velocities = np.empty((6000, 40, 3))
    velocities[0] = random.normal(size=(40, 3))
    for frame in range(1, 6000):
        velocities[frame] = decay * velocities[frame - 1] + np.sqrt(1.0 - decay**2) * random.normal(size=(40, 3))
    trajectory = make_trajectory(np.zeros_like(velocities), 9.0, timestep_fs=1.0, velocities=velocities)
    found = collect(trajectory, 1.0)
    np.testing.assert_allclose(found.autocorrelation[:60], decay ** np.arange(60), atol=0.05)
    assert found.stretch_share.value < 0.1


def test_frames_too_far_apart_or_at_rest_give_nothing(make_trajectory):
    velocities = oscillators(30.0, 6.0)
    coarse = make_trajectory(np.zeros_like(velocities), 9.0, timestep_fs=6.0, velocities=velocities)
    assert collect(coarse, 6.0) is None
    still = make_trajectory(np.zeros((600, 4, 3)), 9.0, timestep_fs=1.0)
    assert collect(still, 1.0) is None
