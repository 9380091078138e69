"""The symmetry functions of one atom, and the derivative of Σ_s slope_s G_s in the positions of its neighbours.

Per pair (j, k) the energy is w_j w_k h(r_jk) Q(cos θ), Q the sum of the powers of a group times their slopes, h = 1 in
wide groups. Its derivatives in w, in cos θ and in r_jk are gathered as scalars; with
r_jk dr_jk = (r_j - r_k cos θ) dr_j + (r_k - r_j cos θ) dr_k - r_j r_k dcos θ, vectors appear only at the end.
"""
# ruff: noqa: PLR0917, C901 - numba kernels are called positionally and branch flat

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.compiling import compiled, inlined
from llpt.mlp.evaluation import pair_rows as pairs
from llpt.mlp.evaluation.rows import cutoff_row, gaussian_row, like, padded

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats
    from llpt.mlp.evaluation.tables import AtomWork, Tables


@compiled
def sort_into_shells(tables: Tables, work: AtomWork, count: int) -> None:
    """Order the neighbours found by the shells between the cutoffs; fill unit vectors, distances, ``within``.

    Args:
        tables: of the symmetry functions.
        work: work arrays of one atom.
        count: number of neighbours found.
    """
    n_cutoffs = tables.cutoffs.shape[0]
    for c in range(n_cutoffs):
        limit = tables.cutoffs[c] * tables.cutoffs[c]
        below = 0
        for n in range(count):
            below += work.found[3, n] < limit
        work.within[c] = below
    for c in range(n_cutoffs):
        upper = tables.cutoffs[c] * tables.cutoffs[c]
        lower = tables.cutoffs[c - 1] * tables.cutoffs[c - 1] if c > 0 else -1.0
        place = work.within[c - 1] if c > 0 else 0
        for n in range(count):
            square = work.found[3, n]
            if lower <= square < upper:
                distance = math.sqrt(square)
                work.distance[place] = distance
                work.near[place] = distance
                work.unit[0, place] = work.found[0, n] / distance
                work.unit[1, place] = work.found[1, n] / distance
                work.unit[2, place] = work.found[2, n] / distance
                work.atoms[place] = work.found_atoms[n]
                place += 1


@compiled
def prepare_rows(tables: Tables, work: AtomWork) -> None:
    """Fill cutoff functions, radial exponentials and group weights, with derivatives, for all neighbours."""
    for c in range(tables.cutoffs.shape[0]):
        cutoff_row(
            work.distance,
            tables.cutoff_kind,
            tables.cutoffs[c],
            tables.cutoff_inner,
            padded(work.within[c]),
            work.cutoff_value[c],
            work.cutoff_slope[c],
        )
    for s in range(tables.radial_eta.shape[0]):
        n = padded(work.within[tables.radial_cutoff[s]])
        gaussian_row(work.distance, tables.radial_eta[s], tables.radial_shift[s], n, work.gaussian[s])
    for g in range(tables.group_eta.shape[0]):
        c = tables.group_cutoff[g]
        n = padded(work.within[c])
        eta = tables.group_eta[g]
        shift = tables.group_shift[g]
        weight = work.weight[g]
        slope = work.weight_slope[g]
        value_row = work.cutoff_value[c]
        slope_row = work.cutoff_slope[c]
        gaussian_row(work.distance, eta, shift, n, weight)
        for k in range(n):
            gaussian = weight[k]
            slope[k] = gaussian * (slope_row[k] - 2.0 * eta * (work.distance[k] - shift) * value_row[k])
            weight[k] = gaussian * value_row[k]


@inlined
def radial_values(tables: Tables, work: AtomWork) -> None:
    """Fill the radial functions in ``work.values`` from rows that ``prepare_rows`` filled."""
    for s in range(tables.radial_eta.shape[0]):
        c = tables.radial_cutoff[s]
        gaussian = work.gaussian[s]
        cutoff = work.cutoff_value[c]
        total = 0.0
        for k in range(work.within[c]):
            total += gaussian[k] * cutoff[k]
        work.values[tables.radial_slot[s]] = total


