"""How much more simulation would decide the order of a transition."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.statistics import in_words
from llpt.transition.criterion import step_in
from llpt.transition.evidence import Order
from llpt.transition.order.statement import order_of_line
from llpt.transition.order.width import WHOLE_CELL, rounding_width_k

if TYPE_CHECKING:
    from llpt.transition.line import LineOfStates
    from llpt.transition.located import LocatedLine
    from llpt.transition.order.statement import OrderStatement
    from llpt.transition.step import StepFit

JUMP_OVER_ERROR = 15.0
MOST_TEMPERATURES = 24
INDEPENDENT_SAMPLES = 50.0


@dataclass(frozen=True)
class Proposal:
    """More simulation that would help to decide.

    Args:
        picoseconds: production time at each temperature; None where time is not what lacks.
        temperatures_k: to be added.
        sizes: numbers of atoms to be added.
        sentence: for people.
    """

    picoseconds: float | None
    temperatures_k: tuple[float, ...]
    sizes: tuple[int, ...]
    sentence: str


def what_would_decide(
    located: LocatedLine, *, statement: OrderStatement | None = None, back: LocatedLine | None = None
) -> list[Proposal]:
    """Return what would decide the order of a line's transition; empty where it is decided.

    Time: errors fall with its root, and the density's jump must be ``JUMP_OVER_ERROR`` times the error of a point;
    runs must hold ``INDEPENDENT_SAMPLES`` independent samples by their measured autocorrelation. Temperatures: the
    width that the whole cell changing as one would have, three times w_N, must be told on the grid. Sizes: twice and
    four times as many atoms, over which first order sharpens by the same factor and a crossover stays as wide.

    Args:
        located: a line of states of one engine and size, with its criteria.
        statement: all the evidence there is; None takes that of the line alone.
        back: the same ladder walked the other way, if it was.
    """
    fluid = located.states.fluid()
    if fluid is None:
        sentence = f"Every run at {located.states.where} is a solid: go above the melting line."
        return [Proposal(None, (), (), sentence)]
    judged = statement or order_of_line(located, back=back)
    if judged.order is not Order.NOT_RESOLVED:
        return []
    found = [step_in(located.criteria, curve) for curve in ("density", "enthalpy")]
    density, enthalpy = (each.step if each else None for each in found)
    proposals = [_time(fluid, density), _phases(fluid)]
    if back is None:
        sentence = "The same ladder walked back: only a change that is as sharp on both ways is that of the whole cell."
        proposals.append(Proposal(None, (), (), sentence))
    if density is not None and enthalpy is not None and density.resolved and enthalpy.resolved:
        proposals.append(_temperatures(fluid, density, enthalpy))
    sizes = (2 * fluid.n_atoms, 4 * fluid.n_atoms)
    sentence = (
        f"The same {fluid.KIND} with {sizes[0]} and {sizes[1]} atoms: a first-order width falls to a half and a "
        "quarter, the susceptibility's peak doubles each time; a crossover keeps both."
    )
    proposals.append(Proposal(None, (), sizes, sentence))
    return [proposal for proposal in proposals if proposal is not None]


def _time(states: LineOfStates, step: StepFit | None) -> Proposal | None:
    curve = states.curve("pressure" if states.kind.holds_volume else "density")
    if not len(curve):
        return None
    now = float(curve.production_fs.min()) / 1000.0
    samples = np.maximum(np.nan_to_num(curve.effective_samples), 1.0)
    needed = float((curve.production_fs / samples).max()) * INDEPENDENT_SAMPLES / 1000.0
    known = curve.resolved()
    if step is not None and step.height.resolved and step.height.value != 0.0 and len(known):
        ratio = JUMP_OVER_ERROR * float(np.median(known.errors)) / abs(step.height.value)
        needed = max(needed, now * ratio**2)
    if not needed > now * 1.05:
        return None
    ps = in_words(needed), in_words(now)
    sentence = f"About {ps[0]} ps of production at each {states.along.word} (now {ps[1]} ps at the shortest)."
    return Proposal(needed, (), (), sentence)


def _phases(states: LineOfStates) -> Proposal | None:
    """Return where runs that count as fluids may be solids; None where no run tells, for lack of positions."""
    untold = states.untold_coordinates
    if not untold or len(untold) == len(states.points):
        return None
    sentence = (
        f"Longer runs at {states.along.listing(untold)}, which are too short to tell a solid from a fluid, and count "
        "as fluids here."
    )
    return Proposal(None, (), (), sentence)


def _temperatures(states: LineOfStates, density: StepFit, enthalpy: StepFit) -> Proposal | None:
    width = rounding_width_k(
        density.location.value, n_atoms=states.n_atoms, enthalpy_jump_ev=abs(enthalpy.height.value)
    )
    spacing = width / WHOLE_CELL
    middle, reach = density.location.value, max(2.0 * density.location.error, 2.0 * spacing)
    count = min(math.ceil(2.0 * reach / spacing) + 1, MOST_TEMPERATURES)
    planned = np.linspace(middle - reach, middle + reach, count)
    present = np.array(states.coordinates)
    added = tuple(round(float(value), 1) for value in planned if np.abs(present - value).min() > 0.25 * spacing)
    if not added:
        return None
    apart = 2.0 * reach / (count - 1)
    sentence = (
        f"{len(added)} temperatures from {added[0]:g} to {added[-1]:g} K, about {in_words(apart)} K apart: "
        f"{states.n_atoms} atoms that change as one do so within {in_words(spacing)} K."
    )
    return Proposal(None, added, (), sentence)
