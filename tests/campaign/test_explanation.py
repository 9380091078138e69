"""Labelled runs find their partners and the reference's step between the phases: no study, no file."""

import json

import pytest
import xarray as xr
from tests.audit.labels_for_tests import gaussian_sets, hydrogen, phase_set

from llpt.bridge import SURROGATE
from llpt.campaign import ControlledTest, Role, RunIdentity
from llpt.campaign.explanation import LabelledChoice, LabelledRun, MatchedState, explain_campaign, step_between
from llpt.campaign.ladders import ladders_of
from llpt.campaign.observed import ObservedRun
from llpt.observables import put_estimate
from llpt.statistics import Estimate

PHASES = (ControlledTest.BASE, ControlledTest.COOLING)
PLACE = MatchedState("P200", 16, 900.0)
BIAS_EV_PER_ATOM = 0.004
STEP_EV_PER_ATOM, STEP_ANGSTROM3 = 0.060, -0.05
EXACT_K = 900.0 * BIAS_EV_PER_ATOM / (STEP_EV_PER_ATOM - BIAS_EV_PER_ATOM)


def identity(test, *, engine="dft", repeat=1):
    return RunIdentity(engine, 16, "P200", "T900", test, repeat)


def averaged(role, test, enthalpy, volume, *, repeat=1):
    summary = xr.Dataset(
        attrs={
            "n_atoms": 16,
            "temperature_k": 900.0,
            "pressure_gpa": 200.0,
            "constant_volume": 0,
            "production_fs": 5000.0,
            "mass_u": 16.128,
        }
    )
    put_estimate(summary, "enthalpy", Estimate(enthalpy, 0.001, "eV/atom", 50.0))
    put_estimate(summary, "volume", Estimate(volume, 0.002, "Å³/atom", 50.0))
    return ObservedRun.from_summary(summary, role=role, engine=role, test=test, repeat=repeat)


@pytest.fixture(scope="module")
def ladders():
    low, high = PHASES
    runs = [
        averaged(Role.REFERENCE, low, -10.0, 1.60),
        averaged(Role.REFERENCE, high, -10.0 + STEP_EV_PER_ATOM, 1.60 + STEP_ANGSTROM3),
        averaged(Role.REFERENCE, high, -5.0, 3.0, repeat=2),
        averaged(Role.SURROGATE, low, -20.0, 2.0),
        averaged(Role.SURROGATE, high, -20.0, 2.0),
    ]
    return [ladder for run in runs for ladder in ladders_of([run])]


@pytest.fixture(scope="module")
def labelled():
    engines = {0.0: "surrogate", 1.0: "dft"}
    return [
        LabelledRun(identity(test, engine=engines[each.coupling]), each)
        for test, mean, seed in zip(PHASES, (0.5, 0.5 + BIAS_EV_PER_ATOM), (1, 2), strict=True)
        for each in gaussian_sets(mean, 0.05, count=30, seed=seed)
    ]


def test_the_step_is_that_of_the_references_first_runs(ladders):
    enthalpy, volume = (step_between(PHASES, ladders, PLACE, name) for name in ("enthalpy", "volume"))
    assert (enthalpy.value, enthalpy.unit) == (pytest.approx(STEP_EV_PER_ATOM), "eV/atom")
    assert (volume.value, volume.unit) == (pytest.approx(STEP_ANGSTROM3), "Å³/atom")
    assert enthalpy.error == pytest.approx(0.001 * 2.0**0.5)
    elsewhere = step_between(PHASES, ladders, MatchedState("P200", 16, 800.0), "volume")
    assert not elsewhere.resolved
    assert elsewhere.unit == "Å³/atom"


def test_both_phases_of_a_place_predict_the_shift(labelled, ladders):
    found = explain_campaign(labelled, [], ladders, phases=PHASES)
    assert [(state.place, state.test) for state in found.states] == [(PLACE, test) for test in PHASES]
    (shift,) = found.shifts
    predicted = shift.explanation.temperature.value
    assert shift.place == PLACE
    assert abs(predicted.value - EXACT_K) < 3.0 * predicted.error < EXACT_K
    assert shift.explanation.pressure.value.unit == "GPa"
    assert all(state.density.value.unit == "g/cm^3" for state in found.states)


def test_one_phase_predicts_nothing_and_says_what_was_left_out(labelled, ladders):
    low = [each for each in labelled if each.identity.test is PHASES[0]]
    assert not explain_campaign(low, [], ladders, phases=PHASES).shifts
    without = explain_campaign(labelled, [], ladders, phases=None, refused={"labels/x": "It is damaged."})
    assert len(without.states) == 2
    assert not without.shifts
    assert without.refused["labels/x"] == "It is damaged."


def test_repeats_take_no_part_in_free_energies(labelled, ladders):
    again = [LabelledRun(identity(PHASES[0], repeat=2), labelled[0].labels), *labelled]
    first, more = (explain_campaign(each, [], ladders, phases=PHASES) for each in (labelled, again))
    assert [state.difference for state in more.states] == [state.difference for state in first.states]


def test_a_choice_counts_where_both_phases_were_labelled(ladders):
    sets = {
        test: phase_set([hydrogen(molecular=test is PHASES[0], seed=seed) for seed in range(12)], noise_ev=0.01)
        for test in PHASES
    }
    choices = [LabelledChoice(identity(test), "wider", labels) for test, labels in sets.items()]
    choices.append(LabelledChoice(identity(PHASES[0]), "one phase", sets[PHASES[0]]))
    assert all(each.coupling == SURROGATE for each in sets.values())
    found = explain_campaign([], choices, ladders, phases=PHASES)
    assert found.residuals is None
    assert [row.choice for row in found.budgets[0].rows] == ["wider"]
    assert not explain_campaign([], choices, ladders, phases=None).budgets


def test_what_is_not_known_is_null(labelled):
    found = json.loads(explain_campaign(labelled, [], [], phases=PHASES).to_json())
    assert found["shifts"][0]["explanation"]["temperature"]["value"]["value"] is None
    assert found["states"][0]["place"] == {"line": "P200", "atoms": 16, "temperature_k": 900.0}
