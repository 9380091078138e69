"""Defects that were planted in runs and labels are named, with their size and their kelvins."""

import re

import numpy as np
import pytest
import xarray as xr

from llpt.audit import Cause, DerivativeCheck, DoublyLabelled, Outcome, Presence
from llpt.audit.diagnosis import DiagnosedSide, diagnose
from llpt.bridge import REFERENCE, SURROGATE
from llpt.campaign import ControlledTest, Role
from llpt.campaign.analysis import analyse
from llpt.campaign.diagnosing import diagnose_labels, diagnose_runs, line_slope
from llpt.campaign.explanation import explain_campaign
from llpt.campaign.labelled import LabelledChoice, LabelledRun
from llpt.observables import put_estimate
from llpt.statistics import Estimate
from llpt.structure import atomic_fluid, attach_labels
from llpt.transition import synthetic_isobar
from llpt.units import BOLTZMANN_EV_PER_K, GPA_TO_EV_PER_ANGSTROM3

GRID_K = tuple(float(value) for value in np.arange(700.0, 1201.0, 20.0))
PLACE_K = 900.0
LATENT_EV = 0.05
VOLUME_ANGSTROM3 = 0.05
PHASES = (ControlledTest.BASE, ControlledTest.START)
ATOMS = 16


def runs_of(observed, role, *, mass=1.008, hotter=1.0, solid=False):
    def further(temperature_k):
        summary = xr.Dataset()
        put_estimate(summary, "temperature", Estimate(hotter * temperature_k, 4.0, "K", 100.0))
        if solid:
            put_estimate(summary, "solid_fraction", Estimate(1.0, 0.01, "", 100.0))
        return summary

    seed = 1 + (role is Role.SURROGATE)
    isobar = synthetic_isobar(GRID_K, place_k=905.0, width_k=0.0, seed=seed, n_atoms=512, noise=3e-4)
    runs = observed(isobar, role=role, engine=str(role), further=further)
    for run in runs:
        run.summary.attrs["mass_u"] = mass * 512
    return runs


def found_in(observed, **defect):
    runs = [*runs_of(observed, Role.REFERENCE), *runs_of(observed, Role.SURROGATE, **defect)]
    found = analyse(runs)
    diagnoses = diagnose_runs(found.ladders)
    return found.verdict.with_diagnoses(diagnoses), {each.cause: each for each in diagnoses if each.side != "reference"}


def test_runs_that_are_right_are_told_so_and_the_verdict_stands(observed):
    verdict, found = found_in(observed)
    assert verdict.value is Outcome.FAITHFUL
    assert {found[cause].presence for cause in (Cause.MASS, Cause.KINETIC_TEMPERATURE)} == {Presence.ABSENT}
    assert found[Cause.SOLID].presence is Presence.OPEN  # these runs do not say how their atoms moved
    assert "too short" not in verdict.reasons[0]
    again = type(verdict).from_json(verdict.to_json())
    assert again.to_json() == verdict.to_json()


def test_another_isotope_rings_and_leaves_the_verdict_open(observed):
    verdict, found = found_in(observed, mass=2.014)
    assert found[Cause.MASS].presence is Presence.PRESENT
    assert found[Cause.MASS].size.value == pytest.approx(99.8, abs=0.1)
    assert found[Cause.MASS].kelvins.value == 0.0
    assert "densities in g/cm³ differ by the factor 1.998" in verdict.reasons[0]
    assert verdict.value is Outcome.NOT_RESOLVED


def test_a_thermostat_that_cools_rings_with_its_kelvins(observed):
    verdict, found = found_in(observed, hotter=0.97)
    assert found[Cause.KINETIC_TEMPERATURE].size.value == pytest.approx(-3.0, abs=0.01)
    assert found[Cause.KINETIC_TEMPERATURE].size.error < 0.2
    assert found[Cause.KINETIC_TEMPERATURE].kelvins.value == pytest.approx(0.03 * 960.0, abs=1.0)
    assert verdict.value is Outcome.NOT_RESOLVED
    assert any("% colder than their thermostat" in reason for reason in verdict.reasons)


def test_a_surrogate_that_froze_is_called_a_solid(observed):
    verdict, found = found_in(observed, solid=True)
    assert found[Cause.SOLID].presence is Presence.PRESENT
    assert found[Cause.SOLID].size.value == 100.0
    assert verdict.value is Outcome.NOT_RESOLVED


