"""Extended XYZ, read by ASE frame by frame: see ``ase_atoms`` for what is taken.

With both energies in a frame, ``energy`` is E. The file is divided into frames here, because ASE's own reader ends
without a word at a blank line and refuses all of a file whose last frame is cut.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from ase.io.extxyz import read_xyz

from llpt.trajectory.foreign.ase_atoms import from_atoms
from llpt.trajectory.foreign.text import DamageError, Lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ase import Atoms

    from llpt.trajectory.foreign.frame import ForeignTrajectory


def open_extended_xyz(path: Path, *, keys: Mapping[str, str] | None = None) -> ForeignTrajectory:
    """Open an extended XYZ file.

    Args:
        path: the file.
        keys: see ``from_atoms``.

    Raises:
        InputError: it cannot be read, or its frames have no periodic cell.
    """
    return from_atoms(lambda: _atoms(path), program="extended XYZ", files=(path,), energy_is_internal=True, keys=keys)


def _atoms(path: Path) -> Iterator[Atoms]:
    lines = Lines(path)
    for line in lines:
        if not line.strip():
            continue
        count = line.strip()
        if not count.isdecimal():
            raise lines.wrong("a number of atoms, with which a frame begins")
        comment = lines.take("a frame")
        rows = [lines.take("a frame") for _ in range(int(count))]
        try:
            (frame,) = read_xyz(io.StringIO("\n".join([count, comment, *rows]) + "\n"), 0)
        except Exception as error:  # ASE raises whatever its parser meets
            raise DamageError(
                f"{path}: the frame of {count} atoms that ends in line {lines.number} is not extended XYZ.",
                "Check its comment (a stress has nine numbers), and that every row has what the comment says of it.",
            ) from error
        yield frame
