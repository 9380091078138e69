"""Studies that come from elsewhere: how they are known, and that no link in one leads out of it.

An archive holds no link that leads outside (``llpt.study.archive``). A directory that was unpacked by hand, or that is
another person's, may: what ``llpt`` writes through such a link would take the place of a file that is no part of it.
"""

from __future__ import annotations

import os
from pathlib import Path

from llpt.errors import InputError
from llpt.study.inside import is_inside
from llpt.study.place import MANIFEST, STUDY_FILE


def is_from_elsewhere(root: Path) -> bool:
    """Whether a study's directory was unpacked from an archive, or belongs to another person.

    Args:
        root: the directory; it holds a study file.
    """
    return (root / MANIFEST).exists() or (root / STUDY_FILE).stat().st_uid != os.geteuid()


def refuse_links_outside(root: Path) -> None:
    """Refuse a study from elsewhere in which a link leads out of its directory; one's own may lie where one likes.

    Args:
        root: the directory.

    Raises:
        InputError: a link does.
    """
    if not is_from_elsewhere(root):
        return
    for place, folders, files in os.walk(root):
        for path in (Path(place, name) for name in (*folders, *files)):
            if path.is_symlink() and not is_inside(path, root):
                raise InputError(
                    f"{root} comes from elsewhere, and {path} is a link that leads out of it.",
                    "Look at what it names; where you need it, put a copy in the place of the link.",
                )
