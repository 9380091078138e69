"""What a node left that later steps read, as one hash: kept in the ledger when it is done, checked by ``llpt verify``.

A trajectory's own checksums tell that the disk was at fault. They say nothing of a number that somebody changed with an
HDF5 library, which writes them anew; nor do averages, where that number lies in the part that is left out of them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from llpt.errors import StorageError

PATTERNS = ("segments/*.h5", "*.extxyz", "derivatives.json", "*.data", "input.nn", "card.json")
"""Segments of a run, labels of single points, the files of a potential."""


def has_contents(place: str) -> bool:
    """Return whether a node's directory holds any of its results; it stops at the first.

    Args:
        place: the directory, which need not be there; as text, for to make a path takes as long as to look.
    """
    folder, ending = PATTERNS[0].split("/*")
    with contextlib.suppress(OSError), os.scandir(f"{place}/{folder}") as entries:  # a tenth of the time of a search
        if any(entry.name.endswith(ending) for entry in entries):
            return True
    return any(next(Path(place).rglob(pattern), None) is not None for pattern in PATTERNS)


def content_hash(place: Path) -> str:
    """Return the SHA-256 of the results that lie in a node's directory, names included; empty where there are none.

    Args:
        place: the directory.

    Raises:
        StorageError: a file cannot be read.
    """
    files = sorted({path for pattern in PATTERNS for path in place.rglob(pattern)})
    if not files:
        return ""
    whole = hashlib.sha256()
    for path in files:
        whole.update(f"{path.relative_to(place).as_posix()}\n".encode())
        try:
            with path.open("rb") as stream:
                whole.update(hashlib.file_digest(stream, "sha256").digest())
        except OSError as error:
            raise StorageError(f"{path} cannot be read: {error}.", "Restore it from a copy.") from error
    return whole.hexdigest()