def frames_with(random, *, bias_ev=0.0, force_factor=1.0, pressure_gpa=0.0, count=40):
    """Snapshots with labels of a reference, and with those of a surrogate with these defects."""
    frame = atomic_fluid(atoms=ATOMS, density_g_per_cm3=0.9, seed=1)
    reference, surrogate = [], []
    for _ in range(count):
        energy, forces = random.normal(), random.normal(size=(ATOMS, 3))
        noise, pressure = random.normal(0.0, 0.01), random.normal(100.0, 1.0)
        moved = frame.copy()
        moved.positions += 0.01 * random.normal(size=(ATOMS, 3))  # no two snapshots of a run are one
        for frames, more, factor, offset in (
            (reference, 0.0, 1.0, 0.0),
            (surrogate, bias_ev * ATOMS + noise, force_factor, pressure_gpa),
        ):
            atoms = moved.copy()
            value = -(pressure + offset + 0.1 * random.normal()) * GPA_TO_EV_PER_ANGSTROM3
            stress = np.array([value, value, value, 0.0, 0.0, 0.0])
            attach_labels(
                atoms,
                energy=energy + more,
                free_energy=energy + more,
                forces=factor * forces + 0.05 * random.normal(size=(ATOMS, 3)),
                stress=stress,
            )
            frames.append(atoms)
    return reference, surrogate


def phase_runs(observed):
    """Runs of the reference in both phases at the transition: what enthalpy and volume change by."""
    runs = []
    for test, share in zip(PHASES, (0.0, 1.0), strict=True):
        isobar = synthetic_isobar((PLACE_K,), place_k=905.0, width_k=0.0, seed=1, n_atoms=ATOMS)

        def further(_, share=share):
            summary = xr.Dataset()
            put_estimate(summary, "volume", Estimate(1.7 - share * VOLUME_ANGSTROM3, 1e-4, "Å³/atom", 100.0))
            return summary

        for run in observed(isobar, test=test, further=further):
            put_estimate(run.summary, "enthalpy", Estimate(share * LATENT_EV, 1e-4, "eV/atom", 100.0))
            runs.append(run)
    return runs


def labels_with(observed, *, low=None, high=None, choices=(), derivatives=None, seed=0):
    random = np.random.default_rng(seed)
    ladders = analyse(phase_runs(observed)).ladders
    identities = {run.identity.test: run.identity for ladder in ladders for run in ladder.runs}
    labelled, chosen = [], []
    for test, defect in zip(PHASES, (low or {}, high or {}), strict=True):
        for coupling in (SURROGATE, REFERENCE):
            pair = frames_with(random, **defect)
            sets = DoublyLabelled(f"{test} {coupling}", coupling, PLACE_K, *pair)
            labelled.append(LabelledRun(identities[test], sets))
        for name, biases in choices:
            base, changed = frames_with(random, bias_ev=biases[PHASES.index(test)])
            pair = DoublyLabelled(name, SURROGATE, PLACE_K, changed, base)
            chosen.append(LabelledChoice(identities[test], name, pair))
    explanation = explain_campaign(labelled, chosen, ladders, phases=PHASES)
    return diagnose_labels(labelled, explanation, ladders, derivatives=derivatives), explanation


@pytest.mark.parametrize("planted_mev", [0.0, 5.0, 10.0, 20.0])
def test_an_energy_between_the_phases_is_named_with_its_kelvins(observed, planted_mev):
    found, _ = labels_with(observed, high={"bias_ev": planted_mev / 1000.0})
    phases = next(each for each in found if each.cause is Cause.PHASES)
    assert phases.presence is (Presence.PRESENT if planted_mev else Presence.ABSENT)
    assert abs(phases.size.value - planted_mev) < 3.0 * phases.size.error
    exact = PLACE_K * planted_mev / (1000.0 * LATENT_EV + planted_mev)  # T* D / (Delta H - D), D = -planted
    assert abs(phases.kelvins.value - exact) < 2.0 * phases.kelvins.error + 0.02 * exact


def test_the_choice_behind_the_reference_that_does_the_same_is_named(observed):
    found, _ = labels_with(
        observed,
        high={"bias_ev": 0.010},
        choices=(("electrons at 0 K", (0.0, 0.010)), ("another cutoff", (0.0, 0.002))),
    )
    (choice,) = [each for each in found if each.cause is Cause.CHOICE]
    assert "electrons at 0 K" in choice.sentence
    assert choice.size.value == pytest.approx(10.0, abs=0.5)


