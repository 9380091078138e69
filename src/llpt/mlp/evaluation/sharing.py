"""Threads that share the atoms of a structure, and arrays that grow until the neighbours of every atom fit."""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FIRST_CAPACITY = 512
"""Neighbours of an atom for which arrays have room at first."""


def thread_count() -> int:
    """Return how many threads to use: ``NUMBA_NUM_THREADS`` where it is set, else the processors this process may use.

    Raises:
        InputError: the variable is set to something that is not a positive integer.
    """
    asked = os.environ.get("NUMBA_NUM_THREADS", "").strip()
    if not asked:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not asked.isdigit() or int(asked) < 1:
        raise InputError(
            f"NUMBA_NUM_THREADS is {asked!r}, which is not a number of threads.",
            "Set it to a positive integer, or unset it.",
        )
    return int(asked)


def divide_atoms(n_atoms: int, *, threads: int, fewest: int) -> list[tuple[int, int]]:
    """Return the first atom of each thread's share and the one after its last.

    Args:
        n_atoms: number of atoms, >= 1.
        threads: number of shares at most, >= 1.
        fewest: atoms that are worth a share of their own.
    """
    shares = max(1, min(threads, n_atoms // fewest))
    edges = [n_atoms * share // shares for share in range(shares + 1)]
    return list(itertools.pairwise(edges))


def run_shares(task: Callable[[int, int, int], int], shares: Sequence[tuple[int, int]]) -> int:
    """Run a task for each share, the first here and each other in a thread of its own; return the largest result.

    Args:
        task: takes the number of the share, its first atom and the one after its last.
        shares: as ``divide_atoms`` gives them.
    """
    if len(shares) == 1:
        return task(0, *shares[0])
    with ThreadPoolExecutor(len(shares) - 1) as pool:
        others = [pool.submit(task, number, *share) for number, share in enumerate(shares[1:], start=1)]
        return max(task(0, *shares[0]), *(other.result() for other in others))


def grow_until_enough(attempt: Callable[[int], int], capacity: int) -> None:
    """Attempt something with larger and larger arrays until they hold the neighbours of every atom.

    Args:
        attempt: takes a capacity; returns 0, or the neighbours of an atom that has more than the capacity.
        capacity: of the first attempt.
    """
    while needed := attempt(capacity):
        capacity = int(1.3 * needed) + 64
