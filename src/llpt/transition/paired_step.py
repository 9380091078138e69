"""The steps of two curves against each other: how far apart, and how much wider one is.

The difference of two places is known better than the places. Where both curves have points at the same places,
what the grid hides it hides from both alike, and what a wrong shape of the step does to one place it does to the other.
So both steps are read off one grid of (T0, w) (``llpt.transition.step``), either with one width for both or with a
width of their own, each weighted by its evidence and by what is likely beforehand (``width_priors``). The shift is the
mean and the standard deviation of T0' - T0 over all of that, the widening that of w' - w with widths of their own.
Where these differ the form of the step, which nobody knows, does not cancel: the error of the shift holds
``FORM_SHARE`` of the widening.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.statistics import Estimate
from llpt.transition.curve import of_all_points
from llpt.transition.step import FORM_SHARE, LOCATIONS, NARROWEST, log_evidence, logarithms, width_priors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llpt.transition.curve import Curve

WIDTHS = 25


@dataclass(frozen=True)
class PairedSteps:
    """What two curves say of the difference of their steps.

    Args:
        shift: T0 of the second less that of the first.
        widening: w of the second less that of the first.
    """

    shift: Estimate
    widening: Estimate


def pair_steps(first: Curve, second: Curve) -> PairedSteps:
    """Hold the step of one curve against that of another.

    Args:
        first: of the reference.
        second: the same observable of another engine along a line of the same kind; points need not be the same.

    Returns:
        Both differences, unknown where either curve has too few points with a known error.
    """
    known = first.resolved(), second.resolved()
    if first.is_power_law:
        known = logarithms(known[0]), logarithms(known[1])
    unit = first.along.unit
    nothing = PairedSteps(Estimate.unknown(unit), Estimate.unknown(unit))
    if min(len(each) for each in known) < 2:
        return nothing
    low = min(float(each.coordinates[0]) for each in known)
    high = max(float(each.coordinates[-1]) for each in known)
    locations = np.linspace(low, high, LOCATIONS)
    finest = min(float(np.diff(each.coordinates).min()) for each in known)
    widths = np.geomspace(NARROWEST * finest, 0.5 * (high - low), WIDTHS)
    found = [log_evidence(each, locations, widths) for each in known]
    if found[0] is None or found[1] is None:
        return nothing
    one, other = (np.exp(each - each.max()) for each in found if each is not None)
    distances = np.arange(1 - LOCATIONS, LOCATIONS) * (locations[1] - locations[0])
    priors = width_priors(WIDTHS)
    overlaid = np.sum([priors[index] * _distances(one[:, index], other[:, index]) for index in range(WIDTHS)], axis=0)
    apart = _distances(one @ priors, other @ priors)
    shift, error = _moments(distances, overlaid + apart)
    metre = math.exp(_moments(locations, (one + other) @ priors)[0]) if first.is_power_law else 1.0
    (width, spread), (wider, wider_spread) = (_moments(widths, priors * each.sum(axis=0)) for each in (one, other))
    error = math.hypot(error, FORM_SHARE * (wider - width))
    return PairedSteps(
        of_all_points(known, metre * shift, metre * error, unit),
        of_all_points(known, metre * (wider - width), metre * math.hypot(spread, wider_spread), unit),
    )


def _distances(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weight of each distance other - one, from the most negative on, shape (2 n - 1,)."""
    return np.asarray(np.correlate(other, one, mode="full"))


def _moments(values: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
    mean = float(weights @ values / weights.sum())
    return mean, math.sqrt(float(weights @ (values - mean) ** 2 / weights.sum()))
