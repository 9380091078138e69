"""The functions of all atoms, and their derivatives one by one in positions and strain, as columns of a fit."""
# ruff: noqa: PLR0917 - numba kernels are called positionally and branch flat

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from llpt.compiling import compiled, inlined
from llpt.mlp.evaluation.bonds import N_MOMENTS, bond_pull
from llpt.mlp.evaluation.moment_kernels import moment_derivatives, moment_values
from llpt.mlp.evaluation.neighbours import CellList, find_neighbours
from llpt.mlp.evaluation.rows import PADDING
from llpt.mlp.evaluation.symmetry_kernels import prepare_rows, sort_into_shells, symmetry_values
from llpt.mlp.features.derivatives import symmetry_derivatives

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats, Integers, Singles
    from llpt.mlp.evaluation.bonds import BondFunction
    from llpt.mlp.evaluation.tables import AtomWork, Moments, Tables

N_STRAINS = 6
_STRAIN_OF = np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])  # Voigt order xx, yy, zz, yz, xz, xy


class DerivativeColumns(NamedTuple):
    """In what is differentiated.

    Attributes:
        of_atoms: for each atom the number of its three columns, -1 for none, shape (n_atoms,).
        strain: first of the six columns of a symmetric strain (Voigt order), -1 for none.
        voigt: Voigt number of two axes, shape (3, 3).
        n_columns: number of columns.
    """

    of_atoms: Integers
    strain: int
    voigt: Integers
    n_columns: int


def choose_columns_of(n_atoms: int, moved: Integers, *, strained: bool) -> DerivativeColumns:
    """Return the columns of the positions of some atoms and, if ``strained``, of a strain.

    Args:
        n_atoms: number of atoms.
        moved: atoms in whose positions to differentiate, shape (m,).
        strained: whether to differentiate in the strain too.
    """
    of_atoms = np.full(n_atoms, -1, dtype=np.int64)
    of_atoms[moved] = np.arange(len(moved))
    n_moved = 3 * len(moved)
    return DerivativeColumns(
        of_atoms, n_moved if strained else -1, _STRAIN_OF, n_moved + (N_STRAINS if strained else 0)
    )


@compiled
def sweep_values(
    cells: CellList, tables: Tables, moments: Moments, work: AtomWork, values: Floats, first: int, last: int
) -> int:
    """Fill the functions of sorted atoms; return 0, or the neighbours of an atom with too many.

    Args:
        cells: the sorted atoms and their cell list.
        tables: of the symmetry functions.
        moments: of bonds, for the functions that read them.
        work: work arrays of one atom.
        values: what is filled, shape (n_atoms, functions).
        first: the first sorted atom.
        last: the one after the last.
    """
    cutoff = tables.cutoffs[tables.cutoffs.shape[0] - 1]
    for centre in range(first, last):
        count = find_neighbours(cells, centre, cutoff, work.found, work.found_atoms)
        if count > work.found_atoms.shape[0] - PADDING:
            return count
        sort_into_shells(tables, work, count)
        prepare_rows(tables, work)
        symmetry_values(tables, work)
        moment_values(moments, work)
        atom = cells.atoms[centre]
        for s in range(values.shape[1]):
            values[atom, s] = work.values[s]
    return 0


@inlined
def _add_columns(
    columns: DerivativeColumns,
    own_column: int,
    gradient: Floats,
    unit: Floats,
    distance: Floats,
    atoms: Integers,
    count: int,
    slopes: Singles,
) -> None:
    """Add to a row of columns what one number of an atom changes by, given its gradient in the neighbours' positions.

    Args:
        columns: in what is differentiated.
        own_column: the number of the atom's own three columns, -1 for none.
        gradient: in the position of each neighbour, shape (3, capacity).
        unit: unit vectors to the neighbours, shape (3, capacity).
        distance: their distances, shape (capacity,).
        atoms: their atoms.
        count: how many there are.
        slopes: added to, shape (n_columns,).
    """
    for axis in range(3):
        along = gradient[axis]
        own = 0.0
        for k in range(count):
            own += along[k]
            column = columns.of_atoms[atoms[k]]
            if column >= 0:
                slopes[3 * column + axis] += along[k]
        if own_column >= 0:
            slopes[3 * own_column + axis] -= own
        if columns.strain >= 0:
            for other in range(3):
                direction = unit[other]
                total = 0.0
                for k in range(count):
                    total += along[k] * direction[k] * distance[k]
                # A symmetric strain: the off-diagonal entries are the mean of both orders.
                weight = 1.0 if axis == other else 0.5
                slopes[columns.strain + columns.voigt[axis, other]] += weight * total


