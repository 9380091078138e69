"""What other nuclei, by their mass or their quantum motion, change at each state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.campaign.effects import density_changes
from llpt.campaign.identity import ControlledTest
from llpt.observables import all_observables
from llpt.statistics import Estimate

if TYPE_CHECKING:
    from llpt.campaign.ladders import ObservedLadder
    from llpt.observables import Quantity

NUCLEI = (ControlledTest.BEADS, ControlledTest.ISOTOPE)
"""The controlled tests that change them."""


@dataclass(frozen=True)
class ChangedState:
    """What other nuclei change at one state.

    Args:
        coordinate: of the state on its line (K, GPa or g/cm³).
        unit: of that.
        density_percent: of the density of atoms, in per cent of the base run's; unknown at held volumes.
        others: of each of ``quantities_of_nuclei``, in its own unit; unknown where one of the runs lacks it.
    """

    coordinate: float
    unit: str
    density_percent: Estimate
    others: tuple[Estimate, ...]


def quantities_of_nuclei() -> tuple[Quantity, ...]:
    """Return the quantities whose changes stand beside that of the density."""
    return tuple(each for each in all_observables().quantities.values() if each.of_nuclei)


def changed_states(changed: ObservedLadder, base: ObservedLadder) -> list[ChangedState]:
    """Return the changes at each state that both ladders have; none where either is no line of states.

    Args:
        changed: the ladder with other nuclei.
        base: the one it is held against.
    """
    if changed.states is None or base.states is None:
        return []
    densities = dict(density_changes(changed, base))
    before = {point.coordinate: point.estimates for point in base.states.points}
    names = [each.name for each in quantities_of_nuclei()]
    return [
        ChangedState(
            point.coordinate,
            base.states.along.unit,
            densities.get(point.coordinate, Estimate.unknown("%")),
            tuple(_difference(point.estimates.get(name), before[point.coordinate].get(name)) for name in names),
        )
        for point in changed.states.points
        if point.coordinate in before
    ]


def _difference(changed: Estimate | None, base: Estimate | None) -> Estimate:
    return Estimate.unknown("") if changed is None or base is None else changed.minus(base)
