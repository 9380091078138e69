"""The derivative of each symmetry function of one atom in the positions of its neighbours.

Dynamics needs one weighted sum of them (``gradients``), a fit needs them one by one. For a function
w_j w_k h(r_jk) p(cos θ) five sums over the other neighbours k of a neighbour j hold everything: Σ w_k p h for the
derivative in w_j, what r_jk adds to that in r_j, and three components of Σ w_k (h dp/dcos θ - p h' r_j r_k / r_jk) u_k
for the direction. Rows run over *all* k, so that the sums stay in registers and nothing is stored per pair; what
depends on r_jk is found once for the functions that share it.
"""
# ruff: noqa: PLR0917 - numba calls are positional

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.compiling import compiled, inlined
from llpt.mlp.evaluation import pair_rows as pairs
from llpt.mlp.evaluation.rows import like, padded, power_row
from llpt.mlp.evaluation.symmetry_kernels import radial_values

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats, Singles
    from llpt.mlp.evaluation.tables import AtomWork, Tables


@inlined
def _radial_derivatives(tables: Tables, work: AtomWork, derivatives: Singles) -> None:
    """Fill the derivatives of the radial functions."""
    for s in range(tables.radial_eta.shape[0]):
        c = tables.radial_cutoff[s]
        slot = tables.radial_slot[s]
        eta = tables.radial_eta[s]
        shift = tables.radial_shift[s]
        gaussian = work.gaussian[s]
        value = work.cutoff_value[c]
        slope = work.cutoff_slope[c]
        for k in range(work.within[c]):
            along = gaussian[k] * (slope[k] - 2.0 * eta * (work.distance[k] - shift) * value[k])
            for axis in range(3):
                derivatives[slot, axis, k] = along * work.unit[axis, k]


@inlined
def _fold_far_factor(weight: Floats, distance: Floats, pair: Floats, j: int, n: int) -> None:
    """Turn the rows of h(r_jk) into w_k h, and what p is multiplied by in the sums for r_j and for the direction."""
    cosine = pair[pairs.COSINE]
    far = pair[pairs.FAR_WEIGHT]
    far_slope = pair[pairs.FAR_SLOPE]
    lever = pair[pairs.POLYNOMIAL]
    r = distance[j]
    for k in range(n):
        pull = weight[k] * far_slope[k]
        far[k] *= weight[k]
        lever[k] = pull * (r - distance[k] * cosine[k])
        far_slope[k] = pull * r * distance[k]


@inlined
def _sums_over_pairs(
    work: AtomWork, weight: Floats, value: Floats, slope: Floats, narrow: bool, n: int
) -> tuple[float, float, float, float, float]:
    """Return the sums over k: for the derivative in w_j, what r_jk adds to that in r_j, and the torque's components."""
    pair = work.pair
    torque = pair[pairs.TORQUE]
    total = like(weight[0], 0.0)
    along = like(weight[0], 0.0)
    if narrow:
        far = pair[pairs.FAR_WEIGHT]
        reach = pair[pairs.FAR_SLOPE]
        lever = pair[pairs.POLYNOMIAL]
        for k in range(n):
            total += far[k] * value[k]
            along += lever[k] * value[k]
        for k in range(n):
            torque[k] = far[k] * slope[k] - reach[k] * value[k]
    else:
        for k in range(n):
            total += weight[k] * value[k]
        for k in range(n):
            torque[k] = weight[k] * slope[k]
    x = work.unit[0]
    y = work.unit[1]
    z = work.unit[2]
    tx = like(weight[0], 0.0)
    ty = like(weight[0], 0.0)
    tz = like(weight[0], 0.0)
    for k in range(n):
        tx += torque[k] * x[k]
        ty += torque[k] * y[k]
        tz += torque[k] * z[k]
    return total, along, tx, ty, tz


@compiled
def symmetry_derivatives(tables: Tables, work: AtomWork, derivatives: Singles) -> int:
    """Fill ``work.values`` and the derivatives from rows that ``prepare_rows`` filled.

    Args:
        tables: the symmetry functions.
        work: the neighbours of one atom.
        derivatives: filled with dG/dr of each function and neighbour, shape (n_functions, 3, capacity).

    Returns:
        The number of neighbours.
    """
    count = work.within[tables.cutoffs.shape[0] - 1]
    derivatives[:, :, :count] = 0.0
    work.values[:] = 0.0
    radial_values(tables, work)
    _radial_derivatives(tables, work, derivatives)
    pair = work.pair
    value = work.power[0]
    slope = work.power_slope[0]
    unit = work.unit
    for g in range(tables.group_eta.shape[0]):
        within = work.within[tables.group_cutoff[g]]
        n = padded(within)
        weight = work.weight[g]
        narrow = tables.group_narrow[g] == 1
        for j in range(within):
            pairs.cosine_row(unit, pair, j, n)
            if narrow:
                pairs.far_distance_row(work.near, pair, j, n)
                pairs.far_factor_rows(tables, pair, g, n)
                _fold_far_factor(weight, work.near, pair, j, n)
            own = weight[j]
            sideways = own / work.near[j]
            for f in range(tables.group_start[g], tables.group_start[g + 1]):
                power = tables.angular_power[f]
                slot = tables.angular_slot[f]
                power_row(pair[pairs.COSINE], tables.power_lambda[power], tables.power_zeta[power], n, value, slope)
                # No pair of a neighbour with itself, and none with what lies in the row's tail.
                value[j] = 0.0
                slope[j] = 0.0
                value[within:n] = 0.0
                slope[within:n] = 0.0
                total, along, tx, ty, tz = _sums_over_pairs(work, weight, value, slope, narrow, n)
                turned = tx * unit[0, j] + ty * unit[1, j] + tz * unit[2, j]
                outward = work.weight_slope[g, j] * total + own * along - sideways * turned
                derivatives[slot, 0, j] = outward * unit[0, j] + sideways * tx
                derivatives[slot, 1, j] = outward * unit[1, j] + sideways * ty
                derivatives[slot, 2, j] = outward * unit[2, j] + sideways * tz
                work.values[slot] += 0.5 * own * total
    return count
