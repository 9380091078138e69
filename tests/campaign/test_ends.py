"""What changes from one end of a line of states to the other is told from chance, also where no jump is placed."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from llpt.campaign import Role
from llpt.campaign.ends import NOMINAL, SHARE_WITH_ERRORS, changes_end_to_end
from llpt.campaign.ladders import ladders_of
from llpt.report.question import Tone
from llpt.report.questions.changes import what_changes
from llpt.statistics import Estimate, mean_estimate
from llpt.statistics.beyond_chance import FALSE_ALARMS, beyond_chance
from llpt.transition import synthetic_isobar

TEMPERATURES = (500, 900, 1000, 1100, 1600)
SIDES = {Role.REFERENCE: "DFT/PBE", Role.SURROGATE: "A network"}


@pytest.fixture(scope="module")
def made(observed):
    """The function that makes a ladder of a few temperatures."""

    def ladder(role=Role.REFERENCE, atoms=256, seed=3, temperatures=TEMPERATURES):
        isobar = synthetic_isobar(temperatures, place_k=900.0, width_k=80.0, seed=seed, n_atoms=atoms)
        (found,) = ladders_of(observed(isobar, role=role, engine=SIDES[role]))
        return found

    return ladder


@pytest.fixture(scope="module")
def ladder(made):
    return made()


def with_points(ladder, change):
    """Return the ladder with other points, ``change`` of each."""
    states = replace(ladder.states, points=tuple(change(point) for point in ladder.states.points))
    return replace(ladder, located=replace(ladder.located, states=states))


def without_error(quantity, *temperatures):
    """Return the function that makes the error of a quantity unknown at some temperatures."""

    def changed(point):
        if point.coordinate not in temperatures:
            return point
        known = replace(point.estimates[quantity], error=math.nan)
        return replace(point, estimates={**point.estimates, quantity: known})

    return changed


def case_of(*ladders):
    """What the page is made of, as far as this question asks."""
    lines = tuple(dict.fromkeys(ladder.line for ladder in ladders))
    base = {role: tuple(ladder for ladder in ladders if ladder.role is role) for role in Role}
    return SimpleNamespace(found=SimpleNamespace(ladders=ladders, lines=lines, diffusion=(), base=base.get))


def by_name(changes):
    return {each.quantity.name: each for each in changes}


def test_molecules_that_go_are_resolved_where_no_jump_is(made):
    ladder = made(temperatures=(500, 900, 1600))
    assert not ladder.located["density jump"].resolved
    fraction = by_name(changes_end_to_end([ladder]))["molecular_fraction"]
    assert fraction.resolved
    ends = [ladder.states.points[at].estimates["molecular_fraction"].value for at in (0, -1)]
    assert fraction.change.value == pytest.approx(ends[1] - ends[0])
    assert (fraction.first.coordinate, fraction.last.coordinate) == (500.0, 1600.0)


def test_what_is_held_or_must_change_is_no_finding(ladder):
    assert {"pressure", "enthalpy"}.isdisjoint(by_name(changes_end_to_end([ladder])))


def test_solids_are_no_ends_and_what_may_be_one_is_said(ladder):
    frozen = with_points(ladder, lambda point: replace(point, solid=point.coordinate == 500.0))
    density = by_name(changes_end_to_end([frozen]))["density"]
    assert (density.first.coordinate, density.may_be_solid) == (900.0, False)
    untold = with_points(ladder, lambda point: replace(point, solid=None))
    changes = by_name(changes_end_to_end([untold]))
    assert changes["density"].may_be_solid
    assert "diffusion" not in changes, "the vibrations of a solid have a slope too"
    rows = {row.cells[3]: row for row in what_changes(case_of(untold)).tables[0].rows}
    assert rows["molecular fraction"].remark.startswith("One of the two is too short")


def test_a_quantity_whose_error_is_seldom_known_has_no_ends(ladder):
    once = by_name(changes_end_to_end([with_points(ladder, without_error("density", 1600.0))]))
    assert once["density"].last.coordinate == 1100.0
    twice = by_name(changes_end_to_end([with_points(ladder, without_error("density", 1000.0, 1600.0))]))
    assert "density" not in twice
    assert "molecular_fraction" in twice
    alone = replace(ladder.states, points=ladder.states.points[:1])
    alone = replace(ladder, located=replace(ladder.located, states=alone))
    assert changes_end_to_end([alone, replace(ladder, located=None)]) == ()


@pytest.mark.parametrize("independent", [40.0, 8.0, 4.0])
def test_nothing_changes_by_chance_more_often_than_promised(independent):
    """Thirteen correlated series at five states each, through the estimates of a run and the choice of ends."""
    random = np.random.default_rng(round(independent))
    length, studies = 170, 120
    inefficiency = length / independent
    memory = (inefficiency - 1.0) / (inefficiency + 1.0)
    noise = random.normal(size=(length, studies, 13, 5)) * math.sqrt(1.0 - memory**2)
    series = [random.normal(size=noise.shape[1:])]
    for kick in noise[1:]:
        series.append(memory * series[-1] + kick)
    series = np.moveaxis(np.array(series), 0, -1)
    alarms = 0
    for study in series:
        found = [[mean_estimate(state, "") for state in quantity] for quantity in study]
        known = [[state for state in states if state.resolved] for states in found]
        ends = [states for states in known if len(states) >= SHARE_WITH_ERRORS * 5]
        alarms += any(beyond_chance([states[-1].minus(states[0]) for states in ends], false_alarms=NOMINAL))
    assert alarms / studies <= FALSE_ALARMS + 0.03


def test_what_is_not_known_is_never_beyond_chance():
    unknown = Estimate.unknown("K")
    assert beyond_chance([unknown, Estimate(5.0, 1.0, "K", 1e9)], false_alarms=0.05) == (False, True)
    assert beyond_chance([], false_alarms=0.05) == ()


def test_the_page_sets_one_quantity_of_both_sides_in_cells_of_one_size_side_by_side(made):
    ladders = [made(), made(Role.SURROGATE, seed=4), made(Role.SURROGATE, atoms=512, seed=5)]
    question = what_changes(case_of(*ladders))
    assert question.tone is Tone.PLAIN
    told = question.sentence
    assert told.startswith("At 200 GPa, molecular fraction: DFT/PBE (N = 256) 0.9")
    assert "at 500 K and" in told
    assert "A network (N = 256)" in told
    assert "N = 512" not in told
    assert "no change resolved" not in told


def test_a_side_that_resolves_nothing_is_said_to(ladder, made):
    same = with_points(
        made(Role.SURROGATE, seed=4),
        lambda point: replace(
            point, estimates={name: replace(each, error=abs(each.value)) for name, each in point.estimates.items()}
        ),
    )
    told = what_changes(case_of(ladder, same)).sentence
    assert "A network (N = 256)" in told
    assert ", no change resolved" in told.partition("A network")[2]
    question = what_changes(case_of(same))
    assert question.tone is Tone.OPEN
    assert question.sentence.startswith("0 of ")
    assert not any(row.known for row in question.tables[0].rows)