@compiled
def symmetry_values(tables: Tables, work: AtomWork) -> None:
    """Fill ``work.values`` (raw, not scaled) from rows that ``prepare_rows`` filled."""
    work.values[:] = 0.0
    radial_values(tables, work)
    pair = work.pair
    n_groups = tables.group_eta.shape[0]
    widest = 0
    for g in range(n_groups):
        widest = max(widest, work.within[tables.group_cutoff[g]])
    for j in range(1, widest):
        n = padded(j)
        pairs.cosine_row(work.unit, pair, j, n)
        pairs.power_value_rows(tables, work.within, pair, work.power, j)
        far_ready = False
        for g in range(n_groups):
            c = tables.group_cutoff[g]
            if j >= work.within[c]:
                continue
            weight = work.weight[g]
            factor = weight
            if tables.group_narrow[g] == 1:
                if not far_ready:
                    pairs.far_distance_row(work.near, pair, j, n)
                    far_ready = True
                pairs.far_factor_row(tables, pair, g, n)
                factor = pair[pairs.POLYNOMIAL]
                far = pair[pairs.FAR_WEIGHT]
                for k in range(n):
                    factor[k] = weight[k] * far[k]
            for f in range(tables.group_start[g], tables.group_start[g + 1]):
                power = work.power[tables.angular_power[f]]
                total = like(weight[0], 0.0)
                for k in range(n):
                    total += power[k] * factor[k]
                work.values[tables.angular_slot[f]] += total * weight[j]


@inlined
def _polynomial_rows(
    tables: Tables, slopes: Floats, power: Floats, power_slope: Floats, pair: Floats, group: int, j: int
) -> bool:
    """Fill Q and dQ/dcos θ of one group for k < j, three functions at a time; False where all its slopes are zero."""
    polynomial = pair[pairs.POLYNOMIAL]
    derivative = pair[pairs.POLYNOMIAL_SLOPE]
    n = padded(j)
    last = tables.group_start[group + 1]
    filled = False
    for f in range(tables.group_start[group], last, 3):
        second = min(f + 1, last - 1)
        third = min(f + 2, last - 1)
        a = like(polynomial[0], slopes[tables.angular_slot[f]])
        b = like(polynomial[0], slopes[tables.angular_slot[second]] if second > f else 0.0)
        c = like(polynomial[0], slopes[tables.angular_slot[third]] if third > second else 0.0)
        if a == 0.0 and b == 0.0 and c == 0.0:
            continue
        pa = power[tables.angular_power[f]]
        pb = power[tables.angular_power[second]]
        pc = power[tables.angular_power[third]]
        da = power_slope[tables.angular_power[f]]
        db = power_slope[tables.angular_power[second]]
        dc = power_slope[tables.angular_power[third]]
        if filled:
            for k in range(n):
                polynomial[k] += a * pa[k] + b * pb[k] + c * pc[k]
            for k in range(n):
                derivative[k] += a * da[k] + b * db[k] + c * dc[k]
        else:
            for k in range(n):
                polynomial[k] = a * pa[k] + b * pb[k] + c * pc[k]
            for k in range(n):
                derivative[k] = a * da[k] + b * db[k] + c * dc[k]
            filled = True
    return filled


@inlined
def _add_wide(weight: Floats, force: Floats, pair: Floats, j: int) -> None:
    """Add the pairs (j, k < j) of a wide group with the given w; ``force`` gathers the derivative in w."""
    torque = pair[pairs.TORQUE]
    polynomial = pair[pairs.POLYNOMIAL]
    derivative = pair[pairs.POLYNOMIAL_SLOPE]
    n = padded(j)
    own = weight[j]
    total = like(own, 0.0)
    for k in range(n):
        total += weight[k] * polynomial[k]
    for k in range(n):
        torque[k] += own * weight[k] * derivative[k]
    for k in range(n):
        force[k] += own * polynomial[k]
    force[j] += total


@inlined
def _add_narrow(weight: Floats, force: Floats, distance: Floats, radial: Floats, pair: Floats, j: int) -> None:
    """Add the pairs (j, k < j) of a narrow group; ``radial`` gathers what r_jk contributes to the derivative in r."""
    torque = pair[pairs.TORQUE]
    polynomial = pair[pairs.POLYNOMIAL]
    derivative = pair[pairs.POLYNOMIAL_SLOPE]
    far = pair[pairs.FAR_WEIGHT]
    far_slope = pair[pairs.FAR_SLOPE]
    cosine = pair[pairs.COSINE]
    n = padded(j)
    own = weight[j]
    r = distance[j]
    total = like(own, 0.0)
    radial_total = like(own, 0.0)
    for k in range(n):
        total += weight[k] * polynomial[k] * far[k]
        radial_total += weight[k] * polynomial[k] * far_slope[k] * (r - distance[k] * cosine[k])
    for k in range(n):
        pull = own * weight[k] * polynomial[k] * far_slope[k]
        torque[k] += own * weight[k] * far[k] * derivative[k] - pull * r * distance[k]
        radial[k] += pull * (distance[k] - r * cosine[k])
    for k in range(n):
        force[k] += own * polynomial[k] * far[k]
    force[j] += total
    radial[j] += own * radial_total


