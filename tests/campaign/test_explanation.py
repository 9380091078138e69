"""Labelled runs find their partners and the reference's step between the phases: no study, no file."""

import json

import numpy as np
import pytest
import xarray as xr
from tests.audit.labels_for_tests import gaussian_sets, hydrogen, phase_set
from tests.audit.test_visits import LATENT_EV, sets_of

from llpt.audit import DoublyLabelled, OrderParameter
from llpt.bridge import SURROGATE
from llpt.campaign import ControlledTest, Role, RunIdentity
from llpt.campaign.comparison import observed_shifts
from llpt.campaign.explanation import boundary_of, explain_campaign, step_between
from llpt.campaign.labelled import LabelledChoice, LabelledRun, MatchedState, WalkedRun
from llpt.campaign.ladders import ladders_of
from llpt.campaign.observed import ObservedRun
from llpt.errors import StorageError
from llpt.observables import put_estimate
from llpt.statistics import Estimate
from llpt.structure import attach_labels

ATTRIBUTES = {
    "n_atoms": 16,
    "temperature_k": 900.0,
    "pressure_gpa": 200.0,
    "constant_volume": 0,
    "production_fs": 5000.0,
    "mass_u": 16.128,
}
PHASES = (ControlledTest.BASE, ControlledTest.COOLING)
PLACE = MatchedState("P200", 16, 900.0)
BIAS_EV_PER_ATOM = 0.004
STEP_EV_PER_ATOM, STEP_ANGSTROM3 = 0.060, -0.05
EXACT_K = 900.0 * BIAS_EV_PER_ATOM / (STEP_EV_PER_ATOM - BIAS_EV_PER_ATOM)


def identity(test, *, engine="dft", repeat=1):
    return RunIdentity(engine, 16, "P200", "T900", test, repeat)


def averaged(role, test, enthalpy, volume, *, repeat=1, pressure_gpa=200.0, on_isotherm=False, **others):
    summary = xr.Dataset(attrs=ATTRIBUTES | {"pressure_gpa": pressure_gpa})
    put_estimate(summary, "enthalpy", Estimate(enthalpy, 0.001, "eV/atom", 50.0))
    put_estimate(summary, "volume", Estimate(volume, 0.002, "Å³/atom", 50.0))
    for name, estimate in others.items():
        put_estimate(summary, name, estimate)
    return ObservedRun.from_summary(summary, role=role, engine=role, test=test, repeat=repeat, on_isotherm=on_isotherm)


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


def along_isotherm(role, place_gpa, *, seed):
    """Runs of an isotherm on which the density jumps and the molecules go, and one in the other phase at 150 GPa."""
    random = np.random.default_rng(seed)
    runs = []
    for pressure in np.arange(100.0, 201.0, 10.0):
        atomic = float(pressure > place_gpa)
        density = (pressure / 150.0) ** 0.45 * (1.0 + 0.03 * atomic) * (1.0 + 0.0005 * random.normal())
        others = {
            "density": Estimate(density, 0.0005 * density, "g/cm^3", 50.0),
            "molecular_fraction": Estimate(0.9 - 0.8 * atomic, 0.01, "", 50.0),
        }
        enthalpy = -10.0 + STEP_EV_PER_ATOM * atomic
        state = {"pressure_gpa": float(pressure), "on_isotherm": True}
        runs.append(averaged(role, PHASES[0], enthalpy, 1.6 + STEP_ANGSTROM3 * atomic, **state, **others))
        if pressure == 150.0:
            runs.append(averaged(role, PHASES[1], -10.0 + STEP_EV_PER_ATOM, 1.6 + STEP_ANGSTROM3, **state))
    return runs


