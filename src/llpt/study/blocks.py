"""Blocks of nodes that a scheduler lends: what runs ask of them, and when runs must stop because their block ends."""

from __future__ import annotations

import math
import os
import re
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from llpt.errors import InputError

if TYPE_CHECKING:
    from llpt.study.engine_sections import ExecutionSection
    from llpt.study.nodes import Node

STOP_AT = "LLPT_RUNS_STOP_AT"
"""Variable of the environment of a block: the time, in seconds since 1970, at which its runs write a checkpoint."""
RESERVE_SHARE = 0.05
LEAST_RESERVE_S = 30.0
MOST_RESERVE_S = 600.0
BLOCK_START_UP_S = 20.0
"""A block begins before its workers do: this much earlier they take no new run."""


@dataclass(frozen=True, order=True)
class Slot:
    """What a run asks of a node; runs that ask for the same share their blocks.

    Args:
        threads: processor cores, 0 for a whole node.
        gpu: whether it has a graphics processor to itself.
    """

    threads: int
    gpu: bool = False

    @property
    def label(self) -> str:
        """Its name, e.g. ``cores-4-gpu``."""
        return f"cores-{self.threads or 'all'}{'-gpu' if self.gpu else ''}"

    @classmethod
    def of(cls, node: Node, execution: ExecutionSection) -> Slot:
        """Return what a node of the plan asks for."""
        devices = [str(asked.options.get("device", "")) for asked in node.engines]
        on_gpu = execution.gpus > 0 and any(device.startswith("cuda") for device in devices)
        return cls(node.threads, on_gpu)


def walltime_s(text: str) -> float:
    """Return a walltime as schedulers write it (``D-HH:MM:SS``, ``HH:MM:SS``, ``MM:SS``) in seconds.

    Raises:
        InputError: it is none.

    >>> walltime_s("1-02:00:00"), walltime_s("00:10:00")
    (93600.0, 600.0)
    """
    found = re.fullmatch(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)", text.strip())
    if found is None:
        raise InputError(f"execution.provider.walltime is {text!r}.", "Write it as HH:MM:SS, e.g. 24:00:00.")
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return ((days * 24.0 + hours) * 60.0 + minutes) * 60.0 + seconds


def reserve_s(execution: ExecutionSection, walltime: float) -> float:
    """Return how long before the end of a block its runs stop, in seconds.

    Args:
        execution: what the study file says.
        walltime: how long a block lives, in seconds.

    Raises:
        InputError: nothing is left for the runs.
    """
    automatic = min(MOST_RESERVE_S, max(LEAST_RESERVE_S, RESERVE_SHARE * walltime))
    reserve = automatic if execution.reserve_s == "auto" else execution.reserve_s
    if reserve + BLOCK_START_UP_S >= walltime:
        raise InputError(
            f"A block of {walltime:g} s leaves its runs no time: they stop {reserve:g} s before its end.",
            "Ask for a longer walltime in [execution.provider], or a smaller reserve_s.",
        )
    return reserve


def in_a_block() -> bool:
    """Whether this process works on a node that a scheduler lends for a time."""
    return STOP_AT in os.environ


def time_left_s() -> float:
    """Return how long runs may go on in this block, in seconds; for ever where this is none."""
    return _stop_at() - time.monotonic()


@cache  # once for each process, so that a clock that is set later changes nothing
def _stop_at() -> float:
    try:
        return float(os.environ[STOP_AT]) - time.time() + time.monotonic()
    except (KeyError, ValueError):
        return math.inf
