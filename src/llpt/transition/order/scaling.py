"""How the transition changes with the number of atoms: susceptibility, Binder cumulant, shift of T*.

The peak of chi = N Var(rho)/<rho>^2 grows as N where two phases of different density take turns, saturates in a
crossover, and grows as N^0.65 at a critical point of the Ising class (gamma / 3 nu = 0.6547). Two phases whose
densities differ by a share d have chi = chi_0 + N d^2/4, chi_0 that of one phase: in small cells, or with a small jump,
chi_0 hides the growth, and a crossover is proven only where N d^2/4 would have shown.
The cumulant U = 1 - <dm^4> / 3 <dm^2>^2 is 2/3 for two sharp states of equal weight and 0 for a Gaussian
(Binder, Z. Phys. B 43, 119, 1981). Both are taken at the T* of the joined runs, where the variance of the density is
greatest (``llpt.transition.order.histogram``), and need runs that visit both phases; a ladder that jumps once does not.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.statistics import Estimate, fit_line
from llpt.transition.confidence import CONFIDENCE
from llpt.transition.evidence import Evidence, EvidenceKind, Order
from llpt.transition.order.histogram import SHOWN, too_close

if TYPE_CHECKING:
    from collections.abc import Mapping

CRITICAL_EXPONENT = 0.655
HIGH_CUMULANT = 0.5
LOW_CUMULANT = 0.25
SHARE_OF_JUMP = 0.5


def susceptibility_evidence(peaks: Mapping[int, Estimate], *, jump: float) -> Evidence:
    """Return the exponent with which the peak of the susceptibility grows with the number of atoms.

    First order: faster than at a critical point. Crossover: slower, and a in chi = chi_0 + a N is proven to be less
    than half of what the jump would make it.

    Args:
        peaks: peak of N Var(rho)/<rho>^2 by number of atoms; two sizes at least, a factor of two apart.
        jump: share by which the density changes at least across the transition, >= 0; 0 where that is not known.
    """
    meaning = "exponent x of (peak susceptibility) ~ N^x"
    known = {size: peak for size, peak in peaks.items() if peak.resolved and peak.value > 2.0 * peak.error > 0.0}
    if len(known) < 2 or max(known) < 2 * min(known):
        unknown = Estimate.unknown("")
        reason = f"Peaks with known errors at {sorted(known)} atoms; two sizes a factor of two apart are needed."
        return Evidence(EvidenceKind.SUSCEPTIBILITY, Order.NOT_RESOLVED, unknown, meaning, reason)
    sizes = sorted(known)
    logarithms = [
        Estimate(math.log(known[size].value), known[size].error / known[size].value, "", known[size].effective_samples)
        for size in sizes
    ]
    exponent = fit_line([math.log(size) for size in sizes], logarithms).slope
    width = exponent.half_width(CONFIDENCE)
    low, high = exponent.value - width, exponent.value + width
    text = f"The peak grows as N^({exponent}) over {sizes} atoms"
    if low > CRITICAL_EXPONENT:
        order, reason = Order.FIRST_ORDER, f"{text}: faster than at a critical point, as two coexisting phases do."
    elif high < CRITICAL_EXPONENT:
        growth = fit_line([float(size) for size in sizes], [known[size] for size in sizes]).slope
        of_jump = 0.25 * jump**2
        if growth.value + growth.half_width(CONFIDENCE) < SHARE_OF_JUMP * of_jump:
            order, reason = Order.CROSSOVER, f"{text}: slower than at a critical point; it saturates."
        else:
            order = Order.NOT_RESOLVED
            reason = (
                f"{text}, slower than at a critical point, but a jump of {jump:.1%} would add only {of_jump:.1e} N to "
                f"it, which {growth} does not exclude."
            )
    else:
        order, reason = (
            Order.NOT_RESOLVED,
            f"{text}: N (first order), N^0.65 (critical) and saturation are not told apart.",
        )
    return Evidence(EvidenceKind.SUSCEPTIBILITY, order, exponent, meaning, reason)


def binder_evidence(cumulants: Mapping[int, Estimate], *, separation: float) -> Evidence:
    """Return what the cumulant at the transition says, for the largest size and its trend.

    Args:
        cumulants: U at the transition by number of atoms.
        separation: a jump as high as the change of the density over the spread of one state, in the largest of these
            cells; two states closer than ``SHOWN`` of them look like one.
    """
    meaning = "Binder cumulant at the transition, largest size (2/3 two states, 0 one Gaussian)"
    known = {size: value for size, value in cumulants.items() if value.resolved}
    if not known:
        unknown = Estimate.unknown("")
        reason = "No cumulant with a known error."
        return Evidence(EvidenceKind.BINDER, Order.NOT_RESOLVED, unknown, meaning, reason)
    largest = known[max(known)]
    smallest = known[min(known)]
    fall, width = smallest.minus(largest), largest.half_width(CONFIDENCE)
    falling = len(known) > 1 and fall.value > fall.half_width(CONFIDENCE)
    if largest.value - width > HIGH_CUMULANT and not falling:
        order, reason = Order.FIRST_ORDER, f"U = {largest} at {max(known)} atoms: two states."
    elif largest.value + width < LOW_CUMULANT and largest.effective_samples > 30.0:
        if separation < SHOWN:
            order, reason = Order.NOT_RESOLVED, f"U = {largest} at {max(known)} atoms, {too_close(separation)}"
        else:
            order, reason = Order.CROSSOVER, f"U = {largest} at {max(known)} atoms: one state."
    else:
        order, reason = Order.NOT_RESOLVED, f"U = {largest} at {max(known)} atoms lies between one state and two."
    return Evidence(EvidenceKind.BINDER, order, largest, meaning, reason)


def size_shift_evidence(temperatures: Mapping[int, Estimate]) -> Evidence:
    """Return the shift of T* with 1/N: T*(N) = T_infinity + a/N, the law of a first-order transition.

    A shift that follows the law is consistent with first order; so is none at all, in a cell without surfaces, and a
    crossover shifts by nothing once the cell exceeds its correlation length. The number is worth knowing; by itself
    it decides nothing.

    Args:
        temperatures: T* by number of atoms.
    """
    meaning = "shift a of T*(N) = T_infinity + a/N"
    known = {size: value for size, value in temperatures.items() if value.resolved and value.error > 0.0}
    if len(known) < 2:
        unknown = Estimate.unknown("K atoms")
        reason = "T* with a known error is there for fewer than two sizes."
        return Evidence(EvidenceKind.SIZE_SHIFT, Order.NOT_RESOLVED, unknown, meaning, reason)
    sizes = sorted(known)
    line = fit_line(
        [1.0 / size for size in sizes],
        [known[size] for size in sizes],
        slope_unit="K atoms",
        intercept_unit="K",
    )
    reason = f"T*(N) = ({line.intercept}) + ({line.slope})/N over {sizes} atoms; this alone decides nothing."
    return Evidence(EvidenceKind.SIZE_SHIFT, Order.NOT_RESOLVED, line.slope, meaning, reason)
