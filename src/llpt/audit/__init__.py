"""Reference against surrogate: curves, thresholds, verdict.

Names are loaded when they are first used: whoever only reads thresholds does not wait for the analysis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.audit.thresholds import VERDICT_FORMAT, Threshold, Thresholds
from llpt.lazy import loaded_when_used

if TYPE_CHECKING:
    from llpt.audit.budget import BudgetRow, error_budget, label_choices
    from llpt.audit.calibration import SpreadCalibration, committee_calibration, spread_calibration
    from llpt.audit.compared import ComparedQuantity, Contrast
    from llpt.audit.comparison import compare
    from llpt.audit.density import DensityComparison, compare_density
    from llpt.audit.derivatives import DerivativeCheck, check_derivatives
    from llpt.audit.diagnosis import (
        Cause,
        DiagnosedSide,
        Diagnosis,
        Presence,
        diagnose,
        of_choices,
        of_derivatives,
        of_phases,
    )
    from llpt.audit.double_labels import DoublyLabelled, frame_table, label_with_other
    from llpt.audit.electronic_temperature import Population, electronic_temperature_audit
    from llpt.audit.equivalence import Outcome, combined_outcome, outcome_of
    from llpt.audit.explanation import Explanation, ShiftAgreement, explain
    from llpt.audit.inverse_lines import EqualShares, InverseLine, equal_shares, inverse_line
    from llpt.audit.label_effect import LabelEffect, effect_of_labels
    from llpt.audit.pairing import Pair, pair
    from llpt.audit.phase_regions import (
        STRAY_SHARE,
        OrderParameter,
        PhaseBoundary,
        PhaseSets,
        PhaseSteps,
        boundary_between,
        enthalpies_of,
        in_phases,
        steps_between,
    )
    from llpt.audit.quantities import check_asked, compared_quantities
    from llpt.audit.reproduction import Agreement, Reproduction, reproduces
    from llpt.audit.residuals import GroupErrors, Grouping, NeighbourForces, Residuals, residuals_of
    from llpt.audit.transfer import (
        Beyond,
        TrainedQuantity,
        TransferErrors,
        label_with_answers,
        trained_ranges,
        transfer_errors,
    )
    from llpt.audit.verdict import Comparison, Requirement, Verdict
    from llpt.audit.visits import (
        Crossover,
        RegionDifference,
        Visits,
        Walk,
        crossover,
        line_of_visits,
    )

__all__ = [
    "STRAY_SHARE",
    "VERDICT_FORMAT",
    "Agreement",
    "Beyond",
    "BudgetRow",
    "Cause",
    "ComparedQuantity",
    "Comparison",
    "Contrast",
    "Crossover",
    "DensityComparison",
    "DerivativeCheck",
    "DiagnosedSide",
    "Diagnosis",
    "DoublyLabelled",
    "EqualShares",
    "Explanation",
    "GroupErrors",
    "Grouping",
    "InverseLine",
    "LabelEffect",
    "NeighbourForces",
    "OrderParameter",
    "Outcome",
    "Pair",
    "PhaseBoundary",
    "PhaseSets",
    "PhaseSteps",
    "Population",
    "Presence",
    "RegionDifference",
    "Reproduction",
    "Requirement",
    "Residuals",
    "ShiftAgreement",
    "SpreadCalibration",
    "Threshold",
    "Thresholds",
    "TrainedQuantity",
    "TransferErrors",
    "Verdict",
    "Visits",
    "Walk",
    "boundary_between",
    "check_asked",
    "check_derivatives",
    "combined_outcome",
    "committee_calibration",
    "compare",
    "compare_density",
    "compared_quantities",
    "crossover",
    "diagnose",
    "effect_of_labels",
    "electronic_temperature_audit",
    "enthalpies_of",
    "equal_shares",
    "error_budget",
    "explain",
    "frame_table",
    "in_phases",
    "inverse_line",
    "label_choices",
    "label_with_answers",
    "label_with_other",
    "line_of_visits",
    "of_choices",
    "of_derivatives",
    "of_phases",
    "outcome_of",
    "pair",
    "reproduces",
    "residuals_of",
    "spread_calibration",
    "steps_between",
    "trained_ranges",
    "transfer_errors",
]

_NAMES = {
    "llpt.audit.budget": ("BudgetRow", "error_budget", "label_choices"),
    "llpt.audit.calibration": ("SpreadCalibration", "committee_calibration", "spread_calibration"),
    "llpt.audit.compared": ("ComparedQuantity", "Contrast"),
    "llpt.audit.comparison": ("compare",),
    "llpt.audit.density": ("DensityComparison", "compare_density"),
    "llpt.audit.derivatives": ("DerivativeCheck", "check_derivatives"),
    "llpt.audit.diagnosis": (
        "Cause",
        "DiagnosedSide",
        "Diagnosis",
        "Presence",
        "diagnose",
        "of_choices",
        "of_derivatives",
        "of_phases",
    ),
    "llpt.audit.double_labels": ("DoublyLabelled", "frame_table", "label_with_other"),
    "llpt.audit.electronic_temperature": ("Population", "electronic_temperature_audit"),
    "llpt.audit.equivalence": ("Outcome", "combined_outcome", "outcome_of"),
    "llpt.audit.explanation": ("Explanation", "ShiftAgreement", "explain"),
    "llpt.audit.inverse_lines": ("EqualShares", "InverseLine", "equal_shares", "inverse_line"),
    "llpt.audit.label_effect": ("LabelEffect", "effect_of_labels"),
    "llpt.audit.pairing": ("Pair", "pair"),
    "llpt.audit.phase_regions": (
        "STRAY_SHARE",
        "OrderParameter",
        "PhaseBoundary",
        "PhaseSets",
        "PhaseSteps",
        "boundary_between",
        "enthalpies_of",
        "in_phases",
        "steps_between",
    ),
    "llpt.audit.quantities": ("check_asked", "compared_quantities"),
    "llpt.audit.reproduction": ("Agreement", "Reproduction", "reproduces"),
    "llpt.audit.residuals": ("GroupErrors", "Grouping", "NeighbourForces", "Residuals", "residuals_of"),
    "llpt.audit.transfer": (
        "Beyond",
        "TrainedQuantity",
        "TransferErrors",
        "label_with_answers",
        "trained_ranges",
        "transfer_errors",
    ),
    "llpt.audit.verdict": ("Comparison", "Requirement", "Verdict"),
    "llpt.audit.visits": ("Crossover", "RegionDifference", "Visits", "Walk", "crossover", "line_of_visits"),
}


if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__ = loaded_when_used(globals(), _NAMES)
