"""What changes from one end of a line of states to the other, and whether chance alone could do it.

It needs no transition to be placed: runs that are too few or too short for that may well show that molecules go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llpt.observables import all_observables
from llpt.statistics import Estimate
from llpt.statistics.beyond_chance import FALSE_ALARMS, beyond_chance
from llpt.transition import LineKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llpt.campaign.ladders import ObservedLadder
    from llpt.observables import Quantity
    from llpt.transition import LinePoint

ALONG_ISOTHERMS = frozenset({"pressure", "density", "enthalpy", "nearest_neighbour_distance"})
NO_FINDING = {
    LineKind.ISOBAR: frozenset({"pressure", "enthalpy"}),
    LineKind.ISOCHORE: frozenset({"density", "enthalpy"}),
    LineKind.ISOTHERM: ALONG_ISOTHERMS,
    LineKind.DENSITY_ISOTHERM: ALONG_ISOTHERMS,
}
"""What is held along a line, or must change along it in any fluid: by heating, by compression."""
OF_FLUIDS = "diffusion"
"""It is asked only of proven fluids."""
SHARE_WITH_ERRORS = 0.8
"""Of the points of a ladder. Where a run is a few of its correlation times long, its error is known by luck, and then
too small: ends chosen among few such points lie apart in half of all studies."""
NOMINAL = 0.2 * FALSE_ALARMS
"""False alarms that are asked for, so that errors from few samples keep to ``FALSE_ALARMS`` (tested)."""


@dataclass(frozen=True)
class EndToEnd:
    """A quantity at the two ends of a line of states.

    Args:
        ladder: whose.
        quantity: which.
        first: the point with the lowest coordinate at which the quantity has a known error; no known solid.
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

    @property
    def may_be_solid(self) -> bool:
        """Whether one of the ends is too short to tell a solid from a fluid."""
        return self.first.solid is None or self.last.solid is None


def changes_end_to_end(ladders: Iterable[ObservedLadder]) -> tuple[EndToEnd, ...]:
    """Return the change of every tabled quantity along each line of states, with which are more than chance makes.

    Solids take no part, and diffusion is asked only of proven fluids: vibrations have a slope too. What is held, or
    changes along such a line in any fluid, is left out; so is a quantity whose error is known at less than
    ``SHARE_WITH_ERRORS`` of the points. Chance alone makes one change or more resolved in at most ``FALSE_ALARMS`` of
    studies; a run that stays in one of two states all the time knows nothing of the other, and is no part of that.

    Args:
        ladders: as observed; those that are no line of states are passed over.
    """
    found = [each for ladder in ladders for each in _of_ladder(ladder)]
    flags = beyond_chance([each.change for each in found], false_alarms=NOMINAL)
    return tuple(replace(each, resolved=resolved) for each, resolved in zip(found, flags, strict=True))


def _of_ladder(ladder: ObservedLadder) -> Iterator[EndToEnd]:
    if ladder.states is None:
        return
    for quantity in all_observables().quantities.values():
        if not (quantity.tabled and quantity.is_sampled) or quantity.name in NO_FINDING[ladder.states.kind]:
            continue
        points = [point for point in ladder.states.points if _tells(point, quantity)]
        known = [point for point in points if _has_error(point, quantity)]
        if len(known) > 1 and len(known) >= SHARE_WITH_ERRORS * len(points):
            yield EndToEnd(ladder, quantity, known[0], known[-1])


def _tells(point: LinePoint, quantity: Quantity) -> bool:
    return point.solid is False if quantity.name == OF_FLUIDS else not point.solid


def _has_error(point: LinePoint, quantity: Quantity) -> bool:
    found = point.estimates.get(quantity.name, Estimate.unknown(quantity.unit))
    return found.resolved and found.error > 0.0
