"""Which line of states of the surrogate is held against which of the reference."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from llpt.statistics import Estimate, combined
from llpt.transition import Coordinate, LineKind, deciding, pair_steps, shared_criterion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from llpt.audit.thresholds import Thresholds
    from llpt.transition import Criterion, Curve, LocatedLine, PairedSteps

SAME_HELD = 1e-6
SAME_TEMPERATURE_K = 0.5
SAME_PLACE = 1e-5
"""Relative. Of pressures and densities that were set alike: a density is computed from its cell."""


@dataclass(frozen=True)
class Pair:
    """A line of states of the reference and the surrogate's same one, walked alike, of its size where there is one."""

    reference: LocatedLine
    surrogate: LocatedLine

    @property
    def kind(self) -> LineKind:
        """Of both lines."""
        return self.reference.states.kind

    @property
    def where(self) -> str:
        """What is held on both, for people."""
        return self.reference.states.where

    @property
    def pressure_gpa(self) -> float | None:
        """Of two isobars; None on other lines."""
        return self.reference.states.held if self.kind is LineKind.ISOBAR else None

    def near(self, thresholds: Thresholds) -> float:
        """Return the shift of a transition that is still allowed, in the unit of what changes along the lines."""
        along = self.reference.states.along
        middle = float(np.mean(self.reference.states.coordinates))
        return thresholds.shift_at(Estimate(middle, 0.0, along.unit, math.inf))

    @property
    def same_size(self) -> bool:
        """Whether both have the same number of atoms."""
        return self.reference.states.n_atoms == self.surrogate.states.n_atoms

    @cached_property
    def deciding(self) -> Criterion:
        """The first of the deciding criteria that both resolve, or that the reference does, or the first of all."""
        sides = (self.reference.criteria, self.surrogate.criteria)
        found = shared_criterion(self.kind, *sides) or shared_criterion(self.kind, sides[0])
        return found or deciding(self.kind)[0]

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
    """Pair every line of the reference with the surrogate's same one, walked alike, of the nearest size.

    Returns:
        The pairs, and the lines of the reference without a partner.
    """
    pairs, alone = [], []
    for located in reference:
        states = located.states
        partners = [
            other
            for other in surrogate
            if other.states.kind is states.kind
            and math.isclose(other.states.held, states.held, rel_tol=SAME_HELD)
            and other.states.path is states.path
        ]
        if partners:
            nearest = min(partners, key=lambda other: abs(math.log(other.states.n_atoms / states.n_atoms)))
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

    coordinates: NDArray[np.float64]
    percent: tuple[Estimate, ...]


def common_temperatures(reference: Curve, surrogate: Curve) -> list[tuple[int, int]]:
    """Return the places in both curves of each temperature that both have (within 0.5 K).

    On isotherms the same of pressures and densities, within ``SAME_PLACE`` of each.
    """
    return [
        (index, int(near[0]))
        for index, place in enumerate(reference.coordinates.tolist())
        if (near := np.flatnonzero(same_place(surrogate.coordinates, place, reference.along))).size
    ]


def same_place(coordinates: NDArray[np.float64], place: float, along: Coordinate) -> NDArray[np.bool_]:
    """Return which points of a line of states count as one place of another, shape (n,).

    Args:
        coordinates: of the points, shape (n,).
        place: on the other line.
        along: what both are.
    """
    within = SAME_TEMPERATURE_K if along is Coordinate.TEMPERATURE else SAME_PLACE * abs(place)
    return np.asarray(np.abs(coordinates - place) <= within)


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
