"""A run that has not forgotten its start is behind the one before: the errors of walks hold it."""

import math

import numpy as np
import pytest

from llpt.ladder_path import LadderPath
from llpt.statistics import Estimate, mean_estimate, mean_of_repeats, memory_of_repeats, sample_estimate
from llpt.transition import Isobar, LinePoint, find_crossing
from llpt.transition.behind import with_what_they_are_behind

NAME = "molecular_fraction_lifetime"
GRID_K = np.arange(700.0, 1101.0, 50.0)


def point(temperature_k, value, memory):
    memories = {NAME: memory} if memory else {}
    return LinePoint(temperature_k, {NAME: Estimate(value, 0.01, "", 3.0, 2.0)}, 1000.0, memories=memories)


def joined_point(temperature_k, runs):
    times = [1000.0] * len(runs)
    joined, memory = mean_of_repeats(runs, times, independent=True), memory_of_repeats(runs, times)
    return LinePoint(temperature_k, {NAME: joined}, 1000.0, memories={NAME: memory} if memory else {})


def errors(points, path):
    return [each.estimates[NAME].error for each in with_what_they_are_behind(points, path)]


def test_each_run_is_behind_the_one_that_it_began_from():
    points = [point(800.0, 0.9, 0.5), point(850.0, 0.5, 0.5), point(900.0, 0.1, 0.0)]
    owed = math.hypot(0.01, 0.5 * 0.4)
    assert errors(points, LadderPath.HEATING) == pytest.approx([math.nan, owed, 0.01], nan_ok=True)
    assert errors(points, LadderPath.COOLING) == pytest.approx([owed, owed, 0.01])
    assert errors(points, LadderPath.SEPARATE) == pytest.approx([math.nan, math.nan, 0.01], nan_ok=True)
    assert with_what_they_are_behind(points, LadderPath.HEATING)[1].estimates[NAME].degrees_of_freedom == 2.0


def test_of_a_run_whose_neighbour_is_not_known_nothing_is():
    points = [LinePoint(800.0, {}, 1000.0), point(850.0, 0.5, 0.5)]
    assert math.isnan(with_what_they_are_behind(points, LadderPath.HEATING)[1].estimates[NAME].error)


def test_runs_that_know_their_errors_remember_nothing_and_short_ones_much():
    known, short, shortest = Estimate(0.5, 0.1, "", 20.0), *(Estimate(0.5, math.nan, "", few) for few in (2.0, 0.4))
    assert memory_of_repeats([known, known, short], [1.0] * 3) == 0.0
    assert memory_of_repeats([known, short, short], [1.0] * 3) == pytest.approx(1.0 / 3.0)
    assert memory_of_repeats([shortest] * 3, [1.0] * 3) == math.inf


@pytest.mark.parametrize("memory", [0.3, 1.0, 3.0])
def test_a_heated_fluid_that_remembers_is_placed_late_and_within_what_the_error_allows(memory):
    """Eight walks, each run from the end of the one below; a tight scatter alone would prove a place too high."""
    random = np.random.default_rng(5)
    kept = math.exp(-1.0 / (200.0 * memory))
    placed, beyond, by_scatter_alone = [], 0, 0
    for _ in range(10):
        place_k = random.uniform(850.0, 950.0)
        here, runs = np.ones(8), []
        for mean in 0.5 * (1.0 - np.tanh((GRID_K - place_k) / 60.0)):
            series = np.empty((8, 250))
            for sample in range(250):
                here = mean + (here - mean) * kept + 0.05 * math.sqrt(1.0 - kept**2) * random.normal(size=8)
                series[:, sample] = here
            runs.append(series[:, 50:])
        points = [
            joined_point(at, [mean_estimate(run, "") for run in found]) for at, found in zip(GRID_K, runs, strict=True)
        ]
        found = find_crossing(heated(with_what_they_are_behind(points, LadderPath.HEATING)), 0.5, rises=False)
        if found.resolved:
            placed.append(found.place.value - place_k)
            beyond += abs(placed[-1]) > found.place.half_width(0.975)
        bare = [
            LinePoint(at, {NAME: sample_estimate(each.mean(axis=1), "")}, 1000.0)
            for at, each in zip(GRID_K, runs, strict=True)
        ]
        alone = find_crossing(heated(tuple(bare)), 0.5, rises=False).place
        by_scatter_alone += abs(alone.value - place_k) > alone.half_width(0.975)
    assert beyond == 0
    assert memory > 0.5 or (len(placed) > 5 and np.mean(placed) > 5.0)
    assert memory < 2.0 or len(placed) < 3
    assert memory < 1.0 or by_scatter_alone > 7


def heated(points):
    return Isobar("walks", 64, 200.0, points, LadderPath.HEATING).curve(NAME)
