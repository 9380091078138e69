"""Bare arrays of positions and cells as a trajectory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ase.data import atomic_numbers

from llpt.errors import InputError
from llpt.trajectory.foreign.frame import ForeignFrame, ForeignTrajectory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, NDArray

PROGRAM = "positions in memory"


def open_arrays(
    positions_angstrom: NDArray[np.float64], *, cell_angstrom: ArrayLike | None, elements: Sequence[str]
) -> ForeignTrajectory:
    """Open positions and a cell, or a cell for each frame.

    Args:
        positions_angstrom: wrapped or not, shape (n_frames, n_atoms, 3).
        cell_angstrom: edges of an orthorhombic cell, shape (3,); cell vectors as rows, shape (3, 3); or those of each
            frame, shape (n_frames, 3, 3).
        elements: the element of all atoms, or of each.

    Raises:
        InputError: a shape is none of these, the cell is not given, or the elements are not known.
    """
    if np.asarray(positions_angstrom).dtype.kind not in "fiu":
        raise InputError("The array of positions does not hold real numbers.", "Give positions in Å.")
    positions = np.asarray(positions_angstrom, dtype=float)
    if positions.ndim != 3 or positions.shape[1] == 0 or positions.shape[2] != 3:
        raise InputError(
            f"The array of positions has the shape {positions.shape}.",
            "Give one of shape (n_frames, n_atoms, 3), in Å.",
        )
    if cell_angstrom is None:
        raise InputError(
            "The array of positions comes without a cell.", "Give cell: three edges, or cell vectors as rows, in Å."
        )
    cells = np.asarray(cell_angstrom, dtype=float)
    if cells.shape == (3,):
        cells = np.diag(cells)
    frames, atoms = positions.shape[:2]
    if cells.shape not in {(3, 3), (frames, 3, 3)}:
        raise InputError(
            f"The cell has the shape {cells.shape}.", f"Give one of shape (3,), (3, 3) or ({frames}, 3, 3), in Å."
        )
    cells = np.broadcast_to(cells, (frames, 3, 3))

    def read() -> Iterator[ForeignFrame]:
        return (ForeignFrame(place, cell) for place, cell in zip(positions, cells, strict=True))

    return ForeignTrajectory(PROGRAM, (), atomic_numbers_of(elements, atoms, "The array of positions"), read)


def atomic_numbers_of(elements: Sequence[str], n_atoms: int, name: str) -> NDArray[np.int64]:
    """Return the atomic numbers of atoms whose source does not name them.

    Args:
        elements: one for all, or one for each.
        n_atoms: how many there are.
        name: of the source, for messages.

    Raises:
        InputError: they are not given, are no elements, or not as many as there are atoms.
    """
    symbols = list(elements) * n_atoms if len(elements) == 1 else list(elements)
    if len(symbols) != n_atoms or any(symbol not in atomic_numbers for symbol in symbols):
        raise InputError(
            f"{name} does not say which elements its atoms are.",
            f"Give elements (llpt import: --elements): H for hydrogen alone, or one for each of the {n_atoms} atoms.",
        )
    return np.array([atomic_numbers[symbol] for symbol in symbols], dtype=np.int64)
