"""Symmetry functions of whole structures and their derivatives in positions and strain: what training needs of them."""
# ruff: noqa: C901, PLR0917 - numba kernels are called positionally and branch flat

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from llpt.compiling import compiled
from llpt.mlp.bonds import N_MOMENTS, fill_moment_slopes, sum_bond_moments
from llpt.mlp.compiled import PADDING, thread_count
from llpt.mlp.derivatives import symmetry_derivatives
from llpt.mlp.moment_rows import moment_derivatives, moment_values
from llpt.mlp.moment_tables import Moments, build_moment_tables, build_moment_work
from llpt.mlp.neighbours import CellList, build_cell_list, find_neighbours
from llpt.mlp.shells import prepare_rows, sort_into_shells
from llpt.mlp.tables import Precision, Tables, Work, build_tables, build_work
from llpt.mlp.values import symmetry_values

if TYPE_CHECKING:
    from collections.abc import Callable

    from llpt.mlp.arrays import Floats, Integers, Singles
    from llpt.mlp.moments import MomentFunctions
    from llpt.mlp.symmetry import CutoffType, SymmetryFunction

N_STRAINS = 6
_CHUNK = 16  # atoms whose derivatives in all moments are held at once
_STRAIN_OF = np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])  # Voigt order xx, yy, zz, yz, xz, xy


@compiled
def _sweep_values(
    cells: CellList, tables: Tables, moments: Moments, work: Work, values: Floats, first: int, last: int
) -> int:
    """Fill the functions of sorted atoms; return 0, or the neighbours of an atom with too many."""
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


@compiled
def _sweep_slopes(
    cells: CellList,
    tables: Tables,
    moments: Moments,
    work: Work,
    derivatives: Singles,
    slopes: Singles,
    pulls: Singles,
    values: Floats,
    columns: Integers,
    strain_of: Integers,
    strain_column: int,
    first: int,
    last: int,
) -> int:
    """Fill functions and their slopes, those by way of moments left to ``pulls``; return 0, or too many neighbours."""
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
        own_column = columns[atom]
        for s in range(values.shape[1]):
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
    """Computes symmetry functions and functions of moments, and their derivatives, of structures.

    Args:
        functions: symmetry functions, which come first.
        cutoff_type: their cutoff function.
        moments: functions of the moments of bonds, which come after them.
        threads: number of threads; by default as for evaluation.
    """

    def __init__(
        self,
        functions: tuple[SymmetryFunction, ...],
        *,
        cutoff_type: CutoffType,
        moments: MomentFunctions | None = None,
        threads: int | None = None,
    ) -> None:
        more = () if moments is None else (moments.reach,)
        self._tables = build_tables(functions, cutoff_type=cutoff_type, more_cutoffs=more)
        self._single = build_tables(functions, cutoff_type=cutoff_type, precision=Precision.SINGLE, more_cutoffs=more)
        self._moments = build_moment_tables(moments, cutoffs=self._tables.cutoffs, slot=len(functions))
        self._n_functions = len(functions) + len(self._moments.first)
        self._threads = threads if threads is not None else thread_count()
        self._capacity = 512

    def values(self, positions_bohr: Floats, cell_bohr: Floats) -> Floats:
        """Return the functions of each atom, raw, shape (n_atoms, n_functions)."""
        tables = self._tables
        cells = build_cell_list(positions_bohr, cell_bohr, float(tables.cutoffs[-1]))
        values = np.zeros((len(positions_bohr), self._n_functions))
        of_atoms, _ = self._bond_moments(positions_bohr, cell_bohr)

        def sweep(first: int, last: int) -> int:
            work = build_work(tables, self._capacity, more_values=len(self._moments.first))
            moments = Moments(self._moments, build_moment_work(self._moments, self._capacity), of_atoms)
            return _sweep_values(cells, tables, moments, work, values, first, last)

        self._share(sweep, len(values))
        return values

    def slopes(
        self, positions_bohr: Floats, cell_bohr: Floats, *, moved: Integers, strained: bool
    ) -> tuple[Floats, Singles]:
        """Return functions and their derivatives, what belongs to pairs of neighbours in single precision.

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
        values = np.zeros((n_atoms, self._n_functions))
        n_columns = 3 * len(moved) + (N_STRAINS if strained else 0)
        slopes = np.zeros((n_atoms, n_columns, self._n_functions), dtype=np.float32)
        n_moments = len(self._moments.first)
        of_atoms, moment_slopes = self._bond_moments(
            positions_bohr, cell_bohr, columns=columns, strain_column=strain_column, n_columns=n_columns
        )

        def sweep(first: int, last: int) -> int:
            work = build_work(tables, self._capacity, more_values=len(self._moments.first))
            moments = Moments(self._moments, build_moment_work(self._moments, self._capacity), of_atoms)
            derivatives = np.zeros((self._n_functions, 3, len(work.near)), dtype=np.float32)
            slopes[cells.atoms[first:last]] = 0.0  # of a sweep that ended for want of room
            for start in range(first, last, _CHUNK):
                end = min(start + _CHUNK, last)
                pulls = np.zeros((end - start, n_moments, len(of_atoms), N_MOMENTS), dtype=np.float32)
                needed = _sweep_slopes(
                    cells,
                    tables,
                    moments,
                    work,
                    derivatives,
                    slopes,
                    pulls,
                    values,
                    columns,
                    _STRAIN_OF,
                    strain_column,
                    start,
                    end,
                )
                if needed:
                    return int(needed)
                if n_moments:
                    by_moments = pulls.reshape((end - start) * n_moments, len(moment_slopes)) @ moment_slopes
                    added = by_moments.reshape(end - start, n_moments, n_columns).transpose(0, 2, 1)
                    slopes[cells.atoms[start:end], :, -n_moments:] += added
            return 0

        self._share(sweep, n_atoms)
        return values, slopes

    def _bond_moments(
        self,
        positions: Floats,
        cell: Floats,
        *,
        columns: Integers | None = None,
        strain_column: int = -1,
        n_columns: int = 0,
    ) -> tuple[Floats, Singles]:
        """Return the moments of all atoms, shape (n_atoms, 10), and their derivatives, (10 n_atoms, n_columns)."""
        if not len(self._moments.first):
            return np.zeros((0, N_MOMENTS)), np.zeros((0, n_columns), dtype=np.float32)
        bond = self._moments.bond
        cells = build_cell_list(positions, cell, bond.reach)
        moments = np.zeros((len(positions), N_MOMENTS))
        slopes = np.zeros((len(positions), N_MOMENTS, n_columns), dtype=np.float32)
        while True:
            found = np.zeros((4, self._capacity))
            atoms = np.zeros(self._capacity, dtype=np.int64)
            needed = sum_bond_moments(cells, bond, found, atoms, moments, 0, len(positions))
            if not needed:
                break
            self._capacity = int(1.3 * needed) + 64
        if columns is not None:
            fill_moment_slopes(cells, bond, found, atoms, np.eye(N_MOMENTS), columns, _STRAIN_OF, strain_column, slopes)
        return moments, slopes.reshape(len(positions) * N_MOMENTS, n_columns)

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