def test_a_choice_too_far_for_its_budget_is_named_by_snapshots_that_both_have_labelled(observed):
    random = np.random.default_rng(5)
    beta, spread, bias = 1.0 / (BOLTZMANN_EV_PER_K * PLACE_K), 0.2, 0.010
    ladders = analyse(phase_runs(observed)).ladders
    labelled, chosen = [], []
    for identity in (run.identity for ladder in ladders for run in ladder.runs):
        high = identity.test is PHASES[1]
        for coupling, sign in ((SURROGATE, 0.5), (REFERENCE, -0.5)):
            reference, surrogate = frames_with(random)
            for right, wrong in zip(reference, surrogate, strict=True):
                apart = sign * beta * spread**2 + random.normal(0.0, spread) - high * bias * ATOMS
                energy = right.calc.results["free_energy"] - apart
                attach_labels(wrong, energy=energy, free_energy=energy, forces=wrong.get_forces())
            sets = DoublyLabelled(f"{identity.test} {coupling}", coupling, PLACE_K, reference, surrogate)
            labelled.append(LabelledRun(identity, sets))
        as_surrogate = DoublyLabelled("cold", SURROGATE, PLACE_K, surrogate, reference)
        biased = [each.copy() for each in reference]
        for each, right in zip(biased, reference, strict=True):
            energy = right.calc.results["free_energy"] + high * bias * ATOMS
            attach_labels(each, energy=energy, free_energy=energy, forces=right.get_forces())
        another = DoublyLabelled("cutoff", SURROGATE, PLACE_K, biased, reference)
        chosen += [LabelledChoice(identity, "cold", as_surrogate), LabelledChoice(identity, "cutoff", another)]
    explanation = explain_campaign(labelled, chosen, ladders, phases=PHASES)
    (budget,) = explanation.budgets
    assert {row.choice: row.too_far for row in budget.rows} == {"cold": True, "cutoff": False}
    assert budget.left["cold"].value == pytest.approx(0.0, abs=1e-9)
    found = [each for each in diagnose_labels(labelled, explanation, ladders) if each.cause is Cause.CHOICE]
    assert "cold" in found[0].sentence
    assert found[0].size.value == pytest.approx(10.0, abs=3.0 * found[0].size.error)
    assert found[0].kelvins.resolved


def test_forces_and_pressures_that_are_too_large_are_named(observed):
    both = {"force_factor": 1.02, "pressure_gpa": 2.0}
    found, _ = labels_with(observed, low=both, high=both)
    by_cause = {each.cause: each for each in found}
    assert by_cause[Cause.FORCE_SIZE].presence is Presence.PRESENT
    assert "% larger than" in by_cause[Cause.FORCE_SIZE].sentence
    assert by_cause[Cause.FORCE_SIZE].size.value == pytest.approx(2.0, abs=0.3)
    assert by_cause[Cause.PRESSURE].presence is Presence.PRESENT
    assert by_cause[Cause.PRESSURE].size.value == pytest.approx(2.0, abs=0.1)


def test_forces_and_pressures_that_are_too_small_are_called_so(observed):
    both = {"force_factor": 0.98, "pressure_gpa": -2.0}
    by_cause = {each.cause: each for each in labels_with(observed, low=both, high=both)[0]}
    assert re.search(r"forces are [12]\.\d.* ± .* % smaller than", by_cause[Cause.FORCE_SIZE].sentence)
    assert re.search(r"pressure is [12]\.\d.* ± .* GPa below", by_cause[Cause.PRESSURE].sentence)
    assert by_cause[Cause.FORCE_SIZE].size.value < 0.0


def test_a_pressure_that_derives_from_no_energy_costs_what_the_slope_of_the_line_says(observed):
    check = DerivativeCheck((1.0, 1.0001, 0.9999, 1.0), (2.0, 2.01, 1.99, 2.0))
    found, explanation = labels_with(observed, derivatives={Role.SURROGATE: check})
    slope = line_slope(explanation.shifts[0])
    exact = -PLACE_K * VOLUME_ANGSTROM3 * GPA_TO_EV_PER_ANGSTROM3 / LATENT_EV
    assert slope.value == pytest.approx(exact, rel=1e-6)
    offset = next(each for each in found if each.cause is Cause.VOLUME_DERIVATIVE)
    assert offset.presence is Presence.PRESENT
    assert offset.kelvins.value == pytest.approx(-2.0 * exact, rel=1e-3)
    assert offset.kelvins.resolved
    forces = next(each for each in found if each.cause is Cause.GRADIENT)
    assert forces.presence is Presence.ABSENT


def test_a_surrogate_without_a_hamiltonian_is_not_called_faithful(observed):
    verdict, _ = found_in(observed)
    check = DerivativeCheck((1.02, 1.0201, 1.0199, 1.02), (0.0, 0.01, -0.01, 0.0))
    for role, value in ((Role.SURROGATE, Outcome.NOT_RESOLVED), (Role.REFERENCE, Outcome.FAITHFUL)):
        found, _ = labels_with(observed, derivatives={role: check})
        bare = verdict.model_copy(update={"diagnoses": ()})
        assert bare.with_diagnoses(found).value is value


@pytest.mark.parametrize(
    ("kelvins", "value"), [((404.0, 41.0), "not resolved"), ((12.0, 5.0), "faithful"), ((30.0, 40.0), "not resolved")]
)
def test_a_surrogate_is_not_called_faithful_beside_a_defect_that_may_cost_more_than_the_threshold(
    observed, kelvins, value
):
    verdict, _ = found_in(observed)
    assert verdict.value is Outcome.FAITHFUL
    defect = diagnose(
        Cause.PHASES,
        side=DiagnosedSide.SURROGATE,
        size=Estimate(20.0, 0.5, "meV/atom", 100.0),
        sentence="A bias between the phases.",
        kelvins=Estimate(*kelvins, "K", 100.0),
    )
    assert defect.presence is Presence.PRESENT
    assert verdict.model_copy(update={"diagnoses": ()}).with_diagnoses([defect]).value == value
