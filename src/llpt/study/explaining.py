"""From the single points of ``[bridge]`` and ``[budget]`` to residuals, predicted shifts and a budget in kelvin."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel

from llpt.audit import (
    BudgetRow,
    DoublyLabelled,
    Explanation,
    Residuals,
    error_budget,
    explain,
    frame_table,
    residuals_of,
)
from llpt.bridge import REFERENCE, SURROGATE, CarriedAverage, PhaseDifference, carried_average, free_energy_difference
from llpt.campaign import ControlledTest, Role, file_stem
from llpt.campaign.comparison import observed_shifts
from llpt.engines import read_evaluated
from llpt.errors import InputError, LlptError
from llpt.files import make_directory, write_atomically
from llpt.observables import estimate_of
from llpt.statistics import Estimate
from llpt.study.explaining_runs import BRIDGE, BUDGET, pairs, two_phases
from llpt.study.label_sections import AS_IT_IS
from llpt.study.nodes.labels import snapshots
from llpt.study.nodes.other_labels import LABELS, PlannedOtherLabels
from llpt.study.outcome import State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import xarray as xr

    from llpt.campaign.ladders import ObservedLadder
    from llpt.campaign.observed import ObservedRun
    from llpt.study.file import StudyFile
    from llpt.study.layout import StudyDirectory
    from llpt.study.ledger import Entry
    from llpt.study.nodes import PlannedRun
    from llpt.study.plan import Plan


EXPLANATION = "bridge.json"
SAME = 1e-6
"""Relative difference within which a number that is computed again is the same."""


@dataclass(frozen=True)
class MatchedState:
    """Where runs of two sides or two phases meet.

    Args:
        line: name of the line of states.
        atoms: number of atoms.
        temperature_k: temperature.
    """

    line: str
    atoms: int
    temperature_k: float


@dataclass(frozen=True)
class StateDifference:
    """What the labels of one state and test say.

    Args:
        place: where.
        test: which runs: the base ladders, or those of the other phase.
        difference: Delta G of what these runs sampled.
        density: density of the reference by reweighting the surrogate's snapshots, in g/cm³; None without them.
    """

    place: MatchedState
    test: ControlledTest
    difference: PhaseDifference
    density: CarriedAverage | None


@dataclass(frozen=True)
class PlacedExplanation:
    """A predicted shift and where both phases were sampled for it."""

    place: MatchedState
    explanation: Explanation


@dataclass(frozen=True)
class PlacedBudget:
    """An error budget and where both phases were sampled for it."""

    place: MatchedState
    rows: tuple[BudgetRow, ...]


@dataclass(frozen=True)
class StudyExplanation:
    """All that the labels of a study say.

    Args:
        residuals: errors of the surrogate; None without labels.
        states: free-energy differences by state.
        shifts: predicted shifts, where both phases were sampled at one temperature.
        budgets: what each choice behind the reference does.
        refused: labels that could not be used, with the reason.
    """

    residuals: Residuals | None
    states: tuple[StateDifference, ...]
    shifts: tuple[PlacedExplanation, ...]
    budgets: tuple[PlacedBudget, ...]
    refused: Mapping[str, str]

    def to_json(self) -> str:
        """Return everything as JSON; what is not known is null."""
        return json.dumps(_plain(self), indent=1)


def _plain(value: object) -> object:
    """Return a record as JSON holds it."""
    if isinstance(value, BaseModel):
        return _plain(value.model_dump())
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value


def explain_study(
    directory: StudyDirectory, plan: Plan, entries: Mapping[str, Entry], ladders: Sequence[ObservedLadder]
) -> StudyExplanation:
    """Read the labels that are done; keep ``results/labelled-frames.csv`` and ``results/bridge.json``.

    Args:
        directory: the study's directory.
        plan: its plan.
        entries: its ledger, by node.
        ladders: its runs with their averages and transitions.

    Raises:
        StorageError: results cannot be written.
    """
    found, labelled = explanation_of(directory, plan, entries, ladders)
    make_directory(directory.results)
    if labelled:
        write_atomically(directory.results / "labelled-frames.csv", _as_csv(frame_table(list(labelled.values()))))
    write_atomically(directory.results / EXPLANATION, found.to_json())
    return found


def _as_csv(table: xr.Dataset) -> str:
    """Return one line for each frame; the heading of a column has its unit."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    units = {str(name): table[name].attrs["unit"] for name in table}
    writer.writerow([f"{name} ({unit})" if unit else name for name, unit in units.items()])
    writer.writerows(zip(*(table[name].values.tolist() for name in units), strict=True))
    return text.getvalue()


