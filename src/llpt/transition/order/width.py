"""Width of the change against what a first-order transition of N atoms has to have.

Two phases of N atoms whose enthalpies differ by Delta h per atom exchange their weights over a range of temperatures
that falls with N: the share of the upper phase is 1/2 [1 + tanh((T - T0)/w_N)] with w_N = 2 k_B T0^2 / (N Delta h)
(two-state equilibrium; Imry, Phys. Rev. B 21, 2042, 1980). A change of measured width w thus behaves like independent
units of

    N_c = 2 k_B T0^2 / (w Delta h)

atoms. First order means that the whole cell is one unit, N_c ~ N; a crossover has units that do not know how large
the cell is, N_c << N. The grid alone cannot fake either: a width below the grid has only an upper limit, N_c only a
lower one, and if that is not near N the answer is *not resolved*. Along an isotherm the pressure takes the place of the
temperature, and the volumes differ: w_N = 2 k_B T / (N Delta v), N_c = 2 k_B T / (w Delta v). At held volumes the two
phases share the cell, and the width belongs to neither.

A ladder that was walked one way can, in both directions. A phase that relaxes slowly outlives the temperature at which
it should have changed and then changes within a few kelvin, be the equilibrium curve a step or as smooth as you like.
Walked back, the same fluid follows its equilibrium curve down to where it freezes in: no second sharp change. So a
sharp change is taken for that of the whole cell only if it is there on both ways. And a jump whose cell needs several
runs to reach the other phase is spread over as many temperatures: as wide as a crossover, but on the way back it lies
elsewhere. So a wide change is taken for a crossover only if it is as wide on both ways, and proven to lie at one
temperature.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from llpt import units
from llpt.statistics import Estimate, in_words
from llpt.transition.confidence import CONFIDENCE
from llpt.transition.evidence import Evidence, EvidenceKind, Order

if TYPE_CHECKING:
    from llpt.transition.line import LineOfStates
    from llpt.transition.located import LocatedLine
    from llpt.transition.step import StepFit

WHOLE_CELL = 1.0 / 3.0
"""A lower limit of N_c above this share of N is the whole cell."""
SMALL_PART = 1.0 / 10.0
"""An upper limit of N_c below this share of N is a small part of it."""
SAME_PLACE = 0.5
"""Ways that are apart by less than this share of their width, proven, change at one temperature."""


def rounding_width_k(temperature_k: float, *, n_atoms: int, enthalpy_jump_ev: float) -> float:
    """Return w_N, the width over which a first-order transition of N atoms is rounded.

    Args:
        temperature_k: T0.
        n_atoms: N.
        enthalpy_jump_ev: Delta h per atom.
    """
    return 2.0 * units.BOLTZMANN_EV_PER_K * temperature_k**2 / (n_atoms * enthalpy_jump_ev)


def rounding_width_gpa(temperature_k: float, *, n_atoms: int, volume_jump_angstrom3: float) -> float:
    """Return w_N of an isotherm, the width in pressure over which a first-order transition of N atoms is rounded.

    Args:
        temperature_k: of the isotherm.
        n_atoms: N.
        volume_jump_angstrom3: Delta v per atom.
    """
    energy = 2.0 * units.BOLTZMANN_EV_PER_K * temperature_k / (n_atoms * volume_jump_angstrom3)
    return energy / units.GPA_TO_EV_PER_ANGSTROM3


def width_evidence(located: LocatedLine, back: LocatedLine | None = None) -> list[Evidence]:
    """Return the evidence of the widths of rho(T), of H(T) and of the loss of the first peak; on an isotherm against P.

    First order if the whole cell changes as one on both ways; crossover if small parts of it do on both ways, at one
    temperature.

    Args:
        located: without solid points.
        back: the same of the ladder walked the other way; None where there is none.
    """
    there, again = _one_way(located), _one_way(back) if back else {}
    return [_both_ways(way, again.get(kind)) for kind, way in there.items()]


@dataclass(frozen=True)
class _Way:
    """What the width of one curve says on one way, and the step it is the width of."""

    evidence: Evidence
    step: StepFit


def _one_way(located: LocatedLine) -> dict[EvidenceKind, _Way]:
    states = located.states
    if states.kind.holds_volume:
        return {}
    whole = located.step("volume" if states.kind.holds_temperature else "enthalpy")
    if whole is None:
        return {}
    steps = {criterion.evidence: result.step for criterion, result in located.criteria.items()}
    return {
        kind: _Way(_one(kind, states, step, whole.height), step)
        for kind, step in steps.items()
        if kind is not None and step is not None
    }


def _scale(states: LineOfStates, place: float, jump: float) -> float:
    """Return the width over which one atom alone would change, in the unit of what changes along the line."""
    if states.kind.holds_temperature:
        return rounding_width_gpa(states.held, n_atoms=1, volume_jump_angstrom3=jump)
    return rounding_width_k(place, n_atoms=1, enthalpy_jump_ev=jump)


def _both_ways(up: _Way, down: _Way | None) -> Evidence:
    """Return what the width says on both ways: sharp where it is sharp on both, wide where both are wide as one."""
    there = up.evidence
    if down is None:
        if there.order is Order.NOT_RESOLVED:
            return there
        reason = (
            f"{there.reason} Walked one way only: a phase that outlives its transition changes as sharply, and a jump "
            "that takes several runs as widely."
        )
        return replace(there, order=Order.NOT_RESOLVED, reason=reason)
    again = down.evidence
    text = f"{there.reason} Walked back: {again.reason}"
    if there.order is again.order is Order.FIRST_ORDER:
        return replace(min(there, again, key=lambda item: item.number.value), reason=text)
    if there.order is again.order is Order.CROSSOVER:
        apart = up.step.shift_from(down.step)
        allowed = SAME_PLACE * min(up.step.width.value, down.step.width.value)
        if abs(apart.value) + apart.half_width(CONFIDENCE) < allowed:
            return replace(there, reason=text)
        text = (
            f"{text} The two lie {apart} apart, not proven to be less than {in_words(allowed)} {apart.unit}: a jump "
            "that takes several runs is as wide."
        )
    return replace(there, order=Order.NOT_RESOLVED, reason=text)


def _one(kind: EvidenceKind, states: LineOfStates, step: StepFit, jump: Estimate) -> Evidence:
    isothermal = states.kind.holds_temperature
    formula = "2 k_B T / (w Delta v)" if isothermal else "2 k_B T^2 / (w Delta h)"
    meaning = f"atoms in a cooperative unit, N_c = {formula}"
    unknown = Estimate.unknown("atoms")
    if not step.resolved:
        return Evidence(kind, Order.NOT_RESOLVED, unknown, meaning, step.reason)
    if not jump.resolved or abs(jump.value) < 2.0 * jump.error:
        name = "volume" if isothermal else "enthalpy"
        reason = f"The {name} jump, {jump}, is not known well enough to say how narrow is narrow."
        return Evidence(kind, Order.NOT_RESOLVED, unknown, meaning, reason)
    scale = _scale(states, step.location.value, abs(jump.value))
    relative = jump.error / abs(jump.value)
    least = scale / step.width_below / (1.0 + 2.0 * relative)
    most = scale / step.width_above * (1.0 + 2.0 * relative)
    units_ = scale / step.width.value
    error = units_ * math.hypot(relative, step.width.error / step.width.value)
    number = Estimate(units_, error, "atoms", step.width.effective_samples)
    width = f"w is {in_words(step.width_above)} to {in_words(step.width_below)} {states.along.unit} (90 %)"
    limits = f"{width}, N_c {in_words(least)} to {in_words(most)}"
    if least > WHOLE_CELL * states.n_atoms:
        reason = f"{limits}: the {states.n_atoms} atoms change as one."
        return Evidence(kind, Order.FIRST_ORDER, number, meaning, reason)
    if most < SMALL_PART * states.n_atoms:
        reason = f"{limits}: small parts of the {states.n_atoms} atoms change by themselves."
        return Evidence(kind, Order.CROSSOVER, number, meaning, reason)
    wanted = scale / (WHOLE_CELL * states.n_atoms)
    reason = (
        f"{limits}, of {states.n_atoms} atoms; a width below {in_words(wanted)} {states.along.unit} would have to be "
        "told, on a grid as fine."
    )
    return Evidence(kind, Order.NOT_RESOLVED, number, meaning, reason)
