"""How many processor cores a study may use at once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llpt.study.engine_sections import ExecutionSection


def available_cores(execution: ExecutionSection) -> int:
    """Return how many processor cores the study may use at once."""
    if execution.cores != "auto":
        return execution.cores
    return len(os.sched_getaffinity(0))
