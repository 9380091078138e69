"""Reference against surrogate: curves, thresholds, verdict."""

from llpt.audit.comparison import compare
from llpt.audit.density import DensityComparison, compare_density
from llpt.audit.electronic_temperature import Population, electronic_temperature_audit
from llpt.audit.equivalence import Outcome, judge, together
from llpt.audit.pairing import Pair, pair
from llpt.audit.thresholds import Thresholds
from llpt.audit.verdict import Comparison, Requirement, Verdict

__all__ = [
    "Comparison",
    "DensityComparison",
    "Outcome",
    "Pair",
    "Population",
    "Requirement",
    "Thresholds",
    "Verdict",
    "compare",
    "compare_density",
    "electronic_temperature_audit",
    "judge",
    "pair",
    "together",
]
