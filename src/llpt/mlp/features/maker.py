"""Symmetry functions of whole structures and their derivatives in positions and strain: what training needs of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from llpt.mlp.evaluation.bonds import N_MOMENTS, sum_bond_moments
from llpt.mlp.evaluation.neighbours import build_cell_list
from llpt.mlp.evaluation.sharing import FIRST_CAPACITY, divide_atoms, grow_until_enough, run_shares, thread_count
from llpt.mlp.evaluation.tables import (
    Moments,
    build_moment_tables,
    build_moment_work,
    build_tables,
    build_work,
)
from llpt.mlp.features.slopes import choose_columns_of, fill_moment_slopes, sweep_slopes, sweep_values
from llpt.precision import Precision

if TYPE_CHECKING:
    from collections.abc import Callable

    from llpt.mlp.arrays import Floats, Integers, Singles
    from llpt.mlp.evaluation.tables import AtomWork, Tables
    from llpt.mlp.features.slopes import DerivativeColumns
    from llpt.mlp.potential.moments import MomentFunctions
    from llpt.mlp.potential.symmetry import CutoffType, SymmetryFunction

_SMALLEST_SHARE = 4
_CHUNK = 16  # atoms whose derivatives in all moments are held at once


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
        self._capacity = FIRST_CAPACITY

    def values(self, positions_bohr: Floats, cell_bohr: Floats) -> Floats:
        """Return the functions of each atom, raw, shape (n_atoms, n_functions)."""
        tables = self._tables
        cells = build_cell_list(positions_bohr, cell_bohr, float(tables.cutoffs[-1]))
        values = np.zeros((len(positions_bohr), self._n_functions))
        of_atoms = self._bond_moments(positions_bohr, cell_bohr)

        def sweep(_share: int, first: int, last: int) -> int:
            work, moments = self._scratch(tables, of_atoms)
            return sweep_values(cells, tables, moments, work, values, first, last)

        self._run(sweep, len(values))
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
        n_atoms, n_moments = len(positions_bohr), len(self._moments.first)
        columns = choose_columns_of(n_atoms, moved, strained=strained)
        values = np.zeros((n_atoms, self._n_functions))
        slopes = np.zeros((n_atoms, columns.n_columns, self._n_functions), dtype=np.float32)
        of_atoms = self._bond_moments(positions_bohr, cell_bohr)
        moment_slopes = self._bond_slopes(positions_bohr, cell_bohr, columns)

        def sweep(_share: int, first: int, last: int) -> int:
            work, moments = self._scratch(tables, of_atoms)
            derivatives = np.zeros((self._n_functions, 3, len(work.near)), dtype=np.float32)
            slopes[cells.atoms[first:last]] = 0.0  # of a sweep that ended for want of room
            for start in range(first, last, _CHUNK):
                end = min(start + _CHUNK, last)
                pulls = np.zeros((end - start, n_moments, len(of_atoms), N_MOMENTS), dtype=np.float32)
                needed = sweep_slopes(
                    cells, tables, moments, work, derivatives, slopes, pulls, values, columns, start, end
                )
                if needed:
                    return int(needed)
                if n_moments:
                    by_moments = pulls.reshape((end - start) * n_moments, len(moment_slopes)) @ moment_slopes
                    added = by_moments.reshape(end - start, n_moments, columns.n_columns).transpose(0, 2, 1)
                    slopes[cells.atoms[start:end], :, -n_moments:] += added
            return 0

        self._run(sweep, n_atoms)
        return values, slopes

    def _scratch(self, tables: Tables, of_atoms: Floats) -> tuple[AtomWork, Moments]:
        work = build_work(tables, self._capacity, more_values=len(self._moments.first))
        return work, Moments(self._moments, build_moment_work(self._moments, self._capacity), of_atoms)

    def _bond_moments(self, positions: Floats, cell: Floats) -> Floats:
        """Return the moments of all atoms, shape (n_atoms, 10), (0, 10) where no function needs them."""
        if not len(self._moments.first):
            return np.zeros((0, N_MOMENTS))
        bond = self._moments.bond
        cells = build_cell_list(positions, cell, bond.reach)
        moments = np.zeros((len(positions), N_MOMENTS))

        def attempt() -> int:
            found, atoms = np.zeros((4, self._capacity)), np.zeros(self._capacity, dtype=np.int64)
            return sum_bond_moments(cells, bond, found, atoms, moments, 0, len(positions))

        self._with_room(attempt)
        return moments

    def _bond_slopes(self, positions: Floats, cell: Floats, columns: DerivativeColumns) -> Singles:
        """Return the derivatives of the moments, for which there is room, shape (10 n_atoms, n_columns)."""
        if not len(self._moments.first):
            return np.zeros((0, columns.n_columns), dtype=np.float32)
        bond = self._moments.bond
        cells = build_cell_list(positions, cell, bond.reach)
        slopes = np.zeros((len(positions), N_MOMENTS, columns.n_columns), dtype=np.float32)
        found, atoms = np.zeros((4, self._capacity)), np.zeros(self._capacity, dtype=np.int64)
        gradients = np.zeros((N_MOMENTS, 3, self._capacity))
        fill_moment_slopes(cells, bond, found, atoms, gradients, np.eye(N_MOMENTS), columns, slopes)
        return slopes.reshape(len(positions) * N_MOMENTS, columns.n_columns)

    def _run(self, sweep: Callable[[int, int, int], int], n_atoms: int) -> None:
        """Run a sweep over shares of the atoms, with room for the neighbours of each."""
        shares = divide_atoms(n_atoms, threads=self._threads, fewest=_SMALLEST_SHARE)
        self._with_room(lambda: run_shares(sweep, shares))

    def _with_room(self, attempt: Callable[[], int]) -> None:
        """Attempt something with scratch for ``self._capacity`` neighbours, which grows until that is enough."""

        def with_capacity(capacity: int) -> int:
            self._capacity = capacity
            return attempt()

        grow_until_enough(with_capacity, self._capacity)
