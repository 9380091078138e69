"""A place on a line of states read off a curve, or why none could be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.statistics import Estimate

if TYPE_CHECKING:
    from llpt.transition.step import StepFit


@dataclass(frozen=True)
class Coexistence:
    """What P(rho) at one temperature says of two phases.

    Args:
        pressure_gpa: at which they are in equilibrium, GPa; NaN where there is neither loop nor plateau.
        lighter_gcc: density of the lighter phase, g/cm³; NaN as above.
        denser_gcc: density of the denser phase, g/cm³; NaN as above.
        is_loop: whether the pressure is proven to fall on compression.
        reason: one sentence: what was found, or why nothing was.
    """

    pressure_gpa: Estimate
    lighter_gcc: Estimate
    denser_gcc: Estimate
    is_loop: bool
    reason: str

    @property
    def resolved(self) -> bool:
        """Whether two phases were found."""
        return self.pressure_gpa.resolved


@dataclass(frozen=True)
class Located:
    """A place on a line of states, read off a curve.

    Args:
        place: the temperature, pressure or density with its error, NaN where not resolved.
        resolved: whether it is known.
        reason: one sentence: what was found, or why nothing was.
        step: the fit behind it where it is the place of a step.
        coexistence: the two phases where it is read from them.
    """

    place: Estimate
    resolved: bool
    reason: str
    step: StepFit | None = None
    coexistence: Coexistence | None = None

    @classmethod
    def nowhere(cls, reason: str, step: StepFit | None = None, *, unit: str = "K") -> Located:
        """Return that no place is known, and why.

        Args:
            reason: one sentence.
            step: the fit behind it, where there is one.
            unit: of what changes along the line; K on an isobar and on an isochore.
        """
        return cls(Estimate.unknown(unit), resolved=False, reason=reason, step=step)
