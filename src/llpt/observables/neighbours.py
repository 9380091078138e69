"""Distances under periodic boundary conditions, through freud."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import freud
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
