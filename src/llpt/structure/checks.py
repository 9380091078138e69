"""What a structure must satisfy before anything is computed with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ase.neighborlist import neighbor_list
from scipy.spatial import cKDTree

from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection

    from ase import Atoms

MINIMUM_DISTANCE_ANGSTROM = 0.3
"""Closer than this is no structure of hydrogen: at 3000 K and 400 GPa a molecule hardly ever gets below 0.5 Å."""


def check_structure(
    atoms: Atoms,
    *,
    minimum_distance_angstrom: float = MINIMUM_DISTANCE_ANGSTROM,
    elements: Collection[str] | None = None,
    periodic: bool = True,
    where: str = "the structure",
) -> None:
    """Refuse a structure that cannot be meant.

    Args:
        atoms: the structure.
        minimum_distance_angstrom: two atoms (images included) closer than this are an error.
        elements: chemical symbols that are allowed; None allows all.
        periodic: whether a three-dimensional cell is asked for.
        where: what to call the structure in the message, e.g. ``frame 3 of start.extxyz``.

    Raises:
        InputError: no atoms; a position or cell entry that is not finite; no cell, or one of zero volume; an element
            that is not allowed; two atoms too close (the closest pair and its distance are named).
    """
    check_finite(atoms, where=where)
    if periodic:
        check_cell(atoms, where=where)
    if elements is not None:
        check_elements(atoms, elements, where=where)
    pair = closest_pair(atoms, within_angstrom=minimum_distance_angstrom)
    if pair is not None:
        i, j, distance = pair
        image = " (its own periodic image)" if i == j else ""
        raise InputError(
            f"Atoms {i} and {j}{image} of {where} are {distance:.3f} Å apart, "
            f"less than {minimum_distance_angstrom:g} Å.",
            "Separate the overlapping atoms, or check the cell and the unit of the positions (Å).",
        )


def check_finite(atoms: Atoms, *, where: str = "the structure") -> None:
    """Refuse a structure without atoms or with numbers that are not finite.

    Raises:
        InputError: names the first atom, or the cell.
    """
    if len(atoms) == 0:
        raise InputError(f"There are no atoms in {where}.", "Give a structure with at least one atom.")
    if not np.isfinite(atoms.cell.array).all():
        raise InputError(f"The cell of {where} has an entry that is not finite.", "Give a cell of finite numbers.")
    finite = np.isfinite(atoms.positions).all(axis=1)
    if not finite.all():
        raise InputError(
            f"The position of atom {int(np.argmin(finite))} of {where} is not finite.",
            "Look where the structure came from: a trajectory that blew up, or a damaged file.",
        )


def check_cell(atoms: Atoms, *, where: str = "the structure") -> None:
    """Refuse a structure that is not periodic in three dimensions with a cell of finite volume.

    Raises:
        InputError: says whether the cell is absent, flat, or not periodic.
    """
    remedy = 'Give three cell vectors in Å (in extxyz: Lattice="..." and pbc="T T T" on the second line).'
    if not np.any(atoms.cell.array):
        raise InputError(f"There is no cell in {where}.", remedy)
    lengths = np.linalg.norm(atoms.cell.array, axis=1)
    if abs(np.linalg.det(atoms.cell.array)) <= 1e-8 * max(float(np.prod(lengths)), 1e-12):
        raise InputError(f"The cell of {where} has zero volume.", remedy)
    if not all(atoms.pbc):
        raise InputError(f"The structure {where} is not periodic in all three directions.", remedy)


def check_elements(atoms: Atoms, elements: Collection[str], *, where: str = "the structure") -> None:
    """Refuse chemical elements that are not in ``elements``.

    Args:
        atoms: the structure.
        elements: chemical symbols that are allowed.
        where: what the message calls the structure.

    Raises:
        InputError: names the first atom whose element is not allowed, and what is.
    """
    for index, symbol in enumerate(atoms.symbols):
        if symbol not in elements:
            raise InputError(
                f"Atom {index} of {where} is {symbol}, which cannot be computed here.",
                f"Use only {', '.join(sorted(elements))}.",
            )


def closest_pair(atoms: Atoms, *, within_angstrom: float) -> tuple[int, int, float] | None:
    """Return the closest pair of atoms, periodic images included.

    Args:
        atoms: the structure; its ``pbc`` says which images count.
        within_angstrom: search radius.

    Returns:
        Indices i ≤ j (equal for an atom and its own image) and their distance in Å; None if none is that close.
    """
    lengths = atoms.cell.lengths()
    orthorhombic = np.allclose(atoms.cell.array, np.diag(np.diagonal(atoms.cell.array)), atol=0.0)
    if all(atoms.pbc) and orthorhombic and np.min(np.diagonal(atoms.cell.array)) > 2.0 * within_angstrom:
        # The common case, about twenty times faster than the general search.
        tree = cKDTree(np.mod(atoms.positions, lengths) % lengths, boxsize=lengths)
        distances = tree.sparse_distance_matrix(tree, within_angstrom, output_type="coo_matrix")
        first, second, distance = distances.row, distances.col, distances.data
        keep = first < second
        first, second, distance = first[keep], second[keep], distance[keep]
    else:
        search: Any = neighbor_list  # untyped in ASE
        first, second, distance = search("ijd", atoms, within_angstrom)
    if len(distance) == 0:
        return None
    closest = int(np.argmin(distance))
    i, j = sorted((int(first[closest]), int(second[closest])))
    return i, j, float(distance[closest])
