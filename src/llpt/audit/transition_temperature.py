"""The transition of a pair: its temperature by every criterion, and its width."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.audit.compared import ComparedQuantity, Contrast
from llpt.audit.thresholds import TRANSITION_SHIFT, TRANSITION_WIDENING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llpt.audit.pairing import Pair
    from llpt.audit.thresholds import Thresholds
    from llpt.transition import Criterion

UNLIKE_RATES = 3.0
"""A ratio of production times beyond which two ladders walked one way overshoot a transition by different amounts."""


def temperature_contrasts(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return the shift of the transition by every criterion.

    Judged is the first of the deciding criteria that both resolve, and what the study names besides, where the
    reference resolves it and the surrogate has the observable. Where there is none that both resolve, the first that
    the reference does, or the first of all, is judged all the same, and leaves the verdict open. The steps of the
    judged one are held against each other as a pair (``llpt.transition.pair_steps``).
    """
    reference, surrogate = pair.reference.criteria, pair.surrogate.criteria
    for criterion, base in reference.items():
        other = surrogate[criterion]
        difference = other.place.minus(base.place)
        if base.resolved and other.resolved:
            if criterion == pair.deciding:
                difference = pair.steps.shift
            values = f"({other.place} against {base.place})"
            sentence = f"T by {criterion}: surrogate minus reference {difference} {values}"
        else:
            sides = ((pair.reference, base), (pair.surrogate, other))
            reasons = [f"{side.states.engine}: {result.reason}" for side, result in sides if not result.resolved]
            sentence = f"T by {criterion} cannot be compared. {' '.join(reasons)}"
        asked = thresholds.judges(criterion.name) and base.resolved
        first = thresholds.judges(TRANSITION_TEMPERATURE.name) and criterion == pair.deciding
        judged = first or (asked and _has(pair, criterion))
        yield Contrast(difference, sentence, judged, kind=criterion.name, open_because=_unlike(pair))


def width_contrasts(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return by how much the step of the surrogate is wider, by the curve that the temperature is judged by.

    Sharp against smooth is the question here, and a step too wide to be placed is an answer: the reference alone has
    to resolve its step.
    """
    del thresholds
    if not pair.reference.criteria[pair.deciding].resolved:
        return
    widening = pair.steps.widening
    sentence = f"Width of the step in the {pair.deciding.curve}: surrogate minus reference {widening}"
    yield Contrast(widening, sentence, open_because=_unlike(pair))


def unlike_rates(pair: Pair) -> float | None:
    """Return the ratio of production times per temperature where it is beyond ``UNLIKE_RATES``, else None."""
    first, second = (
        sum(point.production_fs for point in side.states.points) / len(side.states.points)
        for side in (pair.reference, pair.surrogate)
    )
    ratio = max(first, second) / max(min(first, second), 1e-9)
    return ratio if ratio > UNLIKE_RATES else None


def _unlike(pair: Pair) -> str:
    return "" if unlike_rates(pair) is None else "runs of unlike length overshoot a transition by unlike amounts"


def _has(pair: Pair, criterion: Criterion) -> bool:
    return len(pair.surrogate.states.curve(criterion.curve).resolved()) > 0


TRANSITION_TEMPERATURE = ComparedQuantity(
    "transition temperature", threshold=TRANSITION_SHIFT, contrasts=temperature_contrasts
)
TRANSITION_WIDTH = ComparedQuantity("transition width", threshold=TRANSITION_WIDENING, contrasts=width_contrasts)
