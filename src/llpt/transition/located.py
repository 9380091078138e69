"""A line of states with its transition, located once by every criterion: what audit and order are told."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llpt.errors import InputError, unsuitable
from llpt.statistics import Estimate
from llpt.transition.criteria import Separation, criteria, deciding, separations
from llpt.transition.criterion import step_in
from llpt.transition.curve import LineKind
from llpt.transition.evidence import Order
from llpt.transition.line import LineOfStates
from llpt.transition.step import fit_step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.transition.criterion import Criterion, CriterionResult
    from llpt.transition.evidence import EvidenceKind
    from llpt.transition.step import StepFit


VOLUME = "volume"
"""The observable whose step goes into Clapeyron's equation and into the width of a change along an isotherm."""


@dataclass(frozen=True)
class PhasePoint:
    """A point of a transition line in the plane of pressure and temperature; what was held is exact.

    Args:
        pressure_gpa: GPa.
        temperature_k: K.
    """

    pressure_gpa: Estimate
    temperature_k: Estimate


@dataclass(frozen=True, repr=False)
class LocatedLine:
    """A line of states and where its transition is (``locate``).

    Args:
        states: an isobar, isochore or isotherm of one engine and size, solid points included.
        criteria: the place of the transition by every criterion that is read on such a line; solid points took no part.
        volume_step: the step in the volume, which no criterion reads; None where volumes were held or all points are
            solid.
        density_rises: whether the density was taken to rise on heating through the transition.
        back: the same line walked the other way, where it was.
        order: of the change, by all the evidence there is of this engine here, other sizes and ways included
            (``llpt.campaign.orders``); *not resolved* also where nobody asked.
        order_by: the evidence that says so.
    """

    states: LineOfStates
    criteria: Mapping[Criterion, CriterionResult]
    volume_step: StepFit | None
    density_rises: bool = True
    back: LocatedLine | None = None
    order: Order = Order.NOT_RESOLVED
    order_by: tuple[EvidenceKind, ...] = ()

    def __repr__(self) -> str:
        found = sum(result.resolved for result in self.criteria.values())
        return f"LocatedLine({self.states!r}, {found} of {len(self.criteria)} criteria resolved)"

    def __getitem__(self, name: str) -> CriterionResult:
        """Return what one criterion found, by its name, e.g. ``located["density jump"]``.

        Raises:
            InputError: no criterion of that name is read on such a line.
        """
        known = {criterion.name: result for criterion, result in self.criteria.items()}
        if name not in known:
            raise InputError(f"No criterion {name!r} is read on this line.", f"Known are: {', '.join(known)}.")
        return known[name]

    @property
    def separations(self) -> tuple[Separation, ...]:
        """How far every two resolved criteria lie apart."""
        return tuple(separations(self.criteria))

    def step(self, curve: str) -> StepFit | None:
        """Return the step in a curve as it was fitted when the line was located; None where none was fitted.

        Args:
            curve: name of the observable: the volume, or one that a criterion fits a step to.
        """
        if curve == VOLUME:
            return self.volume_step
        read = step_in(self.criteria, curve)
        return read.step if read else None

    def phase_point(self, criterion: Criterion) -> PhasePoint | None:
        """Return where a criterion puts the transition in the plane of pressure and temperature; None where nowhere.

        At held volumes the pressure is that of the curve P at the place, by a straight line between its neighbours, or
        that of the two phases where a plateau or a loop gives it. Inside a loop the pressure at a density is neither:
        a place by another criterion has none there.
        """
        result = self.criteria.get(criterion)
        if result is None or not result.resolved:
            return None
        held = Estimate(self.states.held, 0.0, self.states.HELD.unit, math.inf)
        match self.states.kind:
            case LineKind.ISOBAR:
                return PhasePoint(held, result.place)
            case LineKind.ISOTHERM:
                return PhasePoint(result.place, held)
        if result.coexistence is not None:
            return PhasePoint(result.coexistence.pressure_gpa, held)
        pressure = (self.states.fluid() or self.states).curve("pressure").at(result.place)
        if self.states.kind is LineKind.ISOCHORE:
            return PhasePoint(pressure, result.place)
        loops = [each.coexistence for each in self.criteria.values() if each.coexistence and each.coexistence.is_loop]
        return None if loops else PhasePoint(pressure, held)

    @property
    def deciding(self) -> tuple[CriterionResult, ...]:
        """The results from which the place of the transition is first read, in this order."""
        return tuple(self.criteria[each] for each in deciding(self.states.kind))

    def fluid(self) -> LocatedLine | None:
        """Return the same without its solid points, or None where nothing is left."""
        fluid = self.states.fluid()
        return None if fluid is None else replace(self, states=fluid)


def check_located(given: object) -> LocatedLine:
    """Return what was given where it is a line whose transition was located.

    Raises:
        InputError: it is something else.
    """
    if not isinstance(given, LocatedLine):
        raise unsuitable(
            given,
            "is no line whose transition was located",
            "Make an Isobar, Isochore or Isotherm of the runs, and locate its transition (locate).",
        )
    return given


def locate(states: LineOfStates, *, density_rises: bool = True) -> LocatedLine:
    """Find the transition of an isobar, an isochore or an isotherm by every criterion.

    Args:
        states: of one engine and size.
        density_rises: whether the density rises on heating through the transition, as at the dissociation of hydrogen;
            False for melting or boiling.

    Raises:
        InputError: what was given is no line of states.
    """
    if not isinstance(states, LineOfStates):
        raise unsuitable(
            states,
            "is no line of states",
            "Make an Isobar, Isochore or Isotherm of the runs of one engine (from_summaries).",
        )
    fluid = None if states.kind.holds_volume else states.fluid()
    volume_step = fit_step(fluid.curve(VOLUME)) if fluid else None
    return LocatedLine(states, criteria(states, density_rises=density_rises), volume_step, density_rises)
