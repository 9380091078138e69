import numpy as np
import pytest

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
