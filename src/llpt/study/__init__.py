"""Study file, plan, ledger, execution."""

from llpt.study.cost import Costs, estimate_costs, makespan_s, seconds_per_step
from llpt.study.file import StudyFile
from llpt.study.layout import StudyDirectory
from llpt.study.ledger import Entry, Ledger, State
from llpt.study.plan import Plan, PlannedRun, PlannedTraining
from llpt.study.planning import make_plan
from llpt.study.reading import parse_study, read_study
from llpt.study.versions import versions

__all__ = [
    "Costs",
    "Entry",
    "Ledger",
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
    "seconds_per_step",
    "versions",
]
