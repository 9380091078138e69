"""Two numbers of a frame by which it is known again, however its files write it.

They are sums of cos 2πs and sin 2πs over the fractional coordinates s with fixed random weights: folding changes
nothing, digits that a file leaves out change little (``SAME_FRAME``), and other frames differ by far more.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llpt.trajectory.trajectory import Trajectory

SAME_FRAME = 1e-4
"""Of the root of the number of coordinates: atoms that move 0.001 Å differ by more, the digits of OUTCAR by less."""
ASKED = 3
"""Of so many different frames at the beginning of one run, two or more stand in the other if it is the same run."""


def fingerprint(fractions: NDArray[np.float64]) -> tuple[float, float]:
    """Return the two numbers of a frame.

    Args:
        fractions: fractional coordinates, folded or not, shape (n, 3).

    >>> place = np.array([[0.1, 0.2, 0.3]])
    >>> np.allclose(fingerprint(place), fingerprint(place + 1.0))
    True
    """
    weights = _weights(fractions.size)
    phases = 2.0 * np.pi * fractions.ravel()
    return float(weights @ np.cos(phases)), float(weights @ np.sin(phases))


@lru_cache(maxsize=16)
def _weights(count: int) -> NDArray[np.float64]:
    return np.random.default_rng(0).normal(size=count) / np.sqrt(count)


def fingerprints_of(trajectory: Trajectory) -> NDArray[np.float64]:
    """Return those of all frames of a run of llpt, shape (frames, 2)."""
    found = [
        fingerprint(frame.positions_angstrom @ np.linalg.inv(frame.cell_angstrom))
        for block in trajectory.blocks()
        for frame in (block.frame(index) for index in range(len(block)))
    ]
    return np.array(found).reshape(-1, 2)


def same_run(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether two or more of the first frames of either run stand in the other; a common start alone is no same run.

    Args:
        one: fingerprints of a run, shape (frames, 2).
        other: those of another.
    """
    return any(_known(_first(begun), whole) > 1 for begun, whole in ((one, other), (other, one)))


def _first(prints: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the first few frames that differ from each other."""
    chosen: list[NDArray[np.float64]] = []
    for each in prints:
        if not _known(each[None], np.array(chosen).reshape(-1, 2)):
            chosen.append(each)
        if len(chosen) == ASKED:
            break
    return np.array(chosen).reshape(-1, 2)


def _known(few: NDArray[np.float64], many: NDArray[np.float64]) -> int:
    return sum(bool((np.abs(many - each) < SAME_FRAME).all(axis=1).any()) for each in few)
