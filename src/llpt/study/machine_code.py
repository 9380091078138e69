"""When numba last compiled something of the package and kept it: until then runs wait for what later ones find."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
INDICES = "*.nbi"
"""numba's files, one for each function, that say which machine code is kept of it."""


def machine_code_kept_at() -> float:
    """Return when machine code was last kept, in seconds since 1970; 0 where none is.

    It is kept beside the source, or in the directory that ``NUMBA_CACHE_DIR`` names.
    """
    times = [0.0]
    for path in Path(os.environ.get("NUMBA_CACHE_DIR") or PACKAGE).rglob(INDICES):
        with suppress(OSError):  # another process replaces it
            times.append(path.stat().st_mtime)
    return max(times)
