"""The difference of two steps is known better than their places."""

import math

import numpy as np
import pytest

from llpt.transition import Curve, fit_step, pair_steps, synthetic_isobar

GRID_K = tuple(np.arange(700.0, 1151.0, 50.0))


def curve(place_k, width_k, seed, temperatures_k=GRID_K, noise=0.001) -> Curve:
    isobar = synthetic_isobar(temperatures_k, place_k=place_k, width_k=width_k, seed=seed, noise=noise)
    return isobar.curve("density")


@pytest.mark.parametrize("width_k", [0.0, 40.0, 80.0])
def test_the_shift_is_right_within_its_error(width_k):
    pulls = []
    random = np.random.default_rng(1)
    for seed in range(40):
        place, shift = random.uniform(850.0, 900.0), random.uniform(0.0, 100.0)  # all over the intervals of the grid
        found = pair_steps(curve(place, width_k, seed), curve(place + shift, width_k, seed + 100)).shift
        pulls.append((found.value - shift) / found.error)
    assert abs(np.mean(pulls)) < 1.0
    assert np.mean(np.abs(pulls) < 2.0) >= 0.9


def test_the_same_step_on_another_grid_is_not_shifted():
    other = curve(920.0, 30.0, 2, temperatures_k=tuple(np.arange(725.0, 1130.0, 45.0)))
    found = pair_steps(curve(920.0, 30.0, 1), other).shift
    assert abs(found.value) < 2.5 * found.error


def test_the_pair_is_known_better_than_its_two_places():
    one, other = curve(900.0, 60.0, 1, noise=0.002), curve(900.0, 60.0, 2, noise=0.002)
    places = fit_step(one).location, fit_step(other).location
    assert pair_steps(one, other).shift.error < math.hypot(*(place.error for place in places))


def test_a_smooth_step_is_wider_than_a_sharp_one():
    found = pair_steps(curve(920.0, 0.0, 1, noise=0.0005), curve(920.0, 100.0, 2, noise=0.0005)).widening
    assert found.value - 2.0 * found.error > 20.0
    assert abs(found.value - 100.0) < 3.0 * found.error


def test_too_few_points_say_nothing():
    assert not pair_steps(curve(920.0, 0.0, 1), curve(920.0, 0.0, 2, temperatures_k=GRID_K[:4])).shift.resolved
