import math

import numpy as np
import pytest

from llpt.audit import Outcome, Thresholds, compare
from llpt.audit.enthalpy import enthalpy_contrasts
from llpt.audit.pairing import Pair
from llpt.statistics import Estimate
from llpt.transition import locate, synthetic_isobar
from llpt.units import BOLTZMANN_EV_PER_K

GRID_K = tuple(np.arange(700.0, 1201.0, 20.0))


def side(seed, jump, temperatures_k=GRID_K, noise=1e-4):
    return locate(synthetic_isobar(temperatures_k, place_k=905.0, width_k=0.0, jump=jump, seed=seed, noise=noise))


def contrasts(pair):
    return list(enthalpy_contrasts(pair, Thresholds(), made_from="E"))


def test_a_bias_between_the_phases_shows_above_the_transition_alone():
    curve, *found = contrasts(Pair(side(1, 0.03), side(2, 0.04)))
    assert curve.judged
    assert curve.difference.value == pytest.approx(0.02, abs=4.0 * curve.difference.error)
    assert not any(each.judged for each in found)
    assert [each.temperature_k for each in found] == list(GRID_K[1:])
    for each in found:
        expected = 0.02 if each.temperature_k > 905.0 else 0.0  # 0.06 eV/atom goes with a jump of 0.03
        assert abs(each.difference.value - expected) < 4.0 * each.difference.error
        assert each.difference.error == pytest.approx(2.0 * 2.0 * 1e-4)  # of four enthalpies


def test_only_common_temperatures_with_known_errors_are_compared():
    _, *found = contrasts(Pair(side(1, 0.03), side(2, 0.03, temperatures_k=(600.0, 700.0, 720.0))))
    assert [each.temperature_k for each in found] == [720.0]
    assert contrasts(Pair(side(1, 0.03), side(2, 0.03, noise=np.nan))) == []


@pytest.mark.parametrize("lowest_k", [700.0, 900.0])
def test_the_zero_of_energy_of_an_engine_is_no_difference(lowest_k):
    grid = tuple(each for each in GRID_K if each >= lowest_k)
    reference, surrogate = side(1, 0.03), side(2, 0.03, temperatures_k=grid)
    for point in surrogate.states.points:
        moved = point.estimates["enthalpy"]
        point.estimates["enthalpy"] = moved.minus(Estimate(14.0, 0.0, moved.unit, math.inf))
    curve, *_ = contrasts(Pair(reference, surrogate))
    assert abs(curve.difference.value) < 4.0 * curve.difference.error
    assert curve.difference.error < 0.001


def test_it_is_shown_and_judged_only_where_the_study_asks_for_it():
    loose = {"density_percent": 50.0, "enthalpy_step_ev_per_atom": 1.0}
    shown = compare([side(1, 0.03)], [side(2, 0.04)], Thresholds(**loose))
    rows = [each for each in shown.comparisons if each.quantity in {"enthalpy", "enthalpy (curve)"}]
    assert rows
    assert not any(each.judged for each in rows)
    assert shown.value is not Outcome.NOT_FAITHFUL
    asked = compare([side(1, 0.03)], [side(2, 0.04)], Thresholds(**loose, also_judge=("enthalpy",)))
    assert asked.value is Outcome.NOT_FAITHFUL
    assert "Enthalpy from E away from the transition" in asked.reasons[0]


def test_what_is_asked_for_and_not_there_leaves_the_verdict_open():
    thresholds = Thresholds(also_judge=("enthalpy",))
    sides = [side(1, 0.03, noise=8e-4)], [side(2, 0.03, noise=8e-4)]
    assert compare(*sides, Thresholds()).value is Outcome.FAITHFUL
    for located in sides[1]:
        for point in located.states.points:
            del point.estimates["enthalpy"]
    verdict = compare(*sides, thresholds)
    assert verdict.value is Outcome.NOT_RESOLVED
    assert any("There is no enthalpy of both sides" in reason for reason in verdict.reasons)


def with_heat_capacity(located, heat_capacity_k_b):
    """Return a line whose enthalpy slopes in both phases about their middles, so that the means stay."""
    for point in located.states.points:
        middle = 1060.0 if point.coordinate > 905.0 else 800.0
        more = heat_capacity_k_b * BOLTZMANN_EV_PER_K * (point.coordinate - middle)
        moved = point.estimates["enthalpy"]
        point.estimates["enthalpy"] = moved.minus(Estimate(-more, 0.0, moved.unit, math.inf))
    return located


def step_of(reference, surrogate):
    (step,) = [each for each in compare([reference], [surrogate]).comparisons if each.quantity == "enthalpy step"]
    return step


@pytest.mark.parametrize(("noise", "outcome"), [(3e-4, Outcome.FAITHFUL), (1.5e-3, Outcome.NOT_RESOLVED)])
def test_a_step_is_proven_small_only_where_lines_prove_it_at_the_transition(noise, outcome):
    """The two sides have the same noise, so that their difference is 0 exactly and its error alone decides."""
    step = step_of(side(1, 0.03, noise=noise), side(1, 0.03, noise=noise))
    assert abs(step.difference.value) < 1e-6
    assert step.outcome is outcome
    assert "by straight lines through either phase, carried on to the transition" in step.sentence


@pytest.mark.parametrize("heat_capacity_k_b", [0.3, 0.5, 1.0])
def test_another_heat_capacity_whose_means_cancel_proves_no_step_small(heat_capacity_k_b):
    """H' - H slopes in both phases about their middles: no mean moves, the step at the transition does."""
    step = step_of(side(1, 0.03), with_heat_capacity(side(2, 0.03), heat_capacity_k_b))
    hidden = heat_capacity_k_b * BOLTZMANN_EV_PER_K * 260.0
    assert step.difference.value == pytest.approx(-hidden, abs=4.0 * step.difference.error)
    assert step.outcome is Outcome.NOT_RESOLVED


def test_a_step_that_the_means_prove_large_is_large_whatever_the_lines_say():
    """The slopes bring the lines together at the transition; the phases differ all the same."""
    reference, surrogate = side(1, 0.03), with_heat_capacity(side(2, 0.045), 0.45)
    step = step_of(reference, surrogate)
    assert step.difference.value == pytest.approx(0.03, abs=4.0 * step.difference.error)
    assert step.outcome is Outcome.NOT_FAITHFUL


def test_one_temperature_beside_the_transition_proves_a_step_large_and_never_small():
    grid = tuple(kelvin for kelvin in GRID_K if kelvin <= 920.0 or kelvin == 1200.0)
    step = step_of(side(1, 0.03, temperatures_k=grid), side(2, 0.03, temperatures_k=grid))
    assert step.outcome is Outcome.NOT_RESOLVED
    assert "one point of a phase cannot be carried on to the transition" in step.sentence
    assert step_of(side(1, 0.03, temperatures_k=grid), side(2, 0.05, temperatures_k=grid)).outcome == "not faithful"


def test_equal_lines_are_mostly_proven_to_step_alike():
    found = [step_of(side(3, 0.03), side(seed, 0.03)).outcome for seed in range(4, 14)]
    assert found.count(Outcome.FAITHFUL) >= 9
