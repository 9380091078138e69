"""Where ladders of unlike rates leave a transition: between where it is seen on the way up and on the way down.

A run overshoots a transition, the farther the shorter it is. So places seen on one way by runs of unlike length differ
although the fluids do not. Both ways bracket the equilibrium: it lies in [T_down, T_up] of each side. What is found
of the two sides then holds for every pair of places within their brackets:

    faithful        both T'_up - T_down and T'_down - T_up are proven within the threshold
    not faithful    the brackets are proven to lie farther apart than it
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from llpt.audit.compared import Contrast

if TYPE_CHECKING:
    from llpt.audit.pairing import Pair
    from llpt.transition import Criterion


def bracket_contrast(pair: Pair, criterion: Criterion) -> Contrast | None:
    """Return the shift between two brackets; None unless both sides resolve the criterion on both ways.

    Args:
        pair: without solid points, whose lines know the way back (``LocatedLine.back``).
        criterion: that places the transition.
    """
    places = []
    for side in (pair.reference, pair.surrogate):
        ways = [side.criteria.get(criterion), side.back.criteria.get(criterion) if side.back else None]
        if not all(way is not None and way.resolved for way in ways):
            return None
        places.append(sorted((way.place for way in ways if way is not None), key=lambda place: place.value))
    (low, high), (other_low, other_high) = places
    farthest = other_high.minus(low), other_low.minus(high)
    # A part less both loops is the difference of the other two places: it is no surer than they are.
    wider = max(farthest, key=lambda each: each.error)
    parts = tuple(replace(each, error=wider.error, degrees_of_freedom=wider.degrees_of_freedom) for each in farthest)
    loops = high.value - low.value + other_high.value - other_low.value
    most = max(parts, key=lambda each: abs(each.value))
    symbol = pair.reference.states.along.symbol
    sentence = (
        f"{symbol} by {criterion} on both ways: surrogate minus reference at most {most} "
        f"({other_low} to {other_high} against {low} to {high})"
    )
    return Contrast(most, sentence, kind=criterion.name, parts=parts, allowances=(loops, loops), independent=len(parts))
