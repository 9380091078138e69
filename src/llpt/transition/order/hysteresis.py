"""A ladder walked up against the same walked down: the area of the loop, and whether it survives slower ramps.

Any system that is driven faster than it relaxes shows a loop; its area then falls in proportion to the rate. The loop
of a first-order transition persists (it falls only with the logarithm of the time that nucleation needs). So does that
of a fluid that freezes in, whose relaxation time runs away on cooling: but such a loop does not close at its cold end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError
from llpt.statistics import Estimate, combined
from llpt.transition.confidence import CONFIDENCE
from llpt.transition.evidence import Evidence, EvidenceKind, Order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from llpt.transition.curve import Curve
    from llpt.transition.line import LineOfStates

PERSISTENT_BELOW = 0.5
RELAXING_ABOVE = 0.8
OPEN_SHARE = 0.25
END_TEMPERATURES = 3


@dataclass(frozen=True)
class Loop:
    """A ladder walked up and the same walked down.

    Args:
        area: integral of (rho_down - rho_up) over the common temperatures or pressures, g/cm^3 K or g/cm^3 GPa, with
            the sign that makes it positive where each phase survives beyond the transition.
        rate: mean spacing over the mean production time of one run, K/ps or GPa/ps.
        closed: whether the two ladders are proven to meet at both ends: what is left there, with two errors, is below
            a quarter of the greatest difference. Noise thus never closes a loop.
    """

    area: Estimate
    rate: float
    closed: bool


def hysteresis_loop(heating: LineOfStates, cooling: LineOfStates, *, density_rises: bool = True) -> Loop:
    """Return the area between two ladders, by the trapezium rule over their common coordinates.

    What changes between two neighbouring points may do so anywhere between them: each change times its spacing
    over sqrt(12) is part of the error. A run that does not know its error, as one that spent its time on the way from
    one phase to the other, is taken to lie anywhere between its neighbours that do.

    Args:
        heating: an isobar walked up in temperature, or an isotherm walked up in pressure.
        cooling: the same walked down.
        density_rises: whether the density rises on heating through the transition; False for boiling or melting. On
            compression it always rises.

    Raises:
        InputError: they share fewer than two points with known errors.
    """
    up, down = _bounded(heating.curve("density")), _bounded(cooling.curve("density"))
    common, first, second = np.intersect1d(
        np.round(up.coordinates, 1), np.round(down.coordinates, 1), return_indices=True
    )
    if common.size < 2:
        raise InputError(
            f"The ways up and down at {heating.where} share {common.size} {heating.along.words} with known errors.",
            f"Run both over the same {heating.along.words}, two at least.",
        )
    heated, cooled = up.values[first], down.values[second]
    sign = 1.0 if density_rises or heating.kind.holds_temperature else -1.0
    differences = [
        down.estimate(below).minus(up.estimate(above)).scaled(sign, up.unit)
        for above, below in zip(first.tolist(), second.tolist(), strict=True)
    ]
    apart = np.array([each.value for each in differences])
    spacings = np.diff(common)
    weights = np.zeros(common.size)
    weights[:-1] += 0.5 * spacings
    weights[1:] += 0.5 * spacings
    unplaced = float(((np.diff(heated) ** 2 + np.diff(cooled) ** 2) * spacings**2).sum()) / 12.0
    place = Estimate(0.0, math.sqrt(unplaced), "", math.inf)
    parts = [*zip(differences, weights.tolist(), strict=True), (place, 1.0)]
    area = combined(float(weights @ apart), parts, f"g/cm^3 {heating.along.unit}")
    spacing = float(np.ptp(common)) / (common.size - 1)
    production_ps = 0.5 * sum(_length_fs(line, common) for line in (heating, cooling)) / 1000.0
    limit = OPEN_SHARE * float(np.abs(apart).max())
    closed = all(_meets(differences[::way], limit) for way in (1, -1))
    return Loop(area, spacing / production_ps, closed)


def _length_fs(line: LineOfStates, common: NDArray[np.float64]) -> float:
    """Return how long one run of a ladder was, in fs, as a mean over its rungs: what a rate knows, not its repeats."""
    lengths = [point.production_fs for point in line.points if round(point.coordinate, 1) in common]
    return float(np.mean(lengths))


def _meets(differences: Sequence[Estimate], limit: float) -> bool:
    """Return whether two ladders are proven to meet at their first temperatures: at one, or over two or three.

    Args:
        differences: between them, from this end on.
        limit: greatest difference that counts as none.
    """
    for count in range(1, min(END_TEMPERATURES, len(differences) - 1) + 1):
        first = differences[:count]
        mean = combined(sum(each.value for each in first) / count, [(each, 1.0 / count) for each in first], "")
        if abs(mean.value) + mean.half_width(CONFIDENCE) <= limit:
            return True
    return False


def _bounded(curve: Curve) -> Curve:
    """Return the points with known errors and those between two of them, with the range of these over sqrt(12)."""
    known = np.flatnonzero(np.isfinite(curve.errors))
    errors, degrees = curve.errors.copy(), curve.degrees_of_freedom.copy()
    if known.size:
        for index in range(known[0], known[-1]):
            if not np.isfinite(errors[index]):
                after = known[np.searchsorted(known, index)]
                before = known[np.searchsorted(known, index) - 1]
                errors[index] = abs(curve.values[after] - curve.values[before]) / math.sqrt(12.0)
                degrees[index] = math.inf
    return replace(curve, errors=errors, degrees_of_freedom=degrees).resolved()


def hysteresis_evidence(loops: Sequence[Loop]) -> Evidence:
    """Return what loops at one or more rates say; one rate alone cannot tell a lag from metastability.

    The number is the exponent x of area ~ rate^x. First order: the loop at the slowest rate is proven and x is below
    1/2 by two errors; crossover: x above 0.8 by two errors, or no loop at the slowest rate while there was one.
    """
    meaning = "exponent x of (loop area) ~ rate^x"
    unknown = Estimate.unknown("")
    ordered = sorted((loop for loop in loops if loop.closed), key=lambda loop: loop.rate)
    if loops and not ordered:
        reason = (
            "Heating and cooling are not proven to meet again at the ends of the ladders: go on to where they do, "
            "slower or longer."
        )
        return Evidence(EvidenceKind.HYSTERESIS, Order.NOT_RESOLVED, unknown, meaning, reason)
    rates = {round(loop.rate, 9) for loop in ordered}
    proven = [loop for loop in ordered if loop.area.resolved and loop.area.value > loop.area.half_width(CONFIDENCE)]
    if not proven:
        reason = "No loop is proven at any rate: no lag, or too much noise to see one."
        return Evidence(EvidenceKind.HYSTERESIS, Order.NOT_RESOLVED, unknown, meaning, reason)
    if len(rates) < 2 or len(proven) < 2:
        reason = (
            f"A loop of {proven[0].area} at one rate: metastability and slow relaxation look alike; run a slower one."
        )
        return Evidence(EvidenceKind.HYSTERESIS, Order.NOT_RESOLVED, unknown, meaning, reason)
    x = np.log([loop.rate for loop in proven])
    y = np.log([loop.area.value for loop in proven])
    sigma = np.array([loop.area.standard_error / loop.area.value for loop in proven])
    weights = sigma**-2
    centre = float((weights * x).sum() / weights.sum())
    spread = float((weights * (x - centre) ** 2).sum())
    slope = float((weights * (x - centre) * y).sum() / spread)
    leverages = weights * (x - centre) / spread
    parts = [(loop.area, each / loop.area.value) for loop, each in zip(proven, leverages.tolist(), strict=True)]
    number = combined(slope, parts, "")
    width = number.half_width(CONFIDENCE)
    if slope + width < PERSISTENT_BELOW and proven[0] is ordered[0]:
        reason = f"The loop survives slower ramps, area ~ rate^({number}): metastable states."
        return Evidence(EvidenceKind.HYSTERESIS, Order.FIRST_ORDER, number, meaning, reason)
    if slope - width > RELAXING_ABOVE:
        reason = f"The loop closes with the rate, area ~ rate^({number}): relaxation, no metastable states."
        return Evidence(EvidenceKind.HYSTERESIS, Order.CROSSOVER, number, meaning, reason)
    reason = f"Area ~ rate^({number}) does not tell a loop that persists from one that closes."
    return Evidence(EvidenceKind.HYSTERESIS, Order.NOT_RESOLVED, number, meaning, reason)
