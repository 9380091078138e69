"""g(r) of a pair as a whole: the integral of |g' - g| at each common point of the line of states.

    d = 100 int |g'(r) - g(r)| dr / int g(r) dr,   r from 0 to ``REACH_ANGSTROM``

is the share of the curve that lies elsewhere, one number for the molecules' peak, the minimum behind it and the shell
beyond, where one potential differs from another although both have the same first peak. Noise alone makes |g' - g|
sqrt(2/pi) sigma on the average: that is subtracted in every bin, and its integral is the error, as if the noise of all
bins were one. What is left is d for equal curves, and less than d by one error at most where they differ everywhere.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit.compared import ComparedQuantity, Contrast
from llpt.audit.curve_test import contrasts_at
from llpt.audit.curves import difference_contrast
from llpt.audit.pairing import common_temperatures
from llpt.audit.thresholds import PAIR_CORRELATION_CHANGE
from llpt.statistics import Estimate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from llpt.audit.pairing import Pair
    from llpt.audit.thresholds import Thresholds
    from llpt.transition import LinePoint

REACH_ANGSTROM = 2.2
"""Half the edge of 64 atoms of hydrogen at 200 GPa is 2.4 Å; published potentials differ below 2 Å."""
_BIN_ANGSTROM = 0.02
_MEAN_OF_NOISE = math.sqrt(2.0 / math.pi)
PEAK = "rdf_peak_height"
"""Its degrees of freedom and samples are those of g(r), which is taken from the same frames."""


def radial_contrasts(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return d as one curve along the line and at each point; nothing where the two have no g(r) at a common point.

    Args:
        pair: without solid points.
        thresholds: for what is near the transition, and the confidence.
    """
    reference, surrogate = (side.states.curve(PEAK) for side in (pair.reference, pair.surrogate))
    points = [
        [point for point in side.states.points if PEAK in point.estimates] for side in (pair.reference, pair.surrogate)
    ]
    places, differences = [], []
    for index, other in common_temperatures(reference, surrogate):
        found = integrated_difference(points[0][index], points[1][other])
        if found is not None:
            places.append(index)
            differences.append(found)
    if not differences:
        return

    def allowances() -> NDArray[np.float64]:
        return np.array([_of_a_shift(points[0], index, pair.near(thresholds)) for index in places])

    name = "Integral of |Δg(r)|"
    coordinates = reference.coordinates[places]
    yield difference_contrast(pair, thresholds, coordinates, tuple(differences), name, allowances=allowances)
    yield from contrasts_at(coordinates, reference.along, differences, name)


def _of_a_shift(points: list[LinePoint], index: int, near: float) -> float:
    """Return d between a point of the reference and its neighbours that lie as far off as a shift that is allowed.

    NaN where that to one of them is not known.
    """
    here = points[index].coordinate
    above = [point for point in points if point.coordinate >= here + near][:1]
    below = [point for point in points if point.coordinate <= here - near][-1:]
    found = [integrated_difference(points[index], other) for other in (*above, *below)]
    return float(np.max([0.0, *(each.value for each in found if each is not None)]))


def integrated_difference(reference: LinePoint, surrogate: LinePoint) -> Estimate | None:
    """Return d in %, None where either point has no g(r) or the reference has no two atoms within reach.

    Args:
        reference: point of the reference's line.
        surrogate: point of the surrogate's, at the same place.
    """
    base, other = reference.pair_correlation, surrogate.pair_correlation
    if base is None or other is None:
        return None
    end = min(REACH_ANGSTROM, float(base.distances[-1]), float(other.distances[-1]))
    distances = np.arange(0.5 * _BIN_ANGSTROM, end, _BIN_ANGSTROM)
    base, other = base.at(distances), other.at(distances)
    total = float(base.values.sum())
    if total <= 0.0:
        return None
    noise = _MEAN_OF_NOISE * float(np.hypot(base.errors, other.errors).sum())
    moved = float(np.abs(other.values - base.values).sum())
    known = [point.estimates[PEAK] for point in (reference, surrogate)]
    return Estimate(
        100.0 * max(moved - noise, 0.0) / total,
        100.0 * noise / total,
        PAIR_CORRELATION_CHANGE.unit,
        min(each.effective_samples for each in known),
        min(each.degrees_of_freedom for each in known),
    )


RADIAL = ComparedQuantity(
    PAIR_CORRELATION_CHANGE.quantity, threshold=PAIR_CORRELATION_CHANGE, contrasts=radial_contrasts
)
