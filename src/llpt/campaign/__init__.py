"""What came out, apart from how it was run: runs by engine, size, line of states and controlled test.

A plan and its workers need identities and states alone; what analyses runs takes seconds to import, and is loaded when
it is first used.
"""

from __future__ import annotations

from importlib import import_module
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
)
from llpt.campaign.state import ThermodynamicState

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
]

_HOMES = {
    "Analysis": "llpt.campaign.analysis",
    "ObservedRun": "llpt.campaign.observed",
    "analyse": "llpt.campaign.analysis",
}


if not TYPE_CHECKING:  # a checker that saw this would take any name

    def __getattr__(name: str) -> object:
        """Load a name when it is first used."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return value
