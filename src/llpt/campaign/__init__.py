"""What came out, apart from how it was run: runs by engine, size, line of states and controlled test.

A plan and its workers need identities and states alone; what analyses runs takes seconds to import, and is loaded when
it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign.identity import (
    ControlledTest,
    LadderIdentity,
    Role,
    RunIdentity,
    engine_slug,
    file_stem,
    matches_pattern,
    short_name,
    size_name,
)
from llpt.campaign.state import ThermodynamicState
from llpt.lazy import loaded_when_used

if TYPE_CHECKING:
    from llpt.campaign.analysis import Analysis, analyse
    from llpt.campaign.observed import ObservedRun

__all__ = [
    "Analysis",
    "ControlledTest",
    "LadderIdentity",
    "ObservedRun",
    "Role",
    "RunIdentity",
    "ThermodynamicState",
    "analyse",
    "engine_slug",
    "file_stem",
    "matches_pattern",
    "short_name",
    "size_name",
]

_NAMES = {
    "llpt.campaign.analysis": ("Analysis", "analyse"),
    "llpt.campaign.observed": ("ObservedRun",),
}


if not TYPE_CHECKING:  # a checker that saw this would take any name
    __getattr__ = loaded_when_used(globals(), _NAMES)
