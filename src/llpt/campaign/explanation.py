"""From doubly labelled runs to residuals, predicted shifts and an error budget, phase by phase and state by state.

The physics of one pair of phases is that of ``llpt.audit`` (``explain``, ``error_budget``); here runs find their
partners: two phases of one line, size and temperature, and the reference's step of enthalpy and volume between them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

from llpt import units
from llpt.audit import (
    STRAY_SHARE,
    OrderParameter,
    PhaseSets,
    PhaseSteps,
    Walk,
    boundary_between,
    crossover,
    enthalpies_of,
    error_budget,
    explain,
    frame_table,
    in_phases,
    residuals_of,
    steps_between,
)
from llpt.bridge import REFERENCE, SURROGATE, carried_average, free_energy_difference
from llpt.campaign.comparison import observed_shifts
from llpt.campaign.explained import (
    CampaignExplanation,
    PlacedBudget,
    PlacedCrossover,
    PlacedExplanation,
    StateDifference,
)
from llpt.campaign.identity import ControlledTest, Role
from llpt.campaign.labelled import LabelledRun, MatchedState, WalkedRun
from llpt.campaign.likeness import left_between, on_shared_snapshots
from llpt.errors import InputError, LlptError
from llpt.observables import estimate_of, quantity
from llpt.statistics import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llpt.audit import DoublyLabelled, PhaseBoundary
    from llpt.campaign.labelled import LabelledChoice
    from llpt.campaign.ladders import ObservedLadder
    from llpt.campaign.observed import ObservedRun

ENDS = (SURROGATE, REFERENCE)
"""Residuals are of configurations that one of the two sides sampled, not one between them."""
COUPLINGS = {Role.SURROGATE: SURROGATE, Role.REFERENCE: REFERENCE}
PhaseTests = tuple[ControlledTest, ControlledTest]
"""The tests whose runs are of the phase stable below the transition, and of that above it."""


SomeRun = TypeVar("SomeRun", LabelledRun, WalkedRun)


def explain_campaign(
    labelled: Sequence[LabelledRun],
    choices: Sequence[LabelledChoice],
    ladders: Sequence[ObservedLadder],
    *,
    phases: PhaseTests | None,
    walked: Sequence[WalkedRun] = (),
    refused: Mapping[str, str] | None = None,
) -> CampaignExplanation:
    """Say why the two sides differ, from labels of both on the same snapshots.

    Args:
        labelled: runs of either side, with both sides' labels; repeats of a state count in the residuals alone.
        choices: runs of the reference, with its labels as it is and changed.
        ladders: all runs with their averages and transitions (``ladders_of``).
        phases: which runs are meant for which phase; None where the study has runs of one kind at a temperature: the
            phases are then told apart by the snapshots alone, where an order parameter does.
        walked: runs whose order parameters are counted where cells go to and fro, read only there. Without any, the
            labelled snapshots are counted.
        refused: labels that could not be read, with the reason; handed on.
    """
    left_out = dict(refused or {})
    residuals = None
    if labelled:
        try:
            residuals = residuals_of([each.labels for each in labelled if each.labels.coupling in ENDS])
        except InputError as error:
            left_out["residuals"] = error.cause
    states = _by_state(labelled)
    meant = phases or (ControlledTest.BASE, ControlledTest.START)
    crossovers = _crossovers(labelled, walked, ladders, left_out)
    return CampaignExplanation(
        residuals,
        _differences(states, ladders),
        _shifts(states, ladders, meant),
        crossovers,
        _budgets(choices, labelled, ladders, meant, crossovers),
        left_out,
    )


def _by_state(labelled: Sequence[LabelledRun]) -> dict[tuple[MatchedState, ControlledTest], list[DoublyLabelled]]:
    """Return the labels of the first run of each side at each state, by state and test."""
    found: dict[tuple[MatchedState, ControlledTest], list[DoublyLabelled]] = {}
    for each in labelled:
        if each.identity.repeat == 1:
            found.setdefault((MatchedState.of(each.identity), each.identity.test), []).append(each.labels)
    return found


def _differences(
    states: Mapping[tuple[MatchedState, ControlledTest], Sequence[DoublyLabelled]], ladders: Sequence[ObservedLadder]
) -> tuple[StateDifference, ...]:
    found = []
    for (place, test), sets in states.items():
        density = enthalpy = None
        sampled = next((each for each in sets if each.coupling == SURROGATE), None)
        if sampled is not None:
            samples = sampled.samples()
            densities = frame_table([sampled])["density"].values
            density = carried_average(densities, samples, quantity("density").unit)
            pressure = _pressure_of(ladders, place)
            if pressure is not None:
                kinetic = 1.5 * units.BOLTZMANN_EV_PER_K * place.temperature_k
                values = enthalpies_of(sampled.reference, pressure) + kinetic
                enthalpy = carried_average(values, samples, quantity("enthalpy").unit)
        difference = free_energy_difference([each.samples() for each in sets])
        found.append(StateDifference(place, test, difference, density, enthalpy))
    return tuple(found)


def boundary_of(ladders: Sequence[ObservedLadder], line: str, atoms: int) -> PhaseBoundary | None:
    """Return what parts the two phases of a line and size: half way between the ends of the reference's base ladder.

    By the molecular fraction where it is known, as of hydrogen, else by the density.

    Args:
        ladders: all runs with their averages.
        line: name of the line of states.
        atoms: number of atoms.

    Returns:
        The boundary; None where the two ends of the reference's base ladder do not differ by it.
    """
    runs = [
        run
        for ladder in ladders
        if ladder.is_base and ladder.role is Role.REFERENCE and (ladder.line, ladder.atoms) == (line, atoms)
        for run in ladder.runs
    ]
    for order in OrderParameter:
        known = [run for run in runs if order.value in run.summary and estimate_of(run.summary, order.value).resolved]
        if len(known) > 1:
            ends = (min(known, key=_coordinate), max(known, key=_coordinate))
            return boundary_between(order, *(estimate_of(run.summary, order.value) for run in ends))
    return None


def _coordinate(run: ObservedRun) -> float:
    return run.state.coordinate


def _pressure_of(ladders: Sequence[ObservedLadder], place: MatchedState) -> float | None:
    """Return the pressure that a state was held at, in GPa; None at held volumes."""
    runs = (run for ladder in ladders for run in ladder.runs if run.constant_pressure)
    return next((run.state.pressure_gpa for run in runs if MatchedState.of(run.identity) == place), None)


def _shifts(
    states: Mapping[tuple[MatchedState, ControlledTest], Sequence[DoublyLabelled]],
    ladders: Sequence[ObservedLadder],
    phases: PhaseTests,
) -> tuple[PlacedExplanation, ...]:
    observed = observed_shifts(ladders)
    found = []
    for place in dict.fromkeys(place for place, _ in states):
        low, high = (states.get((place, phase), ()) for phase in phases)
        sets = in_phases(low, high, boundary_of(ladders, place.line_of_states, place.atoms))
        if sets.low and sets.high:
            steps = _steps(sets, REFERENCE, ladders, place, phases)
            explanation = explain(
                sets.low,
                sets.high,
                enthalpy_ev_per_atom=steps.enthalpy,
                volume_angstrom3_per_atom=steps.volume,
                observed=observed.get((place.line_of_states, place.atoms)),
            )
            found.append(PlacedExplanation(place, explanation, steps, sets.strayed, sets.sentence))
    return tuple(found)


def _crossovers(
    labelled: Sequence[LabelledRun],
    walked: Sequence[WalkedRun],
    ladders: Sequence[ObservedLadder],
    left_out: dict[str, str],
) -> tuple[PlacedCrossover, ...]:
    """Return the shift of each isobar and size along which the runs of both sides go to and fro."""
    found = []
    isobars = {(each.line, each.atoms) for each in ladders if each.is_base and each.pressure_gpa is not None}
    for line, atoms in sorted(isobars):
        labels = _by_temperature(labelled, line, atoms)
        boundary = boundary_of(ladders, line, atoms) if labels else None
        if boundary is None:
            continue
        sets = {temperature: [run.labels for run in runs] for temperature, runs in labels.items()}
        walks = {
            temperature: _walks(runs, boundary.order, left_out)
            for temperature, runs in _by_temperature(walked, line, atoms).items()
        }
        shift = crossover(sets, boundary, walks or None)
        if shift is not None:
            found.append(PlacedCrossover(line, atoms, shift))
    return tuple(found)


def _walks(runs: Sequence[WalkedRun], order: OrderParameter, left_out: dict[str, str]) -> list[Walk]:
    """Return an order parameter along runs; one that cannot be read is left out with its reason."""
    found = []
    for run in runs:
        try:
            found.append(Walk(COUPLINGS[run.role], run.along(order)))
        except LlptError as error:
            left_out[run.identity.path] = error.cause
    return found


def _by_temperature(runs: Sequence[SomeRun], line: str, atoms: int) -> dict[float, list[SomeRun]]:
    """Return the first runs of each test on a line, by temperature."""
    found: dict[float, list[SomeRun]] = {}
    for run in runs:
        place = MatchedState.of(run.identity)
        if run.identity.repeat == 1 and (place.line, place.atoms) == (line, atoms):
            found.setdefault(place.temperature_k, []).append(run)
    return found


def _steps(
    sets: PhaseSets, sampled_by: float, ladders: Sequence[ObservedLadder], place: MatchedState, phases: PhaseTests
) -> PhaseSteps:
    """Return the reference's steps of enthalpy and volume: of whole runs where they stayed, else of the snapshots."""
    if not sets.strayed > STRAY_SHARE:
        return PhaseSteps(*(step_between(phases, ladders, place, name) for name in ("enthalpy", "volume")))
    pressure = _pressure_of(ladders, place)
    return steps_between(
        sets.low, sets.high, pressure_gpa=math.nan if pressure is None else pressure, coupling=sampled_by
    )


