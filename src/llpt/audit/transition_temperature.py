"""The transition temperature of a pair, by every criterion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.audit.compared import ComparedQuantity, Contrast
from llpt.audit.thresholds import TRANSITION_SHIFT
from llpt.transition import DECIDING, Standing, all_criteria

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llpt.audit.pairing import Pair
    from llpt.audit.thresholds import Thresholds


def temperature_contrasts(pair: Pair, thresholds: Thresholds) -> Iterator[Contrast]:
    """Return the shift of the transition by every criterion; judged where the reference resolves it.

    Where the reference resolves none of the deciding criteria, the first of them is judged all the same, and leaves the
    verdict open.
    """
    reference, surrogate = pair.reference.criteria, pair.surrogate.criteria
    decided = any(reference[criterion].resolved for criterion in DECIDING)
    for criterion in all_criteria():
        base, other = reference[criterion], surrogate[criterion]
        difference = other.temperature_k.minus(base.temperature_k)
        if base.resolved and other.resolved:
            values = f"({other.temperature_k} against {base.temperature_k})"
            sentence = f"T by {criterion}: surrogate minus reference {difference} {values}"
        else:
            sides = ((pair.reference, base), (pair.surrogate, other))
            reasons = [f"{side.isobar.engine}: {result.reason}" for side, result in sides if not result.resolved]
            sentence = f"T by {criterion} cannot be compared. {' '.join(reasons)}"
        asked = criterion.standing is not Standing.REPORTED or criterion.name in thresholds.also_judge
        judged = asked and (base.resolved or (criterion == DECIDING[0] and not decided))
        yield Contrast(difference, sentence, judged, kind=criterion.name)


TRANSITION_TEMPERATURE = ComparedQuantity(
    "transition temperature", threshold=TRANSITION_SHIFT, contrasts=temperature_contrasts, judged=True
)
