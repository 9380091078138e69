"""Reads the single points of ``[bridge]`` and ``[budget]``, has them explained (``llpt.campaign``), keeps what came."""

from __future__ import annotations

import csv
import io
import json
import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit import DerivativeCheck, DoublyLabelled, frame_table
from llpt.bridge import SURROGATE
from llpt.campaign.diagnosing import diagnose_labels, diagnose_runs
from llpt.campaign.explanation import explain_campaign
from llpt.campaign.labelled import LabelledChoice, LabelledRun, WalkedRun
from llpt.engines import read_evaluated
from llpt.errors import LlptError
from llpt.files import make_directory, write_atomically
from llpt.study.explaining_runs import bridge_path, budget_path, pairs, two_phases
from llpt.study.kpoints import kpoints_of
from llpt.study.label_sections import AS_IT_IS
from llpt.study.nodes.other_labels import DERIVATIVES, LABELS_FILE
from llpt.study.outcome import State
from llpt.trajectory import Trajectory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from llpt.audit import Diagnosis, OrderParameter
    from llpt.campaign import Role
    from llpt.campaign.explained import CampaignExplanation
    from llpt.campaign.ladders import ObservedLadder
    from llpt.study.file import StudyFile
    from llpt.study.layout import StudyDirectory
    from llpt.study.ledger import Entry
    from llpt.study.nodes import PlannedRun
    from llpt.study.plan import Plan

    Explained = tuple[CampaignExplanation, list[LabelledRun]]
    """What the labels of a study say, and the doubly labelled snapshots."""

EXPLANATION = "bridge.json"
FRAMES_TABLE = "labelled-frames.csv"
REPRODUCED = 1e-6
"""Relative difference within which a number that is computed again is the same."""
PROSE = frozenset({"sentence", "reason"})
"""Keys of sentences, which may round a number another way."""


def asks_for_labels(study: StudyFile) -> bool:
    """Whether a study asks for single points that explain its differences."""
    return study.bridge is not None or study.budget is not None


