"""Symmetry functions of whole structures and their derivatives in positions and strain: what training needs of them."""
# ruff: noqa: C901, PLR0917 - numba kernels are called positionally and branch flat

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from llpt.compiling import compiled
from llpt.mlp.compiled import PADDING, thread_count
from llpt.mlp.derivatives import symmetry_derivatives
from llpt.mlp.neighbours import CellList, build_cell_list, find_neighbours
from llpt.mlp.shells import prepare_rows, sort_into_shells
from llpt.mlp.tables import Precision, Tables, Work, build_tables, build_work
from llpt.mlp.values import symmetry_values

if TYPE_CHECKING:
    from collections.abc import Callable

    from llpt.mlp.arrays import Floats, Integers, Singles
    from llpt.mlp.symmetry import CutoffType, SymmetryFunction

N_STRAINS = 6
_STRAIN_OF = np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])  # Voigt order xx, yy, zz, yz, xz, xy


@compiled
def _sweep_values(cells: CellList, tables: Tables, work: Work, values: Floats, first: int, last: int) -> int:
    """Fill the symmetry functions of sorted atoms; return 0, or the neighbours of an atom with too many."""
    cutoff = tables.cutoffs[tables.cutoffs.shape[0] - 1]
    for centre in range(first, last):
        count = find_neighbours(cells, centre, cutoff, work.found, work.found_atoms)
        if count > work.found_atoms.shape[0] - PADDING:
            return count
        sort_into_shells(tables, work, count)
        prepare_rows(tables, work)
        symmetry_values(tables, work)
        atom = cells.atoms[centre]
        for s in range(tables.n_functions):
            values[atom, s] = work.values[s]
    return 0


@compiled
def _sweep_slopes(
    cells: CellList,
    tables: Tables,
    work: Work,
    derivatives: Singles,
    slopes: Singles,
    values: Floats,
    columns: Integers,
    strain_of: Integers,
    strain_column: int,
    first: int,
    last: int,
) -> int:
    """Fill symmetry functions and their slopes; return 0, or the neighbours of an atom with too many."""
    cutoff = tables.cutoffs[tables.cutoffs.shape[0] - 1]
    for centre in range(first, last):
        count = find_neighbours(cells, centre, cutoff, work.found, work.found_atoms)
        if count > work.found_atoms.shape[0] - PADDING:
            return count
        sort_into_shells(tables, work, count)
        prepare_rows(tables, work)
        n = symmetry_derivatives(tables, work, derivatives)
        atom = cells.atoms[centre]
        own_column = columns[atom]
        for s in range(tables.n_functions):
            values[atom, s] = work.values[s]
            for axis in range(3):
                derivative = derivatives[s, axis]
                own = 0.0
                for k in range(n):
                    own += derivative[k]
                    column = columns[work.atoms[k]]
                    if column >= 0:
                        slopes[atom, 3 * column + axis, s] += derivative[k]
                if own_column >= 0:
                    slopes[atom, 3 * own_column + axis, s] -= own
                if strain_column >= 0:
                    for other in range(3):
                        unit = work.unit[other]
                        total = 0.0
                        for k in range(n):
                            total += derivative[k] * unit[k] * work.distance[k]
                        # A symmetric strain: the off-diagonal entries are the mean of both orders.
                        weight = 1.0 if axis == other else 0.5
                        slopes[atom, strain_column + strain_of[axis, other], s] += weight * total
    return 0


class FeatureMaker:
    """Computes symmetry functions, and their derivatives, of structures.

    Args:
        functions: what is computed, in this order.
        cutoff_type: their cutoff function.
        threads: number of threads; by default as for evaluation.
    """

    def __init__(
        self, functions: tuple[SymmetryFunction, ...], *, cutoff_type: CutoffType, threads: int | None = None
    ) -> None:
        self._tables = build_tables(functions, cutoff_type=cutoff_type)
        self._single = build_tables(functions, cutoff_type=cutoff_type, precision=Precision.SINGLE)
        self._threads = threads if threads is not None else thread_count()
        self._capacity = 512

    def values(self, positions_bohr: Floats, cell_bohr: Floats) -> Floats:
        """Return the symmetry functions of each atom, raw, shape (n_atoms, n_functions)."""
        tables = self._tables
        cells = build_cell_list(positions_bohr, cell_bohr, float(tables.cutoffs[-1]))
        values = np.zeros((len(positions_bohr), tables.n_functions))

        def sweep(first: int, last: int) -> int:
            work = build_work(tables, self._capacity)
            return _sweep_values(cells, tables, work, values, first, last)

        self._share(sweep, len(values))
        return values

    def slopes(
        self, positions_bohr: Floats, cell_bohr: Floats, *, moved: Integers, strained: bool
    ) -> tuple[Floats, Singles]:
        """Return symmetry functions and their derivatives, what belongs to pairs of neighbours in single precision.

        Args:
            positions_bohr: shape (n_atoms, 3).
            cell_bohr: lattice vectors as rows.
            moved: atoms in whose positions to differentiate, shape (m,).
            strained: whether to differentiate in the six components of a symmetric strain too (Voigt order).

        Returns:
            The functions, shape (n_atoms, n_functions); and the derivatives, shape (n_atoms, 3 m, n_functions), with
            six more columns if ``strained``, in single precision.
        """
        tables = self._single
        cells = build_cell_list(positions_bohr, cell_bohr, float(tables.cutoffs[-1]))
        n_atoms = len(positions_bohr)
        columns = np.full(n_atoms, -1, dtype=np.int64)
        columns[moved] = np.arange(len(moved))
        strain_column = 3 * len(moved) if strained else -1
        values = np.zeros((n_atoms, tables.n_functions))
        n_columns = 3 * len(moved) + (N_STRAINS if strained else 0)
        slopes = np.zeros((n_atoms, n_columns, tables.n_functions), dtype=np.float32)

        def sweep(first: int, last: int) -> int:
            work = build_work(tables, self._capacity)
            derivatives = np.zeros((tables.n_functions, 3, len(work.near)), dtype=np.float32)
            return _sweep_slopes(
                cells, tables, work, derivatives, slopes, values, columns, _STRAIN_OF, strain_column, first, last
            )

        self._share(sweep, n_atoms)
        return values, slopes

    def _share(self, sweep: Callable[[int, int], int], n_atoms: int) -> None:
        """Run a sweep over shares of the atoms, again with larger arrays where an atom has too many neighbours."""
        shares = max(1, min(self._threads, n_atoms // 4))
        edges = [n_atoms * share // shares for share in range(shares + 1)]
        with ThreadPoolExecutor(shares) as pool:
            while True:
                needed = max(pool.map(sweep, edges[:-1], edges[1:]))
                if not needed:
                    return
                self._capacity = int(1.3 * needed) + 64
