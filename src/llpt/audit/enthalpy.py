"""The enthalpy of heating of a pair, from the lowest common temperature on: engines differ in their zero of energy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.audit.compared import ComparedQuantity, Contrast
from llpt.audit.pairing import common_temperatures
from llpt.audit.thresholds import ENTHALPY_CHANGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llpt.audit.pairing import Pair
    from llpt.audit.thresholds import Thresholds


def enthalpy_contrasts(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return [H(T) - H(T_low)] of the surrogate less that of the reference at each common temperature above T_low.

    The error at T_low is part of every one of them, so that they are correlated.

    Args:
        pair: without solid points.
        thresholds: not asked for.
    """
    del thresholds
    reference, surrogate = (side.isobar.curve("enthalpy").resolved() for side in (pair.reference, pair.surrogate))
    common = common_temperatures(reference, surrogate)
    if not common:
        return
    (first, second), *rest = common
    zero = surrogate.estimate(second).minus(reference.estimate(first))
    lowest = float(reference.temperatures_k[first])
    for index, other in rest:
        temperature = float(reference.temperatures_k[index])
        difference = surrogate.estimate(other).minus(reference.estimate(index)).minus(zero)
        sentence = f"Enthalpy at {temperature:g} K less that at {lowest:g} K: {difference}"
        yield Contrast(difference, sentence, temperature_k=temperature)


ENTHALPY = ComparedQuantity("enthalpy", threshold=ENTHALPY_CHANGE, contrasts=enthalpy_contrasts)
