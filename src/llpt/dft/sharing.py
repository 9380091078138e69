"""k-points shared among the processor's cores: each is a problem of its own between one density and the next."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

OfOne = TypeVar("OfOne")
"""What a function makes of one k-point."""


def at_each_kpoint(
    function: Callable[..., OfOne], *values: Iterable[object], device: torch.device
) -> tuple[OfOne, ...]:
    """Return what a function makes of the values of each k-point, in their order.

    On the CPU the points are worked on by as many threads as torch may use (``torch.set_num_threads``), and no more in
    all: what is left of them over the points is what each point's own work may use. One thread, one point or a GPU take
    one point after another. The function must not change what other points read.

    Args:
        function: of one value of each kind.
        values: of each kind one for each k-point.
        device: where the work is done.

    Raises:
        EngineError, InputError: of the first point that fails, after all have ended.
    """
    calls = list(zip(*values, strict=True))
    threads = torch.get_num_threads() if device.type == "cpu" else 1
    workers = min(threads, len(calls))
    if workers < 2:
        return tuple(function(*call) for call in calls)
    pool = _pool(workers, threads // workers, os.getpid())
    results = [pool.submit(function, *call) for call in calls]
    wait(results)
    return tuple(result.result() for result in results)


@cache
def _pool(workers: int, threads_of_each: int, process: int) -> ThreadPoolExecutor:  # noqa: ARG001
    """Threads of this process: a forked one has none of its parent's."""
    return ThreadPoolExecutor(workers, "k-points", initializer=torch.set_num_threads, initargs=(threads_of_each,))
