import math

import numpy as np
import pytest

from llpt.observables import Molecules, mutual_partners

CELL = 10.0 * np.eye(3)


def pairs(bonded, distance=0.74):
    """Positions of two pairs far apart; a pair that is not bonded is 1.2 Å long."""
    lengths = np.where(bonded, distance, 1.2)
    positions = np.zeros((len(bonded), 4, 3))
    positions[:, 1, 0] = lengths[:, 0]
    positions[:, 2] = 5.0
    positions[:, 3] = 5.0
    positions[:, 3, 1] += lengths[:, 1]
    return positions


def follow(make_trajectory, positions, interval_fs):
    molecules = Molecules(positions.shape[1])
    for block in make_trajectory(positions, 10.0, timestep_fs=interval_fs).blocks(7):
        molecules.add(block)
    return molecules


def test_only_mutual_nearest_neighbours_are_partners():
    positions = np.array([[0.0, 0, 0], [0.8, 0, 0], [1.4, 0, 0], [5, 5, 5], [5, 5, 5.95]])
    np.testing.assert_array_equal(mutual_partners(positions, CELL, 0.9), [-1, 2, 1, -1, -1])


def test_partners_are_found_across_the_boundary_and_unwrapped():
    positions = np.array([[0.1, 0, 0], [9.5 + 30.0, 0, -20.0], [5, 5, 5]])
    np.testing.assert_array_equal(mutual_partners(positions, CELL, 0.9), [1, 0, -1])


def test_instantaneous_and_lifetime_fractions(make_trajectory):
    bonded = np.ones((400, 2), dtype=bool)
    bonded[::10, 1] = False
    molecules = follow(make_trajectory, pairs(bonded), interval_fs=5.0)
    assert molecules.instantaneous_fraction().value == pytest.approx(0.95)
    assert molecules.lifetime_fraction().value == pytest.approx(0.5)
    bonded[:, 1] = True
    bonded[::40, 1] = False
    molecules = follow(make_trajectory, pairs(bonded), interval_fs=5.0)
    assert molecules.lifetime_fraction().value == pytest.approx(0.5 + 0.5 * 39.0 / 40.0, abs=0.01)


def test_a_bond_of_exactly_the_lifetime_counts(make_trajectory):
    bonded = np.zeros((200, 2), dtype=bool)
    bonded[100:117, 0] = True
    bonded[100:116, 1] = True
    series = follow(make_trajectory, pairs(bonded), interval_fs=5.0).lifetime_series()
    assert series.size == 200 - 2 * 17
    assert series.sum() == pytest.approx(17 * 0.5)


def test_run_too_short_or_too_coarse_is_not_a_number(make_trajectory):
    bonded = np.ones((30, 2), dtype=bool)
    assert math.isnan(follow(make_trajectory, pairs(bonded), interval_fs=5.0).lifetime_fraction().value)
    assert math.isnan(follow(make_trajectory, pairs(np.ones((300, 2), bool)), 25.0).lifetime_fraction().value)


def test_all_bound_all_the_time_still_has_a_resolution(make_trajectory):
    estimate = follow(make_trajectory, pairs(np.ones((50, 2), dtype=bool)), 1.0).instantaneous_fraction()
    assert estimate.value == 1.0
    assert estimate.error > 0.0


def test_bond_survival_is_exponential_when_bonds_break_at_random(make_trajectory):
    random = np.random.default_rng(1)
    rate = 0.05
    state = np.zeros((4000, 2), dtype=bool)
    for frame in range(1, 4000):
        flip = random.uniform(size=2) < np.where(state[frame - 1], rate, 0.2)
        state[frame] = state[frame - 1] ^ flip
    lifetimes = follow(make_trajectory, pairs(state), interval_fs=2.0).lifetimes()
    times, survival = lifetimes.survival()
    assert lifetimes.completed.sum() > 100
    for frames in (5, 20, 40):
        assert times[frames] == 2.0 * frames
        assert survival[frames] == pytest.approx((1.0 - rate) ** frames, abs=0.08)
