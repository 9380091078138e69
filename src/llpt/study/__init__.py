"""Study file, plan, ledger, execution."""

from llpt.study.file import StudyFile
from llpt.study.layout import StudyDirectory
from llpt.study.ledger import Entry, Ledger
from llpt.study.nodes import Node, PlannedRun, PlannedTraining
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
    "PlannedTraining",
    "State",
    "StudyDirectory",
    "StudyFile",
    "estimate_costs",
    "make_plan",
    "makespan_s",
    "parse_study",
    "read_study",
]
