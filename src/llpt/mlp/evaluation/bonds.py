"""The moments of each atom's bonds, and the derivatives of what depends on them in the positions.

Definitions: ``moments``. An atom has ten numbers: s, the three of d, and xx, yy, zz, yz, xz, xy of Q.
"""
# ruff: noqa: PLR0917 - numba kernels are called positionally

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from llpt.compiling import compiled, inlined
from llpt.mlp.evaluation.neighbours import CellList, find_neighbours
from llpt.mlp.evaluation.rows import PADDING, fast_exp

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats, Integers

N_MOMENTS = 10
THIRD = 1.0 / 3.0


class BondFunction(NamedTuple):
    """b(r): centre and width of its Gaussian and its reach, bohr."""

    centre: float
    width: float
    reach: float


@inlined
def fading_bump(r: float, centre: float, width: float, reach: float) -> tuple[float, float]:
    """Return exp(-(r - centre)² / 2 width²) (1 - (r / reach)²)³ and its derivative in r; 0 beyond the reach.

    Args:
        r: distance in bohr, >= 0.
        centre: of the bump in bohr.
        width: its standard deviation in bohr, > 0.
        reach: where it ends, in bohr, > 0.
    """
    x = r / reach
    left = max(1.0 - x * x, 0.0)
    z = (r - centre) / width
    gaussian = fast_exp(-0.5 * z * z) * left * left
    return gaussian * left, gaussian * (-6.0 * x / reach - left * z / width)


@compiled
def sum_bond_moments(
    cells: CellList, bond: BondFunction, found: Floats, found_atoms: Integers, moments: Floats, first: int, last: int
) -> int:
    """Fill the moments of sorted atoms, shape (n_atoms, 10); return 0, or the neighbours of an atom with too many.

    Args:
        cells: the sorted atoms and their cell list.
        bond: which neighbours count as bonded.
        found: work: vectors to neighbours and their squared lengths in bohr, shape (4, capacity).
        found_atoms: work: their numbers, shape (capacity,).
        moments: what is filled, shape (n_atoms, 10).
        first: the first sorted atom.
        last: the one after the last.
    """
    for centre in range(first, last):
        count = find_neighbours(cells, centre, bond.reach, found, found_atoms)
        if count > found_atoms.shape[0] - PADDING:
            return count
        own = moments[cells.atoms[centre]]
        own[:] = 0.0
        for k in range(count):
            r = math.sqrt(found[3, k])
            b, _ = fading_bump(r, bond.centre, bond.width, bond.reach)
            x = found[0, k] / r
            y = found[1, k] / r
            z = found[2, k] / r
            own[0] += b
            own[1] += b * x
            own[2] += b * y
            own[3] += b * z
            own[4] += b * (x * x - THIRD)
            own[5] += b * (y * y - THIRD)
            own[6] += b * (z * z - THIRD)
            own[7] += b * y * z
            own[8] += b * x * z
            own[9] += b * x * y
    return 0


@inlined
def bond_pull(found: Floats, k: int, bond: BondFunction, weights: Floats) -> tuple[float, float, float]:
    """Return the derivative of Σ weights · moments in the position of one neighbour.

    Args:
        found: vectors to neighbours and their squared lengths in bohr, shape (4, capacity).
        k: index of the neighbour.
        bond: which neighbours count as bonded.
        weights: of the ten moments.
    """
    r = math.sqrt(found[3, k])
    b, slope = fading_bump(r, bond.centre, bond.width, bond.reach)
    x = found[0, k] / r
    y = found[1, k] / r
    z = found[2, k] / r
    # The derivative of what b is multiplied by in the direction; half of it comes from each factor of u uᵀ.
    tx = weights[1] + 2.0 * weights[4] * x + weights[8] * z + weights[9] * y
    ty = weights[2] + 2.0 * weights[5] * y + weights[7] * z + weights[9] * x
    tz = weights[3] + 2.0 * weights[6] * z + weights[7] * y + weights[8] * x
    turned = tx * x + ty * y + tz * z
    value = weights[0] + 0.5 * (weights[1] * x + weights[2] * y + weights[3] * z + turned)
    value -= THIRD * (weights[4] + weights[5] + weights[6])
    along = slope * value - b * turned / r
    across = b / r
    return along * x + across * tx, along * y + across * ty, along * z + across * tz


@compiled
def add_bond_forces(
    cells: CellList,
    bond: BondFunction,
    found: Floats,
    found_atoms: Integers,
    moment_slopes: Floats,
    forces: Floats,
    virial: Floats,
    first: int,
    last: int,
) -> int:
    """Add the forces and the virial of an energy that depends on the moments of sorted atoms.

    Args:
        cells: the sorted atoms.
        bond: what the moments are made of.
        found: scratch for the neighbours.
        found_atoms: scratch for the neighbours' atoms.
        moment_slopes: derivative of the energy in the moments, shape (n_atoms, 10).
        forces: added to, shape (n_atoms, 3).
        virial: added to, shape (3, 3).
        first: first sorted atom.
        last: the one after the last.

    Returns:
        0, or the number of neighbours of the first atom that has more than the scratch arrays hold.
    """
    for centre in range(first, last):
        count = find_neighbours(cells, centre, bond.reach, found, found_atoms)
        if count > found_atoms.shape[0] - PADDING:
            return count
        atom = cells.atoms[centre]
        weights = moment_slopes[atom]
        for k in range(count):
            pull = bond_pull(found, k, bond, weights)
            for axis in range(3):
                forces[found_atoms[k], axis] -= pull[axis]
                forces[atom, axis] += pull[axis]
                for other in range(3):
                    virial[axis, other] -= pull[axis] * found[other, k]
    return 0
