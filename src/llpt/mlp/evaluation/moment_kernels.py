"""The functions of moments of one atom, and their derivatives in its neighbours' positions and moments.

Definitions: ``moments``. Components are stored neighbour by neighbour, so that the loops over fields are short and
plain. Tensors have their off-diagonal components times the root of two: products are then sums over six components.
"""
# ruff: noqa: PLR0917 - numba calls are positional

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.compiling import compiled, inlined
from llpt.mlp.evaluation.bonds import N_MOMENTS, THIRD, fading_bump
from llpt.mlp.potential.moments import N_COMPONENTS, MomentField

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats, Singles
    from llpt.mlp.evaluation.tables import AtomWork, Moments, MomentTables, MomentWork

_ROOT = math.sqrt(2.0)
_DIRECTION = MomentField.DIRECTION.offset
_COUNT_DIRECTION = MomentField.COUNT_DIRECTION.offset
_AXIS_PULL = MomentField.AXIS_PULL.offset
_AXIS_DIRECTION = MomentField.AXIS_DIRECTION.offset
_BOND = MomentField.BOND.offset
_BOND_DIRECTION = MomentField.BOND_DIRECTION.offset
_SPREAD = MomentField.SPREAD.offset
_COUNT_SPREAD = MomentField.COUNT_SPREAD.offset
_AXIS = MomentField.AXIS.offset
_AXIS_TURN = MomentField.AXIS_TURN.offset
_AXIS_SPREAD = MomentField.AXIS_SPREAD.offset
_COUNT = MomentField.COUNT.offset
_AXIS_ALONG = MomentField.AXIS_ALONG.offset
_BOND_ALONG = MomentField.BOND_ALONG.offset


