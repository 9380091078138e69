"""Where along a line of states a difference is known: what is not known anywhere proves nothing to be small there.

A verdict of *faithful* speaks of every state of the reference's line away from the transition. A difference that is not
known at one of them, because a run is too short to know its error or the surrogate was not run there, forbids it. One
such state between two that are known, or between one and the transition, is bridged by the curve through them; one at
an end of the line is not, nor are two neighbours. A line whose reference has no state on one side of its transition
says nothing of that phase, which forbids it too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from llpt.audit.pairing import same_place
from llpt.audit.region import region_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from llpt.audit.pairing import Pair
    from llpt.statistics import Estimate


def not_covered(pair: Pair, near: float, coordinates: NDArray[np.float64], differences: Sequence[Estimate]) -> str:
    """Return why a difference is not known along the line, with the places; empty where it is.

    Args:
        pair: without solid points.
        near: states of the reference this close to a transition are not asked for.
        coordinates: where there are differences, shape (n,).
        differences: at each, surrogate minus reference.
    """
    along = pair.reference.states.along
    places = np.array(pair.reference.states.coordinates)
    known = coordinates[np.array([each.resolved for each in differences], dtype=bool)]
    missing = np.array([not same_place(known, place, along).any() for place in places.tolist()], dtype=bool)
    region = region_of(pair)
    sides = [np.ones(len(places), dtype=bool)]
    if region is not None:
        sides = [region.below(places, near), region.above(places, near)]
        for side, word in zip(sides, ("below", "above"), strict=True):
            if not side.any():
                return f"the reference has no state {word} the transitions and what counts as near them"
    if not any(_open(missing[side], first=number == 0, last=side is sides[-1]) for number, side in enumerate(sides)):
        return ""
    asked = np.logical_or.reduce(sides)
    return f"it is not known with an error at {along.listing(places[missing & asked].tolist())}"


def frozen_alone(pair: Pair) -> str:
    """Return where one side froze, in a run or in all, and the other is not known to; empty where nowhere.

    Solids take no part in what is compared, so that nothing else would notice that one side is a fluid there.

    Args:
        pair: with its solid points.
    """
    told = []
    for one, other in ((pair.reference, pair.surrogate), (pair.surrogate, pair.reference)):
        frozen = np.array((*other.states.solid_coordinates, *other.states.partly_solid_coordinates))
        along = one.states.along
        for froze, word in ((one.states.solid_coordinates, ""), (one.states.partly_solid_coordinates, " in a run")):
            alone = [at for at in froze if not same_place(frozen, at, along).any()]
            if alone:
                told.append(
                    f"{one.states.engine} is a solid{word} at {along.listing(alone)}, {other.states.engine} is not "
                    "known to be"
                )
    return "; ".join(told)


def not_run(pair: Pair) -> str:
    """Return the states of the reference at which the surrogate has no run that counts; empty where it has all.

    Args:
        pair: with its solid points.
    """
    along, own = pair.reference.states.along, np.array(pair.surrogate.states.coordinates)
    lacking = [at for at in pair.reference.states.coordinates if not same_place(own, at, along).any()]
    return f"{pair.surrogate.states.engine} has no run that counts at {along.listing(lacking)}" if lacking else ""


def _open(missing: NDArray[np.bool_], *, first: bool, last: bool) -> bool:
    """Return whether states of one side are missing that no curve bridges.

    Args:
        missing: which of them, in their order, shape (n,).
        first: whether the first of them is an end of the line.
        last: whether the last is.
    """
    beside = np.concatenate([[first], missing, [last]])
    return bool((missing & (beside[:-2] | beside[2:])).any())