def explanation_of(
    directory: StudyDirectory, plan: Plan, entries: Mapping[str, Entry], ladders: Sequence[ObservedLadder]
) -> tuple[StudyExplanation, dict[str, DoublyLabelled]]:
    """Return what the labels of a study say, and the doubly labelled snapshots by run; nothing is written.

    Args:
        directory: the study's directory.
        plan: its plan.
        entries: its ledger, by node.
        ladders: its runs with their averages and transitions.
    """
    study = directory.study
    refused: dict[str, str] = {}
    labelled = _bridge_labels(directory, plan, entries, refused)
    averages = {run.identity.path: run for ladder in ladders for run in ladder.runs}
    found = StudyExplanation(
        _residuals(labelled, refused),
        _states(plan, labelled),
        _shifts(study, plan, labelled, averages, observed_shifts(ladders)),
        _budgets(directory, plan, entries, averages, refused),
        refused,
    )
    return found, labelled


def difference_from(stored: str, fresh: StudyExplanation) -> str:
    """Return what of a stored explanation is not what its labels say; empty where all is.

    Args:
        stored: the text of ``results/bridge.json``.
        fresh: the explanation made anew.
    """
    try:
        kept = json.loads(stored)
    except ValueError:
        return "it is damaged"
    return _unlike(kept, json.loads(fresh.to_json()), "") or ""


def _unlike(one: object, other: object, where: str) -> str:
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return next(filter(None, (_unlike(one[key], other[key], f"{where}.{key}".strip(".")) for key in one)), "")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return next(filter(None, (_unlike(*pair, f"{where}[{number}]") for number, pair in pairs)), "")
    if isinstance(one, int | float) and isinstance(other, int | float):
        return "" if math.isclose(one, other, rel_tol=SAME, abs_tol=SAME) else where
    return "" if one == other or (isinstance(one, str) and isinstance(other, str)) else where


def _residuals(labelled: Mapping[str, DoublyLabelled], refused: dict[str, str]) -> Residuals | None:
    if not labelled:
        return None
    try:
        return residuals_of(list(labelled.values()))
    except InputError as error:
        refused["residuals"] = error.cause
        return None


def _done(entries: Mapping[str, Entry], path: str) -> bool:
    return path in entries and entries[path].state is State.DONE


def _bridge_labels(
    directory: StudyDirectory, plan: Plan, entries: Mapping[str, Entry], refused: dict[str, str]
) -> dict[str, DoublyLabelled]:
    """Return doubly labelled snapshots by run; the run's own labels are those that drove it."""
    found = {}
    for run, _ in pairs(plan.runs):
        path = f"{BRIDGE}/{file_stem(run.path)}"
        if path not in plan or not _done(entries, path):
            continue
        try:
            other = read_evaluated(directory.node(path) / LABELS)
            node = plan[path]
            count = node.snapshots if isinstance(node, PlannedOtherLabels) else len(other)
            own = snapshots({str(directory.node(run.path)): run.discard}, count)
            reference, surrogate = (own, other) if run.role is Role.REFERENCE else (other, own)
            coupling = REFERENCE if run.role is Role.REFERENCE else SURROGATE
            labelled = DoublyLabelled(run.path, coupling, run.state.temperature_k, reference, surrogate)
            labelled.samples()  # what the bridge refuses is refused here, run by run
            found[run.path] = labelled
        except LlptError as error:
            refused[path] = error.cause
    return found


def _place(run: PlannedRun) -> MatchedState:
    return MatchedState(run.state.line, run.atoms, run.state.temperature_k)


