"""Extended XYZ, read by ASE: see ``ase_atoms`` for what is taken. With both energies in a frame, ``energy`` is E."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ase.io import iread

from llpt.errors import InputError
from llpt.trajectory.foreign.ase_atoms import from_atoms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ase import Atoms

    from llpt.trajectory.foreign.frame import ForeignTrajectory


def open_extended_xyz(path: Path) -> ForeignTrajectory:
    """Open an extended XYZ file.

    Raises:
        InputError: it cannot be read, or its frames have no periodic cell.
    """
    return from_atoms(lambda: _atoms(path), program="extended XYZ", files=(path,), energy_is_internal=True)


def _atoms(path: Path) -> Iterator[Atoms]:
    try:
        yield from iread(path, index=":", format="extxyz")
    except Exception as error:  # ASE raises whatever its parser meets
        raise InputError(
            f"{path} cannot be read as extended XYZ: {error}.", "Check the file, frame by frame."
        ) from error
