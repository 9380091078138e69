"""Functions of the moments of bonds laid out for the kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from llpt.mlp.bonds import N_MOMENTS, BondFunction
from llpt.mlp.compiled import PADDING
from llpt.mlp.moments import N_COMPONENTS

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats, Integers
    from llpt.mlp.moments import MomentFunctions


class MomentTables(NamedTuple):
    """Functions of moments as arrays; a sum's components are counted over shells and, within a shell, over fields.

    Attributes:
        bond: what moments are made of.
        centre: of each shell, bohr.
        width: of each shell, bohr.
        reach: of all shells, bohr.
        within: place of ``reach`` among the cutoffs of the symmetry functions' tables.
        first: first component of the first sum of each function, shape (n,).
        second: of the second sum; -1 where there is one sum only.
        components: how many components are multiplied.
        slot: place of the first function among all inputs of the network.
    """

    bond: BondFunction
    centre: Floats
    width: Floats
    reach: float
    within: int
    first: Integers
    second: Integers
    components: Integers
    slot: int


class MomentWork(NamedTuple):
    """Arrays that one thread reuses from atom to atom.

    Attributes:
        shell: g of each neighbour and shell, shape (capacity, n_shells).
        shell_slope: its derivative in r.
        fields: the components of all fields of each neighbour, shape (capacity, 51).
        field_slopes: derivative of the energy in them.
        sums: the fields summed in each shell, one shell after the other, shape (51 n_shells,).
        sum_slopes: derivative of the energy in them.
        gradient: derivative of the energy in the neighbours' positions with their moments fixed, shape (3, capacity).
        pull: derivative of the energy in the neighbours' moments, shape (capacity, 10).
    """

    shell: Floats
    shell_slope: Floats
    fields: Floats
    field_slopes: Floats
    sums: Floats
    sum_slopes: Floats
    gradient: Floats
    pull: Floats


class Moments(NamedTuple):
    """What kernels need of the moments of bonds: tables, scratch, and those of all atoms, shape (n_atoms, 10)."""

    tables: MomentTables
    work: MomentWork
    of_atoms: Floats


def build_moment_tables(moments: MomentFunctions | None, *, cutoffs: Floats, slot: int) -> MomentTables:
    """Lay functions of moments out for the kernels; without any, tables of no function.

    Args:
        moments: the functions.
        cutoffs: distinct radii of the symmetry functions' tables, the reach of the moments' shells among them, bohr.
        slot: number of symmetry functions, which come first among the network's inputs.
    """
    if moments is None:
        none = np.zeros(0)
        nothing = np.zeros(0, dtype=np.int64)
        return MomentTables(BondFunction(1.0, 1.0, 1.0), none, none, 1.0, 0, nothing, nothing, nothing, slot)
    starts = [[part.shell * N_COMPONENTS + part.field.offset for part in function] for function in moments.functions]
    return MomentTables(
        bond=BondFunction(float(moments.bond.centre), float(moments.bond.width), float(moments.bond_reach)),
        centre=np.array([shell.centre for shell in moments.shells], dtype=np.float64),
        width=np.array([shell.width for shell in moments.shells], dtype=np.float64),
        reach=float(moments.reach),
        within=int(np.flatnonzero(cutoffs == moments.reach)[0]),
        first=np.array([start[0] for start in starts], dtype=np.int64),
        second=np.array([start[1] if len(start) == 2 else -1 for start in starts], dtype=np.int64),
        components=np.array([function[0].field.components for function in moments.functions], dtype=np.int64),
        slot=slot,
    )


def build_moment_work(tables: MomentTables, capacity: int) -> MomentWork:
    """Return work arrays for atoms with up to ``capacity`` neighbours; empty ones where there is no function."""
    width = (capacity + PADDING) if len(tables.first) else 0
    n_shells = len(tables.centre)
    return MomentWork(
        shell=np.zeros((width, n_shells)),
        shell_slope=np.zeros((width, n_shells)),
        fields=np.zeros((width, N_COMPONENTS)),
        field_slopes=np.zeros((width, N_COMPONENTS)),
        sums=np.zeros(n_shells * N_COMPONENTS),
        sum_slopes=np.zeros(n_shells * N_COMPONENTS),
        gradient=np.zeros((3, width)),
        pull=np.zeros((width, N_MOMENTS)),
    )
