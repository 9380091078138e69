"""Distances under periodic boundary conditions, through freud.

The nearest neighbour within a short cutoff, which every frame of a run is asked for, has a kernel of its own: cells of
at least the cutoff's width, three or more along each edge, so that the nearest image lies in the same or the next cell.
For 2048 atoms and 0.9 Å it takes 1 ms where freud's tree and list of pairs take 7 ms.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

import freud
import numpy as np

from llpt.compiling import compile_and_keep

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

FEWEST_CELLS = 3
MOST_CELLS = 200


def to_freud(positions_angstrom: NDArray[np.float64], cell_angstrom: NDArray[np.float64]) -> tuple[Any, Any]:
    """Return freud's box and the points wrapped into it; rotated as a whole where the cell is not in standard form.

    Args:
        positions_angstrom: shape (n, 3), wrapped or not.
        cell_angstrom: cell vectors as rows, shape (3, 3).

    Returns:
        ``freud.box.Box`` and points of shape (n, 3), single precision.
    """
    matrix = _standard_form(cell_angstrom)
    fractions = positions_angstrom @ np.linalg.inv(cell_angstrom)
    fractions -= np.floor(fractions)
    points = ((fractions - 0.5) @ matrix).astype(np.float32)
    box = freud.box.Box.from_matrix(matrix.T)
    return box, box.wrap(points)


def _standard_form(cell_angstrom: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the lower-triangular cell with the same lengths and angles (QR), its diagonal positive."""
    _, upper = np.linalg.qr(cell_angstrom.T)
    lower = upper.T
    return np.asarray(lower * np.sign(np.diag(lower)))


def half_width_angstrom(cell_angstrom: NDArray[np.float64]) -> float:
    """Return half the smallest distance between opposite faces of the cell: the greatest honest radius in it."""
    reciprocal = np.linalg.inv(cell_angstrom)
    return float(0.5 / np.linalg.norm(reciprocal, axis=0).max())


def mutual_partners(
    positions_angstrom: NDArray[np.float64], cell_angstrom: NDArray[np.float64], cutoff_angstrom: float
) -> NDArray[np.int64]:
    """Return for each atom the atom with which it forms a pair of mutual nearest neighbours, or -1.

    Args:
        positions_angstrom: shape (n, 3).
        cell_angstrom: cell vectors as rows, shape (3, 3).
        cutoff_angstrom: pairs at this distance or farther do not count.

    Returns:
        Indices, shape (n,).
    """
    n_atoms = len(positions_angstrom)
    nearest, distances = nearest_neighbours(positions_angstrom, cell_angstrom, cutoff_angstrom)
    partners = np.full(n_atoms, -1, dtype=np.int64)
    found = np.flatnonzero((nearest >= 0) & (distances < cutoff_angstrom))
    mutual = found[nearest[nearest[found]] == found]
    partners[mutual] = nearest[mutual]
    return partners


def nearest_neighbours(
    positions_angstrom: NDArray[np.float64], cell_angstrom: NDArray[np.float64], cutoff_angstrom: float = math.inf
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return each atom's nearest neighbour and the distance to it.

    Args:
        positions_angstrom: shape (n, 3).
        cell_angstrom: cell vectors as rows, shape (3, 3).
        cutoff_angstrom: search no farther; never farther than half the width of the cell.

    Returns:
        Indices, shape (n,), -1 where none is within the cutoff, and distances in Å, shape (n,), infinity there.
    """
    n_atoms = len(positions_angstrom)
    widths = 1.0 / np.linalg.norm(np.linalg.inv(cell_angstrom), axis=0)
    if math.isfinite(cutoff_angstrom) and cutoff_angstrom > 0.0:
        cells = np.minimum(widths / cutoff_angstrom, MOST_CELLS).astype(np.int64)
        if (cells >= FEWEST_CELLS).all():
            nearest, squares = _kernel()(positions_angstrom @ np.linalg.inv(cell_angstrom), cell_angstrom, cells)
            within = squares < cutoff_angstrom**2
            return np.where(within, nearest, -1), np.where(within, np.sqrt(squares), np.inf)
    box, points = to_freud(positions_angstrom, cell_angstrom)
    reach = min(cutoff_angstrom, 0.999 * half_width_angstrom(cell_angstrom))
    query = freud.locality.AABBQuery(box, points).query(points, {"r_max": reach, "exclude_ii": True})
    pairs = query.toNeighborList()
    nearest = np.full(n_atoms, -1, dtype=np.int64)
    distances = np.full(n_atoms, np.inf)
    order = np.argsort(-pairs.distances, kind="stable")
    nearest[pairs[:][order, 0]] = pairs[:][order, 1]
    distances[pairs[:][order, 0]] = pairs.distances[order]
    return nearest, distances


@cache
def _kernel() -> Callable[..., Any]:
    """Return the compiled search, compiled when first needed."""
    compiled: Callable[..., Any] = compile_and_keep(_nearest_in_cells)
    return compiled


def _nearest_in_cells(
    fractions: NDArray[np.float64], cell: NDArray[np.float64], cells: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the nearest atom in the same or the 26 next cells, -1 if none, and the squared distance to it."""
    n_atoms = len(fractions)
    place = np.empty((n_atoms, 3), dtype=np.int64)
    inside = fractions - np.floor(fractions)
    first = np.full(cells[0] * cells[1] * cells[2], -1, dtype=np.int64)
    following = np.empty(n_atoms, dtype=np.int64)
    for atom in range(n_atoms):
        for axis in range(3):
            place[atom, axis] = min(int(inside[atom, axis] * cells[axis]), cells[axis] - 1)
        index = (place[atom, 0] * cells[1] + place[atom, 1]) * cells[2] + place[atom, 2]
        following[atom] = first[index]
        first[index] = atom
    nearest = np.full(n_atoms, -1, dtype=np.int64)
    squares = np.full(n_atoms, np.inf)
    for atom in range(n_atoms):
        for shift in range(27):
            x = place[atom, 0] + shift // 9 - 1
            y = place[atom, 1] + shift // 3 % 3 - 1
            z = place[atom, 2] + shift % 3 - 1
            x += cells[0] * ((x < 0) - (x >= cells[0]))
            y += cells[1] * ((y < 0) - (y >= cells[1]))
            z += cells[2] * ((z < 0) - (z >= cells[2]))
            other = first[(x * cells[1] + y) * cells[2] + z]
            while other >= 0:
                if other != atom:
                    a = inside[other, 0] - inside[atom, 0]
                    b = inside[other, 1] - inside[atom, 1]
                    c = inside[other, 2] - inside[atom, 2]
                    a, b, c = a - np.rint(a), b - np.rint(b), c - np.rint(c)
                    square = 0.0
                    for axis in range(3):
                        square += (a * cell[0, axis] + b * cell[1, axis] + c * cell[2, axis]) ** 2
                    if square < squares[atom]:
                        squares[atom] = square
                        nearest[atom] = other
                other = following[other]
    return nearest, squares
