"""Do the criteria name one place? Lines of maxima that part are those of a crossover (a Widom line).

Agreement, on the other hand, proves no first-order transition: criteria of a narrow crossover agree as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from llpt.statistics import Estimate
from llpt.transition.confidence import CONFIDENCE
from llpt.transition.evidence import Evidence, EvidenceKind, Order

if TYPE_CHECKING:
    from llpt.transition.located import LocatedLine


def separation_evidence(located: LocatedLine) -> Evidence:
    """Return the greatest separation of density jump, heat-capacity maximum or entropy step, and first-peak loss.

    Crossover if any of them differs from zero by more than the errors allow at 98 % (Bonferroni over the pairs) and by
    more than the coarsest spacing of the grid near it; not resolved otherwise.

    Args:
        located: without solid points.
    """
    meaning = "greatest distance between two criteria"
    found = located.criteria
    pairs = [item for item in located.separations if item.first.one_place and item.second.one_place]
    if not pairs:
        unknown = Estimate.unknown(located.states.along.unit)
        reason = "Fewer than two of the criteria are resolved."
        return Evidence(EvidenceKind.SEPARATION, Order.NOT_RESOLVED, unknown, meaning, reason)
    widest = max(pairs, key=lambda item: abs(item.difference.value))
    difference = widest.difference
    places = [found[widest.first].place.value, found[widest.second].place.value]
    grid = np.array(located.states.coordinates)
    first = max(int(np.searchsorted(grid, min(places))) - 1, 0)
    last = min(int(np.searchsorted(grid, max(places))), len(grid) - 1)
    spacing = float(np.diff(grid[first : last + 1]).max())
    width = difference.half_width(1.0 - 0.5 * (1.0 - CONFIDENCE) / len(pairs))
    named = f"{widest.first} and {widest.second} lie {difference} apart"
    if abs(difference.value) > max(width, spacing):
        return Evidence(EvidenceKind.SEPARATION, Order.CROSSOVER, difference, meaning, f"{named}: two lines, not one.")
    reason = f"{named}: one place within the errors, as a first-order line or a narrow crossover would have."
    return Evidence(EvidenceKind.SEPARATION, Order.NOT_RESOLVED, difference, meaning, reason)
