"""What changes from one end of a line of states to the other, and whether chance alone could do it.

It needs no transition to be placed: runs that are too few or too short for that may well show that molecules go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.observables import all_observables
from llpt.statistics import Estimate
from llpt.statistics.beyond_chance import beyond_chance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llpt.campaign.ladders import ObservedLadder
    from llpt.observables import Quantity
    from llpt.transition import LinePoint


@dataclass(frozen=True)
class EndToEnd:
    """A quantity at the two ends of a line of states.

    Args:
        ladder: whose.
        quantity: which.
        first: the fluid point with the lowest coordinate at which the quantity has a known error.
        last: that with the highest.
        resolved: whether the change is more than chance makes.
    """

    ladder: ObservedLadder
    quantity: Quantity
    first: LinePoint
    last: LinePoint
    resolved: bool = False

    @property
    def values(self) -> tuple[Estimate, Estimate]:
        """The quantity at the first and at the last point."""
        return self.first.estimates[self.quantity.name], self.last.estimates[self.quantity.name]

    @property
    def change(self) -> Estimate:
        """The last value less the first."""
        first, last = self.values
        return last.minus(first)


def changes_end_to_end(ladders: Iterable[ObservedLadder], *, false_alarms: float) -> tuple[EndToEnd, ...]:
    """Return the change of every tabled quantity along each line of states with two points where its error is known.

    Solids are left out; so is what is held: the pressure of an isobar, the density of an isochore or isotherm.

    Args:
        ladders: as observed; those that are no line of states are passed over.
        false_alarms: probability that chance alone makes one of all the changes resolved, 0 to 1.
    """
    found = [each for ladder in ladders for each in _of_ladder(ladder)]
    flags = beyond_chance([each.change for each in found], false_alarms=false_alarms)
    return tuple(
        EndToEnd(each.ladder, each.quantity, each.first, each.last, resolved)
        for each, resolved in zip(found, flags, strict=True)
    )


def free_quantities(ladder: ObservedLadder) -> Iterator[Quantity]:
    """Yield the tabled quantities that are not held along a ladder's line of states."""
    held = "density" if ladder.kind is not None and ladder.kind.holds_volume else "pressure"
    for quantity in all_observables().quantities.values():
        if quantity.tabled and quantity.is_sampled and quantity.name != held:
            yield quantity


def _of_ladder(ladder: ObservedLadder) -> Iterator[EndToEnd]:
    if ladder.states is None:
        return
    fluids = [point for point in ladder.states.points if not point.solid]
    for quantity in free_quantities(ladder):
        known = [point for point in fluids if _has(point, quantity)]
        if len(known) > 1:
            ends = sorted(known, key=lambda point: point.coordinate)
            yield EndToEnd(ladder, quantity, ends[0], ends[-1])


def _has(point: LinePoint, quantity: Quantity) -> bool:
    return point.estimates.get(quantity.name, Estimate.unknown(quantity.unit)).resolved