@inlined
def _times(m: Floats, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Return Q times a vector, Q from an atom's moments."""
    return m[4] * x + m[9] * y + m[8] * z, m[9] * x + m[5] * y + m[7] * z, m[8] * x + m[7] * y + m[6] * z


@inlined
def _set_vector(row: Floats, place: int, factor: float, x: float, y: float, z: float) -> None:
    row[place] = factor * x
    row[place + 1] = factor * y
    row[place + 2] = factor * z


@inlined
def _set_spread(row: Floats, place: int, factor: float, x: float, y: float, z: float) -> None:
    """Fill factor (u uᵀ - 1/3)."""
    row[place] = factor * (x * x - THIRD)
    row[place + 1] = factor * (y * y - THIRD)
    row[place + 2] = factor * (z * z - THIRD)
    row[place + 3] = factor * _ROOT * y * z
    row[place + 4] = factor * _ROOT * x * z
    row[place + 5] = factor * _ROOT * x * y


@inlined
def _fill_fields(row: Floats, m: Floats, x: float, y: float, z: float) -> None:
    """Fill all fields of one neighbour in direction (x, y, z) with moments m."""
    px, py, pz = _times(m, x, y, z)
    axis = px * x + py * y + pz * z
    bond = m[1] * x + m[2] * y + m[3] * z
    _set_vector(row, _DIRECTION, 1.0, x, y, z)
    _set_vector(row, _COUNT_DIRECTION, m[0], x, y, z)
    _set_vector(row, _AXIS_PULL, 1.0, px, py, pz)
    _set_vector(row, _AXIS_DIRECTION, axis, x, y, z)
    _set_vector(row, _BOND, 1.0, m[1], m[2], m[3])
    _set_vector(row, _BOND_DIRECTION, bond, x, y, z)
    _set_spread(row, _SPREAD, 1.0, x, y, z)
    _set_spread(row, _COUNT_SPREAD, m[0], x, y, z)
    for c in range(3):
        row[_AXIS + c] = m[4 + c]
        row[_AXIS + 3 + c] = _ROOT * m[7 + c]
    row[_AXIS_TURN] = x * px
    row[_AXIS_TURN + 1] = y * py
    row[_AXIS_TURN + 2] = z * pz
    row[_AXIS_TURN + 3] = _ROOT * 0.5 * (y * pz + z * py)
    row[_AXIS_TURN + 4] = _ROOT * 0.5 * (x * pz + z * px)
    row[_AXIS_TURN + 5] = _ROOT * 0.5 * (x * py + y * px)
    _set_spread(row, _AXIS_SPREAD, axis, x, y, z)
    row[_COUNT] = m[0]
    row[_AXIS_ALONG] = axis
    row[_BOND_ALONG] = bond


@compiled
def moment_values(moments: Moments, work: AtomWork) -> None:
    """Fill the functions of moments in ``work.values``, and their sums, from neighbours that are sorted into shells."""
    tables = moments.tables
    moment_work = moments.work
    if tables.first.shape[0] == 0:
        return
    n_shells = tables.centre.shape[0]
    sums = moment_work.sums
    sums[:] = 0.0
    for k in range(work.within[tables.within]):
        fields = moment_work.fields[k]
        _fill_fields(fields, moments.of_atoms[work.atoms[k]], work.unit[0, k], work.unit[1, k], work.unit[2, k])
        for n in range(n_shells):
            g, slope = fading_bump(work.distance[k], tables.centre[n], tables.width[n], tables.reach)
            moment_work.shell[k, n] = g
            moment_work.shell_slope[k, n] = slope
            place = n * N_COMPONENTS
            for c in range(N_COMPONENTS):
                sums[place + c] += g * fields[c]
    for f in range(tables.first.shape[0]):
        a = tables.first[f]
        b = tables.second[f]
        value = 0.0
        for c in range(tables.components[f]):
            value += sums[a + c] * (sums[b + c] if b >= 0 else 1.0)
        work.values[tables.slot + f] = value


@inlined
def _add_slopes_of_sums(tables: MomentTables, moment_work: MomentWork, f: int, slope: float) -> None:
    """Add slope times the derivative of one function in the sums."""
    sums = moment_work.sums
    slopes = moment_work.sum_slopes
    a = tables.first[f]
    b = tables.second[f]
    for c in range(tables.components[f]):
        if b < 0:
            slopes[a + c] += slope
        else:
            slopes[a + c] += slope * sums[b + c]
            slopes[b + c] += slope * sums[a + c]


@inlined
def _along_spread(row: Floats, place: int, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Return 2 T u, T a tensor of slopes: the derivative of T : u uᵀ in u."""
    yz = _ROOT * row[place + 3]
    xz = _ROOT * row[place + 4]
    xy = _ROOT * row[place + 5]
    return (
        2.0 * row[place] * x + xy * y + xz * z,
        2.0 * row[place + 1] * y + xy * x + yz * z,
        2.0 * row[place + 2] * z + xz * x + yz * y,
    )


@inlined
def _on_spread(row: Floats, place: int, tx: float, ty: float, tz: float, x: float, y: float, z: float) -> float:
    """Return T : (u uᵀ - 1/3), from 2 T u."""
    return 0.5 * (tx * x + ty * y + tz * z) - THIRD * (row[place] + row[place + 1] + row[place + 2])


@inlined
def _take_back(a: Floats, m: Floats, pull: Floats, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Return the derivative in the direction from that in the fields, and fill that in the moments."""
    px, py, pz = _times(m, x, y, z)
    axis = px * x + py * y + pz * z
    bond = m[1] * x + m[2] * y + m[3] * z
    count_on_u = a[_COUNT_DIRECTION] * x + a[_COUNT_DIRECTION + 1] * y + a[_COUNT_DIRECTION + 2] * z
    axis_on_u = a[_AXIS_DIRECTION] * x + a[_AXIS_DIRECTION + 1] * y + a[_AXIS_DIRECTION + 2] * z
    bond_on_u = a[_BOND_DIRECTION] * x + a[_BOND_DIRECTION + 1] * y + a[_BOND_DIRECTION + 2] * z
    s0, s1, s2 = _along_spread(a, _SPREAD, x, y, z)
    c0, c1, c2 = _along_spread(a, _COUNT_SPREAD, x, y, z)
    q0, q1, q2 = _along_spread(a, _AXIS_SPREAD, x, y, z)
    # (u pᵀ + p uᵀ) / 2 with p = Q u: T p in u, T u in p.
    w0, w1, w2 = _along_spread(a, _AXIS_TURN, x, y, z)
    v0, v1, v2 = _along_spread(a, _AXIS_TURN, px, py, pz)
    in_count = a[_COUNT] + count_on_u + _on_spread(a, _COUNT_SPREAD, c0, c1, c2, x, y, z)
    in_axis = a[_AXIS_ALONG] + axis_on_u + _on_spread(a, _AXIS_SPREAD, q0, q1, q2, x, y, z)
    in_bond = a[_BOND_ALONG] + bond_on_u
    p0 = a[_AXIS_PULL] + 0.5 * w0 + in_axis * x
    p1 = a[_AXIS_PULL + 1] + 0.5 * w1 + in_axis * y
    p2 = a[_AXIS_PULL + 2] + 0.5 * w2 + in_axis * z
    pull[0] = in_count
    pull[1] = a[_BOND] + in_bond * x
    pull[2] = a[_BOND + 1] + in_bond * y
    pull[3] = a[_BOND + 2] + in_bond * z
    pull[4] = a[_AXIS] + p0 * x
    pull[5] = a[_AXIS + 1] + p1 * y
    pull[6] = a[_AXIS + 2] + p2 * z
    pull[7] = _ROOT * a[_AXIS + 3] + p1 * z + p2 * y
    pull[8] = _ROOT * a[_AXIS + 4] + p0 * z + p2 * x
    pull[9] = _ROOT * a[_AXIS + 5] + p0 * y + p1 * x
    b0, b1, b2 = _times(m, p0, p1, p2)
    s = m[0]
    d, c, q, t = _DIRECTION, _COUNT_DIRECTION, _AXIS_DIRECTION, _BOND_DIRECTION
    gx = a[d] + s * (a[c] + c0) + axis * (a[q] + q0) + bond * a[t]
    gy = a[d + 1] + s * (a[c + 1] + c1) + axis * (a[q + 1] + q1) + bond * a[t + 1]
    gz = a[d + 2] + s * (a[c + 2] + c2) + axis * (a[q + 2] + q2) + bond * a[t + 2]
    return (
        gx + s0 + 0.5 * v0 + in_axis * px + in_bond * m[1] + b0,
        gy + s1 + 0.5 * v1 + in_axis * py + in_bond * m[2] + b1,
        gz + s2 + 0.5 * v2 + in_axis * pz + in_bond * m[3] + b2,
    )


@inlined
def _gradient_from_sums(moments: Moments, work: AtomWork, first: int, last: int) -> None:
    """Fill gradient and pull from the slopes of the sums in the shells ``first`` … ``last`` - 1."""
    moment_work = moments.work
    slopes = moment_work.sum_slopes
    for k in range(work.within[moments.tables.within]):
        fields = moment_work.fields[k]
        back = moment_work.field_slopes[k]
        back[:] = 0.0
        radial = 0.0
        for n in range(first, last):
            place = n * N_COMPONENTS
            g = moment_work.shell[k, n]
            on_fields = 0.0
            for c in range(N_COMPONENTS):
                back[c] += g * slopes[place + c]
                on_fields += slopes[place + c] * fields[c]
            radial += moment_work.shell_slope[k, n] * on_fields
        x = work.unit[0, k]
        y = work.unit[1, k]
        z = work.unit[2, k]
        tx, ty, tz = _take_back(back, moments.of_atoms[work.atoms[k]], moment_work.pull[k], x, y, z)
        inverse = 1.0 / work.distance[k]
        along = radial - inverse * (tx * x + ty * y + tz * z)
        moment_work.gradient[0, k] = along * x + inverse * tx
        moment_work.gradient[1, k] = along * y + inverse * ty
        moment_work.gradient[2, k] = along * z + inverse * tz


@compiled
def moment_gradient(moments: Moments, work: AtomWork, moment_slopes: Floats) -> None:
    """Add what the functions of moments give to ``work.gradient``, moments fixed, and to the slopes in the moments.

    Args:
        moments: with the sums that ``moment_values`` filled.
        work: neighbours of one atom, with the derivative of the energy in the functions in ``slopes``.
        moment_slopes: derivative of the energy in the moments of all atoms, shape (n_atoms, 10).
    """
    tables = moments.tables
    moment_work = moments.work
    if tables.first.shape[0] == 0:
        return
    moment_work.sum_slopes[:] = 0.0
    for f in range(tables.first.shape[0]):
        _add_slopes_of_sums(tables, moment_work, f, work.slopes[tables.slot + f])
    _gradient_from_sums(moments, work, 0, tables.centre.shape[0])
    for k in range(work.within[tables.within]):
        for axis in range(3):
            work.gradient[axis, k] += moment_work.gradient[axis, k]
        for m in range(N_MOMENTS):
            moment_slopes[work.atoms[k], m] += moment_work.pull[k, m]


@compiled
def moment_derivatives(moments: Moments, work: AtomWork, derivatives: Singles, pulls: Singles) -> None:
    """Fill the derivatives of each function of moments, one by one.

    Args:
        moments: with the sums that ``moment_values`` filled.
        work: neighbours of one atom.
        derivatives: filled with those in the neighbours' positions with their moments fixed, at the functions' places,
            shape (n_inputs, 3, capacity).
        pulls: those in the moments of all atoms are added, shape (n_functions, n_atoms, 10).
    """
    tables = moments.tables
    moment_work = moments.work
    for f in range(tables.first.shape[0]):
        one = tables.first[f] // N_COMPONENTS
        other = tables.second[f] // N_COMPONENTS if tables.second[f] >= 0 else one
        moment_work.sum_slopes[:] = 0.0
        _add_slopes_of_sums(tables, moment_work, f, 1.0)
        _gradient_from_sums(moments, work, min(one, other), max(one, other) + 1)
        for k in range(work.within[tables.within]):
            for axis in range(3):
                derivatives[tables.slot + f, axis, k] = moment_work.gradient[axis, k]
            for m in range(N_MOMENTS):
                pulls[f, work.atoms[k], m] += moment_work.pull[k, m]
