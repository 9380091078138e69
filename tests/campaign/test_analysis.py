"""Observed runs in memory become transitions, orders, effects and a verdict: no study, no file, no ledger."""

import dataclasses
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from llpt.audit import Outcome, Thresholds, compare
from llpt.campaign import ControlledTest, Role
from llpt.campaign.analysis import analyse
from llpt.campaign.comparison import verdict_of
from llpt.errors import InputError
from llpt.transition import LadderPath, LineKind, locate, synthetic_isobar
from llpt.transition.order import Order
from llpt.transition.step import fit_step
from llpt.transition.step_criteria import DENSITY_JUMP

GRID_25_K = tuple(float(value) for value in np.arange(700.0, 1101.0, 25.0))
FINE_K = tuple(float(value) for value in np.arange(700.0, 1201.0, 20.0))


@pytest.fixture
def runs(observed):
    """The function that makes the runs of an isobar whose transition is known."""

    def make(place_k=905.0, *, seed=1, atoms=512, noise=0.0008, grid=FINE_K, **options):
        isobar = synthetic_isobar(grid, place_k=place_k, width_k=0.0, seed=seed, n_atoms=atoms, noise=noise)
        return observed(isobar, **options)

    return make


@pytest.fixture
def both(runs):
    """A reference, and a surrogate whose transition lies elsewhere."""

    def make(place_k):
        return [*runs(), *runs(place_k, seed=2, role=Role.SURROGATE, engine="MACE")]

    return make


def test_a_surrogate_with_the_same_transition_is_faithful_and_one_without_is_not(both):
    same, shifted = analyse(both(905.0)), analyse(both(805.0))
    assert same.verdict.value is Outcome.FAITHFUL
    assert (same.verdict.reference, same.verdict.surrogate) == ("DFT/PBE", "MACE")
    assert shifted.verdict.value is Outcome.NOT_FAITHFUL
    loose = Thresholds(transition_temperature_k=500.0, enthalpy_step_ev_per_atom=0.05)  # a line must be carried on far
    assert analyse(both(805.0), loose).verdict.value is Outcome.FAITHFUL
    assert [result.role for result in shifted.orders] == list(Role)
    places = [ladder.criteria[DENSITY_JUMP].place.value for ladder in shifted.ladders]
    assert places == pytest.approx([905.0, 805.0], abs=20.0)


def test_a_smooth_change_in_the_place_of_a_sharp_one_is_not_faithful(observed):
    """The width differs by less than its threshold; what both ways say of either side tells them apart."""

    def side(width_k, seed, **whose):
        ways = ((ControlledTest.BASE, 1), (ControlledTest.COOLING, -1))
        isobars = (
            (
                test,
                synthetic_isobar(
                    GRID_25_K, place_k=900.0, width_k=width_k, seed=seed + sign, n_atoms=512, noise=0.0005
                ),
            )
            for test, sign in ways
        )
        return [run for test, isobar in isobars for run in observed(isobar, test=test, **whose)]

    found = analyse([*side(0.0, 1), *side(48.0, 11, role=Role.SURROGATE, engine="MACE")])
    rows = {each.quantity: each for each in found.verdict.comparisons}
    assert rows["transition width"].outcome is Outcome.FAITHFUL
    assert rows["transition order"].outcome is found.verdict.value is Outcome.NOT_FAITHFUL
    assert "first order in DFT/PBE (by width of rho(T)" in rows["transition order"].sentence
    assert "a crossover in MACE (by width of" in rows["transition order"].sentence


def test_the_verdict_is_that_of_the_isobars_in_whatever_order_runs_come(both):
    found = analyse(both(885.0))
    sides = [[ladder.located for ladder in found.base(role)] for role in Role]
    assert found.verdict.to_json() == compare(*sides, Thresholds()).to_json()
    mixed = analyse(np.random.default_rng(1).permutation(np.array(both(885.0), dtype=object)))
    assert mixed.verdict.to_json() == found.verdict.to_json()
    assert [ladder.role for ladder in mixed.ladders] == list(Role)


def test_a_ladder_is_its_isobar_with_its_transition(runs):
    (ladder,) = analyse(runs(seed=3)).ladders
    expected = locate(synthetic_isobar(FINE_K, place_k=905.0, width_k=0.0, seed=3, noise=0.0008))
    assert ladder.located.criteria == expected.criteria
    assert (ladder.line, ladder.atoms, ladder.pressure_gpa) == ("P200", 512, 200.0)
    assert ladder.states.path is LadderPath.HEATING
    assert [run.temperature_k for run in ladder.runs] == list(FINE_K)


def test_without_a_partner_there_is_no_verdict_and_the_reason_is_said(runs):
    alone = analyse(runs())
    assert alone.verdict is None
    assert "no runs of a surrogate" in alone.without_verdict
    held = [dataclasses.replace(run, role=Role.SURROGATE, summary=run.summary.copy()) for run in runs(seed=2)]
    for run in held:
        run.summary.attrs["pressure_gpa"] = float("nan")
    without = analyse([*runs(), *held])
    assert without.verdict is None
    assert "no line of states of the surrogate" in without.without_verdict


