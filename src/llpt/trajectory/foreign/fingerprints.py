"""Eight numbers of a frame by which it is known again, however its files write it.

They are sums of cos 2πs and sin 2πs over the fractional coordinates s with fixed random weights: folding changes
nothing, digits that a file leaves out change little (``SAME_FRAME``), and other frames differ by far more. The distance
of two fingerprints grows with that of the atoms of two frames (a random projection), so they also tell whether a run
goes on where another ends.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from llpt.trajectory.trajectory import Trajectory

SAME_FRAME = 1e-4
"""Of the root of the number of coordinates: atoms that move 0.001 Å differ by more, the digits of OUTCAR by less."""
SUMS = 4
"""Of cosines, and as many of sines: of 1e5 frames beside 1e5 others, not one of another run is taken for the same."""
WIDTH = 2 * SUMS
"""Numbers of a fingerprint."""
STEPS = 2.0
"""A run goes on with a step of no more than so many median steps; hardly one step in a thousand is longer."""
MEMORY = 0.5
"""Such a step tells only where it is this share of the way between frames half a run apart, or less.

Of two runs with nothing in common 1 in 70 comes that close there, by the chi-squared distribution of eight numbers.
"""


def fingerprint(fractions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the numbers of a frame, shape (``WIDTH``,).

    Args:
        fractions: fractional coordinates, folded or not, shape (n, 3).

    >>> place = np.array([[0.1, 0.2, 0.3]])
    >>> np.allclose(fingerprint(place), fingerprint(place + 1.0))
    True
    """
    weights = _weights(fractions.size)
    phases = 2.0 * np.pi * fractions.ravel()
    return np.concatenate([weights @ np.cos(phases), weights @ np.sin(phases)])


@lru_cache(maxsize=16)
def _weights(count: int) -> NDArray[np.float64]:
    return np.random.default_rng(0).normal(size=(SUMS, count)) / np.sqrt(count)


def fingerprints_of(trajectory: Trajectory) -> NDArray[np.float64]:
    """Return those of all frames of a run of llpt, shape (frames, ``WIDTH``)."""
    return as_prints(
        fingerprint(frame.positions_angstrom @ np.linalg.inv(frame.cell_angstrom))
        for block in trajectory.blocks()
        for frame in (block.frame(index) for index in range(len(block)))
    )


def as_prints(numbers: Iterable[object]) -> NDArray[np.float64]:
    """Return fingerprints, or their numbers one after the other, as an array of shape (frames, ``WIDTH``)."""
    return np.array(list(numbers), dtype=float).reshape(-1, WIDTH)


def shared_frames(few: NDArray[np.float64], many: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which frames of a run stand in another, shape (frames,).

    Args:
        few: fingerprints of the run, shape (frames, ``WIDTH``).
        many: those of the other.
    """
    if not len(many):
        return np.zeros(len(few), dtype=bool)
    distances, _ = cKDTree(many).query(few, p=np.inf, distance_upper_bound=SAME_FRAME)
    return np.isfinite(distances)


def goes_on(before: NDArray[np.float64], after: NDArray[np.float64]) -> bool:
    """Whether a run begins one step behind the last frame of another, as far as steps are short enough to tell.

    Args:
        before: fingerprints of the run that ends, shape (frames, ``WIDTH``).
        after: those of the one that begins.
    """
    half = len(before) // 2
    if not half or not len(after):
        return False
    longest = STEPS * float(np.median(np.linalg.norm(np.diff(before, axis=0), axis=1)))
    apart = float(np.median(np.linalg.norm(before[half:] - before[:-half], axis=1)))
    return longest <= MEMORY * apart and float(np.linalg.norm(after[0] - before[-1])) <= longest
