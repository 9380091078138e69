"""First order or crossover: all the evidence that ladders hold, for each side and line of states."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.campaign.identity import ControlledTest, Role
from llpt.campaign.sampled import Sampled, distribution_evidence, least_jump_g_per_cm3, sample
from llpt.errors import InputError
from llpt.statistics import Estimate
from llpt.transition import step_in
from llpt.transition.order import (
    binder_evidence,
    clapeyron_evidence,
    clapeyron_slope,
    hysteresis_evidence,
    hysteresis_loop,
    order_of_line,
    size_shift_evidence,
    susceptibility_evidence,
    what_would_decide,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.campaign.ladders import ObservedLadder
    from llpt.transition import LocatedLine
    from llpt.transition.order import Evidence, Loop, OrderStatement, Proposal


@dataclass(frozen=True)
class OrderResult:
    """What the transition is on one line of states, by one side.

    Args:
        role: whose.
        engine: its name.
        line: the line of states.
        atoms: number of atoms of the cell whose widths are judged; sizes and loops use every cell there is.
        statement: all the evidence, and what it comes to.
        proposals: what more simulation would decide it; empty where it is decided.
        clapeyron_k_per_gpa: T Δv/Δh on this isobar or isotherm; NaN where the steps are not resolved.
    """

    role: Role
    engine: str
    line: str
    atoms: int
    statement: OrderStatement
    proposals: tuple[Proposal, ...]
    clapeyron_k_per_gpa: Estimate


def orders(ladders: Sequence[ObservedLadder]) -> tuple[OrderResult, ...]:
    """Return a statement for each side and line of states from all the evidence there is.

    Widths, smoothness and separation of the criteria come from the largest cell that was walked both ways, because a
    sharp change on one way proves nothing; where there is none, from the largest. Hysteresis, histograms,
    susceptibility, Binder cumulant and shift come from every cell; Clapeyron's slope from all isobars together.
    At held volumes only the loop of the pressure along an isotherm can tell two phases.

    Args:
        ladders: of everything that was observed.
    """
    found = []
    for role in Role:
        own = [ladder for ladder in ladders if ladder.role is role and ladder.is_base]
        base = [ladder for ladder in own if ladder.located]
        preferred = sorted(base, key=lambda each: (_walked_back(ladders, each) is not None, each.atoms))
        judged = {ladder.line: ladder for ladder in preferred}
        isobars = [ladder.located for ladder in judged.values() if ladder.located and ladder.isobar]
        places = _equilibria([ladder for ladder in ladders if ladder.role is role])
        for line, ladder in judged.items():
            assert ladder.located is not None
            sizes = [each for each in base if each.line == line]
            further = [
                *_from_loops([each for each in ladders if each.role is role and each.line == line]),
                *_from_sizes(sizes),
            ]
            if ladder.isobar and len(isobars) > 1:
                pressure = ladder.isobar.pressure_gpa
                further.append(clapeyron_evidence(isobars, pressure_gpa=pressure, places_k=places))
            back = _walked_back(ladders, ladder)
            statement = order_of_line(ladder.located, further, back=back)
            proposals = what_would_decide(ladder.located, statement=statement, back=back)
            slope = clapeyron_slope(ladder.located)
            found.append(OrderResult(role, ladder.engine, line, ladder.atoms, statement, tuple(proposals), slope))
    return tuple(found)


def _walked_back(ladders: Sequence[ObservedLadder], base: ObservedLadder) -> LocatedLine | None:
    """Return the line of the ladder that goes down from the upper end of ``base``, if there is one."""
    back = base.identity.way_down
    return next((each.located for each in ladders if each.role is base.role and each.identity == back), None)


def _equilibria(ladders: Sequence[ObservedLadder]) -> dict[float, Estimate]:
    """Return by pressure where two phases are in equilibrium on isobars that were walked both ways: between the steps.

    A step on a ladder walked one way may lie anywhere in the metastable range beyond the equilibrium, so that the
    place is no better known than the distance of the two steps over sqrt(12). The largest size walked both ways counts.

    Args:
        ladders: of one role.
    """
    steps = {
        (ladder.isobar.pressure_gpa, ladder.atoms, ladder.test): step
        for ladder in ladders
        if ladder.isobar and ladder.test in {ControlledTest.BASE, ControlledTest.COOLING}
        if (step := step_in(ladder.criteria, "enthalpy")) is not None
    }
    found = {}
    for (pressure, atoms, test), cooling in sorted(steps.items(), key=lambda item: item[0]):
        heating = steps.get((pressure, atoms, ControlledTest.BASE))
        if test is not ControlledTest.BASE and heating is not None and heating.resolved and cooling.resolved:
            up, down = heating.place, cooling.place
            apart = up.minus(down)
            error = math.hypot(apart.value / math.sqrt(12.0), 0.5 * apart.error)
            found[pressure] = Estimate(
                0.5 * (up.value + down.value), error, up.unit, apart.effective_samples, apart.degrees_of_freedom
            )
    return found


def _from_sizes(sizes: Sequence[ObservedLadder]) -> list[Evidence]:
    """Return shift, histograms, susceptibility and Binder cumulant of the base ladders of one line.

    The last two compare the spread of one state with that of two, which a ladder that jumps over the transition never
    shows: only cells whose neighbouring runs share configurations take part, and only where a transition is resolved
    within the temperatures: a ladder that stayed in one phase has no peak, at any size.
    """
    evidence: list[Evidence] = []
    if len(sizes) > 1:
        places = {each.atoms: each.located.deciding[0].place for each in sizes if each.located}
        evidence.append(size_shift_evidence(places))
    samples: dict[int, Sampled] = {}
    for ladder in sizes:
        sampled = sample(ladder)
        if sampled is not None:
            samples[ladder.atoms] = sampled
    evidence += distribution_evidence(samples)
    joined = {atoms: sampled.density for atoms, sampled in samples.items() if sampled.connected}
    if len(joined) > 1:
        jump = min(_least_relative_jump(ladder) for ladder in sizes if ladder.atoms in joined)
        evidence.append(
            susceptibility_evidence({atoms: found.susceptibility for atoms, found in joined.items()}, jump=jump)
        )
    if joined:
        cumulants = {atoms: found.cumulant for atoms, found in joined.items()}
        evidence.append(binder_evidence(cumulants, separation=joined[max(joined)].separation))
    return evidence


def _least_relative_jump(ladder: ObservedLadder) -> float:
    """Return the share by which the density changes at least across the transition; 0 where that is not known."""
    if ladder.isobar is None:
        return 0.0
    return least_jump_g_per_cm3(ladder) / float(ladder.isobar.curve("density").values.max())


def _from_loops(ladders: Sequence[ObservedLadder]) -> list[Evidence]:
    """Return hysteresis from the ladders at held pressures that were walked both ways: the largest cell, most rates."""
    loops: dict[int, list[Loop]] = {}
    found = {ladder.identity: ladder.located for ladder in ladders}
    for identity, up in found.items():
        down = found.get(identity.way_down) if identity.way_down else None
        if up is None or down is None or up.states.kind.holds_volume:
            continue
        try:
            loop = hysteresis_loop(up.states, down.states, density_rises=up.density_rises)
            loops.setdefault(identity.atoms, []).append(loop)
        except InputError:
            continue  # the two ladders share too few points to enclose anything
    if not loops:
        return []
    return [hysteresis_evidence(max(loops.items(), key=lambda item: (len(item[1]), item[0]))[1])]
