"""The thresholds of a study as they were before there was anything to see, kept in the ledger.

``llpt run`` enters them before its first run, ``llpt analyse``, ``report`` and ``audit`` before the first verdict on
runs made elsewhere. Whoever edits study file and verdict alike afterwards is found by ``llpt verify``.

A run that a study took from another was seen before this one began. The ledger keeps the thresholds that it was done
under there: where they are these, or only one of the two sides was taken, nobody chose thresholds by a comparison.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from llpt.audit import Thresholds
from llpt.audit.thresholds import JUDGED_BEFORE
from llpt.study.outcome import State

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from llpt.audit import Verdict
    from llpt.study.engine_sections import VerdictSection
    from llpt.study.file import StudyFile
    from llpt.study.ledger import Ledger
    from llpt.study.plan import Plan

NAME = "thresholds"


class ThresholdsFound(NamedTuple):
    """How a study's thresholds stand to those from before its runs.

    Args:
        changed: what is not as it was, or why that is not known; empty where nothing changed.
        told: whether the ledger tells.
        remark: what was known all the same before they were entered; empty where nothing was.
    """

    changed: str
    told: bool
    remark: str = ""


@dataclass(frozen=True)
class StudyThresholds:
    """What the verdict of a study is by.

    Args:
        now: as the study file says; what it judges by default is the default of when its runs began.
        before: those from before the runs, where they were changed openly since: the study grew
            (``llpt.study.growing``), and the study file of before is kept beside the new one.
    """

    now: Thresholds
    before: Thresholds | None = None

    @classmethod
    def of(cls, study: StudyFile, ledger: Ledger) -> StudyThresholds:
        """Return those of a study.

        Args:
            study: as its file says now.
            ledger: its ledger.
        """
        fact = ledger.fact(NAME)
        if fact is None:
            return cls(study.verdict.thresholds())
        before = Thresholds.model_validate_json(fact.value)
        now = _as_begun(study.verdict, before)
        declared = [_as_begun(stage.study.verdict, before) for stage in study.stages]
        return cls(now, before if before != now and before in declared else None)


def _as_begun(section: VerdictSection, begun: Thresholds) -> Thresholds:
    """Return the thresholds of a study file, by default judging what was judged by default when its runs began."""
    asked = section.thresholds()
    if "judge" in section.model_fields_set or begun.judge not in JUDGED_BEFORE:
        return asked
    return asked.model_copy(update={"judge": begun.judge})


def fix_thresholds(study: StudyFile, ledger: Ledger) -> None:
    """Enter the thresholds of a study into its ledger, unless they are there.

    Raises:
        StorageError: the ledger cannot be written.
    """
    if ledger.fact(NAME) is None:
        ledger.fix(NAME, study.verdict.thresholds().model_dump_json())


def thresholds_done_under(ledger: Ledger) -> dict[str, str]:
    """Return the thresholds that runs were done under, as JSON, by path: those entered before they began.

    Args:
        ledger: of the study that did them, or took them from where they were done.

    Returns:
        Nothing of runs that began before there were any, or of which the ledger does not tell.
    """
    begun: dict[str, float] = {}
    for when, path, _, _ in ledger.events():
        begun.setdefault(path, when)
    own, found = ledger.fact(NAME), {}
    for entry in ledger.entries():
        kept = ledger.fact(_of_run(entry.path))
        if kept is not None:
            found[entry.path] = kept.value
        elif own is not None and own.time <= min(begun.get(entry.path, 0.0), entry.started or 0.0):
            found[entry.path] = own.value
    return found


def keep_thresholds_of_run(ledger: Ledger, path: str, under: str) -> None:
    """Enter which thresholds a run was done under that a study takes from another, unless that is known.

    Args:
        ledger: of the study that takes it.
        path: of the run.
        under: the thresholds as JSON; empty where the other ledger does not tell.

    Raises:
        StorageError: the ledger cannot be written.
    """
    ledger.fix(_of_run(path), under)


def _of_run(path: str) -> str:
    return f"{NAME} of {path}"


def changed_thresholds(study: StudyFile, plan: Plan, ledger: Ledger) -> ThresholdsFound:
    """Return what of a study's thresholds is not as it was before its runs, and whether that can be told.

    A threshold or a comparison that a later version of llpt brought along, and that the study file does not give,
    nobody changed.

    Args:
        study: as its file says now.
        plan: its plan.
        ledger: its ledger.
    """
    fact = ledger.fact(NAME)
    if fact is None:
        why = "it was begun by an earlier version of llpt" if plan.own_runs else "llpt analyse DIR enters them"
        return ThresholdsFound(f"the ledger does not hold them: {why}", False)
    before = json.loads(fact.value)
    now = json.loads(StudyThresholds.of(study, ledger).now.model_dump_json())
    changes = _changes(study, before, now, "now")
    if changes:
        return ThresholdsFound(f"fixed on {_day(fact.time)}: {changes}", True)
    own = {run.path for run in plan.own_runs}
    taken = {path: kept.value for path in own if (kept := ledger.fact(_of_run(path))) is not None}
    ends = [
        path
        for when, path, state, _ in ledger.events()
        if path in own - taken.keys() and state is State.DONE and when < fact.time
    ]
    if ends:
        others = "if they were taken from another study, llpt run DIR --runs-from THAT enters what they were done under"
        return ThresholdsFound(f"entered on {_day(fact.time)} only, when {len(ends)} runs were done; {others}", False)
    return _of_taken(study, plan, before, taken)


def _of_taken(study: StudyFile, plan: Plan, begun: Mapping[str, Any], taken: Mapping[str, str]) -> ThresholdsFound:
    """Return whether runs that were taken from another study could show more than one side before its thresholds.

    Args:
        study: as its file says now.
        plan: its plan.
        begun: the thresholds that the study began with.
        taken: by run, the thresholds that it was done under as JSON; empty where that is not known.
    """
    unlike = {
        path: _changes(study, json.loads(under), begun, "here") if under else "entered there after they had begun"
        for path, under in taken.items()
    }
    unlike = {path: why for path, why in unlike.items() if why}
    if not unlike:
        return ThresholdsFound("", True)
    sides = _sides_known(plan, unlike)
    runs = f"{len(unlike)} runs were done in another study"
    if len(sides) == 1:
        remark = f"{runs}, of the {sides.pop()} alone: no comparison of the two sides was known before the thresholds."
        return ThresholdsFound("", True, remark)
    why = "; ".join(dict.fromkeys(unlike.values()))
    others = f"{runs}, not known to be under these thresholds ({why}), so that both sides may have been known before"
    return ThresholdsFound(f"{others}: hold its [verdict] against this one, and llpt verify it", False)


def _sides_known(plan: Plan, unlike: Collection[str]) -> set[str]:
    """Return the sides of which there were runs before the thresholds: taken ones, and those made elsewhere."""
    own = {run.path for run in plan.own_runs}
    return {str(run.role) for run in plan.runs if run.path in unlike or run.path not in own}


def _changes(study: StudyFile, before: Mapping[str, Any], after: Mapping[str, Any], when: str) -> str:
    """Say which thresholds changed; of those that only the later ones have, the ones that the study file gives."""
    known = before.keys() | study.verdict.model_fields_set
    keys = [key for key in {**before, **after} if key in known and before.get(key) != after.get(key)]
    return ", ".join(f"{key} {_written(before.get(key))}, {when} {_written(after.get(key))}" for key in keys)


def with_change_told(verdict: Verdict, before: Verdict | None) -> Verdict:
    """Return a verdict whose first reason says that its thresholds were changed after the runs, and what it was.

    Args:
        verdict: by the thresholds as they are now.
        before: by those from before the runs.
    """
    now = json.loads(verdict.thresholds.model_dump_json())
    was = {} if before is None else json.loads(before.thresholds.model_dump_json())
    keys = [key for key in was if was[key] != now.get(key)]
    changes = ", ".join(f"{key} from {_written(was[key])} to {_written(now.get(key))}" for key in keys)
    value = "none" if before is None else str(before.value)
    told = f"The thresholds were changed after the runs ({changes}). By those from before them the verdict is: {value}."
    return verdict.model_copy(update={"reasons": (told, *verdict.reasons)})


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))


def _written(value: object) -> str:
    return "not given" if value is None else json.dumps(value, ensure_ascii=False)
