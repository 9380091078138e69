"""The thresholds of a study as they were before there was anything to see, kept in the ledger.

``llpt run`` enters them before its first run, ``llpt analyse``, ``report`` and ``audit`` before the first verdict on
runs made elsewhere. Whoever edits study file and verdict alike afterwards is found by ``llpt verify``.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.audit import Thresholds
from llpt.audit.thresholds import JUDGED_BEFORE
from llpt.study.outcome import State

if TYPE_CHECKING:
    from llpt.audit import Verdict
    from llpt.study.engine_sections import VerdictSection
    from llpt.study.file import StudyFile
    from llpt.study.ledger import Ledger
    from llpt.study.plan import Plan

NAME = "thresholds"


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


def changed_thresholds(study: StudyFile, plan: Plan, ledger: Ledger) -> tuple[str, bool]:
    """Return what of a study's thresholds is not as it was before its runs, and whether that can be told.

    A threshold or a comparison that a later version of llpt brought along, and that the study file does not give,
    nobody changed.

    Args:
        study: as its file says now.
        plan: its plan.
        ledger: its ledger.

    Returns:
        What changed, empty where nothing did; and False where the ledger does not tell.
    """
    fact = ledger.fact(NAME)
    if fact is None:
        why = "it was begun by an earlier version of llpt" if plan.own_runs else "llpt analyse DIR enters them"
        return f"the ledger does not hold them: {why}", False
    before = json.loads(fact.value)
    now = json.loads(StudyThresholds.of(study, ledger).now.model_dump_json())
    known = before.keys() | study.verdict.model_fields_set
    keys = [key for key in before | now if key in known and before.get(key) != now.get(key)]
    if keys:
        changes = ", ".join(f"{key} {_written(before.get(key))}, now {_written(now.get(key))}" for key in keys)
        return f"fixed on {_day(fact.time)}: {changes}", True
    own = {run.path for run in plan.own_runs}
    ends = [
        when for when, path, state, _ in ledger.events() if path in own and state is State.DONE and when < fact.time
    ]
    if ends:
        return f"entered on {_day(fact.time)} only, when {len(ends)} runs were done", False
    return "", True


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