def explain_study(
    directory: StudyDirectory, plan: Plan, entries: Mapping[str, Entry], ladders: Sequence[ObservedLadder]
) -> Explained:
    """Read the labels that are done; keep ``results/labelled-frames.csv`` and ``results/bridge.json``.

    Returns what they say, and the doubly labelled snapshots.

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
        write_atomically(directory.results / FRAMES_TABLE, doubly_labelled_table(labelled))
    write_atomically(directory.results / EXPLANATION, found.to_json())
    return found, labelled


def doubly_labelled_table(labelled: Sequence[LabelledRun]) -> str:
    """Return one line of CSV for each snapshot that both sides have labelled; the heading of a column has its unit.

    Args:
        labelled: at least one run.
    """
    table = frame_table([each.labels for each in labelled])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    units = {str(name): table[name].attrs["unit"] for name in table}
    writer.writerow([f"{name} ({unit})" if unit else name for name, unit in units.items()])
    writer.writerows(zip(*(table[name].values.tolist() for name in units), strict=True))
    return text.getvalue()


def explanation_of(
    directory: StudyDirectory, plan: Plan, entries: Mapping[str, Entry], ladders: Sequence[ObservedLadder]
) -> Explained:
    """Return what the labels of a study say, and the doubly labelled snapshots by run; nothing is written.

    Args:
        directory: the study's directory.
        plan: its plan.
        entries: its ledger, by node.
        ladders: its runs with their averages and transitions.
    """
    refused: dict[str, str] = {}
    labelled = _labelled(directory, plan, entries, refused)
    choices = _budget_labels(directory, plan, entries, refused)
    phases = two_phases(directory.study)
    walked = _walked(directory, plan, entries) if labelled else []
    return explain_campaign(labelled, choices, ladders, phases=phases, walked=walked, refused=refused), labelled


def diagnoses_of(
    directory: StudyDirectory,
    plan: Plan,
    entries: Mapping[str, Entry],
    ladders: Sequence[ObservedLadder],
    explained: Explained | None,
) -> tuple[Diagnosis, ...]:
    """Return what is wrong by name, from the runs of a study and, where it has them, from its labels.

    Args:
        directory: the study's directory.
        plan: its plan.
        entries: its ledger, by node.
        ladders: its runs with their averages and transitions.
        explained: of ``explanation_of``; None where the study asked for no labels.
    """
    found = diagnose_runs(ladders)
    if explained is None:
        return found
    explanation, labelled = explained
    return found + diagnose_labels(labelled, explanation, ladders, derivatives=_derivatives(directory, plan, entries))


def _derivatives(directory: StudyDirectory, plan: Plan, entries: Mapping[str, Entry]) -> dict[Role, DerivativeCheck]:
    """Return the differences of each side's energy, over all snapshots that the other side's runs gave."""
    found: dict[Role, DerivativeCheck] = {}
    for run, other in pairs(plan.runs):
        path = bridge_path(run)
        file = directory.node(path) / DERIVATIVES
        if path in plan and _done(entries, path) and file.is_file():
            check = DerivativeCheck.from_json(file.read_text(encoding="utf-8"))
            before = found.get(other.role)
            found[other.role] = check if before is None else before.and_also(check)
    return found


def difference_from(stored: str, fresh: CampaignExplanation) -> str:
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
    if isinstance(one, dict) and isinstance(other, dict):
        lacking = sorted((one.keys() ^ other.keys()) - PROSE)
        if lacking:
            place = f"{where}.{lacking[0]}".strip(".")
            return f"{place} stands in one of them alone; where another version wrote it, llpt explain writes it anew"
        keys = [key for key in one if key not in PROSE]
        return next(filter(None, (_unlike(one[key], other[key], f"{where}.{key}".strip(".")) for key in keys)), "")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return next(filter(None, (_unlike(*pair, f"{where}[{number}]") for number, pair in pairs)), "")
    if isinstance(one, int | float) and isinstance(other, int | float):
        return "" if math.isclose(one, other, rel_tol=REPRODUCED, abs_tol=REPRODUCED) else where
    return "" if one == other else where or "its form"


def _done(entries: Mapping[str, Entry], path: str) -> bool:
    return path in entries and entries[path].state is State.DONE


def _labelled(
    directory: StudyDirectory, plan: Plan, entries: Mapping[str, Entry], refused: dict[str, str]
) -> list[LabelledRun]:
    """Return doubly labelled snapshots, of the runs of both sides and of those between the two."""
    found = []
    for node in plan.nodes:
        if _done(entries, node.path):
            try:
                labelled = node.doubly_labelled(directory.node)
            except LlptError as error:
                refused[node.path] = error.cause
            else:
                found += [] if labelled is None else [labelled]
    return found


def _walked(directory: StudyDirectory, plan: Plan, entries: Mapping[str, Entry]) -> list[WalkedRun]:
    """Return the runs of both sides, none of them read as yet."""
    runs = {each.path: each for pair in pairs(plan.runs) for each in pair}.values()
    return [
        WalkedRun(run.identity, run.role, partial(_order_along, directory.node(run.path), run.discard))
        for run in runs
        if _done(entries, run.path)
    ]


def _order_along(place: Path, discard: int, order: OrderParameter) -> NDArray[np.float64]:
    """Return an order parameter of every frame that is kept of a run.

    Raises:
        StorageError: the trajectory is damaged.
    """
    trajectory = Trajectory.open(place)
    kept = np.flatnonzero(trajectory.frame_steps > discard)
    return np.array([order.of(trajectory.atoms(int(index))) for index in kept])


def _budget_labels(
    directory: StudyDirectory, plan: Plan, entries: Mapping[str, Entry], refused: dict[str, str]
) -> list[LabelledChoice]:
    """Return the snapshots of the reference's runs with the labels of each choice."""
    budget = directory.study.budget
    found = []
    reference = directory.study.reference
    if budget is None or reference is None:
        return []
    choices = budget.all_choices(kpoints_of(reference))
    for run in plan.runs:
        as_it_is = budget_path(run, AS_IT_IS)
        if not _done(entries, as_it_is):
            continue
        for choice in choices:
            path = budget_path(run, choice.name)
            if _done(entries, path):
                try:
                    labels = _with_choice(run, directory.node(path), directory.node(as_it_is))
                    found.append(LabelledChoice(run.identity, choice.name, labels))
                except LlptError as error:
                    refused[path] = error.cause
    return found


def _with_choice(run: PlannedRun, with_it: Path, as_it_is: Path) -> DoublyLabelled:
    changed, base = (read_evaluated(place / LABELS_FILE) for place in (with_it, as_it_is))
    labelled = DoublyLabelled(run.path, SURROGATE, run.state.temperature_k, changed, base)
    labelled.samples()  # what the bridge refuses is refused here, run by run
    return labelled
