"""What one piece of evidence says of the order of a transition."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llpt.statistics import Estimate


class Order(StrEnum):
    """What a transition can be."""

    FIRST_ORDER = "first order"
    CROSSOVER = "crossover"
    NOT_RESOLVED = "not resolved"


class EvidenceKind(StrEnum):
    """Where a piece of evidence comes from."""

    DENSITY_WIDTH = "width of rho(T)"
    ENTHALPY_WIDTH = "width of H(T)"
    FIRST_PEAK_WIDTH = "width of the first peak's loss"
    PRESSURE_LOOP = "loop of P(rho)"
    SMOOTHNESS = "smoothness of the order parameter"
    SEPARATION = "separation of the criteria"
    HYSTERESIS = "hysteresis"
    HISTOGRAM = "histogram of the density"
    MIXED_FIELD = "histogram of the mixed field"
    SUSCEPTIBILITY = "growth of the susceptibility with size"
    BINDER = "Binder cumulant"
    SIZE_SHIFT = "shift with size"
    CLAPEYRON = "Clapeyron slope"


@dataclass(frozen=True)
class Evidence:
    """One piece of evidence.

    Args:
        kind: where it comes from.
        order: its own verdict.
        number: the number behind it, with its error.
        meaning: what the number is, in words.
        reason: one sentence.
    """

    kind: EvidenceKind
    order: Order
    number: Estimate
    meaning: str
    reason: str
