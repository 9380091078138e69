"""A potential's functions laid out for the kernels: what they share is found once and computed once per neighbour.

Wide functions factor: w_j w_k p(cos θ) with w = exp(-η (r - r_s)²) f(r). Functions with the same type, η, r_s and r_c
form a *group* and share w; functions with the same λ and ζ share the *power* p. Neighbours are sorted by shells between
the distinct cutoffs, so that "within the cutoff" is "index below a count".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from llpt.mlp.evaluation.bonds import N_MOMENTS, BondFunction
from llpt.mlp.evaluation.rows import FIT_TERMS, PADDING, SINGLE_TERMS, fit_far_factor
from llpt.mlp.potential.moments import N_COMPONENTS
from llpt.mlp.potential.symmetry import CutoffType, FunctionType, SymmetryFunction
from llpt.precision import Precision

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats, Integers
    from llpt.mlp.potential.moments import MomentFunctions


class Tables(NamedTuple):
    """Symmetry functions as arrays; every ``*_cutoff`` is an index into ``cutoffs``.

    Attributes:
        cutoff_kind: number of the cutoff function.
        cutoff_inner: its inner radius as a fraction of the cutoff.
        cutoffs: distinct radii in ascending order, bohr.
        radial_eta: η of each radial function, 1/bohr².
        radial_shift: r_s of each radial function, bohr.
        radial_cutoff: its cutoff.
        radial_slot: its place among all functions.
        power_lambda: λ of each distinct power.
        power_zeta: ζ of each distinct power.
        power_cutoff: the largest cutoff it is needed in.
        group_eta: η of each group of angular functions.
        group_shift: r_s of each group.
        group_cutoff: cutoff of each group.
        group_narrow: 1 where the group depends on r_jk, else 0.
        group_fitted: 1 where ``group_polynomial`` stands for the factor of r_jk of a narrow group, else 0.
        group_polynomial: that factor as a polynomial in x = 2 r_jk / r_c - 1, constant first, shape
            (n_groups, 20), or (n_groups, 13) in single precision.
        group_start: first angular function of each group, and the end, shape (n_groups + 1,).
        angular_power: power of each angular function.
        angular_slot: its place among all functions.
        n_functions: number of all functions.
    """

    cutoff_kind: int
    cutoff_inner: float
    cutoffs: Floats
    radial_eta: Floats
    radial_shift: Floats
    radial_cutoff: Integers
    radial_slot: Integers
    power_lambda: Floats
    power_zeta: Floats
    power_cutoff: Integers
    group_eta: Floats
    group_shift: Floats
    group_cutoff: Integers
    group_narrow: Integers
    group_fitted: Integers
    group_polynomial: Floats
    group_start: Integers
    angular_power: Integers
    angular_slot: Integers
    n_functions: int


@dataclass(frozen=True, slots=True)
class _Group:
    narrow: bool
    cutoff: float
    eta: float
    shift: float


def _floats(values: list[float]) -> Floats:
    return np.array(values, dtype=np.float64)


def _integers(values: list[int]) -> Integers:
    return np.array(values, dtype=np.int64)


def build_tables(
    functions: tuple[SymmetryFunction, ...],
    *,
    cutoff_type: CutoffType,
    inner_fraction: float = 0.0,
    precision: Precision = Precision.DOUBLE,
    more_cutoffs: tuple[float, ...] = (),
) -> Tables:
    """Lay symmetry functions out for the kernels.

    Args:
        functions: in the order in which values and slopes are to be given.
        cutoff_type: the cutoff function they share.
        inner_fraction: inner radius of the cutoff function as a fraction of the radius, 0 <= fraction < 1.
        precision: number format of what depends on pairs of neighbours, which is nearly all of the time. Distances,
            exponentials, sums over atoms, network and results are double in both.
        more_cutoffs: radii within which neighbours are wanted for something else, bohr.
    """
    single = precision is Precision.SINGLE
    terms = SINGLE_TERMS if single else FIT_TERMS
    cutoffs = sorted({function.cutoff for function in functions} | set(more_cutoffs))
    radial = [(slot, f) for slot, f in enumerate(functions) if f.kind is FunctionType.RADIAL]
    angular = [(slot, f) for slot, f in enumerate(functions) if f.kind is not FunctionType.RADIAL]
    groups: dict[_Group, list[tuple[int, SymmetryFunction]]] = {}
    for slot, f in sorted(angular, key=lambda item: (item[1].kind is FunctionType.NARROW, item[1].cutoff)):
        key = _Group(narrow=f.kind is FunctionType.NARROW, cutoff=f.cutoff, eta=f.eta, shift=f.shift)
        groups.setdefault(key, []).append((slot, f))
    powers = sorted({(f.lam, f.zeta) for _, f in angular})
    members = [item for group in groups.values() for item in group]
    starts = np.cumsum([0, *(len(group) for group in groups.values())]).tolist()
    kind = int(cutoff_type)
    fits = [
        fit_far_factor(kind, inner_fraction, g.cutoff, g.eta, g.shift, single=single) if g.narrow else None
        for g in groups
    ]
    polynomials = np.array([np.zeros(terms) if fit is None else fit for fit in fits])
    reach = [max(f.cutoff for _, f in angular if (f.lam, f.zeta) == power) for power in powers]
    return Tables(
        cutoff_kind=kind,
        cutoff_inner=float(inner_fraction),
        cutoffs=_floats(cutoffs),
        radial_eta=_floats([f.eta for _, f in radial]),
        radial_shift=_floats([f.shift for _, f in radial]),
        radial_cutoff=_integers([cutoffs.index(f.cutoff) for _, f in radial]),
        radial_slot=_integers([slot for slot, _ in radial]),
        power_lambda=_floats([lam for lam, _ in powers]),
        power_zeta=_floats([zeta for _, zeta in powers]),
        power_cutoff=_integers([cutoffs.index(radius) for radius in reach]),
        group_eta=_floats([group.eta for group in groups]),
        group_shift=_floats([group.shift for group in groups]),
        group_cutoff=_integers([cutoffs.index(group.cutoff) for group in groups]),
        group_narrow=_integers([int(group.narrow) for group in groups]),
        group_fitted=_integers([int(fit is not None) for fit in fits]),
        group_polynomial=polynomials.reshape(-1, terms).astype(np.float32 if single else np.float64),
        group_start=_integers(starts),
        angular_power=_integers([powers.index((f.lam, f.zeta)) for _, f in members]),
        angular_slot=_integers([slot for slot, _ in members]),
        n_functions=len(functions),
    )


class AtomWork(NamedTuple):
    """Arrays that one thread reuses from atom to atom; rows run over neighbours.

    ``unit``, ``near``, ``weight``, ``power``, ``power_slope``, ``pair`` and the three gathered forces are in the number
    format of the pairs, all else is double.

    Attributes:
        found: neighbours as found: x, y, z, distance squared, shape (4, capacity).
        found_atoms: their atoms.
        unit: unit vectors to the neighbours, sorted by shell, shape (3, capacity).
        distance: their distances, bohr.
        near: the same in the number format of the pairs.
        atoms: their atoms.
        within: how many neighbours are within each cutoff, shape (n_cutoffs,).
        cutoff_value: cutoff function of each distinct cutoff, shape (n_cutoffs, capacity).
        cutoff_slope: its derivative.
        gaussian: exponential of each radial function, shape (n_radial, capacity).
        weight: w of each group, shape (n_groups, capacity).
        weight_slope: dw/dr.
        power: each distinct power for the pairs of one neighbour, shape (n_powers, capacity).
        power_slope: its derivative in cos θ.
        power_needed: 1 where a power belongs to a function whose slope is not zero, shape (n_powers,).
        pair: scratch rows for the pairs of one neighbour, shape (10, capacity).
        weight_force: derivative of the energy in w, shape (n_groups, capacity).
        radial_force: derivative of the energy in r, shape (capacity,).
        angular_force: Σ_k (dE/dcos θ_jk) u_k for each neighbour j, shape (3, capacity).
        gradient: derivative of the energy in the neighbour's position, shape (3, capacity).
        values: functions of one atom, symmetry functions first, shape (n_inputs,).
        slopes: derivative of the energy in them.
    """

    found: Floats
    found_atoms: Integers
    unit: Floats
    distance: Floats
    near: Floats
    atoms: Integers
    within: Integers
    cutoff_value: Floats
    cutoff_slope: Floats
    gaussian: Floats
    weight: Floats
    weight_slope: Floats
    power: Floats
    power_slope: Floats
    power_needed: Integers
    pair: Floats
    weight_force: Floats
    radial_force: Floats
    angular_force: Floats
    gradient: Floats
    values: Floats
    slopes: Floats


def build_work(tables: Tables, capacity: int, *, more_values: int = 0) -> AtomWork:
    """Return work arrays for atoms with up to ``capacity`` neighbours, with room for further functions' values.

    Args:
        tables: of the symmetry functions.
        capacity: most neighbours of an atom, >= 1.
        more_values: number of further functions, >= 0.
    """
    # Rows a power of two apart would share a few places of the processor's cache and evict one another.
    width = (capacity + PADDING - 1) // PADDING * PADDING
    width += PADDING if width // PADDING % 2 == 0 else 0
    real = tables.group_polynomial.dtype

    def rows(count: int) -> Floats:
        return np.zeros((count, width))

    def real_rows(count: int) -> Floats:
        return np.zeros((count, width), dtype=real)

    n_groups = len(tables.group_eta)
    return AtomWork(
        found=rows(4),
        found_atoms=np.zeros(width, dtype=np.int64),
        unit=real_rows(3),
        distance=np.ones(width),
        near=np.ones(width, dtype=real),
        atoms=np.zeros(width, dtype=np.int64),
        within=np.zeros(len(tables.cutoffs), dtype=np.int64),
        cutoff_value=rows(len(tables.cutoffs)),
        cutoff_slope=rows(len(tables.cutoffs)),
        gaussian=rows(len(tables.radial_eta)),
        weight=real_rows(n_groups),
        weight_slope=rows(n_groups),
        power=real_rows(len(tables.power_zeta)),
        power_slope=real_rows(len(tables.power_zeta)),
        power_needed=np.zeros(len(tables.power_zeta), dtype=np.int64),
        pair=real_rows(10),
        weight_force=real_rows(n_groups),
        radial_force=np.zeros(width, dtype=real),
        angular_force=real_rows(3),
        gradient=rows(3),
        values=np.zeros(tables.n_functions + more_values),
        slopes=np.zeros(tables.n_functions + more_values),
    )


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