def test_tests_and_sizes_are_held_against_the_base(runs):
    found = analyse(
        [
            *runs(),
            *runs(seed=2, atoms=256),
            *runs(seed=3, test=ControlledTest.THERMOSTAT),
            *runs(865.0, seed=4, test=ControlledTest.COOLING),
            *runs(885.0, seed=5, test=ControlledTest.RAMP_DOWN, rate=2),
        ]
    )
    assert [effect.test for effect in found.effects] == ["thermostat", "cooling", "ramp-down 2", "size"]
    paths = {ladder.identity.label: ladder.states.path for ladder in found.ladders}
    assert paths == {
        "base": LadderPath.HEATING,
        "thermostat": LadderPath.HEATING,
        "cooling": LadderPath.COOLING,
        "ramp-down 2": LadderPath.COOLING,
    }
    assert [effect.test for effect in analyse(runs(), compare_sizes=False).effects] == []
    assert found.largest(Role.REFERENCE, "P200").atoms == 512
    assert found.largest(Role.SURROGATE, "P200") is None
    (order,) = found.orders
    assert order.atoms == 512  # the cell that was walked both ways
    assert order.statement.order in Order


def test_the_step_in_a_curve_is_fitted_once_in_an_analysis(both, runs, monkeypatch):
    fitted = Counter()

    def counted(curve):
        fitted[curve.name] += 1
        return fit_step(curve)

    for module in [module for name, module in sys.modules.items() if name.startswith("llpt.")]:
        if getattr(module, "fit_step", None) is fit_step:
            monkeypatch.setattr(module, "fit_step", counted)
    found = analyse([*both(885.0), *runs(865.0, seed=4, test=ControlledTest.COOLING)])
    assert len(found.ladders) == 3
    assert fitted.keys() >= {"density", "enthalpy", "volume"}
    assert set(fitted.values()) == {3}


def test_ladders_of_another_engine_are_no_way_back_of_this_one(runs):
    """Two references on one isobar: the cooling ladder of one says nothing of the heating ladder of the other."""
    up = runs(engine="VASP PBE")
    down = runs(865.0, seed=2, test=ControlledTest.COOLING, engine="Quantum ESPRESSO PBE")
    (order,) = analyse([*up, *down]).orders
    assert any("walked back" in proposal.sentence for proposal in order.proposals)
    (order,) = analyse([*up, *runs(865.0, seed=2, test=ControlledTest.COOLING, engine="VASP PBE")]).orders
    assert not any("walked back" in proposal.sentence for proposal in order.proposals)


def test_any_two_engines_are_compared_by_name(runs):
    ladders = analyse(
        [*runs(engine="VASP PBE"), *runs(seed=2, engine="QE PBE"), *runs(805.0, seed=3, engine="QE LDA")]
    ).ladders
    same, _ = verdict_of(ladders, Thresholds(), reference="VASP PBE", surrogate="qe-pbe")
    other, _ = verdict_of(ladders, Thresholds(), reference="vasp-pbe", surrogate="QE LDA")
    assert same.value is Outcome.FAITHFUL
    assert other.value is Outcome.NOT_FAITHFUL
    with pytest.raises(InputError, match="no runs of an engine called mace") as caught:
        verdict_of(ladders, Thresholds(), surrogate="mace")
    assert "qe-lda, qe-pbe, vasp-pbe" in caught.value.remedy


def test_boiling_is_found_where_the_density_falls(observed):
    isobar = synthetic_isobar(FINE_K, place_k=905.0, width_k=0.0, seed=1, jump=-0.05)
    (boiling,) = analyse(observed(isobar), density_rises=False).ladders
    (wrong,) = analyse(observed(isobar)).ladders
    assert boiling.criteria[DENSITY_JUMP].resolved
    assert not wrong.criteria[DENSITY_JUMP].resolved


def test_a_summary_that_does_not_say_its_state_is_refused(runs):
    summary = runs()[0].summary.copy()
    del summary.attrs["temperature_k"]
    with pytest.raises(InputError, match="lacks temperature_k"):
        type(runs()[0]).from_summary(summary, role=Role.REFERENCE, engine="DFT")


@pytest.mark.parametrize("unknown", ["temperature", "pressure"])
def test_a_state_that_nobody_said_is_asked_for(runs, unknown):
    summary = runs()[0].summary.copy()
    summary.attrs["temperature_k" if unknown == "temperature" else "pressure_gpa"] = float("nan")
    with pytest.raises(InputError, match=f"The {unknown} that was set for a run of VASP is not known") as refused:
        type(runs()[0]).from_summary(summary, role="reference", engine="VASP")
    assert unknown in refused.value.remedy


def test_runs_at_held_volume_share_a_line_by_their_density(runs):
    made = type(runs()[0])
    held = []
    for run in runs()[:3]:
        summary = run.summary.copy()
        summary.attrs |= {"pressure_gpa": float("nan"), "constant_volume": 1}
        summary["density"] = ((), 1.05, {"unit": "g/cm^3"})
        held.append(made.from_summary(summary, role=Role.REFERENCE, engine="DFT"))
    (ladder,) = analyse(held).ladders
    assert ladder.line == "rho1.05"
    assert ladder.kind is LineKind.ISOCHORE
    assert ladder.isobar is None
    assert ladder.pressure_gpa is None
    assert not any(found.resolved for found in ladder.criteria.values())


def test_analysing_brings_neither_study_nor_report_nor_job_queue_nor_torch():
    names = ("llpt.study", "llpt.report", "parsl", "plotly", "torch")
    code = f"import sys, llpt.campaign.analysis; print([name for name in {names} if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
