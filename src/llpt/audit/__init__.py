"""Reference against surrogate: curves, thresholds, verdict.

Names are loaded when they are first used: whoever only reads thresholds does not wait for the analysis.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from llpt.audit.thresholds import FORMAT, Threshold, Thresholds

if TYPE_CHECKING:
    from llpt.audit.compared import ComparedQuantity, Contrast
    from llpt.audit.comparison import compare
    from llpt.audit.density import DensityComparison, compare_density
    from llpt.audit.electronic_temperature import Population, electronic_temperature_audit
    from llpt.audit.equivalence import Outcome, combined_outcome, outcome_of
    from llpt.audit.pairing import Pair, pair
    from llpt.audit.quantities import check_asked, compared_quantities
    from llpt.audit.reproduction import Agreement, Reproduction, reproduces
    from llpt.audit.verdict import Comparison, Requirement, Verdict

__all__ = [
    "FORMAT",
    "Agreement",
    "ComparedQuantity",
    "Comparison",
    "Contrast",
    "DensityComparison",
    "Outcome",
    "Pair",
    "Population",
    "Reproduction",
    "Requirement",
    "Threshold",
    "Thresholds",
    "Verdict",
    "check_asked",
    "combined_outcome",
    "compare",
    "compare_density",
    "compared_quantities",
    "electronic_temperature_audit",
    "outcome_of",
    "pair",
    "reproduces",
]

_MODULES = (
    "equivalence",
    "verdict",
    "compared",
    "pairing",
    "density",
    "quantities",
    "comparison",
    "reproduction",
    "electronic_temperature",
)


def __getattr__(name: str) -> object:
    """Load a public name from the first of the modules that has it."""
    if name in __all__:
        for module in (import_module(f"{__name__}.{part}") for part in _MODULES):
            if hasattr(module, name):
                return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
