"""Where the transition is, by every criterion there is, and how far the criteria lie apart.

A criterion is declared once, in the module of its family; it takes part in everything once it is in ``BUILT_IN``, or
once a package names it as an entry point of the group ``llpt.criteria``.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llpt.plugins import read_plugins
from llpt.transition.criterion import Criterion, CriterionResult, Standing
from llpt.transition.crossing_criteria import CONDUCTIVITY_ONSET, MOLECULAR_HALF
from llpt.transition.extremum_criteria import COMPRESSIBILITY_MAXIMUM, DENSITY_MAXIMUM, EXPANSION_EXTREMUM
from llpt.transition.place import Located
from llpt.transition.plateau import PRESSURE_PLATEAU
from llpt.transition.step_criteria import (
    DENSITY_JUMP,
    DIFFUSION_ONSET,
    ENERGY_STEP,
    ENTROPY_STEP,
    FIRST_PEAK_LOSS,
    HEAT_CAPACITY_MAXIMUM,
    PRESSURE_STEP,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.plugins import Plugins
    from llpt.statistics import Estimate
    from llpt.transition.curve import LineKind
    from llpt.transition.line import LineOfStates

BUILT_IN = (
    DENSITY_JUMP,
    DENSITY_MAXIMUM,
    HEAT_CAPACITY_MAXIMUM,
    FIRST_PEAK_LOSS,
    MOLECULAR_HALF,
    DIFFUSION_ONSET,
    CONDUCTIVITY_ONSET,
    EXPANSION_EXTREMUM,
    COMPRESSIBILITY_MAXIMUM,
    ENTROPY_STEP,
    ENERGY_STEP,
    PRESSURE_STEP,
    PRESSURE_PLATEAU,
)
DECIDING = tuple(criterion for criterion in BUILT_IN if criterion.standing is Standing.DECIDING)
"""What the place of a transition is first read from, in this order; each on its own kinds of lines."""

GROUP = "llpt.criteria"


@dataclass(frozen=True)
class Separation:
    """How far two criteria lie apart.

    Args:
        first: a criterion.
        second: another.
        difference: place of the first minus that of the second. Both come from the same runs; their errors are
            added as if independent, which is generous where they are correlated positively.
    """

    first: Criterion
    second: Criterion
    difference: Estimate


def plugin_criteria() -> Plugins[Criterion]:
    """Return the criteria of other packages, and why some of them cannot be used."""
    return read_plugins(GROUP, Criterion, taken=[criterion.name for criterion in BUILT_IN])


def all_criteria() -> tuple[Criterion, ...]:
    """Return every criterion there is, those of other packages last; the latter are reported, whatever they ask for."""
    return (*BUILT_IN, *(_reported(criterion) for criterion in plugin_criteria().records.values()))


def _reported(criterion: Criterion) -> Criterion:
    """Return a criterion that decides nothing and is no evidence."""
    return replace(
        criterion,
        standing=Standing.REPORTED,
        places_otherwise=False,
        decides_last_on=frozenset(),
        evidence=None,
        one_place=False,
    )


def deciding(kind: LineKind) -> tuple[Criterion, ...]:
    """Return what the place of a transition is first read from on one kind of line, in this order."""
    own = (criterion for criterion in DECIDING if kind in criterion.kinds)
    return (*own, *(criterion for criterion in BUILT_IN if kind in criterion.decides_last_on))


def placing(kind: LineKind) -> tuple[Criterion, ...]:
    """Return what may tell where a transition lies on one kind of line: what decides, then what may do otherwise."""
    otherwise = (criterion for criterion in BUILT_IN if criterion.places_otherwise)
    return tuple(dict.fromkeys((*deciding(kind), *otherwise)))


def shared_criterion(kind: LineKind, *lines: Mapping[Criterion, CriterionResult]) -> Criterion | None:
    """Return the first deciding criterion by which every one of some lines has its transition; None where none is.

    Args:
        kind: of all the lines.
        lines: the results of each.
    """
    for criterion in deciding(kind):
        if all(criterion in results and results[criterion].resolved for results in lines):
            return criterion
    return None


def drawn_criteria() -> tuple[Criterion, ...]:
    """Return the criteria of the plane of pressure and temperature, in the order of their symbols."""
    drawn = [(criterion.figure_order, criterion) for criterion in all_criteria() if criterion.figure_order is not None]
    return tuple(criterion for _, criterion in sorted(drawn, key=lambda item: item[0]))


def criteria(states: LineOfStates, *, density_rises: bool = True) -> dict[Criterion, CriterionResult]:
    """Return where the transition is by every criterion that is read on such a line; solid points take no part.

    A step with the wrong sign (a density that falls) is reported as such and is not resolved as a transition.
    The molecular fraction is the lifetime-based one, or the instantaneous one where that is not there.

    Args:
        states: a line of states of one engine and size.
        density_rises: whether the density rises on heating through the transition, as at the dissociation of hydrogen;
            False for melting or boiling.
    """
    fluid = states.fluid()
    results = {}
    for criterion in all_criteria():
        if states.kind not in criterion.kinds:
            continue
        rises = criterion.rises_upwards(states.kind, density_rises=density_rises)
        if fluid is None:
            located = Located.nowhere(f"Every run of the {states.KIND} is a solid.", unit=states.along.unit)
        elif criterion in BUILT_IN:
            located = criterion.locate(fluid, criterion.curve, rises)
        else:
            located = _by_plugin(criterion, fluid, rises)
        results[criterion] = CriterionResult.of(criterion, located)
    return results


def separations(results: Mapping[Criterion, CriterionResult]) -> list[Separation]:
    """Return the differences between every two resolved criteria."""
    resolved = [result for result in results.values() if result.resolved]
    return [
        Separation(first.criterion, second.criterion, first.place.minus(second.place))
        for first, second in itertools.combinations(resolved, 2)
    ]


def _by_plugin(criterion: Criterion, fluid: LineOfStates, rises: bool | None) -> Located:
    """Return what another package's criterion locates; what goes wrong in it leaves it unresolved, and no more."""
    unit = fluid.along.unit
    try:
        located = criterion.locate(fluid, criterion.curve, rises)
    except Exception as error:  # noqa: BLE001 - a plug-in raises whatever it likes
        return Located.nowhere(f"The criterion failed with {type(error).__name__}: {error}.", unit=unit)
    if not isinstance(located, Located) or located.place.unit != unit:
        return Located.nowhere(f"The criterion gave no {fluid.along.word} in {unit}.", unit=unit)
    return located
