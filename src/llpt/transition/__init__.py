"""Where the transition is, and what it is."""

from llpt.transition.criteria import Criterion, CriterionResult, Separation, criteria, separations
from llpt.transition.curve import Curve, Difference, differences, heat_capacity_j_per_mol_k, heat_capacity_k_b
from llpt.transition.isobar import Isobar, IsobarPoint, LadderPath, solid_flag
from llpt.transition.located import LocatedIsobar, locate
from llpt.transition.maximum import Located, find_crossing, find_maximum
from llpt.transition.step import StepFit, fit_step
from llpt.transition.synthetic import frozen_switch, synthetic_isobar

__all__ = [
    "Criterion",
    "CriterionResult",
    "Curve",
    "Difference",
    "Isobar",
    "IsobarPoint",
    "LadderPath",
    "Located",
    "LocatedIsobar",
    "Separation",
    "StepFit",
    "criteria",
    "differences",
    "find_crossing",
    "find_maximum",
    "fit_step",
    "frozen_switch",
    "heat_capacity_j_per_mol_k",
    "heat_capacity_k_b",
    "locate",
    "separations",
    "solid_flag",
    "synthetic_isobar",
]
