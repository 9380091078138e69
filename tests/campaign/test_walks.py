"""Walks of one ladder have transitions of their own, whose scatter gives an error."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from llpt.campaign.ladders import ladders_of
from llpt.campaign.walks import mean_by_scatter, walks_of
from llpt.report.question import Tone
from llpt.report.questions.walks import walks_agree
from llpt.statistics import Estimate
from llpt.transition import synthetic_isobar

PLACES = (875.0, 925.0, 975.0)
TEMPERATURES = (700, 750, 800, 850, 900, 950, 1000, 1050, 1100, 1150)


@pytest.fixture(scope="module")
def walk(observed):
    """The function that makes the runs of one walk, with a jump at a temperature."""

    def made(place, number=1):
        isobar = synthetic_isobar(TEMPERATURES, place_k=place, width_k=0.0, seed=number, n_atoms=256, noise=0.0003)
        return observed(isobar, rate=number)

    return made


@pytest.fixture(scope="module")
def walked(walk):
    runs = [run for number, at in enumerate(PLACES, start=1) for run in walk(at, number)]
    (ladder,) = ladders_of(runs)
    return ladder


def test_each_walk_has_its_own_place_and_the_ladder_the_joined_ones(walked):
    walks = walks_of(walked)
    assert [walk.runs[0].identity.repeat for walk in walks] == [1, 2, 3]
    places = [walk.located["density jump"].place for walk in walks]
    assert [place.value for place in places] == pytest.approx(PLACES, abs=15.0)
    assert len(walked.runs) == 3 * len(walked.states.points)
    mean = mean_by_scatter(places)
    assert mean.value == pytest.approx(925.0, abs=10.0)
    assert mean.standard_error == pytest.approx(np.std([each.value for each in places], ddof=1) / math.sqrt(3.0))
    assert mean.degrees_of_freedom == 2.0


def test_a_ladder_that_was_walked_once_has_no_walks(walk):
    (ladder,) = ladders_of(walk(900.0))
    assert walks_of(ladder) == ()
    assert walks_agree(SimpleNamespace(found=SimpleNamespace(ladders=(ladder,)))) is None


def test_the_error_by_scatter_holds_the_truth_as_often_as_it_says():
    random = np.random.default_rng(7)
    held = 0
    for _ in range(2000):
        mean = mean_by_scatter([Estimate(value, 1.0, "K", 9.0) for value in random.normal(1000.0, 20.0, size=3)])
        held += abs(mean.value - 1000.0) < mean.error
    assert held / 2000 == pytest.approx(0.683, abs=0.035)
    assert not mean_by_scatter([Estimate(900.0, 1.0, "K", 9.0)]).resolved


def test_walks_that_lie_apart_are_told_in_the_report(walked, walk):
    question = walks_agree(SimpleNamespace(found=SimpleNamespace(ladders=(walked,))))
    assert question.tone is Tone.BAD
    row = next(row for row in question.tables[0].rows if "density jump" in row.cells)
    assert row.tone is Tone.BAD
    assert len(row.cells[5].split("; ")) == 3
    assert [curve.label[-6:] for curve in question.figures[0].rows[0][0].curves] == ["walk 1", "walk 2", "walk 3"]
    same = [run for number in (1, 2) for run in walk(900.0, number)]
    assert walks_agree(SimpleNamespace(found=SimpleNamespace(ladders=ladders_of(same)))).tone is Tone.GOOD