def step_between(phases: PhaseTests, ladders: Sequence[ObservedLadder], place: MatchedState, name: str) -> Estimate:
    """Return an average of the reference in the phase above the transition less that in the phase below it.

    Args:
        phases: which runs are of which phase.
        ladders: all runs with their averages.
        place: where both phases were run.
        name: the quantity that is averaged (``llpt.observables``).

    Returns:
        The difference in the quantity's unit; unknown where one of the phases was not run there.
    """
    values: dict[ControlledTest, Estimate] = {}
    for run in (run for ladder in ladders for run in ladder.runs):
        if run.role is Role.REFERENCE and MatchedState.of(run.identity) == place and run.identity.repeat == 1:
            values.setdefault(run.identity.test, estimate_of(run.summary, name))
    low, high = (values.get(phase) for phase in phases)
    return Estimate.unknown(quantity(name).unit) if low is None or high is None else high.minus(low)


def _budgets(
    choices: Sequence[LabelledChoice],
    labelled: Sequence[LabelledRun],
    ladders: Sequence[ObservedLadder],
    phases: PhaseTests,
    crossovers: Sequence[PlacedCrossover],
) -> tuple[PlacedBudget, ...]:
    own = {each.identity: each.labels for each in labelled if each.labels.coupling == REFERENCE}
    places: dict[MatchedState, dict[str, dict[ControlledTest, DoublyLabelled]]] = {}
    shared: dict[tuple[MatchedState, str, ControlledTest], DoublyLabelled] = {}
    for each in choices:
        sets = places.setdefault(MatchedState.of(each.identity), {})
        sets.setdefault(each.choice, {})[each.identity.test] = each.labels
        both_sides = on_shared_snapshots(own[each.identity], each.labels) if each.identity in own else None
        if both_sides is not None:
            shared[MatchedState.of(each.identity), each.choice, each.identity.test] = both_sides
    found = []
    for place, by_choice in places.items():
        boundary = boundary_of(ladders, place.line_of_states, place.atoms)
        both: dict[str, PhaseSets] = {}
        for choice, tests in by_choice.items():
            low, high = ([tests[phase]] if phase in tests else [] for phase in phases)
            parted = in_phases(low, high, boundary)
            if parted.low and parted.high:
                both[choice] = parted
        if both:
            first = next(iter(both.values()))
            latent, how = _latent(first, ladders, place, phases, crossovers)
            rows = error_budget({choice: (each.low, each.high) for choice, each in both.items()}, latent)
            left = {}
            for choice in both:
                below, above = ([shared[key] for key in [(place, choice, phase)] if key in shared] for phase in phases)
                left[choice] = left_between(below, above, boundary)
            found.append(PlacedBudget(place, rows, left, first.strayed, f"{first.sentence} {how}"))
    return tuple(found)


def _latent(
    sets: PhaseSets,
    ladders: Sequence[ObservedLadder],
    place: MatchedState,
    phases: PhaseTests,
    crossovers: Sequence[PlacedCrossover],
) -> tuple[Estimate, str]:
    """Return the reference's step of enthalpy in eV/atom, and how it was found.

    Of cells that go to and fro the slope of the reference's visits along the isobar knows it better than the snapshots
    of one temperature, whose enthalpies scatter by more than the step.
    """
    if sets.strayed > STRAY_SHARE:
        for each in crossovers:
            enthalpy = each.crossover.reference.enthalpy
            if (each.line, each.atoms) == (place.line, place.atoms) and enthalpy.resolved:
                latent = enthalpy.scaled(1.0 / place.atoms, quantity("enthalpy").unit)
                return latent, f"Step of enthalpy {_in_mev(latent)}, by how often the reference visits the two regions."
    latent = _steps(sets, SURROGATE, ladders, place, phases).enthalpy
    return latent, f"Step of enthalpy {_in_mev(latent)}." if latent.resolved else "The step of enthalpy is not known."


def _in_mev(energy: Estimate) -> str:
    return str(energy.scaled(1000.0, "meV/atom"))
