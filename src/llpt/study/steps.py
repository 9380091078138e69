"""How far a node has come, by what lies in its directory, whatever its process could still say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.dynamics import steps_on_disk

if TYPE_CHECKING:
    from pathlib import Path

RUN_INSIDE = "run"
"""Where the run lies of a node that is more than a run, below its directory."""


def node_steps_on_disk(place: Path) -> int:
    """Return the step of the newest checkpoint in a node's directory; 0 where there is none.

    Args:
        place: the directory.
    """
    return max(steps_on_disk(place), steps_on_disk(place / RUN_INSIDE))
