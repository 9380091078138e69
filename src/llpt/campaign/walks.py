"""The walks of a ladder that was walked several times, each with a transition of its own.

What runs of one walk share, as a fluid that stays longer than it should, no error of theirs knows. Independent walks
show it: the scatter of where each puts its transition.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from llpt.campaign.ladders import line_of_runs
from llpt.statistics import Estimate
from llpt.transition import locate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.campaign.ladders import ObservedLadder


def walks_of(ladder: ObservedLadder) -> tuple[ObservedLadder, ...]:
    """Return each walk of a ladder as a ladder with its own transition; none where it was walked once.

    Args:
        ladder: with all its walks. A ladder that is no line of states has none.
    """
    numbers = sorted({run.identity.repeat for run in ladder.runs})
    if len(numbers) < 2 or ladder.located is None:
        return ()
    states, rises = ladder.located.states, ladder.located.density_rises
    walks = []
    for number in numbers:
        runs = tuple(run for run in ladder.runs if run.identity.repeat == number)
        line = line_of_runs(runs, states.path)
        walks.append(replace(ladder, runs=runs, located=locate(line, density_rises=rises) if line else None))
    return tuple(walks)


def mean_by_scatter(places: Sequence[Estimate]) -> Estimate:
    """Return the mean of what independent walks found, with the standard error that their scatter gives.

    Student's factor for n − 1 degrees of freedom is in the 68 % error. The errors of the walks themselves are not used.

    Args:
        places: of the walks where it is known, in one unit.

    Returns:
        The mean; its error is unknown where there are fewer than two.
    """
    count = len(places)
    if count == 0:
        return Estimate.unknown("")
    unit, mean = places[0].unit, sum(place.value for place in places) / count
    if count < 2:
        return Estimate(mean, math.nan, unit, float(count))
    variance = sum((place.value - mean) ** 2 for place in places) / (count - 1)
    return Estimate.of_deviation(mean, math.sqrt(variance / count), unit, float(count), count - 1.0)
