"""A Behler–Parrinello potential (Behler and Parrinello, Phys. Rev. Lett. 98, 146401, 2007) for one element."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import EngineError, InputError
from llpt.mlp.evaluation.bonds import N_MOMENTS, add_bond_forces, sum_bond_moments
from llpt.mlp.evaluation.neighbours import build_cell_list
from llpt.mlp.evaluation.network_kernel import pack_network
from llpt.mlp.evaluation.sharing import FIRST_CAPACITY, divide_atoms, grow_until_enough, run_shares, thread_count
from llpt.mlp.evaluation.sweep import PackedScaling, PartialResult, sweep_atoms
from llpt.mlp.evaluation.tables import (
    AtomWork,
    Moments,
    MomentWork,
    build_moment_tables,
    build_moment_work,
    build_tables,
    build_work,
)
from llpt.mlp.potential import files
from llpt.mlp.potential.scaling import EXTRAPOLATION_TOLERANCE
from llpt.precision import Precision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.mlp.arrays import Floats
    from llpt.mlp.evaluation.neighbours import CellList
    from llpt.mlp.potential.definition import PotentialDefinition, Units

_SMALLEST_SHARE = 8


@dataclass(frozen=True, slots=True, eq=False)
class MlpResult:
    """What a potential gives for one structure, in Hartree atomic units.

    Args:
        energy_ha: total energy.
        forces: Ha/bohr, shape (n_atoms, 3).
        virial_ha: -dE/dstrain, shape (3, 3); the stress is -virial / volume.
        atomic_energies: shape (n_atoms,); their sum is the energy.
        extrapolation_warnings: how many symmetry functions, over all atoms, lie outside the range of the training set.
    """

    energy_ha: float
    forces: Floats
    virial_ha: Floats
    atomic_energies: Floats
    extrapolation_warnings: int


def checked_structure(positions_bohr: Floats, cell_bohr: Floats) -> tuple[Floats, Floats]:
    """Return positions and cell as contiguous arrays.

    Raises:
        InputError: no atoms, or arrays of another shape than (n_atoms, 3) and (3, 3).
    """
    positions = np.ascontiguousarray(positions_bohr, dtype=np.float64)
    cell = np.ascontiguousarray(cell_bohr, dtype=np.float64)
    if positions.ndim != 2 or positions.shape[1] != 3 or not len(positions) or cell.shape != (3, 3):
        raise InputError(
            f"A structure with positions of shape {positions.shape} and a cell of shape {cell.shape} was given.",
            "Give at least one atom, as (n_atoms, 3), and a cell as (3, 3).",
        )
    return positions, cell


def finished_result(
    units: Units, *, energies: Floats, forces: Floats, virial: Floats, extrapolation_warnings: int
) -> MlpResult:
    """Return the result for what a network gave for each atom, with forces and virial of that.

    Args:
        units: of the network.
        energies: of each atom in units of the network, shape (n,).
        forces: shape (n, 3), in its units per bohr.
        virial: shape (3, 3), in its units.
        extrapolation_warnings: number of functions outside their training range.

    Raises:
        EngineError: a number is not finite.
    """
    atomic = energies / units.energy_factor + units.atom_energy_ha
    result = MlpResult(
        energy_ha=float(atomic.sum()),
        forces=forces * (1.0 / units.energy_factor),
        virial_ha=virial * (1.0 / units.energy_factor),
        atomic_energies=atomic,
        extrapolation_warnings=extrapolation_warnings,
    )
    if not all(np.isfinite(values).all() for values in (result.energy_ha, result.forces, result.virial_ha)):
        raise EngineError(
            "The potential gave an energy or force that is not a finite number.",
            "Check the structure: two atoms may lie at one place.",
        )
    return result


class BehlerParrinello:
    """Energy, forces and virial of a network on symmetry functions, as n2p2 computes them.

    Args:
        definition: symmetry functions, scaling, network and units.
        threads: number of threads; by default ``NUMBA_NUM_THREADS`` or the processors of this process.
        precision: number format of what depends on pairs of neighbours.
    """

    def __init__(
        self, definition: PotentialDefinition, *, threads: int | None = None, precision: Precision = Precision.DOUBLE
    ) -> None:
        self.definition = definition
        self._threads = threads if threads is not None else thread_count()
        self._tables = build_tables(
            definition.functions,
            cutoff_type=definition.cutoff_type,
            inner_fraction=definition.inner_fraction,
            precision=precision,
            more_cutoffs=() if definition.moments is None else (definition.moments.reach,),
        )
        self._moments = build_moment_tables(
            definition.moments, cutoffs=self._tables.cutoffs, slot=len(definition.functions)
        )
        self._bonded = definition.moments is not None
        scaling = definition.scaling
        self._scaling = PackedScaling(
            factor=scaling.factor,
            offset=scaling.offset,
            minimum=scaling.minimum,
            maximum=scaling.maximum,
            base=float(scaling.base),
            tolerance=EXTRAPOLATION_TOLERANCE,
        )
        self._network = pack_network(definition.network)
        self._capacity = FIRST_CAPACITY
        self._works: list[tuple[AtomWork, MomentWork]] = []

    @classmethod
    def load(
        cls, directory: Path | str, *, threads: int | None = None, precision: Precision = Precision.DOUBLE
    ) -> BehlerParrinello:
        """Read ``input.nn``, ``scaling.data`` and ``weights.001.data`` of n2p2.

        Args:
            directory: that holds the three files.
            threads: number of threads, >= 1; None as for the class.
            precision: of the numbers that it computes with.

        Raises:
            InputError: a file is missing, damaged, or asks for what is not supported.
        """
        return cls(files.read_potential(Path(directory)), threads=threads, precision=precision)

    def save(self, directory: Path | str) -> None:
        """Write the three files of n2p2, each aside and then renamed.

        Raises:
            StorageError: a file could not be written.
        """
        files.write_potential(self.definition, Path(directory))

    @property
    def cutoff_bohr(self) -> float:
        """How far atoms matter to the energy of an atom."""
        moments = self.definition.moments
        return max(float(self._tables.cutoffs[-1]), 0.0 if moments is None else moments.cutoff_bohr)

    def evaluate(self, positions_bohr: Floats, cell_bohr: Floats) -> MlpResult:
        """Evaluate one periodic structure; boxes smaller than the cutoff get all their images.

        Args:
            positions_bohr: shape (n_atoms, 3); need not lie inside the cell.
            cell_bohr: lattice vectors as rows, shape (3, 3).

        Raises:
            InputError: no atoms, a cell without volume, or a position that is not a finite number.
            EngineError: the result is not finite (two atoms at one place).
        """
        positions, cell = checked_structure(positions_bohr, cell_bohr)
        shares = divide_atoms(len(positions), threads=self._threads, fewest=_SMALLEST_SHARE)
        cells = build_cell_list(positions, cell, float(self._tables.cutoffs[-1]))
        bond_cells = build_cell_list(positions, cell, self._moments.bond.reach) if self._bonded else cells
        partials: list[PartialResult] = []

        def attempt(capacity: int) -> int:
            self._make_room(capacity, len(shares))
            partials[:] = self._empty_results(len(positions), len(shares))
            return self._sweep(cells, bond_cells, shares, partials)

        grow_until_enough(attempt, self._capacity)
        return self._gather(partials)

    def _make_room(self, capacity: int, threads: int) -> None:
        """Keep work arrays for so many neighbours of an atom in each thread."""
        if capacity != self._capacity:
            self._capacity = capacity
            self._works.clear()
        while len(self._works) < threads:
            work = build_work(self._tables, capacity, more_values=len(self._moments.first))
            self._works.append((work, build_moment_work(self._moments, capacity)))

    def _sweep(
        self,
        cells: CellList,
        bond_cells: CellList,
        shares: Sequence[tuple[int, int]],
        partials: Sequence[PartialResult],
    ) -> int:
        """Fill the threads' results; return 0, or the neighbours of an atom that has more than the work arrays hold."""
        bond = self._moments.bond
        moments = np.zeros((len(cells.atoms) if self._bonded else 0, N_MOMENTS))

        def sum_moments(share: int, first: int, last: int) -> int:
            work, _ = self._works[share]
            return sum_bond_moments(bond_cells, bond, work.found, work.found_atoms, moments, first, last)

        def sweep(share: int, first: int, last: int) -> int:
            work, moment_work = self._works[share]
            of_atoms = Moments(self._moments, moment_work, moments)
            return sweep_atoms(
                cells, self._tables, self._scaling, self._network, work, of_atoms, partials[share], first, last
            )

        def add_forces(share: int, first: int, last: int) -> int:
            (work, _), partial = self._works[share], partials[share]
            return add_bond_forces(
                bond_cells,
                bond,
                work.found,
                work.found_atoms,
                moment_slopes,
                partial.forces,
                partial.virial,
                first,
                last,
            )

        if not self._bonded:
            return run_shares(sweep, shares)
        if needed := run_shares(sum_moments, shares) or run_shares(sweep, shares):
            return needed
        moment_slopes = sum((part.moment_slopes for part in partials[1:]), start=partials[0].moment_slopes)
        return run_shares(add_forces, shares)

    def _empty_results(self, n_atoms: int, threads: int) -> list[PartialResult]:
        n_nodes = int(self._network.sizes.sum())
        energies = np.zeros(n_atoms)
        return [
            PartialResult(
                forces=np.zeros((n_atoms, 3)),
                virial=np.zeros((3, 3)),
                atomic_energies=energies,
                moment_slopes=np.zeros((n_atoms if self._bonded else 0, N_MOMENTS)),
                warnings=np.zeros(1),
                inputs=np.zeros(self.definition.network.n_inputs),
                nodes=np.zeros(n_nodes),
                node_slopes=np.zeros(n_nodes),
            )
            for _ in range(threads)
        ]

    def _gather(self, partials: list[PartialResult]) -> MlpResult:
        first, *others = partials
        try:
            return finished_result(
                self.definition.units,
                energies=first.atomic_energies,
                forces=np.asarray(sum((part.forces for part in others), start=first.forces)),
                virial=np.asarray(sum((part.virial for part in others), start=first.virial)),
                extrapolation_warnings=int(sum(part.warnings[0] for part in partials)),
            )
        except EngineError:
            self._works.clear()
            raise
