"""What changes from one end of a line of states to the other is told from chance, also where no jump is placed."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from llpt.campaign.ends import changes_end_to_end
from llpt.campaign.ladders import ladders_of
from llpt.report.question import Tone
from llpt.report.questions.changes import what_changes
from llpt.statistics import Estimate
from llpt.statistics.beyond_chance import beyond_chance
from llpt.transition import synthetic_isobar

TEMPERATURES = (500, 900, 1600)


@pytest.fixture(scope="module")
def ladder(observed):
    """Three temperatures: too few to place the jump of the density."""
    (found,) = ladders_of(observed(synthetic_isobar(TEMPERATURES, place_k=900.0, width_k=80.0, seed=3, n_atoms=256)))
    return found


def with_points(ladder, change):
    """Return the ladder with other points, ``change`` of each."""
    states = replace(ladder.states, points=tuple(change(point) for point in ladder.states.points))
    return replace(ladder, located=replace(ladder.located, states=states))


def case_of(ladder):
    """What the page is made of, as far as this question asks."""
    found = {
        "base": lambda role: (ladder,) if role == ladder.role else (),
        "largest": lambda role, _: ladder if role == ladder.role else None,
    }
    return SimpleNamespace(found=SimpleNamespace(ladders=(ladder,), lines=(ladder.line,), diffusion=(), **found))


def by_name(changes):
    return {each.quantity.name: each for each in changes}


def test_molecules_that_go_are_resolved_where_no_jump_is(ladder):
    assert not ladder.located["density jump"].resolved
    changes = by_name(changes_end_to_end([ladder], false_alarms=0.05))
    fraction = changes["molecular_fraction"]
    assert fraction.resolved
    assert fraction.change.value == pytest.approx(
        ladder.states.points[-1].estimates["molecular_fraction"].value
        - ladder.states.points[0].estimates["molecular_fraction"].value
    )
    assert (fraction.first.coordinate, fraction.last.coordinate) == (500.0, 1600.0)
    assert "pressure" not in changes, "what is held along the line is no finding"


def test_solids_and_points_without_an_error_are_no_ends(ladder):
    frozen = with_points(ladder, lambda point: replace(point, solid=point.coordinate == 500.0))
    assert by_name(changes_end_to_end([frozen], false_alarms=0.05))["density"].first.coordinate == 900.0

    def without_error(point):
        if point.coordinate < 1600.0:
            return point
        known = point.estimates["density"]
        return replace(point, estimates={**point.estimates, "density": replace(known, error=float("nan"))})

    changes = by_name(changes_end_to_end([with_points(ladder, without_error)], false_alarms=0.05))
    assert changes["density"].last.coordinate == 900.0
    assert changes["molecular_fraction"].last.coordinate == 1600.0
    alone = replace(ladder.states, points=ladder.states.points[:1])
    alone = replace(ladder, located=replace(ladder.located, states=alone))
    assert changes_end_to_end([alone, replace(ladder, located=None)], false_alarms=0.05) == ()


def test_nothing_changes_by_chance_more_often_than_promised():
    """Also where errors are known from few samples: three normal deviates of unit variance for each value."""
    random = np.random.default_rng(11)
    alarms = 0
    for samples in random.normal(size=(3000, 6, 2, 4)):
        means, errors = samples.mean(axis=-1), samples.std(axis=-1, ddof=1) / 2.0
        ends = [
            [Estimate.of_deviation(mean, error, "", 4.0, 3.0) for mean, error in zip(*both, strict=True)]
            for both in zip(means, errors, strict=True)
        ]
        alarms += any(beyond_chance([last.minus(first) for first, last in ends], false_alarms=0.05))
    assert alarms / 3000 < 0.06


def test_what_is_not_known_is_never_beyond_chance():
    unknown = Estimate.unknown("K")
    assert beyond_chance([unknown, Estimate(5.0, 1.0, "K", 1e9)], false_alarms=0.05) == (False, True)
    assert beyond_chance([], false_alarms=0.05) == ()


def test_the_page_tells_the_ends_and_folds_what_chance_could_do(ladder):
    question = what_changes(case_of(ladder))
    assert question.tone is Tone.PLAIN
    assert "N = 256" in question.sentence
    assert "at 500 K" in question.sentence
    assert "at 1600 K" in question.sentence
    rows = {row.cells[3]: row for row in question.tables[0].rows}
    assert rows["molecular fraction"].known
    same = with_points(ladder, lambda point: replace(point, estimates=ladder.states.points[0].estimates))
    question = what_changes(case_of(same))
    assert question.tone is Tone.OPEN
    assert not any(row.known for row in question.tables[0].rows)
