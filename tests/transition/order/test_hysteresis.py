import dataclasses
import math

import numpy as np
import pytest

from llpt.errors import InputError
from llpt.statistics import Estimate
from llpt.transition import LadderPath, frozen_switch, synthetic_isobar
from llpt.transition.order import Loop, Order, hysteresis_evidence, hysteresis_loop

GRID = tuple(np.arange(700.0, 1101.0, 25.0))


def ladders(lag, seed, production_fs=2000.0):
    up = synthetic_isobar(GRID, place_k=900.0 + lag, width_k=5.0, seed=seed, production_fs=production_fs)
    down = synthetic_isobar(GRID, place_k=900.0 - lag, width_k=5.0, seed=seed + 1, production_fs=production_fs)
    return up, dataclasses.replace(down, path=LadderPath.COOLING)


def test_area_of_a_known_loop():
    loop = hysteresis_loop(*ladders(50.0, 1))
    assert loop.area.value == pytest.approx(100.0 * 0.03, abs=3.0 * loop.area.error + 0.03 * 12.5)
    assert loop.rate == pytest.approx(12.5)
    closed = hysteresis_loop(*ladders(0.0, 3))
    assert abs(closed.area.value) < 3.0 * closed.area.error


def test_repeats_of_a_ladder_do_not_slow_it_down():
    """Four walks of 2 ps take 8 ps; the rate, by which a loop is told from a lag, is that of one."""
    up, down = ladders(50.0, 1)
    often = dataclasses.replace(up, points=tuple(dataclasses.replace(point, total_fs=8000.0) for point in up.points))
    assert hysteresis_loop(often, down).rate == pytest.approx(12.5)


def test_error_holds_steps_that_lie_anywhere_between_two_temperatures():
    random = np.random.default_rng(5)
    pulls = []
    for seed in range(60):
        lag = random.uniform(30.0, 70.0)
        loop = hysteresis_loop(*ladders(lag, 10 * seed))
        pulls.append((loop.area.value - 2.0 * lag * 0.03) / loop.area.error)
    assert 0.6 < np.std(pulls) < 1.4


def test_a_run_on_its_way_between_the_phases_is_known_to_lie_between_them():
    up, down = ladders(60.0, 7)
    whole = hysteresis_loop(up, down)
    place = next(index for index, value in enumerate(down.temperatures_k) if value > 840.0)
    drifting = dataclasses.replace(
        down.points[place],
        estimates=down.points[place].estimates | {"density": Estimate(1.02, math.nan, "g/cm^3", 1.0)},
    )
    points = (*down.points[:place], drifting, *down.points[place + 1 :])
    loop = hysteresis_loop(up, dataclasses.replace(down, points=points))
    without = hysteresis_loop(up, dataclasses.replace(down, points=points[:place] + points[place + 1 :]))
    assert loop.area.value == pytest.approx(120.0 * 0.03, abs=3.0 * loop.area.error)
    assert whole.area.error < loop.area.error < without.area.error


@pytest.mark.parametrize("noise", [0.0005, 0.003])
def test_noise_does_not_close_a_loop(noise):
    """A fluid that freezes in is half a loop apart at its cold end; that the ends may agree does not make them."""
    closed = 0
    for seed in range(20):
        ways = frozen_switch(GRID, 880.0, 60.0, frozen_below_k=900.0, activation_k=2e4)
        up, down = (
            synthetic_isobar(GRID, place_k=880.0, width_k=60.0, seed=2 * seed + way, noise=noise, step=step)
            for way, step in enumerate(ways)
        )
        closed += hysteresis_loop(up, down).closed
        wide = [synthetic_isobar(GRID, place_k=900.0, width_k=5.0, seed=2 * seed + way, noise=noise) for way in (0, 1)]
        closed += hysteresis_loop(*wide).closed  # nothing but noise between the ways
    assert closed <= 1


def loops(exponent, seed):
    random = np.random.default_rng(seed)
    areas = {rate: 2.0 * rate**exponent for rate in (1.0, 4.0, 16.0)}
    return [
        Loop(Estimate(area * (1.0 + 0.03 * random.normal()), 0.03 * area, "g/cm^3 K", 30.0), rate, closed=True)
        for rate, area in areas.items()
    ]


def test_persistent_and_closing_loops():
    assert hysteresis_evidence(loops(0.1, 1)).order is Order.FIRST_ORDER
    assert hysteresis_evidence(loops(1.0, 2)).order is Order.CROSSOVER
    assert hysteresis_evidence(loops(0.65, 3)).order is Order.NOT_RESOLVED


def test_one_rate_or_no_loop_decides_nothing():
    one = hysteresis_evidence([hysteresis_loop(*ladders(50.0, 1))])
    assert one.order is Order.NOT_RESOLVED
    assert "slower" in one.reason
    assert hysteresis_evidence([hysteresis_loop(*ladders(0.0, 3))]).order is Order.NOT_RESOLVED


def test_ladders_without_common_temperatures_are_refused():
    up, _ = ladders(0.0, 1)
    other = synthetic_isobar((705.0, 715.0), place_k=900.0, width_k=5.0, seed=1)
    with pytest.raises(InputError, match="share 0"):
        hysteresis_loop(up, other)


def test_a_density_that_falls_encloses_the_same_area():
    up, down = (
        synthetic_isobar(GRID, place_k=900.0 + lag, width_k=5.0, seed=seed, jump=-0.03)
        for lag, seed in ((50.0, 1), (-50.0, 2))
    )
    loop = hysteresis_loop(up, down, density_rises=False)
    assert loop.area.value == pytest.approx(100.0 * 0.03, abs=3.0 * loop.area.error + 0.03 * 12.5)
    assert hysteresis_loop(up, down).area.value == pytest.approx(-loop.area.value)


def test_a_fluid_that_freezes_in_shows_a_loop_that_does_not_close():
    """Its area hardly falls with the rate, as that of a first-order transition; its cold end tells them apart."""
    loops = []
    for rate, frozen_below in ((8000.0, 950.0), (1000.0, 960.0)):
        ways = frozen_switch(GRID, 880.0, 60.0, frozen_below_k=frozen_below, activation_k=2e5)
        up, down = (
            synthetic_isobar(GRID, place_k=880.0, width_k=60.0, seed=seed, production_fs=rate, step=step)
            for seed, step in enumerate(ways)
        )
        loops.append(hysteresis_loop(up, down))
    assert all(loop.area.value > 5.0 * loop.area.error for loop in loops)
    assert loops[1].area.value < 2.0 * loops[0].area.value
    assert not any(loop.closed for loop in loops)
    evidence = hysteresis_evidence(loops)
    assert evidence.order is Order.NOT_RESOLVED
    assert "not proven to meet" in evidence.reason
    assert hysteresis_evidence([dataclasses.replace(loop, closed=True) for loop in loops]).order is Order.FIRST_ORDER


@pytest.mark.parametrize(("degrees", "said"), [(math.inf, "A loop of"), (3.0, "No loop is proven")])
def test_a_loop_whose_error_is_known_from_few_samples_is_proven_later(degrees, said):
    loop = Loop(Estimate(2.5, 1.0, "g/cm^3 K", 8.0, degrees), 10.0, closed=True)
    assert hysteresis_evidence([loop]).reason.startswith(said)
