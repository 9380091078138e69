"""Whether a path stays inside of a study's directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def is_inside(path: Path, place: Path) -> bool:
    """Whether a path, links followed, lies in a directory."""
    return path.resolve().is_relative_to(place.resolve())


def leads_out(path: str) -> bool:
    """Whether a path that starts from a study's directory may lead out of it; ``~`` is somebody's home.

    Args:
        path: as somebody wrote it.
    """
    return path.startswith(("/", "~")) or ".." in path.split("/")


def is_below(path: str) -> bool:
    """Whether a path names something in a study's directory, and not this itself.

    Args:
        path: as somebody wrote it.

    >>> is_below("runs/dft"), is_below("."), is_below("runs/../..")
    (True, False, False)
    """
    return not leads_out(path) and path.strip("./") != ""


def place_above(path: str, places: Iterable[str]) -> str | None:
    """Return the first of some places that a path is or lies below; None where it lies below none.

    Args:
        path: from a study's directory.
        places: likewise.

    >>> place_above("inputs/start/a.xyz", ("inputs/st", "inputs")), place_above("runs", ("inputs",))
    ('inputs', None)
    """
    return next((place for place in places if path == place or path.startswith(f"{place}/")), None)