@inlined
def _turn(unit: Floats, angular: Floats, torque: Floats, j: int) -> None:
    """Add one component of the torques of the pairs (j, k < j) to both neighbours."""
    n = padded(j)
    own = unit[j]
    total = like(own, 0.0)
    for k in range(n):
        total += torque[k] * unit[k]
    for k in range(n):
        angular[k] += torque[k] * own
    angular[j] += total


@inlined
def _add_angular(tables: Tables, work: AtomWork) -> None:
    """Gather the derivatives of all angular functions in w, r and direction."""
    n_groups = tables.group_eta.shape[0]
    widest = 0
    needed = work.power_needed
    for m in range(tables.power_zeta.shape[0]):
        needed[m] = 0
    for g in range(n_groups):
        for f in range(tables.group_start[g], tables.group_start[g + 1]):
            if work.slopes[tables.angular_slot[f]] != 0.0:
                widest = max(widest, work.within[tables.group_cutoff[g]])
                needed[tables.angular_power[f]] = 1
    pair = work.pair
    distance = work.near
    power = work.power
    power_slope = work.power_slope
    torque = pair[pairs.TORQUE]
    for j in range(1, widest):
        n = padded(j)
        pairs.cosine_row(work.unit, pair, j, n)
        pairs.power_rows(tables, work.within, needed, pair, power, power_slope, j)
        torque[:n] = 0.0
        far_ready = False
        for g in range(n_groups):
            c = tables.group_cutoff[g]
            if j >= work.within[c]:
                continue
            if not _polynomial_rows(tables, work.slopes, power, power_slope, pair, g, j):
                continue
            if tables.group_narrow[g] == 0:
                _add_wide(work.weight[g], work.weight_force[g], pair, j)
                continue
            if not far_ready:
                pairs.far_distance_row(distance, pair, j, n)
                far_ready = True
            pairs.far_factor_rows(tables, pair, g, n)
            _add_narrow(work.weight[g], work.weight_force[g], distance, work.radial_force, pair, j)
        for axis in range(3):
            _turn(work.unit[axis], work.angular_force[axis], torque, j)


@compiled
def symmetry_gradient(tables: Tables, work: AtomWork) -> int:
    """Fill ``work.gradient`` from ``work.slopes`` and rows that ``prepare_rows`` filled.

    Returns:
        The number of neighbours.
    """
    count = work.within[tables.cutoffs.shape[0] - 1]
    radial = work.radial_force
    radial[:count] = 0.0
    work.angular_force[:, :count] = 0.0
    work.weight_force[:, :count] = 0.0
    for s in range(tables.radial_eta.shape[0]):
        slope = work.slopes[tables.radial_slot[s]]
        if slope == 0.0:
            continue
        c = tables.radial_cutoff[s]
        eta = tables.radial_eta[s]
        shift = tables.radial_shift[s]
        gaussian = work.gaussian[s]
        value = work.cutoff_value[c]
        derivative = work.cutoff_slope[c]
        for k in range(work.within[c]):
            radial[k] += slope * gaussian[k] * (derivative[k] - 2.0 * eta * (work.distance[k] - shift) * value[k])
    _add_angular(tables, work)
    for g in range(tables.group_eta.shape[0]):
        weight_slope = work.weight_slope[g]
        force = work.weight_force[g]
        for k in range(work.within[tables.group_cutoff[g]]):
            radial[k] += weight_slope[k] * force[k]
    for k in range(count):
        x = work.unit[0, k]
        y = work.unit[1, k]
        z = work.unit[2, k]
        fx = work.angular_force[0, k]
        fy = work.angular_force[1, k]
        fz = work.angular_force[2, k]
        along = x * fx + y * fy + z * fz
        inverse = 1.0 / work.distance[k]
        work.gradient[0, k] = radial[k] * x + (fx - along * x) * inverse
        work.gradient[1, k] = radial[k] * y + (fy - along * y) * inverse
        work.gradient[2, k] = radial[k] * z + (fz - along * z) * inverse
    return count
