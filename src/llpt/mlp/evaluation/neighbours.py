"""Linked cells: the neighbours of an atom within a cutoff, in any periodic cell, at a cost linear in the atoms.

The cell is cut into bins along its lattice vectors. A neighbour bin that lies outside the cell is a bin inside it plus
a lattice vector, so boxes smaller than the cutoff get all their images, and no ghost atom is ever stored.
"""
# ruff: noqa: PLR0917 - numba calls are positional

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from llpt.compiling import compiled
from llpt.errors import InputError
from llpt.mlp.evaluation.rows import PADDING

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats, Integers

_BINS_PER_CUTOFF = 2


class CellList(NamedTuple):
    """Atoms sorted by bin.

    Attributes:
        positions: wrapped positions in bin order, shape (n_atoms, 3), bohr.
        atoms: original index of each sorted atom, shape (n_atoms,).
        bin_of: bin of each sorted atom along the three lattice vectors, shape (n_atoms, 3).
        starts: first sorted atom of each bin, shape (n_bins + 1,); the third axis runs fastest.
        bins: number of bins along each lattice vector, shape (3,).
        reach: how many bins the cutoff spans along each lattice vector, shape (3,).
        cell: lattice vectors as rows, bohr.
    """

    positions: Floats
    atoms: Integers
    bin_of: Integers
    starts: Integers
    bins: Integers
    reach: Integers
    cell: Floats


def build_cell_list(positions: Floats, cell: Floats, cutoff: float) -> CellList:
    """Sort atoms into bins for a neighbour search within ``cutoff``.

    Args:
        positions: shape (n_atoms, 3), bohr; need not lie inside the cell.
        cell: lattice vectors as rows, bohr; periodic in all three directions.
        cutoff: radius, bohr.

    Raises:
        InputError: the cell has no volume, or a position is not a finite number.
    """
    if not (np.isfinite(positions).all() and np.isfinite(cell).all()):
        raise InputError(
            "A position or cell vector given to the potential is not a finite number.",
            "Check the structure that was given.",
        )
    volume = abs(np.linalg.det(cell))
    if volume < 1e-6:
        raise InputError("The cell given to the potential has no volume.", "Give three independent cell vectors.")
    inverse = np.linalg.inv(cell)
    heights = 1.0 / np.linalg.norm(inverse, axis=0)
    atoms_per_axis = max(1.0, len(positions)) ** (1.0 / 3.0)
    bins = np.clip((heights * _BINS_PER_CUTOFF / cutoff).astype(np.int64), 1, 4 + int(4 * atoms_per_axis))
    reach = np.ceil(cutoff * bins / heights).astype(np.int64)
    fractions = positions @ inverse
    fractions -= np.floor(fractions)
    index = np.minimum((fractions * bins).astype(np.int64), bins - 1)
    flat = (index[:, 0] * bins[1] + index[:, 1]) * bins[2] + index[:, 2]
    order = np.argsort(flat, kind="stable").astype(np.int64)
    starts = np.zeros(int(bins.prod()) + 1, dtype=np.int64)
    np.cumsum(np.bincount(flat, minlength=int(bins.prod())), out=starts[1:])
    return CellList(
        positions=np.ascontiguousarray(fractions[order] @ cell),
        atoms=order,
        bin_of=np.ascontiguousarray(index[order]),
        starts=starts,
        bins=bins,
        reach=reach,
        cell=np.ascontiguousarray(cell),
    )


@compiled
def find_neighbours(cells: CellList, centre: int, cutoff: float, vectors: Floats, atoms: Integers) -> int:
    """Find all neighbours of one sorted atom.

    Args:
        cells: the sorted atoms.
        centre: index of the atom in sorted order.
        cutoff: radius, bohr; neighbours are strictly closer.
        vectors: filled with neighbour minus centre in rows x, y, z and distance squared, shape (4, capacity), bohr.
        atoms: filled with the neighbours' original indices, shape (capacity,).

    Returns:
        How many there are; those beyond the capacity, less a tail of ``PADDING``, are counted, not stored.
    """
    capacity = atoms.shape[0] - PADDING
    limit = cutoff * cutoff
    x = cells.positions[centre, 0]
    y = cells.positions[centre, 1]
    z = cells.positions[centre, 2]
    count = 0
    for shift_a in range(-cells.reach[0], cells.reach[0] + 1):
        a = cells.bin_of[centre, 0] + shift_a
        turn_a = np.int64(np.floor(a / cells.bins[0]))
        row_a = (a - turn_a * cells.bins[0]) * cells.bins[1]
        for shift_b in range(-cells.reach[1], cells.reach[1] + 1):
            b = cells.bin_of[centre, 1] + shift_b
            turn_b = np.int64(np.floor(b / cells.bins[1]))
            row_b = (row_a + b - turn_b * cells.bins[1]) * cells.bins[2]
            for shift_c in range(-cells.reach[2], cells.reach[2] + 1):
                c = cells.bin_of[centre, 2] + shift_c
                turn_c = np.int64(np.floor(c / cells.bins[2]))
                bin_index = row_b + c - turn_c * cells.bins[2]
                home = turn_a == 0 and turn_b == 0 and turn_c == 0
                ox = turn_a * cells.cell[0, 0] + turn_b * cells.cell[1, 0] + turn_c * cells.cell[2, 0] - x
                oy = turn_a * cells.cell[0, 1] + turn_b * cells.cell[1, 1] + turn_c * cells.cell[2, 1] - y
                oz = turn_a * cells.cell[0, 2] + turn_b * cells.cell[1, 2] + turn_c * cells.cell[2, 2] - z
                for other in range(cells.starts[bin_index], cells.starts[bin_index + 1]):
                    dx = cells.positions[other, 0] + ox
                    dy = cells.positions[other, 1] + oy
                    dz = cells.positions[other, 2] + oz
                    square = dx * dx + dy * dy + dz * dz
                    if square < limit and not (home and other == centre):
                        if count < capacity:
                            vectors[0, count] = dx
                            vectors[1, count] = dy
                            vectors[2, count] = dz
                            vectors[3, count] = square
                            atoms[count] = cells.atoms[other]
                        count += 1
    return count


@compiled
def fill_neighbour_table(
    cells: CellList, cutoff: float, found: Floats, found_atoms: Integers, vectors: Floats, atoms: Integers
) -> int:
    """Fill the neighbours of all atoms, as far as there is room.

    Args:
        cells: the sorted atoms.
        cutoff: radius, bohr.
        found: scratch, as for ``find_neighbours``.
        found_atoms: scratch.
        vectors: filled with neighbour minus centre, shape (n_atoms, room, 3), bohr; what is not filled stays.
        atoms: filled with the neighbours, shape (n_atoms, room).

    Returns:
        The largest number of neighbours of an atom.
    """
    largest = 0
    for centre in range(cells.atoms.shape[0]):
        count = find_neighbours(cells, centre, cutoff, found, found_atoms)
        largest = max(largest, count)
        atom = cells.atoms[centre]
        for k in range(min(count, atoms.shape[1])):
            for axis in range(3):
                vectors[atom, k, axis] = found[axis, k]
            atoms[atom, k] = found_atoms[k]
    return largest
