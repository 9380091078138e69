import math

import numpy as np
import pytest

from llpt.transition import Curve, fit_step

GRID = np.array([700.0, 800.0, 850.0, 900.0, 950.0, 1000.0, 1100.0, 1200.0])


def curve(values, error, temperatures=GRID):
    size = len(temperatures)
    errors = np.broadcast_to(error, (size,)).astype(float)
    return Curve(
        "density",
        "g/cm^3",
        temperatures,
        values,
        errors,
        np.full(size, 40.0),
        np.full(size, np.inf),
        np.full(size, 2000.0),
    )


def density(temperatures, place, width, jump=0.03):
    step = (temperatures > place) * 1.0 if width == 0.0 else 0.5 * (1.0 + np.tanh((temperatures - place) / width))
    return (1.0 - 6e-5 * (temperatures - 900.0)) * (1.0 + jump * step)


@pytest.mark.parametrize("width", [0.0, 20.0, 50.0])
def test_place_and_height_of_a_known_step_are_held_by_their_errors(width):
    random = np.random.default_rng(int(width))
    pulls, heights = [], []
    for _ in range(60):
        place = random.uniform(860.0, 960.0)
        fit = fit_step(curve(density(GRID, place, width) + random.normal(scale=0.001, size=8), 0.001))
        assert fit.resolved
        pulls.append((fit.location.value - place) / fit.location.error)
        heights.append((fit.height.value - 0.03) / fit.height.error)
    assert np.mean(np.abs(pulls) < 2.0) > 0.9
    assert np.mean(np.abs(heights) < 2.0) > 0.8


def test_sharp_step_between_two_points_is_known_to_spacing_over_root_twelve():
    fit = fit_step(curve(density(GRID, 905.0, 0.0), 0.0005))
    assert fit.location.value == pytest.approx(925.0, abs=8.0)
    assert fit.location.error == pytest.approx(50.0 / math.sqrt(12.0), rel=0.35)
    assert fit.width_below < 25.0
    assert fit.height.value == pytest.approx(0.03, abs=0.002)
    assert fit.log_odds > 10.0


def test_wide_step_has_a_width():
    grid = np.linspace(600.0, 1200.0, 25)
    fit = fit_step(curve(density(grid, 900.0, 60.0), 0.0004, grid))
    assert fit.width.value == pytest.approx(60.0, abs=4.0 * fit.width.error)
    assert fit.width_above > 25.0
    assert fit.location.value == pytest.approx(900.0, abs=3.0 * fit.location.error)


def test_smooth_curves_have_no_step():
    random = np.random.default_rng(3)
    found = 0
    for bend in (0.0, 0.01, 0.02):
        for _ in range(60):
            x = (GRID - 900.0) / 300.0
            values = 1.0 - 0.02 * x - bend * x**2 + random.normal(scale=0.002, size=8)
            found += fit_step(curve(values, 0.002)).resolved
    assert found <= 4


def test_underestimated_errors_are_enlarged():
    random = np.random.default_rng(4)
    values = density(GRID, 905.0, 0.0) + random.normal(scale=0.003, size=8)
    honest, optimist = fit_step(curve(values, 0.003)), fit_step(curve(values, 0.0003))
    assert optimist.chi_squared > 10.0
    assert optimist.height.error > 0.3 * honest.height.error


def test_step_at_the_end_and_too_few_points_are_not_resolved():
    assert not fit_step(curve(density(GRID, 1190.0, 0.0), 0.001)).resolved
    errors = np.full(8, 0.001)
    errors[:4] = np.nan
    fit = fit_step(curve(density(GRID, 905.0, 0.0), errors))
    assert not fit.resolved
    assert "4 of 8" in fit.reason
    assert math.isnan(fit.location.value)
