"""What each controlled test did to its ladder: the shift of its transition, the jump and rho, and whether that matters.

A change *matters* where it is proven to exceed the thresholds, it *does not matter* where it is proven to
stay below them, and everything else is not resolved (``llpt.audit.equivalence``, with Bonferroni's level over the
comparisons of one test). Densities near the transition are left to its shift; at held volumes
the shift alone is judged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from llpt.audit import Outcome, combined_outcome, outcome_of
from llpt.audit.pairing import relative_difference
from llpt.campaign.identity import ControlledTest, Role
from llpt.observables import estimate_of
from llpt.statistics import Estimate, combined
from llpt.transition import shared_criterion, solid_flag, step_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llpt.audit import Thresholds
    from llpt.campaign.ladders import ObservedLadder
    from llpt.transition import Criterion


class Influence(StrEnum):
    """What a controlled test can come to."""

    MATTERS = "matters"
    DOES_NOT_MATTER = "does not matter"
    NOT_RESOLVED = "not resolved"


INFLUENCES = {
    Outcome.NOT_FAITHFUL: Influence.MATTERS,
    Outcome.FAITHFUL: Influence.DOES_NOT_MATTER,
    Outcome.NOT_RESOLVED: Influence.NOT_RESOLVED,
}


@dataclass(frozen=True)
class DensityChange:
    """The relative change of the density at one temperature, on an isotherm at one pressure.

    Args:
        coordinate: temperature in K or pressure in GPa of both runs.
        unit: of it.
        percent: changed minus base, over base.
        judged: whether it lies away from the transitions of both ladders.
    """

    coordinate: float
    unit: str
    percent: Estimate
    judged: bool


@dataclass(frozen=True)
class Effect:
    """What one changed thing did to a ladder.

    Args:
        test: what was changed, e.g. ``cooling`` or ``size``.
        role: whose ladder.
        engine: its name.
        atoms: its size; of a comparison of sizes, the smaller one.
        line: its line of states.
        changes: of the density along the line, solids left out; with the volume held, what the change of pressure
            comes to by the compressibility of the base run.
        shift: change of the transition's place, in K, GPa or g/cm^3, by the first deciding criterion that both resolve;
            NaN where there is none.
        shifted_by: the criterion of the shift; None where there is none.
        jump_percent: change of the jump, in per cent of the density; NaN where either is not resolved.
        influence: whether it matters.
    """

    test: str
    role: Role
    engine: str
    atoms: int
    line: str
    changes: tuple[DensityChange, ...]
    shift: Estimate
    shifted_by: Criterion | None
    jump_percent: Estimate
    influence: Influence

    @property
    def largest(self) -> DensityChange | None:
        """The change of density that stands out most from its error; None where no error is known."""
        known = [change for change in self.changes if change.percent.resolved and change.percent.error > 0.0]
        return max(known, key=lambda change: abs(change.percent.value) / change.percent.error, default=None)


def effects(
    ladders: Sequence[ObservedLadder], thresholds: Thresholds, *, compare_sizes: bool = True
) -> tuple[Effect, ...]:
    """Return one row for each controlled test of each ladder, sizes last.

    Args:
        ladders: base ladders and those of the tests.
        thresholds: of what matters.
        compare_sizes: whether the smaller cells of a line are held against its largest.
    """
    sizes = _sizes(ladders, thresholds) if compare_sizes else ()
    return (*_tests(ladders, thresholds), *sizes)


def _tests(ladders: Sequence[ObservedLadder], thresholds: Thresholds) -> Iterable[Effect]:
    bases = [ladder for ladder in ladders if ladder.is_base]
    for ladder in ladders:
        matched = [
            base
            for base in bases
            if (base.role, base.atoms, base.line) == (ladder.role, ladder.atoms, ladder.line) and base.located
        ]
        if not ladder.is_base and matched:
            yield effect(ladder.identity.label, ladder, matched[0], thresholds)


def _sizes(ladders: Sequence[ObservedLadder], thresholds: Thresholds) -> Iterable[Effect]:
    bases = [ladder for ladder in ladders if ladder.is_base]
    for role in Role:
        for line in dict.fromkeys(base.line for base in bases):
            sizes = [base for base in bases if base.role is role and base.line == line and base.located]
            largest = max(sizes, key=lambda base: base.atoms, default=None)
            if largest is not None:
                smaller = [base for base in sizes if base is not largest]
                yield from (effect(ControlledTest.SIZE, base, largest, thresholds) for base in smaller)


def effect(test: str, changed: ObservedLadder, base: ObservedLadder, thresholds: Thresholds) -> Effect:
    """Hold one ladder against its base.

    Args:
        test: what was changed.
        changed: the ladder of the test.
        base: the ladder it is held against, which is a line of states.
        thresholds: of what matters.
    """
    assert base.states is not None
    criterion = shared_criterion(base.kind, changed.criteria, base.criteria) if base.kind else None
    along = base.states.along
    shift, jump = Estimate.unknown(along.unit), Estimate.unknown("%")
    if criterion is not None:
        shift = changed.criteria[criterion].place.minus(base.criteria[criterion].place)
        jump = relative_jump(changed).minus(relative_jump(base))
    differences = density_changes(changed, base) if changed.located else _at_held_volume(changed, base)
    places = [each.criteria[criterion].place for each in (changed, base)] if criterion else []
    values = [place.value for place in places]
    near = max((thresholds.shift_at(place) for place in places), default=0.0)
    changes = tuple(
        DensityChange(where, along.unit, percent, not values or not min(values) - near < where < max(values) + near)
        for where, percent in differences
    )
    judged = [(change.percent, thresholds.density_percent) for change in changes if change.judged]
    if changed.located:
        judged.append((shift, near or thresholds.transition_temperature_k))
        if jump.resolved:
            judged.append((jump, thresholds.density_percent))
    outcomes = [
        outcome_of(difference, threshold, confidence=thresholds.confidence, among=len(judged))
        for difference, threshold in judged
    ]
    influence = INFLUENCES[combined_outcome(outcomes)]
    return Effect(
        test, changed.role, changed.engine, changed.atoms, changed.line, changes, shift, criterion, jump, influence
    )


def relative_jump(ladder: ObservedLadder) -> Estimate:
    """Return the height of the density's step in per cent of the density at its foot; NaN where it is not resolved."""
    result = step_in(ladder.criteria, "density")
    if result is None or not result.resolved or result.step is None or ladder.states is None:
        return Estimate.unknown("%")
    curve = (ladder.states.fluid() or ladder.states).curve("density")
    below = curve.values[curve.coordinates <= result.place.value]
    return result.step.height.scaled(100.0 / float(below[-1] if below.size else curve.values[0]), "%")


