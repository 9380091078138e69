"""Any observable along a line of states as one compared curve: g(r)'s first peak, molecules, D, C_P, compressibility.

Each curve is one comparison (``llpt.audit.curve_test``) of what lies away from the transition: near it the difference
is that of the transition temperature. The difference at each common point is shown beside it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit.compared import ComparedQuantity, Contrast
from llpt.audit.coverage import not_covered
from llpt.audit.curve_test import contrasts_at, curve_contrast, curve_test, shift_allowances
from llpt.audit.pairing import common_temperatures, relative_difference
from llpt.audit.region import region_of
from llpt.audit.thresholds import (
    COMPRESSIBILITY_CHANGE,
    DIFFUSION_CHANGE,
    FIRST_PEAK_CHANGE,
    HEAT_CAPACITY_CHANGE,
    MOLECULES_CHANGE,
    PRESSURE_CHANGE,
)
from llpt.observables import quantity
from llpt.statistics import Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from llpt.audit.pairing import Pair
    from llpt.audit.thresholds import Threshold, Thresholds
    from llpt.transition import LineOfStates


def curve_contrasts(
    pair: Pair, thresholds: Thresholds, *, observable: str, unit: str, relative: bool
) -> Iterator[Contrast]:
    """Return the difference of one observable as one curve and at each point; nothing where a side does not have it.

    Args:
        pair: without solid points.
        thresholds: for what is near the transition, and the confidence.
        observable: its name.
        unit: of the difference; "%" of a pure number are hundredths.
        relative: in per cent of the reference, or as it is.
    """
    scale = 100.0 if unit == "%" else 1.0
    reference, surrogate = (side.states.curve(observable) for side in (pair.reference, pair.surrogate))
    places = common_temperatures(reference, surrogate)
    name = quantity(observable).words.capitalize()
    if not places:
        if reference.has_values and surrogate.has_values:
            yield Contrast(Estimate.unknown(unit), f"{name}: no {reference.along.word} common to both", kind="curve")
        return
    coordinates = np.array([reference.coordinates[index] for index, _ in places])
    differences = (
        relative_difference(reference, surrogate).percent
        if relative
        else tuple(
            surrogate.estimate(other).minus(reference.estimate(index)).scaled(scale, unit) for index, other in places
        )
    )

    def allowances() -> NDArray[np.float64]:
        change = scale * shift_allowances(reference, coordinates, pair.near(thresholds))
        if not relative:
            return change
        size = np.array([abs(reference.values[index]) for index, _ in places])
        return np.divide(change, size, out=np.zeros_like(change), where=size > 0.0)  # of nothing no share is known

    yield difference_contrast(pair, thresholds, coordinates, differences, name, allowances=allowances)
    yield from contrasts_at(coordinates, reference.along, differences, name)


def difference_contrast(
    pair: Pair,
    thresholds: Thresholds,
    coordinates: NDArray[np.float64],
    differences: Sequence[Estimate],
    name: str,
    *,
    allowances: Callable[[], NDArray[np.float64]],
    from_below: bool = False,
) -> Contrast:
    """Return the differences of a pair along its line as one curve.

    Args:
        pair: without solid points.
        thresholds: for what is near the transition, and the confidence.
        coordinates: of the points, rising, shape (n,).
        differences: at each, surrogate minus reference; at least one.
        name: of what is compared, for people.
        allowances: returns what a shift that is still allowed may do at each, shape (n,); asked where no transition is
            known.
        from_below: whether their mean below the transition is subtracted, or that of all where there is none.
    """
    near, region = pair.near(thresholds), region_of(pair)
    judged, switch = np.ones(len(coordinates), dtype=bool), None
    zero = judged
    if region is not None:
        judged, switch = region.beside(coordinates, near), region.switch(coordinates)
        below = region.below(coordinates, near) & np.array([each.resolved for each in differences])
        zero = below if below.any() else judged
    found = curve_test(
        coordinates,
        differences,
        switch,
        judged=judged,
        offset_from=zero if from_below else None,
        allowances=allowances() if region is None else None,
    )
    if found is None:
        word = pair.reference.states.along.word
        reason = f"{name}: no {word} away from the transition with a known error"
        return Contrast(Estimate.unknown(differences[0].unit), reason, kind="curve")
    what, along = f"{name} away from the transition", pair.reference.states.along
    unproven = not_covered(pair, near, coordinates, differences)
    return curve_contrast(found, what, thresholds.confidence, along, unproven=unproven)


def _quantity(observable: str, threshold: Threshold, *, relative: bool) -> ComparedQuantity:
    contrasts = partial(curve_contrasts, observable=observable, unit=threshold.unit, relative=relative)
    return ComparedQuantity(
        threshold.quantity, threshold=threshold, contrasts=contrasts, is_in=partial(_has, observable=observable)
    )


def _has(states: LineOfStates, *, observable: str) -> bool:
    return states.curve(observable).has_values


FIRST_PEAK_COMPARISON = _quantity("rdf_peak_height", FIRST_PEAK_CHANGE, relative=True)
MOLECULES_COMPARISON = _quantity("molecular_fraction", MOLECULES_CHANGE, relative=False)
DIFFUSION_COMPARISON = _quantity("diffusion", DIFFUSION_CHANGE, relative=True)
HEAT_CAPACITY_COMPARISON = _quantity("heat_capacity_total", HEAT_CAPACITY_CHANGE, relative=False)
COMPRESSIBILITY_COMPARISON = _quantity("compressibility", COMPRESSIBILITY_CHANGE, relative=True)


def pressure_contrasts(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return the difference of the pressure at held volumes as one curve; nothing at held pressures."""
    if pair.kind.holds_volume:
        unit = PRESSURE_CHANGE.unit
        yield from curve_contrasts(pair, thresholds, observable="pressure", unit=unit, relative=False)


def _has_pressure(states: LineOfStates) -> bool:
    return not states.kind.holds_volume or _has(states, observable="pressure")


PRESSURE_COMPARISON = ComparedQuantity(
    PRESSURE_CHANGE.quantity, threshold=PRESSURE_CHANGE, contrasts=pressure_contrasts, is_in=_has_pressure
)
