"""Any observable along a line of states as one compared curve: g(r)'s first peak, molecules, D, C_P, compressibility.

Each curve is one comparison (``llpt.audit.curve_test``) of what lies away from the transition: near it the difference
is that of the transition temperature.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit.compared import ComparedQuantity, Contrast
from llpt.audit.curve_test import curve_contrast, curve_test, shift_allowances
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
from llpt.statistics import Estimate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llpt.audit.pairing import Pair
    from llpt.audit.thresholds import Threshold, Thresholds


def curve_contrasts(
    pair: Pair, thresholds: Thresholds, *, observable: str, unit: str, relative: bool
) -> Iterator[Contrast]:
    """Return the difference of one observable as one curve; nothing where the two have no temperature in common.

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
    if not places:
        return
    temperatures = np.array([reference.coordinates[index] for index, _ in places])
    differences = (
        relative_difference(reference, surrogate).percent
        if relative
        else tuple(
            surrogate.estimate(other).minus(reference.estimate(index)).scaled(scale, unit) for index, other in places
        )
    )
    region = region_of(pair)
    judged = np.ones(len(places), dtype=bool)
    if region is not None:
        judged = region.beside(temperatures, pair.near(thresholds))
    switch = None if region is None else region.switch(temperatures)
    allowances = None
    if region is None:
        change = shift_allowances(reference, temperatures, pair.near(thresholds))
        base = np.array([abs(reference.values[index]) for index, _ in places]) if relative else 1.0
        allowances = scale * change / base
    found = curve_test(temperatures, differences, switch, judged=judged, allowances=allowances)
    name = observable.replace("_", " ").replace("rdf peak height", "first peak of g(r)")
    if found is None:
        reason = f"{name.capitalize()}: no temperature away from the transition with a known error"
        yield Contrast(Estimate.unknown(unit), reason, kind="curve")
    else:
        yield curve_contrast(found, f"{name.capitalize()} away from the transition", thresholds.confidence)


def _quantity(name: str, observable: str, threshold: Threshold, *, relative: bool) -> ComparedQuantity:
    contrasts = partial(curve_contrasts, observable=observable, unit=threshold.unit, relative=relative)
    return ComparedQuantity(name, threshold=threshold, contrasts=contrasts)


FIRST_PEAK = _quantity("first peak of g(r)", "rdf_peak_height", FIRST_PEAK_CHANGE, relative=True)
MOLECULES = _quantity("molecular fraction", "molecular_fraction", MOLECULES_CHANGE, relative=False)
DIFFUSION = _quantity("diffusion coefficient", "diffusion", DIFFUSION_CHANGE, relative=True)
HEAT_CAPACITY = _quantity("heat capacity", "heat_capacity_total", HEAT_CAPACITY_CHANGE, relative=False)
COMPRESSIBILITY = _quantity("compressibility", "compressibility", COMPRESSIBILITY_CHANGE, relative=True)


def pressure_contrasts(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return the difference of the pressure at held volumes as one curve; nothing at held pressures."""
    if pair.kind.holds_volume:
        unit = PRESSURE_CHANGE.unit
        yield from curve_contrasts(pair, thresholds, observable="pressure", unit=unit, relative=False)


PRESSURE = ComparedQuantity("pressure", threshold=PRESSURE_CHANGE, contrasts=pressure_contrasts)
