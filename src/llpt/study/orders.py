"""First order or crossover: all the evidence that a study's ladders hold, for each side and line of states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.errors import InputError
from llpt.study.plan import BASE, Role
from llpt.transition import Criterion
from llpt.transition.order import (
    clapeyron_evidence,
    hysteresis_evidence,
    hysteresis_loop,
    order_of_isobar,
    size_shift_evidence,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.study.analysis import LadderResult
    from llpt.transition import Isobar
    from llpt.transition.order import Evidence, OrderStatement


@dataclass(frozen=True)
class OrderResult:
    """What the transition is on one line of states, by the largest cell of one side.

    Args:
        role: whose.
        engine: its name.
        line: the line of states.
        atoms: number of atoms.
        statement: all the evidence, and what it comes to.
    """

    role: Role
    engine: str
    line: str
    atoms: int
    statement: OrderStatement


def orders(ladders: Sequence[LadderResult]) -> tuple[OrderResult, ...]:
    """Return a statement for each side and isobar, from widths, criteria, sizes, hysteresis and Clapeyron's slope."""
    found = []
    for role in Role:
        base = [ladder for ladder in ladders if ladder.role is role and ladder.test == BASE and ladder.isobar]
        largest: dict[str, LadderResult] = {}
        for ladder in sorted(base, key=lambda each: each.atoms):
            largest[ladder.line] = ladder
        line_evidence = _along_the_line([ladder.isobar for ladder in largest.values() if ladder.isobar])
        for line, ladder in largest.items():
            further = [*_from_sizes(base, line), *_from_cooling(ladders, ladder), *line_evidence]
            assert ladder.isobar is not None
            statement = order_of_isobar(ladder.isobar, further)
            found.append(OrderResult(role, ladder.engine, line, ladder.atoms, statement))
    return tuple(found)


def _from_sizes(base: Sequence[LadderResult], line: str) -> list[Evidence]:
    places = {
        ladder.atoms: ladder.criteria[Criterion.DENSITY_JUMP].temperature_k for ladder in base if ladder.line == line
    }
    return [size_shift_evidence(places)] if len(places) > 1 else []


def _from_cooling(ladders: Sequence[LadderResult], heated: LadderResult) -> list[Evidence]:
    loops = []
    for ladder in ladders:
        same = (ladder.role, ladder.line, ladder.atoms) == (heated.role, heated.line, heated.atoms)
        if same and ladder.test == "cooling" and ladder.isobar and heated.isobar:
            try:
                loops.append(hysteresis_loop(heated.isobar, ladder.isobar))
            except InputError:
                continue  # the two ladders share too few temperatures to enclose anything
    return [hysteresis_evidence(loops)] if loops else []


def _along_the_line(isobars: Sequence[Isobar]) -> list[Evidence]:
    return [clapeyron_evidence(isobars)] if len(isobars) > 1 else []
