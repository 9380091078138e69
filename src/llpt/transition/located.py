"""An isobar with its transition, located once by every criterion: what the audit and the order are told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llpt.transition.criteria import Separation, criteria, separations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.transition.criterion import Criterion, CriterionResult
    from llpt.transition.isobar import Isobar


@dataclass(frozen=True)
class LocatedLine:
    """An isobar and where its transition is (``locate``).

    Args:
        states: of one engine, size and pressure, solid points included.
        criteria: the transition temperature by every criterion; solid points took no part.
        density_rises: whether the density was taken to rise on heating through the transition.
    """

    states: Isobar
    criteria: Mapping[Criterion, CriterionResult]
    density_rises: bool = True

    @property
    def separations(self) -> tuple[Separation, ...]:
        """How far every two resolved criteria lie apart."""
        return tuple(separations(self.criteria))

    def fluid(self) -> LocatedLine | None:
        """Return the same without its solid points, or None where nothing is left."""
        fluid = self.states.fluid()
        return None if fluid is None else replace(self, states=fluid)


def locate(isobar: Isobar, *, density_rises: bool = True) -> LocatedLine:
    """Find the transition of an isobar by every criterion.

    Args:
        isobar: of one engine, size and pressure.
        density_rises: whether the density rises on heating through the transition, as at the dissociation of hydrogen;
            False for melting or boiling.
    """
    return LocatedLine(isobar, criteria(isobar, density_rises=density_rises), density_rises)
