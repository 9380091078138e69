"""Names of a room that are loaded when they are first used, because their modules take long to import."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def loaded_when_used(namespace: dict[str, object], names: Mapping[str, tuple[str, ...]]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of a room's ``__init__``.

    Args:
        namespace: of the room (``globals()``), which keeps what was loaded.
        names: what each module of the room hands on.
    """
    homes = {name: module for module, handed_on in names.items() for name in handed_on}

    def load(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {namespace['__name__']!r} has no attribute {name!r}")
        value = namespace[name] = getattr(import_module(homes[name]), name)
        return value

    return load
