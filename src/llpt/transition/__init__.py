"""Where the transition is, and what it is."""

from llpt.ladder_path import LadderPath
from llpt.transition.criteria import (
    DECIDING,
    Separation,
    all_criteria,
    criteria,
    deciding,
    drawn_criteria,
    placing,
    plugin_criteria,
    separations,
    shared_criterion,
)
from llpt.transition.criterion import Criterion, CriterionResult, Standing, step_in
from llpt.transition.curve import (
    Coordinate,
    Curve,
    Difference,
    LineKind,
    differences,
    heat_capacity_j_per_mol_k,
    heat_capacity_k_b,
)
from llpt.transition.evidence import Order
from llpt.transition.isobar import Isobar
from llpt.transition.isochore import Isochore
from llpt.transition.isotherm import Isotherm
from llpt.transition.line import LineOfStates
from llpt.transition.located import LocatedLine, PhasePoint, check_located, locate
from llpt.transition.maximum import find_crossing, find_maximum
from llpt.transition.paired_step import PairedSteps, pair_steps
from llpt.transition.place import Coexistence, Located
from llpt.transition.plateau import find_coexistence
from llpt.transition.point import LinePoint
from llpt.transition.profile import Profile
from llpt.transition.solid import solid_flag
from llpt.transition.step import StepFit, fit_step
from llpt.transition.synthetic import frozen_switch, synthetic_isobar

__all__ = [
    "DECIDING",
    "Coexistence",
    "Coordinate",
    "Criterion",
    "CriterionResult",
    "Curve",
    "Difference",
    "Isobar",
    "Isochore",
    "Isotherm",
    "LadderPath",
    "LineKind",
    "LineOfStates",
    "LinePoint",
    "Located",
    "LocatedLine",
    "Order",
    "PairedSteps",
    "PhasePoint",
    "Profile",
    "Separation",
    "Standing",
    "StepFit",
    "all_criteria",
    "check_located",
    "criteria",
    "deciding",
    "differences",
    "drawn_criteria",
    "find_coexistence",
    "find_crossing",
    "find_maximum",
    "fit_step",
    "frozen_switch",
    "heat_capacity_j_per_mol_k",
    "heat_capacity_k_b",
    "locate",
    "pair_steps",
    "placing",
    "plugin_criteria",
    "separations",
    "shared_criterion",
    "solid_flag",
    "step_in",
    "synthetic_isobar",
]
