"""The walks of a ladder that was walked several times, each with a transition of its own.

What runs of one walk share, as a fluid that stays longer than it should, no error of theirs knows. Independent walks
show it: where each puts its transition.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from llpt.campaign.ladders import line_of_runs
from llpt.statistics.beyond_chance import beyond_chance
from llpt.transition import locate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.campaign.ladders import ObservedLadder
    from llpt.statistics import Estimate


def walks_of(ladder: ObservedLadder) -> tuple[ObservedLadder, ...]:
    """Return each walk of a ladder as a ladder with its own transition; none where it was not walked several times.

    Args:
        ladder: with all its walks. A ladder that is no line of states has none.
    """
    numbers = sorted({run.identity.repeat for run in ladder.runs})
    if len(numbers) < 2 or ladder.located is None or not ladder.test.repeats_are_walks:
        return ()
    states, rises = ladder.located.states, ladder.located.density_rises
    walks = []
    for number in numbers:
        runs = tuple(run for run in ladder.runs if run.identity.repeat == number)
        line = line_of_runs(runs, states.path)
        walks.append(replace(ladder, runs=runs, located=locate(line, density_rises=rises) if line else None))
    return tuple(walks)


def lie_apart(places: Sequence[Sequence[Estimate]], *, false_alarms: float) -> tuple[bool, ...]:
    """Return, for each set of places, whether two of them differ by more than chance lets any two in all the sets.

    Args:
        places: of the transition by one criterion each, those that are known of each walk, in one unit.
        false_alarms: probability that walks which agree are said to differ somewhere, 0 to 1 (Bonferroni, two-sided).
    """
    differences = [[one.minus(other) for one, other in itertools.combinations(known, 2)] for known in places]
    every = [each for pairs in differences for each in pairs]
    far = iter(beyond_chance(every, false_alarms=false_alarms))
    return tuple(any(tuple(itertools.islice(far, len(pairs)))) for pairs in differences)
