"""Study file, plan, ledger, execution; each name is loaded when it is first used, for most need seconds to import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.lazy import loaded_when_used

if TYPE_CHECKING:
    from llpt.study.file import StudyFile
    from llpt.study.layout import StudyDirectory
    from llpt.study.ledger import Entry, Ledger
    from llpt.study.nodes import Node, PlannedRun
    from llpt.study.outcome import State
    from llpt.study.plan import Plan
    from llpt.study.planning import make_plan
    from llpt.study.reading import parse_study, read_study
    from llpt.study.schedule import estimate_costs, makespan_s

__all__ = [
    "Entry",
    "Ledger",
    "Node",
    "Plan",
    "PlannedRun",
    "State",
    "StudyDirectory",
    "StudyFile",
    "estimate_costs",
    "make_plan",
    "makespan_s",
    "parse_study",
    "read_study",
]

_NAMES = {
    "llpt.study.file": ("StudyFile",),
    "llpt.study.layout": ("StudyDirectory",),
    "llpt.study.ledger": ("Entry", "Ledger"),
    "llpt.study.nodes": ("Node", "PlannedRun"),
    "llpt.study.outcome": ("State",),
    "llpt.study.plan": ("Plan",),
    "llpt.study.planning": ("make_plan",),
    "llpt.study.reading": ("parse_study", "read_study"),
    "llpt.study.schedule": ("estimate_costs", "makespan_s"),
}


if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__ = loaded_when_used(globals(), _NAMES)
