"""What this machine has for runs: cores and graphics processors that tasks in threads take and give back."""

from __future__ import annotations

import contextlib
import os
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Literal

from llpt.study.process import run_node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from llpt.study.blocks import Slot
    from llpt.study.outcome import NodeOutcome
    from llpt.study.stopping import StopWord


class Cores:
    """Processor cores that tasks in threads take and give back, the earliest node of the plan first.

    Args:
        total: how many there are.
    """

    def __init__(self, total: int) -> None:
        self._free = total
        self._waiting: list[int] = []
        self._condition = threading.Condition()

    @contextlib.contextmanager
    def taken(self, count: int, rank: int) -> Iterator[None]:
        """Wait until ``count`` cores are free and nobody of a lower ``rank`` waits for cores, and hold them."""
        with self._condition:
            self._waiting.append(rank)
            self._condition.wait_for(lambda: self._free >= count and rank == min(self._waiting))
            self._waiting.remove(rank)
            self._free -= count
            self._condition.notify_all()
        try:
            yield
        finally:
            with self._condition:
                self._free += count
                self._condition.notify_all()


class Devices:
    """Graphics processors that tasks in threads take and give back, one for each.

    Args:
        count: how many there are.
    """

    def __init__(self, count: int) -> None:
        self._free: SimpleQueue[str] = SimpleQueue()
        given = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
        for index in range(count):
            self._free.put(given[index] if index < len(given) and given[index] else str(index))

    @contextlib.contextmanager
    def taken(self) -> Iterator[dict[str, str]]:
        """Wait for one and hold it; give the environment in which a process sees no other."""
        device = self._free.get()
        try:
            yield {"CUDA_VISIBLE_DEVICES": device}
        finally:
            self._free.put(device)


def in_a_thread(
    cores: Cores, devices: Devices, ranks: Mapping[str, int], slots: Mapping[str, Slot], word: StopWord
) -> Callable[..., NodeOutcome]:
    """Return ``run_node`` for a thread of this process: it waits for its device and its cores first.

    Args:
        cores: of the machine, shared out.
        devices: graphics processors, shared out.
        ranks: the order in which nodes get them, by path.
        slots: what nodes ask for, by path.
        word: that asks them to stop.
    """

    def run_node_here(
        root: str, path: str, threads: int, stall_s: float | Literal["auto"], *parents: NodeOutcome
    ) -> NodeOutcome:
        with contextlib.ExitStack() as held:
            environment = held.enter_context(devices.taken()) if slots[path].gpu else {}
            held.enter_context(cores.taken(threads, ranks[path]))
            return run_node(root, path, threads, stall_s, *parents, environment=environment, word=word)

    return run_node_here
