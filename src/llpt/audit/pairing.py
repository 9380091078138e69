"""Which isobar of the surrogate is held against which of the reference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from llpt.statistics import Estimate, combined
from llpt.transition import Coordinate, deciding, pair_steps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.transition import Criterion, Curve, LocatedLine, PairedSteps

SAME_PRESSURE = 1e-6
SAME_TEMPERATURE_K = 0.5
SAME_PLACE = 1e-5
"""Relative. Of pressures and densities that were set alike: a density is computed from its cell."""


@dataclass(frozen=True)
class Pair:
    """A reference isobar and the surrogate's at the same pressure and path, at the same size where there is one."""

    reference: LocatedLine
    surrogate: LocatedLine

    @property
    def pressure_gpa(self) -> float:
        """Of both."""
        return self.reference.states.held

    @property
    def same_size(self) -> bool:
        """Whether both have the same number of atoms."""
        return self.reference.states.n_atoms == self.surrogate.states.n_atoms

    @cached_property
    def deciding(self) -> Criterion:
        """The first of the deciding criteria that both resolve, or that the reference does, or the first of all."""
        sides = (self.reference.criteria, self.surrogate.criteria)
        order = deciding(self.reference.states.kind)
        both = [each for each in order if all(side[each].resolved for side in sides)]
        return [*both, *(each for each in order if sides[0][each].resolved), order[0]][0]

    @cached_property
    def steps(self) -> PairedSteps:
        """How the steps in the curve of that criterion differ."""
        name = self.deciding.curve
        return pair_steps(self.reference.states.curve(name), self.surrogate.states.curve(name))

    def fluid(self) -> Pair | None:
        """Return the pair without solid points, or None where either has no others."""
        reference, surrogate = self.reference.fluid(), self.surrogate.fluid()
        return None if reference is None or surrogate is None else Pair(reference, surrogate)


def pair(reference: Sequence[LocatedLine], surrogate: Sequence[LocatedLine]) -> tuple[list[Pair], list[LocatedLine]]:
    """Pair every reference isobar with the surrogate's at its pressure and path, of the nearest size.

    Returns:
        The pairs, and the reference isobars without a partner.
    """
    pairs, alone = [], []
    for located in reference:
        isobar = located.states
        partners = [
            other
            for other in surrogate
            if other.states.kind is isobar.kind
            and math.isclose(other.states.held, isobar.held, rel_tol=SAME_PRESSURE)
            and other.states.path is isobar.path
        ]
        if partners:
            nearest = min(partners, key=lambda other: abs(math.log(other.states.n_atoms / isobar.n_atoms)))
            pairs.append(Pair(located, nearest))
        else:
            alone.append(located)
    return pairs, alone


@dataclass(frozen=True)
class CurveDifference:
    """Surrogate minus reference at the points that both have.

    Args:
        coordinates: along the line of states, shape (n,).
        percent: 100 (surrogate - reference) / reference at each, in %.
    """

    coordinates: np.ndarray[tuple[int], np.dtype[np.float64]]
    percent: tuple[Estimate, ...]


def common_temperatures(reference: Curve, surrogate: Curve) -> list[tuple[int, int]]:
    """Return the places in both curves of each temperature that both have (within 0.5 K).

    On isotherms the same of pressures and densities, within ``SAME_PLACE`` of each.
    """
    by_temperature = reference.along is Coordinate.TEMPERATURE
    return [
        (index, int(near[0]))
        for index, place in enumerate(reference.coordinates)
        if (
            near := np.flatnonzero(
                np.abs(surrogate.coordinates - place)
                <= (SAME_TEMPERATURE_K if by_temperature else SAME_PLACE * abs(place))
            )
        ).size
    ]


def relative_difference(reference: Curve, surrogate: Curve) -> CurveDifference:
    """Return the relative difference of two curves in percent at their common points; unknown where one is zero."""
    found = []
    places = common_temperatures(reference, surrogate)
    for index, other in places:
        base, changed = reference.estimate(index), surrogate.estimate(other)
        if base.value == 0.0:
            found.append(Estimate.unknown("%"))
            continue
        ratio = 100.0 * changed.value / base.value
        slopes = ((changed, 100.0 / base.value), (base, -ratio / base.value))
        found.append(combined(ratio - 100.0, slopes, "%"))
    return CurveDifference(reference.coordinates[[index for index, _ in places]], tuple(found))
