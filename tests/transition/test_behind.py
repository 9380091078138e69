"""A run that has not forgotten its start is behind the one before: the errors of walks hold it."""

import math

import numpy as np
import pytest

from llpt.ladder_path import LadderPath
from llpt.statistics import Estimate, mean_estimate, mean_of_repeats, memory_of_repeats
from llpt.transition import Isobar, LinePoint, find_crossing
from llpt.transition.behind import with_what_they_are_behind

NAME = "molecular_fraction_lifetime"
GRID_K = np.arange(700.0, 1101.0, 50.0)


def point(temperature_k, value, memory, error=0.01):
    return LinePoint(temperature_k, {NAME: Estimate(value, error, "", 3.0, 2.0)}, 1000.0, memories={NAME: memory})


def joined_point(temperature_k, runs):
    times = [1000.0] * len(runs)
    joined, memory = mean_of_repeats(runs, times), memory_of_repeats(runs, times)
    return LinePoint(temperature_k, {NAME: joined}, 1000.0, memories={NAME: memory})


def errors(points, path):
    return [each.estimates[NAME].error for each in with_what_they_are_behind(points, path)]


def test_each_run_is_behind_the_one_that_it_began_from():
    points = [point(800.0, 0.9, 0.5), point(850.0, 0.5, 0.5), point(900.0, 0.1, 0.0)]
    owed = math.hypot(0.01, 0.5 * 0.4)
    assert errors(points, LadderPath.HEATING) == pytest.approx([0.01, owed, 0.01])
    assert errors(points, LadderPath.COOLING) == pytest.approx([owed, owed, 0.01])
    assert errors(points, LadderPath.SEPARATE) == [0.01] * 3
    assert with_what_they_are_behind(points, LadderPath.HEATING)[1].estimates[NAME].degrees_of_freedom == 2.0


def test_an_unknown_neighbour_adds_nothing():
    points = [LinePoint(800.0, {}, 1000.0), point(850.0, 0.5, 0.5), point(900.0, math.nan, 0.5), point(950.0, 0.1, 1.0)]
    assert errors(points[1:], LadderPath.HEATING)[2] == 0.01
    assert with_what_they_are_behind(points, LadderPath.HEATING)[1].estimates[NAME].error == 0.01


def test_runs_that_know_their_errors_remember_nothing_and_short_ones_much():
    known, short, shortest = Estimate(0.5, 0.1, "", 20.0), *(Estimate(0.5, math.nan, "", few) for few in (2.0, 0.6))
    assert memory_of_repeats([known, known, short], [1.0] * 3) == 0.0
    assert memory_of_repeats([known, short, short], [1.0] * 3) == pytest.approx(1.0 / 3.0)
    assert memory_of_repeats([shortest] * 3, [1.0] * 3) == 1.0


@pytest.mark.parametrize("memory", [0.3, 1.0])
def test_a_heated_fluid_that_remembers_is_placed_late_and_within_what_the_error_allows(memory):
    """Three walks, each run from the end of the one below; without what they are behind many lie beyond 95 %."""
    random = np.random.default_rng(5)
    kept = math.exp(-1.0 / (200.0 * memory))
    late, beyond, beyond_without = [], 0, 0
    for _ in range(12):
        place_k = random.uniform(850.0, 950.0)
        equilibrium = 0.5 * (1.0 - np.tanh((GRID_K - place_k) / 60.0))
        here, runs = np.ones(3), []
        for mean in equilibrium:
            series = np.empty((3, 250))
            for sample in range(250):
                kick = 0.1 * math.sqrt(1.0 - kept**2) * random.normal(size=3)
                here = mean + (here - mean) * kept + kick
                series[:, sample] = here
            runs.append([mean_estimate(each[50:], "") for each in series])
        points = [joined_point(at, found) for at, found in zip(GRID_K, runs, strict=True)]
        for path in (LadderPath.HEATING, LadderPath.SEPARATE):
            line = Isobar("walks", 64, 200.0, with_what_they_are_behind(points, path), path)
            found = find_crossing(line.curve(NAME), 0.5, rises=False)
            off = found.place.value - place_k
            if path is LadderPath.HEATING:
                late.append(off)
                beyond += abs(off) > found.place.half_width(0.975)
            else:
                beyond_without += abs(off) > found.place.half_width(0.975)
    assert np.mean(late) > 5.0
    assert beyond <= 1
    assert memory < 1.0 or beyond_without > 3
