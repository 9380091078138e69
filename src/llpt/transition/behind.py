"""How far walks of a ladder are behind their equilibrium, where their runs are too short to tell their own errors.

In a ladder each run begins where its neighbour ended. A quantity that relaxes in a time tau stays behind its
equilibrium by tau over the length of a run, times its change from one run to the next: a heated fluid has molecules
left, in every walk alike, so that the scatter of walks does not show it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from llpt.ladder_path import LadderPath

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.transition.point import LinePoint


def with_what_they_are_behind(points: Sequence[LinePoint], path: LadderPath) -> tuple[LinePoint, ...]:
    """Return points of a ladder whose errors hold what each may be behind the one before.

    Added in quadrature is the share that a run remembers (``LinePoint.memories``) of the change from the point before.
    Where there is no such point, as at the first of a ladder, what the walks share is not known, nor is the error.

    Args:
        points: by rising coordinate.
        path: which neighbour each run began from.
    """
    before: Sequence[LinePoint | None] = [*points[1:], None] if path.goes_down else [None, *points[:-1]]
    if path is LadderPath.SEPARATE:
        before = [None] * len(points)
    return tuple(_behind(point, other) for point, other in zip(points, before, strict=True))


def _behind(point: LinePoint, before: LinePoint | None) -> LinePoint:
    estimates = dict(point.estimates)
    for name, memory in point.memories.items():
        here, there = point.estimates[name], before.estimates.get(name) if before is not None else None
        change = math.nan if there is None else there.value - here.value
        estimates[name] = replace(here, error=math.hypot(here.error, memory * change))
    return replace(point, estimates=estimates)
