"""All the evidence together, in a statement that hides no disagreement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.transition.curve import LineKind
from llpt.transition.evidence import Evidence, Order
from llpt.transition.located import LocatedLine, check_located
from llpt.transition.order.loop import loop_evidence
from llpt.transition.order.separation import separation_evidence
from llpt.transition.order.smoothness import smoothness_evidence
from llpt.transition.order.width import width_evidence

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class OrderStatement:
    """What the evidence comes to.

    Args:
        order: first order or crossover if at least one piece of evidence says so and none contradicts it; else not
        resolved. evidence: all of it. sentence: for people; names the pieces on either side.
    """

    order: Order
    evidence: tuple[Evidence, ...]
    sentence: str

    @property
    def disagreement(self) -> bool:
        """Whether some evidence says first order and some crossover."""
        orders = {item.order for item in self.evidence}
        return {Order.FIRST_ORDER, Order.CROSSOVER} <= orders


def combine_evidence(evidence: Sequence[Evidence]) -> OrderStatement:
    """Put pieces of evidence together."""
    sides = {order: [item for item in evidence if item.order is order] for order in Order}
    first, smooth, open_ = (sides[order] for order in (Order.FIRST_ORDER, Order.CROSSOVER, Order.NOT_RESOLVED))
    parts = []
    for name, side in (("First order", first), ("Crossover", smooth), ("Not resolved", open_)):
        if side:
            parts.append(f"{name} by {', '.join(item.kind for item in side)}.")
    if first and smooth:
        order = Order.NOT_RESOLVED
        parts.insert(0, "The evidence disagrees.")
    elif first or smooth:
        order = Order.FIRST_ORDER if first else Order.CROSSOVER
    else:
        order = Order.NOT_RESOLVED
    return OrderStatement(order, tuple(evidence), " ".join(parts) or "There is no evidence.")


def order_of_line(
    located: LocatedLine, further: Sequence[Evidence] = (), *, back: LocatedLine | None = None
) -> OrderStatement:
    """Return the statement for one line of states: widths, smoothness, separation, and what else is handed in.

    Solid points take no part; a line of nothing but solids has no evidence. On an isotherm at held densities the loop
    of the pressure takes the place of widths.

    Args:
        located: a line of states of one engine and size, with its criteria.
        further: evidence that needs more than one line (hysteresis, sizes, histograms, Clapeyron).
        back: the same engine, size and line walked the other way; without it neither a sharp change nor a smooth
            one decides.

    Raises:
        InputError: what was given is no line whose transition was located.
    """
    fluid = check_located(located).fluid()
    if fluid is None:
        return combine_evidence(further)
    returned = back.fluid() if back else None
    widths = width_evidence(fluid, returned)
    smooth = smoothness_evidence(fluid, returned)
    loop = [loop_evidence(fluid, returned)] if fluid.states.kind is LineKind.DENSITY_ISOTHERM else []
    return combine_evidence([*widths, *loop, smooth, separation_evidence(fluid), *further])
