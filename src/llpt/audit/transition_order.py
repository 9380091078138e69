"""Do both sides change in the same way: at once, or smoothly?

A surrogate may be right in place and width of a step, within their thresholds, and pass smoothly where its reference
has two phases. The order of either side is what all its evidence comes to (``llpt.transition.order``): loops, sizes,
histograms, widths; evidence that disagrees resolves nothing.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.audit.compared import ComparedQuantity, Contrast
from llpt.audit.thresholds import ORDER_CHANGE
from llpt.statistics import Estimate
from llpt.transition import Order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llpt.audit.pairing import Pair
    from llpt.audit.thresholds import Thresholds
    from llpt.transition import LocatedLine

NUMBER = {Order.CROSSOVER: 0.0, Order.FIRST_ORDER: 1.0}
"""Of what is resolved."""


def order_contrasts(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return the order of the surrogate's change less that of the reference's, where both are resolved.

    Args:
        pair: without solid points; orders as ``LocatedLine.order``.
        thresholds: not asked for.
    """
    del thresholds
    numbers = [NUMBER.get(side.order) for side in (pair.reference, pair.surrogate)]
    if None in numbers:
        return
    base, other = (float(number) for number in numbers if number is not None)
    both = " and ".join(_told(side) for side in (pair.reference, pair.surrogate))
    yield Contrast(Estimate(other - base, 0.0, ORDER_CHANGE.unit, math.inf), f"Order of the change: {both}")


def _told(side: LocatedLine) -> str:
    by = f" (by {', '.join(side.order_by)})" if side.order_by else ""
    return f"{'a ' if side.order is Order.CROSSOVER else ''}{side.order} in {side.states.engine}{by}"


TRANSITION_ORDER = ComparedQuantity(ORDER_CHANGE.quantity, threshold=ORDER_CHANGE, contrasts=order_contrasts)
