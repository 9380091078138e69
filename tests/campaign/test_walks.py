"""Walks of one ladder have transitions of their own, which may lie apart."""

from types import SimpleNamespace

import numpy as np
import pytest

from llpt.campaign import ControlledTest
from llpt.campaign.ladders import ladders_of
from llpt.campaign.walks import lie_apart, walks_of
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


def test_runs_that_go_on_from_one_another_are_no_walks():
    assert ControlledTest.BASE.repeats_are_walks
    assert not ControlledTest.DURATION.repeats_are_walks


def test_each_walk_has_its_own_place_and_the_ladder_the_joined_ones(walked):
    walks = walks_of(walked)
    assert [walk.runs[0].identity.repeat for walk in walks] == [1, 2, 3]
    places = [walk.located["density jump"].place for walk in walks]
    assert [place.value for place in places] == pytest.approx(PLACES, abs=15.0)
    assert len(walked.runs) == 3 * len(walked.states.points)


def test_a_ladder_that_was_walked_once_has_no_walks(walk):
    (ladder,) = ladders_of(walk(900.0))
    assert walks_of(ladder) == ()
    assert walks_agree(SimpleNamespace(found=SimpleNamespace(ladders=(ladder,)))) is None


def test_parts_of_one_long_run_are_no_walks(observed, walk):
    isobar = synthetic_isobar(TEMPERATURES, place_k=900.0, width_k=0.0, seed=1, n_atoms=256, noise=0.0003)
    parts = [run for number in (2, 3) for run in observed(isobar, rate=number, test=ControlledTest.DURATION)]
    ladders = ladders_of([*walk(900.0), *parts])
    assert [walks_of(ladder) for ladder in ladders] == [(), ()]


def test_walks_that_agree_are_said_to_differ_as_seldom_as_promised():
    random = np.random.default_rng(7)
    alarms = sum(
        any(lie_apart([[Estimate(at, 20.0, "K", 1e9) for at in three] for three in sets], false_alarms=0.05))
        for sets in random.normal(1000.0, 20.0, size=(2000, 4, 3))
    )
    assert 0.02 < alarms / 2000 < 0.06
    apart = [[Estimate(at, 5.0, "K", 1e9) for at in (900.0, 960.0)], [Estimate(900.0, 5.0, "K", 1e9)]]
    assert lie_apart(apart, false_alarms=0.05) == (True, False)


def test_walks_that_lie_apart_are_told_in_the_report(walked, walk):
    question = walks_agree(SimpleNamespace(found=SimpleNamespace(ladders=(walked,))))
    assert question.tone is Tone.BAD
    row = next(row for row in question.tables[0].rows if "density jump" in row.cells)
    assert row.tone is Tone.BAD
    assert len(row.cells[5].split("; ")) == 3
    assert [curve.label[-6:] for curve in question.figures[0].rows[0][0].curves] == ["walk 1", "walk 2", "walk 3"]
    same = [run for number in (1, 2) for run in walk(900.0, number)]
    assert walks_agree(SimpleNamespace(found=SimpleNamespace(ladders=ladders_of(same)))).tone is Tone.PLAIN
