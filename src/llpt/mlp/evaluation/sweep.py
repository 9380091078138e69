"""The sweep over atoms that gives energies, forces and virial of a Behler–Parrinello network, on any number of threads.

Each atom is finished before the next begins (neighbours, symmetry functions, network, forces), so memory is linear in
the atoms and small. Threads own fixed ranges of atoms and their own force arrays: results do not depend on timing.
"""
# ruff: noqa: PLR0917 - numba kernels are called positionally and branch flat

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from llpt.compiling import compiled
from llpt.mlp.evaluation.moment_kernels import moment_gradient, moment_values
from llpt.mlp.evaluation.neighbours import CellList, find_neighbours
from llpt.mlp.evaluation.network_kernel import PackedNetwork, network_energy
from llpt.mlp.evaluation.rows import PADDING
from llpt.mlp.evaluation.symmetry_kernels import prepare_rows, sort_into_shells, symmetry_gradient, symmetry_values

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats
    from llpt.mlp.evaluation.tables import AtomWork, Moments, Tables


class PackedScaling(NamedTuple):
    """Scaling for the kernels: input = base + factor (G - offset); a warning where G leaves minimum … maximum."""

    factor: Floats
    offset: Floats
    minimum: Floats
    maximum: Floats
    base: float
    tolerance: float


class PartialResult(NamedTuple):
    """What one thread fills: a part of the result, and its scratch.

    Attributes:
        forces: shape (n_atoms, 3).
        virial: -dE/dstrain, shape (3, 3).
        atomic_energies: shape (n_atoms,); each thread writes those of its own atoms.
        moment_slopes: derivative of the energy in the moments of all atoms, shape (n_atoms, 10); (0, 10) without any.
        warnings: count of symmetry functions outside their range, shape (1,).
        inputs: scratch, scaled functions.
        nodes: scratch.
        node_slopes: scratch.
    """

    forces: Floats
    virial: Floats
    atomic_energies: Floats
    moment_slopes: Floats
    warnings: Floats
    inputs: Floats
    nodes: Floats
    node_slopes: Floats


@compiled
def sweep_atoms(
    cells: CellList,
    tables: Tables,
    scaling: PackedScaling,
    network: PackedNetwork,
    work: AtomWork,
    moments: Moments,
    result: PartialResult,
    first: int,
    last: int,
) -> int:
    """Add energies, forces and virial of the sorted atoms ``first`` … ``last`` - 1.

    What depends on the moments of bonds is left to ``add_bond_forces``: ``moment_slopes`` are added to, and forces and
    virial are those at fixed moments.

    Args:
        cells: the sorted atoms and their cell list.
        tables: of the symmetry functions.
        scaling: of the functions, and their training range.
        network: its weights.
        work: work arrays of one atom.
        moments: of bonds, for the functions that read them.
        result: what is added to.
        first: the first sorted atom.
        last: the one after the last.

    Returns:
        0, or the number of neighbours of the first atom that has more than the work arrays hold.
    """
    n_functions = work.values.shape[0]
    cutoff = tables.cutoffs[tables.cutoffs.shape[0] - 1]
    warnings = 0
    for centre in range(first, last):
        count = find_neighbours(cells, centre, cutoff, work.found, work.found_atoms)
        if count > work.found_atoms.shape[0] - PADDING:
            return count
        atom = cells.atoms[centre]
        sort_into_shells(tables, work, count)
        prepare_rows(tables, work)
        symmetry_values(tables, work)
        moment_values(moments, work)
        for s in range(n_functions):
            value = work.values[s]
            outside = value + scaling.tolerance < scaling.minimum[s] or value - scaling.tolerance > scaling.maximum[s]
            warnings += outside
            result.inputs[s] = scaling.base + scaling.factor[s] * (value - scaling.offset[s])
        result.atomic_energies[atom] = network_energy(
            network, result.inputs, result.nodes, result.node_slopes, work.slopes
        )
        for s in range(n_functions):
            work.slopes[s] *= scaling.factor[s]
        n = symmetry_gradient(tables, work)
        moment_gradient(moments, work, result.moment_slopes)
        for axis in range(3):
            gradient = work.gradient[axis]
            own = 0.0
            for k in range(n):
                own += gradient[k]
                result.forces[work.atoms[k], axis] -= gradient[k]
            result.forces[atom, axis] += own
            for other in range(3):
                unit = work.unit[other]
                total = 0.0
                for k in range(n):
                    total += gradient[k] * unit[k] * work.distance[k]
                result.virial[axis, other] -= total
    result.warnings[0] += warnings
    return 0
