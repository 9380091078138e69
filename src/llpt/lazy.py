"""Names of a room that are loaded when they are first used, because their modules take long to import."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def loaded_when_used(namespace: dict[str, object], homes: Mapping[str, str]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a room's ``__init__``.

    Args:
        namespace: of the room (``globals()``), which keeps what was loaded.
        homes: the module of each name.
    """

    def load(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {namespace['__name__']!r} has no attribute {name!r}")
        value = namespace[name] = getattr(import_module(homes[name]), name)
        return value

    return load
