"""No jump: an order parameter that crosses from one phase to the other in small steps.

Whatever jumps between two neighbouring temperatures changes their difference by at least as much. So the greatest
change between neighbours, with its error, is an upper limit for any hidden jump, without a model of the curve. Where
that limit is a small part of the whole change, nothing is left for two phases to differ by: a crossover. (A transition
whose own jump is less than that part of the change is not excluded; the limit is given.) On a grid finer than the
rounding of a first-order transition of N atoms even that would take small steps; the limit then has to be as much
smaller as the largest step of the rounded jump, tanh(spacing / 2 w_N).

A jump whose cell takes several runs to reach the other phase is as smooth. It leaves heating and cooling apart: where
the two are proven to differ nowhere by more than the same part of the whole change, nothing is left for two phases that
outlive each other. A ladder walked one way says nothing.

The order parameter is the molecular fraction, which has to run from above 0.65 to below 0.35; for systems without
molecules it is the density, if it changes by a factor of two or more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.observables import quantity
from llpt.statistics import Estimate
from llpt.transition.confidence import CONFIDENCE
from llpt.transition.curve import differences
from llpt.transition.evidence import Evidence, EvidenceKind, Order
from llpt.transition.order.width import rounding_width_gpa, rounding_width_k

if TYPE_CHECKING:
    from llpt.transition.curve import Curve
    from llpt.transition.line import LineOfStates
    from llpt.transition.located import LocatedLine

MOLECULAR_ABOVE = 0.65
ATOMIC_BELOW = 0.35
DENSITY_RATIO = 2.0
LARGEST_SHARE = 0.25
FEWEST = 3


def smoothness_evidence(located: LocatedLine, back: LocatedLine | None = None) -> Evidence:
    """Return the largest jump that the order parameter of a line of states can hide, as a share of its whole change.

    Args:
        located: a line of states without solid points.
        back: the same walked the other way; None where it was not.
    """
    states = located.states
    meaning = f"upper limit of a jump between neighbouring {states.along.words}, share of the whole change"
    curve, reason = _order_parameter(states)
    if states.kind.holds_volume:
        curve, reason = None, "At held volumes two phases share the cell: even a first-order change is smooth."
    if curve is None:
        unknown = Estimate.unknown("")
        return Evidence(EvidenceKind.SMOOTHNESS, Order.NOT_RESOLVED, unknown, meaning, reason)
    there = _hidden_jump(located, curve)
    name = quantity(curve.name).words
    number = Estimate(there.largest, there.error, "", there.samples)
    text = f"Between neighbours the {name} changes by at most {there.limit:.0%} of its whole change"
    if there.limit >= there.allowed:
        reason = f"{text}; {there.allowed:.0%} would exclude a jump, which a steep change may be as well."
        return Evidence(EvidenceKind.SMOOTHNESS, Order.NOT_RESOLVED, number, meaning, reason)
    other = back.states.curve(curve.name).resolved() if back else None
    if back is None or other is None or len(other) < FEWEST:
        reason = f"{text}. Walked one way only: a jump that takes several runs is as smooth."
        return Evidence(EvidenceKind.SMOOTHNESS, Order.NOT_RESOLVED, number, meaning, reason)
    again = _hidden_jump(back, other)
    apart = _apart(curve, other)
    if again.limit < again.allowed and apart < LARGEST_SHARE:
        reason = f"{text}, and on the way back by {again.limit:.0%}: no larger jump is hidden."
        return Evidence(EvidenceKind.SMOOTHNESS, Order.CROSSOVER, number, meaning, reason)
    reason = (
        f"{text}, on the way back by {again.limit:.0%}; the two ways may differ by {apart:.0%} of it, and below "
        f"{LARGEST_SHARE:.0%} has to be proven: a jump that takes several runs is as smooth."
    )
    return Evidence(EvidenceKind.SMOOTHNESS, Order.NOT_RESOLVED, number, meaning, reason)


@dataclass(frozen=True)
class _HiddenJump:
    """The greatest change between neighbours and its limit, what is allowed, all as shares of the whole change."""

    largest: float
    error: float
    samples: float
    limit: float
    allowed: float


def _hidden_jump(located: LocatedLine, curve: Curve) -> _HiddenJump:
    whole = float(np.ptp(curve.values))
    changes = [item.change for item in differences(curve)]
    level = 1.0 - 0.5 * (1.0 - CONFIDENCE) / len(changes)
    largest = max(changes, key=lambda change: abs(change.value) + change.half_width(level))
    return _HiddenJump(
        abs(largest.value) / whole,
        largest.error / whole,
        largest.effective_samples,
        (abs(largest.value) + largest.half_width(level)) / whole,
        LARGEST_SHARE * _rounded_share(located, float(np.diff(curve.coordinates).min())),
    )


def _apart(curve: Curve, other: Curve) -> float:
    """Return the greatest difference that two ways can have at a common temperature, as a share of the whole change.

    Infinite where they do not share half of the temperatures.
    """
    common, first, second = np.intersect1d(
        np.round(curve.coordinates, 1), np.round(other.coordinates, 1), return_indices=True
    )
    if 2 * common.size < max(len(curve), len(other)):
        return math.inf
    level = 1.0 - 0.5 * (1.0 - CONFIDENCE) / common.size
    apart = [curve.estimate(one).minus(other.estimate(two)) for one, two in zip(first, second, strict=True)]
    return max(abs(each.value) + each.half_width(level) for each in apart) / float(np.ptp(curve.values))


def _rounded_share(located: LocatedLine, spacing: float) -> float:
    """Return the largest step, as a share of the jump, that a first-order transition of this cell takes on the grid.

    Its enthalpy is the whole change of H above the baseline, the lower quartile of the finite-difference slopes; on an
    isotherm its volume is at least that of the step in V(P), less two errors. 0 if that is not known.
    """
    states = located.states
    if states.kind.holds_temperature:
        volume = located.step("volume")
        least = abs(volume.height.value) - 2.0 * volume.height.error if volume and volume.resolved else 0.0
        if least <= 0.0:
            return 0.0
        rounded = rounding_width_gpa(states.held, n_atoms=states.n_atoms, volume_jump_angstrom3=least)
        return math.tanh(spacing / (2.0 * rounded))
    enthalpy = states.curve("enthalpy").resolved()
    if len(enthalpy) < 3:
        return 0.0
    temperatures = enthalpy.temperatures_k
    baseline = float(np.quantile([item.slope.value for item in differences(enthalpy)], 0.25))
    excess = float(enthalpy.values[-1] - enthalpy.values[0]) - baseline * float(np.ptp(temperatures))
    error = math.hypot(float(enthalpy.errors[-1]), float(enthalpy.errors[0]))
    if excess < 3.0 * error:
        return 0.0
    width = rounding_width_k(float(temperatures.mean()), n_atoms=states.n_atoms, enthalpy_jump_ev=excess)
    return math.tanh(spacing / (2.0 * width))


def _order_parameter(states: LineOfStates) -> tuple[Curve | None, str]:
    for name in ("molecular_fraction_lifetime", "molecular_fraction"):
        curve = states.curve(name).resolved()
        if len(curve) >= FEWEST:
            if curve.values.max() > MOLECULAR_ABOVE and curve.values.min() < ATOMIC_BELOW:
                return curve, ""
            reason = f"The molecular fraction runs from {curve.values.max():.2f} to {curve.values.min():.2f} only."
            return None, reason
    density = states.curve("density").resolved()
    if len(density) >= FEWEST and density.values.max() > DENSITY_RATIO * density.values.min():
        return density, ""
    return None, "Neither the molecular fraction nor the density runs from one phase to the other."
