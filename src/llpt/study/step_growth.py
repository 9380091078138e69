"""How the seconds of a step grow with the number of atoms, learnt from runs of several sizes.

A step of N atoms takes ``floor x e^q + w_0 (w / w_0)^p`` times a factor: ``floor`` and the work ``w(N)`` are those of
the engine's record, ``w_0`` is the mean work of the runs. A record is right where q = 0 and p = 1. Both are fitted to
logarithms of measured times, with what a record is usually worth as a prior: times of one size scatter, and two sizes
alone must not decide what four more doublings cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.study.paces import KnownPace

SCATTER = 0.1
"""Standard deviation of the logarithm of a measured time: other work on the machine, other states of the fluid."""
OVERHEAD_SPREAD = 1.5
"""The same of the record's floor against its work: a factor of four."""
POWER_SPREAD = 0.3
"""Standard deviation of p."""
LEAST_RATIO = 1.5
"""Sizes nearer than this ratio of their work say nothing of growth."""


@dataclass(frozen=True)
class StepGrowth:
    """What steps of one kind take at one size against another.

    Args:
        overhead: q.
        power: p.
        work: w_0, in the record's seconds.
    """

    overhead: float = 0.0
    power: float = 1.0
    work: float = 1.0

    def relative_s(self, floor: float, work: float) -> float:
        """Return the seconds of a step up to a factor that all sizes share.

        Args:
            floor: the part of the record's estimate that is the same for all sizes.
            work: the rest of it.
        """
        return floor * np.exp(self.overhead) + self.work * (work / self.work) ** self.power


def growth_of_one(pace: KnownPace) -> StepGrowth:
    """Return the growth of a potential that was measured at one size.

    A step's overhead is partly the machine's, which is the same for all potentials: it is taken to differ from the
    record's by the root of the ratio that the whole step differs by. 512 atoms of two networks, from 32, come out at
    0.9 and 1.1 of what they take, and at 0.96 and 1.46 with the whole ratio (``docs/performance.md``).

    Args:
        pace: the measured one.
    """
    overhead = min(pace.floor * float(np.sqrt(pace.seconds / pace.estimated)), 0.9 * pace.seconds)
    work = (pace.seconds - overhead) / (pace.estimated - pace.floor)
    return StepGrowth(float(np.log(overhead / pace.floor / work))) if pace.floor else StepGrowth()


def growth_of(paces: Sequence[KnownPace]) -> StepGrowth | None:
    """Return the growth that measured runs show; None where they are of one size.

    Args:
        paces: of one engine, with one set of options, on one number of threads.
    """
    floors = np.array([pace.floor for pace in paces])
    works = np.array([pace.estimated for pace in paces]) - floors
    if works.size == 0 or works.min() <= 0.0 or works.max() < LEAST_RATIO * works.min():
        return None
    seconds = np.log([pace.seconds for pace in paces])
    middle = float(np.exp(np.log(works).mean()))

    def misfit(found: np.ndarray) -> float:
        growth = StepGrowth(float(found[0]), float(found[1]), middle)
        logarithms = np.log([growth.relative_s(*pair) for pair in zip(floors, works, strict=True)])
        away = seconds - logarithms
        spread = (away - away.mean()) / SCATTER
        prior = (found - (0.0, 1.0)) / (OVERHEAD_SPREAD, POWER_SPREAD)
        return float(spread @ spread + prior @ prior)

    best = minimize(misfit, np.array([0.0, 1.0]), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-6}).x
    return StepGrowth(float(best[0]), float(best[1]), middle)
