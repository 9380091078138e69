"""Labelled frames to train on, from files and from runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.engines import read_evaluated
from llpt.errors import InputError
from llpt.learning.harvesting import harvest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ase import Atoms


def labelled_frames(
    sources: Iterable[Path], *, discard_steps: int = 0, keys: Mapping[str, str] | None = None
) -> list[Atoms]:
    """Return the labelled frames of files and run directories.

    Each file is a data set of its own, unless its frames name a data set: the energies of two files may differ by a
    constant, as those of two codes do. Frames of runs are chosen by ``harvest``.

    Args:
        sources: labelled extxyz files, or directories of runs.
        discard_steps: first steps of each run that are left out.
        keys: what labels are called in the files, where not as usual.

    Raises:
        InputError: a path that does not exist or cannot be read.
    """
    frames: list[Atoms] = []
    for source in sources:
        if not source.exists():
            raise InputError(f"{source} does not exist.", "Give labelled extxyz files or run directories.")
        if source.is_dir():
            frames += harvest([source], discard_steps=discard_steps)
            continue
        labelled = read_evaluated(source, keys=keys)
        for frame in labelled:
            frame.info.setdefault("dataset", source.stem)
        frames += labelled
    return frames