def density_changes(changed: ObservedLadder, base: ObservedLadder) -> list[tuple[float, Estimate]]:
    """Return the relative change of the density at each point where neither run was a solid; none at held volumes.

    Densities are those of atoms: nuclei of another mass count as base ones.

    Args:
        changed: the ladder of a test.
        base: the one it is held against.

    Returns:
        Coordinate (K, or GPa on an isotherm), and changed less base in per cent of the base.
    """
    fluids = [ladder.states.fluid() if ladder.states else None for ladder in (base, changed)]
    if fluids[0] is None or fluids[1] is None or fluids[0].kind.holds_volume:
        return []
    found = relative_difference(fluids[0].curve("density"), fluids[1].curve("density"))
    lighter = _mass_of_atom(base) / _mass_of_atom(changed)  # isotopes are compared by their atoms in a volume
    percents = [
        replace(percent.scaled(lighter, "%"), value=percent.value * lighter + 100.0 * (lighter - 1.0))
        for percent in found.percent
    ]
    return [(float(value), percent) for value, percent in zip(found.coordinates, percents, strict=True)]


def _mass_of_atom(ladder: ObservedLadder) -> float:
    return float(ladder.runs[0].summary.attrs["mass_u"]) / ladder.atoms


def _at_held_volume(changed: ObservedLadder, base: ObservedLadder) -> list[tuple[float, Estimate]]:
    """Return -kappa_T (P' - P): what the pressure of runs at the base's mean volume means for its density."""
    fluid = base.states.fluid() if base.states else None
    found = []
    for item in changed.runs:
        place = item.state.coordinate
        points = fluid.points if fluid and not solid_flag(item.summary) else ()
        point = next((each for each in points if each.coordinate == place), None)
        if point is None or "compressibility" not in point.estimates or "pressure" not in item.summary:
            continue
        kappa = point.estimates["compressibility"]
        rise = estimate_of(item.summary, "pressure").minus(point.estimates["pressure"])
        slopes = ((kappa, -100.0 * rise.value), (rise, -100.0 * kappa.value))
        found.append((place, combined(-100.0 * kappa.value * rise.value, slopes, "%")))
    return found
