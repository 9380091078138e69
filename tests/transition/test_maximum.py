from dataclasses import replace

import numpy as np
import pytest

from llpt.statistics import Estimate, mean_of_repeats
from llpt.transition import Curve, find_crossing, find_maximum


def curve(temperatures, values, error):
    size = len(temperatures)
    return Curve(
        "density",
        "g/cm^3",
        temperatures,
        values,
        np.full(size, error),
        np.full(size, 30.0),
        np.full(size, np.inf),
        np.full(size, 2000.0),
    )


def test_maximum_of_a_parabola_is_held_by_its_error():
    grid = np.linspace(700.0, 1300.0, 13)
    random = np.random.default_rng(1)
    pulls = []
    for _ in range(60):
        place = random.uniform(950.0, 1050.0)
        values = 1.0 - 2e-6 * (grid - place) ** 2 + random.normal(scale=0.001, size=13)
        found = find_maximum(curve(grid, values, 0.001))
        assert found.resolved
        pulls.append((found.place.value - place) / found.place.error)
    assert np.mean(np.abs(pulls) < 2.0) > 0.85


def test_cusp_is_known_to_about_a_spacing():
    grid = np.linspace(700.0, 1300.0, 13)
    values = np.where(grid > 960.0, 1.03, 1.0) * (1.0 - 4e-5 * (grid - 1000.0))
    found = find_maximum(curve(grid, values, 0.0003))
    assert found.resolved
    assert found.place.error > 50.0 / np.sqrt(12.0) * 0.9
    assert abs(found.place.value - 960.0) < 2.5 * found.place.error + 40.0


@pytest.mark.parametrize("slope", [-1e-4, 1e-4])
def test_monotonic_curve_has_no_maximum(slope):
    grid = np.linspace(700.0, 1300.0, 9)
    found = find_maximum(curve(grid, 1.0 + slope * (grid - 1000.0), 0.001))
    assert not found.resolved
    assert "end of the temperatures" in found.reason


def test_flat_curve_has_no_maximum():
    grid = np.linspace(700.0, 1300.0, 9)
    values = np.array([1.0, 1.0, 1.0, 1.0, 1.0005, 1.0, 1.0, 1.0, 1.0])
    assert not find_maximum(curve(grid, values, 0.002)).resolved


def test_crossing_of_a_smooth_curve():
    grid = np.linspace(700.0, 1300.0, 13)
    fraction = 0.5 * (1.0 - np.tanh((grid - 985.0) / 150.0))
    found = find_crossing(curve(grid, fraction, 0.005), 0.5)
    assert found.resolved
    assert found.place.value == pytest.approx(985.0, abs=2.0 * found.place.error)
    assert found.place.error < 6.0


def test_crossing_within_a_jump_is_known_to_the_spacing_only():
    grid = np.linspace(700.0, 1300.0, 13)
    found = find_crossing(curve(grid, np.where(grid < 960.0, 0.95, 0.05), 0.005), 0.5)
    assert found.place.value == pytest.approx(975.0, abs=2.0)
    assert found.place.error == pytest.approx(50.0 / np.sqrt(12.0), rel=0.05)


def test_no_crossing_is_said_so():
    grid = np.linspace(700.0, 1300.0, 5)
    assert not find_crossing(curve(grid, np.full(5, 0.8), 0.01), 0.5).resolved
    assert not find_crossing(curve(grid[:1], np.array([0.5]), 0.01), 0.5).resolved


def test_points_that_a_falling_curve_cannot_have_place_nothing():
    grid = np.linspace(700.0, 1000.0, 7)
    values = np.array([0.95, 0.9, 0.45, 0.65, 0.45, 0.1, 0.0])
    assert not find_crossing(curve(grid, values, 0.05), 0.5).resolved
    assert "do not fall" in find_crossing(curve(grid, values, 0.05), 0.5, rises=False).reason
    found = find_crossing(curve(grid, values, 0.1), 0.5, rises=False)
    assert found.resolved
    assert found.place.value == pytest.approx(870.0, abs=found.place.error)


@pytest.mark.parametrize("width_k", [30.0, 80.0])
def test_three_walks_place_a_crossing_within_its_error(width_k):
    """The change of 64 atoms: each walk is far off near it, none knows its own error, their scatter does."""
    grid = np.arange(700.0, 1101.0, 50.0)
    random = np.random.default_rng(3)
    off, asked = [], 60
    for _ in range(asked):
        place = random.uniform(850.0, 950.0)
        fraction = 0.5 * (1.0 - np.tanh((grid - place) / width_k))
        spread = 0.02 + 0.2 * 4.0 * fraction * (1.0 - fraction)
        walks = np.clip(fraction + random.normal(size=(3, grid.size)) * spread, 0.0, 1.0)
        unknown = [[Estimate(each, np.nan, "", 2.0) for each in column] for column in walks.T]
        joined = [mean_of_repeats(each, [1.0] * 3, independent=True) for each in unknown]
        values, errors = np.array([each.value for each in joined]), np.array([each.error for each in joined])
        found = find_crossing(replace(curve(grid, values, 1.0), errors=errors), 0.5, rises=False)
        if found.resolved:
            off.append((found.place.value - place) / found.place.error)
    assert len(off) > 0.9 * asked
    assert np.mean(np.abs(off) < 1.0) > 0.6
    assert np.mean(np.abs(off) < 2.0) > 0.9