def test_an_isotherm_has_its_pressures_its_phases_and_a_shift_in_gigapascals():
    runs = [*along_isotherm(Role.REFERENCE, 155.0, seed=1), *along_isotherm(Role.SURROGATE, 165.0, seed=2)]
    ladders = ladders_of(runs)
    assert observed_shifts(ladders)["T900", 16].value == pytest.approx(-10.0, abs=4.0)
    boundary = boundary_of(ladders, "T900", 16)
    assert boundary.order is OrderParameter.MOLECULAR_FRACTION
    assert boundary.low_is_above
    frames = {PHASES[0]: hydrogen(molecular=True, seed=1), PHASES[1]: hydrogen(molecular=False, seed=1)}
    engines = {0.0: "surrogate", 1.0: "reference"}
    sets = [
        LabelledRun(RunIdentity(engines[each.coupling], 16, "T900", "P150", test), each)
        for test, mean in zip(PHASES, (0.5, 0.5 + BIAS_EV_PER_ATOM), strict=True)
        for each in gaussian_sets(mean, 0.05, count=30, frame=frames[test])
    ]
    found = explain_campaign(sets, [], ladders, phases=PHASES)
    assert all(state.enthalpy is not None for state in found.states)
    (shift,) = found.shifts
    assert "stayed on its side" in shift.region
    assert shift.explanation.observed.unit == "GPa"
    assert shift.explanation.predicted is shift.explanation.pressure


@pytest.fixture(scope="module")
def to_and_fro():
    """Runs of both sides along an isobar whose cells go to and fro, with the labels of both."""
    sets = sets_of({high: hydrogen(molecular=not high, seed=1) for high in (False, True)}, 1, count=200)
    runs, labelled = [], []
    for temperature, sides in sets.items():
        for role, each in zip((Role.SURROGATE, Role.REFERENCE), sides, strict=True):
            summary = xr.Dataset(attrs=ATTRIBUTES | {"temperature_k": temperature})
            molecular = 0.8 if temperature < 1000.0 else 0.2
            put_estimate(summary, "molecular_fraction", Estimate(molecular, 0.01, "", 50.0))
            runs.append(ObservedRun.from_summary(summary, role=role, engine=role))
            labelled.append(LabelledRun(runs[-1].identity, each))
    return labelled, ladders_of(runs)


def test_an_isobar_whose_cells_go_to_and_fro_has_one_shift(to_and_fro):
    labelled, ladders = to_and_fro
    found = explain_campaign(labelled, [], ladders, phases=None)
    (placed,) = found.crossovers
    assert (placed.line, placed.atoms) == ("P200", 16)
    assert placed.crossover.predicted_shift.resolved
    assert json.loads(found.to_json())["crossovers"][0]["crossover"]["finding"] == "agree"


def test_a_budget_of_cells_that_go_to_and_fro_is_in_kelvin_by_their_visits(to_and_fro):
    """A choice puts the upper region 4 meV/atom higher: T D/(Delta H - D), with Delta H from the visits' slope."""
    labelled, ladders = to_and_fro
    run = next(each for each in labelled if each.labels.temperature_k == 1000.0 and each.labels.coupling == 1.0)
    changed = []
    for frame in run.labels.reference:
        copy = frame.copy()
        lifted = 0.0 if OrderParameter.MOLECULAR_FRACTION.of(frame) > 0.5 else BIAS_EV_PER_ATOM * len(frame)
        energy = frame.calc.results["free_energy"] + lifted
        attach_labels(copy, energy=energy, free_energy=energy, forces=frame.get_forces(), stress=frame.get_stress())
        changed.append(copy)
    labels = DoublyLabelled("run", SURROGATE, 1000.0, changed, run.labels.reference)
    found = explain_campaign(labelled, [LabelledChoice(run.identity, "lifted", labels)], ladders, phases=None)
    ((row,), region) = found.budgets[0].rows, found.budgets[0].region
    exact = 1000.0 * BIAS_EV_PER_ATOM / (LATENT_EV / 16.0 - BIAS_EV_PER_ATOM)
    assert row.shift.difference_mev_per_atom.value == pytest.approx(1000.0 * BIAS_EV_PER_ATOM)
    assert abs(row.shift.value.value - exact) < 4.0 * row.shift.value.error
    assert row.shift.value.error < exact
    assert "by how often the reference visits the two regions" in region


def test_runs_are_walked_only_where_cells_go_to_and_fro_and_one_that_cannot_be_read_is_left_out(to_and_fro, labelled):
    sets, ladders = to_and_fro

    def damaged(_order):
        raise StorageError("It is damaged.", "Restore it.")

    walked = [WalkedRun(each.identity, Role.REFERENCE, damaged) for each in sets]
    found = explain_campaign(sets, [], ladders, phases=None, walked=walked)
    assert set(found.refused.values()) == {"It is damaged."}
    assert len(found.refused) == len({each.identity for each in sets})
    assert not explain_campaign(labelled, [], [], phases=PHASES, walked=walked).refused