def _by_state(
    plan: Plan, labelled: Mapping[str, DoublyLabelled]
) -> dict[tuple[MatchedState, ControlledTest], list[DoublyLabelled]]:
    found: dict[tuple[MatchedState, ControlledTest], list[DoublyLabelled]] = {}
    for run in plan.runs:
        if run.path in labelled and run.repeat == 1:
            found.setdefault((_place(run), run.test), []).append(labelled[run.path])
    return found


def _states(plan: Plan, labelled: Mapping[str, DoublyLabelled]) -> tuple[StateDifference, ...]:
    found = []
    for (place, test), sets in _by_state(plan, labelled).items():
        density = None
        for each in sets:
            if each.coupling == SURROGATE:
                densities = frame_table([each])["density"].values
                density = carried_average(densities, each.samples(), "g/cm^3")
        found.append(StateDifference(place, test, free_energy_difference([each.samples() for each in sets]), density))
    return tuple(found)


def _shifts(
    study: StudyFile,
    plan: Plan,
    labelled: Mapping[str, DoublyLabelled],
    averages: Mapping[str, ObservedRun],
    observed: Mapping[tuple[str, int], Estimate],
) -> tuple[PlacedExplanation, ...]:
    phases = two_phases(study)
    if phases is None:
        return ()
    states = _by_state(plan, labelled)
    found = []
    for place in dict.fromkeys(place for place, _ in states):
        low, high = states.get((place, phases[0])), states.get((place, phases[1]))
        if low and high:
            enthalpy, volume = (_step(plan, averages, place, phases, name) for name in ("enthalpy", "volume"))
            explanation = explain(
                low,
                high,
                enthalpy_ev_per_atom=enthalpy,
                volume_angstrom3_per_atom=volume,
                observed_k=observed.get((place.line, place.atoms)),
            )
            found.append(PlacedExplanation(place, explanation))
    return tuple(found)


def _step(
    plan: Plan,
    averages: Mapping[str, ObservedRun],
    place: MatchedState,
    phases: tuple[ControlledTest, ControlledTest],
    name: str,
) -> Estimate:
    """Return an average of the reference in the high phase less that in the low one."""
    values = {
        run.test: estimate_of(averages[run.path].summary, name)
        for run in plan.runs
        if run.role is Role.REFERENCE and _place(run) == place and run.repeat == 1 and run.path in averages
    }
    if not all(phase in values for phase in phases):
        return Estimate.unknown({"enthalpy": "eV/atom", "volume": "Å³/atom"}[name])
    return values[phases[1]].minus(values[phases[0]])


def _budgets(
    directory: StudyDirectory,
    plan: Plan,
    entries: Mapping[str, Entry],
    averages: Mapping[str, ObservedRun],
    refused: dict[str, str],
) -> tuple[PlacedBudget, ...]:
    study, phases = directory.study, two_phases(directory.study)
    if study.budget is None or phases is None:
        return ()
    sets: dict[MatchedState, dict[str, dict[ControlledTest, DoublyLabelled]]] = {}
    for run in plan.runs:
        place = f"{BUDGET}/{file_stem(run.path)}"
        if run.test not in phases or not _done(entries, f"{place}/{AS_IT_IS}"):
            continue
        for choice in study.budget.choices:
            path = f"{place}/{choice.name}"
            if _done(entries, path):
                try:
                    labels = _both(directory.node(place), choice.name, run)
                except LlptError as error:
                    refused[path] = error.cause
                else:
                    sets.setdefault(_place(run), {}).setdefault(choice.name, {})[run.test] = labels
    found = []
    for where, choices in sets.items():
        complete = {
            name: ([tests[phases[0]]], [tests[phases[1]]]) for name, tests in choices.items() if len(tests) == 2
        }
        if complete:
            latent = _step(plan, averages, where, phases, "enthalpy")
            found.append(PlacedBudget(where, error_budget(complete, latent)))
    return tuple(found)


def _both(place: Path, choice: str, run: PlannedRun) -> DoublyLabelled:
    changed, base = (read_evaluated(place / name / LABELS) for name in (choice, AS_IT_IS))
    labelled = DoublyLabelled(run.path, SURROGATE, run.state.temperature_k, changed, base)
    labelled.samples()  # what the bridge refuses is refused here, run by run
    return labelled
