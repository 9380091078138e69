"""The loop of P(rho) on an isotherm at held densities, walked both ways.

In equilibrium the pressure of one phase never falls on compression; that of a small cell does where the surface between
two phases costs free energy (Binder, Block, Virnau, Troester, Am. J. Phys. 80, 1099, 2012, doi:10.1119/1.4754020). A
fluid that relaxes slowly draws a loop as well, another one on each way. So a loop speaks for a first-order transition
only where it is proven on both ways and closes at one pressure. A plateau, or a pressure that rises all the way,
decides nothing: the first may be a soft stretch of one phase, the second a transition between two of the densities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.statistics import Estimate
from llpt.transition.confidence import CONFIDENCE
from llpt.transition.curve import Coordinate
from llpt.transition.evidence import Evidence, EvidenceKind, Order

if TYPE_CHECKING:
    from llpt.transition.criterion import CriterionResult
    from llpt.transition.located import LocatedLine


def loop_evidence(located: LocatedLine, back: LocatedLine | None = None) -> Evidence:
    """Return what the pressure along an isotherm at held densities says of two phases.

    Args:
        located: an isotherm at held densities; solid points took no part in its criteria.
        back: the same walked the other way; None where it was not.
    """
    meaning = "pressure at which two phases are in equilibrium"
    result = _loop_of(located)
    there = result.coexistence
    number = Estimate.unknown(Coordinate.PRESSURE.unit) if there is None else there.pressure_gpa
    if there is None or not there.resolved or not there.is_loop:
        return Evidence(EvidenceKind.PRESSURE_LOOP, Order.NOT_RESOLVED, number, meaning, result.reason)
    if back is None:
        reason = f"{there.reason} Walked one way only: a fluid that relaxes slowly draws a loop as well."
        return Evidence(EvidenceKind.PRESSURE_LOOP, Order.NOT_RESOLVED, number, meaning, reason)
    returned = _loop_of(back)
    again = returned.coexistence
    text = f"{there.reason} Walked back: {returned.reason}"
    if again is not None and again.resolved and again.is_loop:
        apart = number.minus(again.pressure_gpa)
        if abs(apart.value) <= apart.half_width(CONFIDENCE):
            return Evidence(EvidenceKind.PRESSURE_LOOP, Order.FIRST_ORDER, number, meaning, text)
        text = f"{text} The two pressures lie {apart} apart."
    return Evidence(EvidenceKind.PRESSURE_LOOP, Order.NOT_RESOLVED, number, meaning, text)


def _loop_of(located: LocatedLine) -> CriterionResult:
    """Return what the criterion found that reads the loop."""
    results = located.criteria.values()
    return next(result for result in results if result.criterion.evidence is EvidenceKind.PRESSURE_LOOP)
