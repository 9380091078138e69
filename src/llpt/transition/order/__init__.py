"""First order or crossover: each piece of evidence with its own verdict, and all of them together."""

from llpt.transition.evidence import Evidence, EvidenceKind, Order
from llpt.transition.order.clapeyron import clapeyron_evidence, clapeyron_slope, slope_of_line
from llpt.transition.order.histogram import Distribution, distribution_at_transition, histogram_evidence
from llpt.transition.order.hysteresis import Loop, hysteresis_evidence, hysteresis_loop
from llpt.transition.order.loop import loop_evidence
from llpt.transition.order.proposal import Proposal, what_would_decide
from llpt.transition.order.reweighting import Reweighting, SampledState
from llpt.transition.order.scaling import binder_evidence, size_shift_evidence, susceptibility_evidence
from llpt.transition.order.separation import separation_evidence
from llpt.transition.order.smoothness import smoothness_evidence
from llpt.transition.order.statement import OrderStatement, combine_evidence, order_of_line
from llpt.transition.order.trial import Trial, draw_trial
from llpt.transition.order.width import rounding_width_gpa, rounding_width_k, width_evidence

__all__ = [
    "Distribution",
    "Evidence",
    "EvidenceKind",
    "Loop",
    "Order",
    "OrderStatement",
    "Proposal",
    "Reweighting",
    "SampledState",
    "Trial",
    "binder_evidence",
    "clapeyron_evidence",
    "clapeyron_slope",
    "combine_evidence",
    "distribution_at_transition",
    "draw_trial",
    "histogram_evidence",
    "hysteresis_evidence",
    "hysteresis_loop",
    "loop_evidence",
    "order_of_line",
    "rounding_width_gpa",
    "rounding_width_k",
    "separation_evidence",
    "size_shift_evidence",
    "slope_of_line",
    "smoothness_evidence",
    "susceptibility_evidence",
    "what_would_decide",
    "width_evidence",
]
