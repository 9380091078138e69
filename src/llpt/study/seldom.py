"""What takes a while in a study of ten thousand runs is done again only after many times as long."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT = 25.0
"""So many times as long as it took something waits before it is done again."""


class Seldom:
    """When something that takes a while may be done again, so that a small part of the time goes into it."""

    def __init__(self) -> None:
        self._at = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it may be done now."""
        return time.monotonic() >= self._at

    @contextmanager
    def doing(self) -> Iterator[None]:
        """Measure how long it takes."""
        began = time.monotonic()
        try:
            yield
        finally:
            ended = time.monotonic()
            self._at = ended + WAIT * (ended - began)
