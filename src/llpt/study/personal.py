"""Small files of the person's own, which outlive every study."""

from __future__ import annotations

import os
from pathlib import Path


def personal_file(name: str) -> Path:
    """Return a file ``llpt/NAME`` below XDG_STATE_HOME (``~/.local/state`` where it is not set).

    Args:
        name: of the file.
    """
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "llpt" / name