@compiled
def sweep_slopes(
    cells: CellList,
    tables: Tables,
    moments: Moments,
    work: AtomWork,
    derivatives: Singles,
    slopes: Singles,
    pulls: Singles,
    values: Floats,
    columns: DerivativeColumns,
    first: int,
    last: int,
) -> int:
    """Fill functions of sorted atoms and their slopes, those by way of the moments of bonds left to ``pulls``.

    Args:
        cells: the sorted atoms.
        tables: symmetry functions.
        moments: functions of moments, with the moments of all atoms.
        work: scratch.
        derivatives: scratch, shape (n_inputs, 3, capacity).
        slopes: added to, shape (n_atoms, n_columns, n_inputs).
        pulls: derivatives in the moments of all atoms, added to, shape (last - first, n_functions, n_atoms, 10).
        values: filled, shape (n_atoms, n_inputs).
        columns: in what is differentiated.
        first: first sorted atom.
        last: the one after the last.

    Returns:
        0, or the number of neighbours of the first atom that has more than the work arrays hold.
    """
    cutoff = tables.cutoffs[tables.cutoffs.shape[0] - 1]
    for centre in range(first, last):
        count = find_neighbours(cells, centre, cutoff, work.found, work.found_atoms)
        if count > work.found_atoms.shape[0] - PADDING:
            return count
        sort_into_shells(tables, work, count)
        prepare_rows(tables, work)
        n = symmetry_derivatives(tables, work, derivatives)
        moment_values(moments, work)
        moment_derivatives(moments, work, derivatives, pulls[centre - first])
        atom = cells.atoms[centre]
        own_column = columns.of_atoms[atom]
        for s in range(values.shape[1]):
            values[atom, s] = work.values[s]
            row = slopes[atom, :, s]
            _add_columns(columns, own_column, derivatives[s], work.unit, work.distance, work.atoms, n, row)
    return 0


@compiled
def fill_moment_slopes(
    cells: CellList,
    bond: BondFunction,
    found: Floats,
    found_atoms: Integers,
    gradients: Floats,
    unit_weights: Floats,
    columns: DerivativeColumns,
    slopes: Singles,
) -> None:
    """Add the derivatives of all moments to ``slopes``.

    Args:
        cells: the sorted atoms.
        bond: what the moments are made of.
        found: scratch for the neighbours, large enough for ``sum_bond_moments``.
        found_atoms: scratch for the neighbours' atoms.
        gradients: scratch, shape (10, 3, capacity).
        unit_weights: the unit matrix, shape (10, 10).
        columns: in what is differentiated.
        slopes: added to, shape (n_atoms, 10, n_columns).
    """
    for centre in range(cells.atoms.shape[0]):
        count = find_neighbours(cells, centre, bond.reach, found, found_atoms)
        for m in range(N_MOMENTS):
            for k in range(count):
                gradients[m, 0, k], gradients[m, 1, k], gradients[m, 2, k] = bond_pull(found, k, bond, unit_weights[m])
        for k in range(count):
            found[3, k] = math.sqrt(found[3, k])
            for axis in range(3):
                found[axis, k] /= found[3, k]
        atom = cells.atoms[centre]
        for m in range(N_MOMENTS):
            own_column = columns.of_atoms[atom]
            _add_columns(columns, own_column, gradients[m], found, found[3], found_atoms, count, slopes[atom, m])
