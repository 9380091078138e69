"""What a criterion is: one record that says how it finds a transition and what its result is used for."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from llpt.transition.curve import LineKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llpt.statistics import Estimate
    from llpt.transition.evidence import EvidenceKind
    from llpt.transition.line import LineOfStates
    from llpt.transition.place import Coexistence, Located
    from llpt.transition.step import StepFit

    Locator = Callable[[LineOfStates, str, bool | None], Located]
    """Takes a line of states without solid points, the name of the curve to read, and whether the curve rises there
    on the way up."""


class Standing(StrEnum):
    """What a criterion counts for in a verdict."""

    DECIDING = "deciding"
    """The first of these that the reference resolves is the transition temperature that is judged; at least one has to
    be resolved for any statement about it."""
    REPORTED = "reported"
    """Shown, and judged only where a study asks for it."""


@dataclass(frozen=True)
class Criterion:
    """A definition of where the transition is on a line of states. Two of one name are the same.

    Args:
        name: for people, verdicts and study files.
        estimator: how the place is found, in one phrase.
        curve: the observable it reads.
        locate: finds the place; see ``Locator``.
        rises_on_heating: whether the curve rises on heating through the transition, as at the dissociation of
            hydrogen; None where the criterion has no sign.
        follows_density: whether the sign turns where the density falls on heating, as at boiling and melting.
        standing: what it counts for in a verdict.
        kinds: of lines of states on which it is read.
        places_otherwise: whether it tells where the transition of a pair lies where no deciding criterion does.
        decides_last_on: kinds of lines of states on which it decides after all others.
        evidence: what its result is in the question of the order of the transition; None where it is none.
        one_place: whether on a first-order line its curve jumps where those of all criteria do of which this is true.
        figure_order: its place among the criteria drawn in the plane of pressure and temperature, which sets its symbol
            and shade; None leaves it to the tables.
    """

    name: str
    estimator: str = field(compare=False)
    curve: str = field(compare=False)
    locate: Locator = field(compare=False, repr=False)
    rises_on_heating: bool | None = field(default=None, compare=False)
    follows_density: bool = field(default=False, compare=False)
    standing: Standing = field(default=Standing.REPORTED, compare=False)
    places_otherwise: bool = field(default=False, compare=False)
    decides_last_on: frozenset[LineKind] = field(default=frozenset(), compare=False)
    evidence: EvidenceKind | None = field(default=None, compare=False)
    one_place: bool = field(default=False, compare=False)
    figure_order: int | None = field(default=None, compare=False)
    kinds: frozenset[LineKind] = field(default=frozenset({LineKind.ISOBAR}), compare=False)

    def __str__(self) -> str:
        return self.name

    def rises(self, *, density_rises: bool) -> bool | None:
        """Return whether the curve rises on heating through a transition at which the density rises or falls."""
        if self.rises_on_heating is None or not self.follows_density:
            return self.rises_on_heating
        return self.rises_on_heating is density_rises

    def rises_upwards(self, kind: LineKind, *, density_rises: bool) -> bool | None:
        """Return whether the curve rises on the way up a line: on heating, or on compression.

        Compression favours the denser phase: it crosses the transition as heating does where the density rises on
        heating, and the other way where it falls.
        """
        rises = self.rises(density_rises=density_rises)
        return not rises if rises is not None and kind.holds_temperature and not density_rises else rises


@dataclass(frozen=True)
class CriterionResult:
    """Where the transition is by one criterion.

    Args:
        criterion: which.
        place: temperature, pressure or density with its error, NaN where not resolved.
        resolved: whether it is known.
        reason: one sentence: what was found, or why nothing was.
        step: the fit behind a step criterion.
        coexistence: the two phases behind a plateau or a loop of the pressure.
    """

    criterion: Criterion
    place: Estimate
    resolved: bool
    reason: str
    step: StepFit | None = None
    coexistence: Coexistence | None = None

    @property
    def width(self) -> Estimate | None:
        """How far the change reaches on either side of the place: w of a step, half of what lies between two phases."""
        if self.step is not None:
            return self.step.width
        if self.coexistence is None or not self.coexistence.resolved:
            return None
        return self.coexistence.denser_gcc.minus(self.coexistence.lighter_gcc).scaled(0.5, self.place.unit)

    @classmethod
    def of(cls, criterion: Criterion, located: Located) -> CriterionResult:
        """Return what a criterion has located as its result."""
        return cls(criterion, located.place, located.resolved, located.reason, located.step, located.coexistence)


def step_in(results: Mapping[Criterion, CriterionResult], curve: str) -> CriterionResult | None:
    """Return the result of the first criterion that fits a step to a curve, resolved or not; None where none does.

    Args:
        results: of a line of states.
        curve: name of the observable.
    """
    read = (result for criterion, result in results.items() if criterion.curve == curve)
    return next((result for result in read if result.step is not None), None)
