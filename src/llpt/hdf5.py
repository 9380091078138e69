"""Files of HDF5 that hold their own numbers.

HDF5 lets a part of a file lie in another one: behind an external link, as raw bytes of any file (external storage), or
put together from other files (a virtual dataset). What ``llpt`` writes for itself to read has none of these. In a file
that comes from elsewhere they would show a person's other files as results.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import h5py

from llpt.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path


def refuse_other_files(item: Any, path: Path) -> None:
    """Refuse a group that lies in another file, and a dataset whose numbers do.

    Args:
        item: the group or dataset of h5py.
        path: the file that was opened, by the name that it was opened by.

    Raises:
        StorageError: it does.
    """
    outside = h5py.h5f.get_name(item.id) != os.fsencode(path)
    if isinstance(item, h5py.Dataset) and not outside:
        properties = item.id.get_create_plist()
        outside = properties.get_external_count() > 0 or properties.get_layout() == h5py.h5d.VIRTUAL
    if outside:
        raise StorageError(
            f"{path} takes {item.name} from another file.",
            "Do not trust it: ask for a copy with its own numbers.",
        )
