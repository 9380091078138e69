"""What came out, apart from how it was run: runs by engine, size, line of states and controlled test.

Only what a plan and its workers need is handed on here; what analyses runs takes seconds to import, and is imported
from its own module.
"""

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

__all__ = [
    "ControlledTest",
    "LadderIdentity",
    "Role",
    "RunIdentity",
    "ThermodynamicState",
    "engine_slug",
    "file_stem",
    "matches_pattern",
    "short_name",
]
