"""Rows over the pairs (j, k < j) of one atom's neighbours: the angle, the powers, and what depends on r_jk.

Neighbours are sorted by shell, so with k < j every k is within each cutoff that j is within. Rows are filled to a whole
number of vector registers; the powers are zero in that tail, and everything that is summed has a power as a factor.
Functions take the arrays they touch and not the whole of ``AtomWork``: to hand a large tuple down costs more than a
row.
"""
# ruff: noqa: PLR0917 - numba calls are positional

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.compiling import inlined
from llpt.mlp.evaluation.rows import (
    cutoff_row,
    far_rows,
    far_value_row,
    gaussian_row,
    like,
    padded,
    power_row,
    power_value_row,
)

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats, Integers
    from llpt.mlp.evaluation.tables import Tables

_LEAST_SQUARE = 1e-20

# Rows of ``AtomWork.pair``, here called ``pair``.
COSINE = 0
FAR = 1  # r_jk
FAR_CUTOFF = 2
FAR_CUTOFF_SLOPE = 3
FAR_WEIGHT = 4  # exp(-eta (r_jk - r_s)^2) f(r_jk)
FAR_SLOPE = 5  # its derivative in r_jk, divided by r_jk
POLYNOMIAL = 6
POLYNOMIAL_SLOPE = 7
TORQUE = 8  # dE / d cos θ


@inlined
def cosine_row(unit: Floats, pair: Floats, j: int, count: int) -> None:
    """Fill cos θ_jk for k < count.

    Args:
        unit: unit vectors to the neighbours, shape (3, neighbours).
        pair: rows of ``AtomWork.pair``, shape (10, neighbours).
        j: index of the neighbour.
        count: number of neighbours k that are filled.
    """
    x = unit[0, j]
    y = unit[1, j]
    z = unit[2, j]
    row = pair[COSINE]
    ux = unit[0]
    uy = unit[1]
    uz = unit[2]
    for k in range(count):
        row[k] = x * ux[k] + y * uy[k] + z * uz[k]


@inlined
def far_distance_row(distance: Floats, pair: Floats, j: int, count: int) -> None:
    """Fill r_jk for k < count, by the law of cosines.

    Args:
        distance: to the neighbours in bohr, shape (neighbours,).
        pair: rows of ``AtomWork.pair``, shape (10, neighbours).
        j: index of the neighbour.
        count: number of neighbours k that are filled.
    """
    r = distance[j]
    twice = r + r
    least = like(r, _LEAST_SQUARE)
    row = pair[FAR]
    cosine = pair[COSINE]
    for k in range(count):
        square = r * r + distance[k] * (distance[k] - twice * cosine[k])
        row[k] = math.sqrt(max(square, least))


@inlined
def _exact_far_rows(tables: Tables, pair: Floats, group: int, count: int) -> None:
    """Fill the factor of r_jk of a narrow group and its derivative over r_jk from their definition."""
    cutoff = tables.group_cutoff[group]
    eta = tables.group_eta[group]
    shift = tables.group_shift[group]
    far = pair[FAR]
    value = pair[FAR_CUTOFF]
    slope = pair[FAR_CUTOFF_SLOPE]
    weight = pair[FAR_WEIGHT]
    weight_slope = pair[FAR_SLOPE]
    cutoff_row(far, tables.cutoff_kind, tables.cutoffs[cutoff], tables.cutoff_inner, count, value, slope)
    gaussian_row(far, eta, shift, count, weight)
    for k in range(count):
        gaussian = weight[k]
        weight_slope[k] = gaussian * (slope[k] - 2.0 * eta * (far[k] - shift) * value[k]) / far[k]
        weight[k] = gaussian * value[k]


@inlined
def far_factor_row(tables: Tables, pair: Floats, group: int, count: int) -> None:
    """Fill the factor of r_jk of a narrow group for k < count.

    Args:
        tables: of the symmetry functions.
        pair: rows of ``AtomWork.pair``, shape (10, neighbours).
        group: index of the group of angular functions.
        count: number of neighbours k that are filled.
    """
    if tables.group_fitted[group] == 0:
        _exact_far_rows(tables, pair, group, count)
        return
    radius = tables.cutoffs[tables.group_cutoff[group]]
    far_value_row(pair[FAR], tables.group_polynomial[group], radius, count, pair[FAR_WEIGHT])


@inlined
def far_factor_rows(tables: Tables, pair: Floats, group: int, count: int) -> None:
    """Fill the factor of r_jk of a narrow group, and its derivative over r_jk, for k < count.

    Args:
        tables: of the symmetry functions.
        pair: rows of ``AtomWork.pair``, shape (10, neighbours).
        group: index of the group of angular functions.
        count: number of neighbours k that are filled.
    """
    if tables.group_fitted[group] == 0:
        _exact_far_rows(tables, pair, group, count)
        return
    radius = tables.cutoffs[tables.group_cutoff[group]]
    row = tables.group_polynomial[group]
    far_rows(pair[FAR], row, radius, count, pair[FAR_WEIGHT], pair[FAR_SLOPE])


@inlined
def power_value_rows(tables: Tables, within: Integers, pair: Floats, power: Floats, j: int) -> None:
    """Fill the powers of cos θ_jk for k < j, and zero in the tail.

    Args:
        tables: of the symmetry functions.
        within: number of neighbours within each cutoff.
        pair: rows of ``AtomWork.pair``, shape (10, neighbours).
        power: rows that are filled with the powers.
        j: index of the neighbour.
    """
    n = padded(j)
    for m in range(tables.power_zeta.shape[0]):
        if j < within[tables.power_cutoff[m]]:
            value = power[m]
            power_value_row(pair[COSINE], tables.power_lambda[m], tables.power_zeta[m], n, value)
            for k in range(j, n):
                value[k] = 0.0


@inlined
def power_rows(
    tables: Tables, within: Integers, needed: Integers, pair: Floats, power: Floats, power_slope: Floats, j: int
) -> None:
    """Fill the powers of cos θ_jk that are needed, and their derivatives, for k < j, and zero in the tail.

    Args:
        tables: of the symmetry functions.
        within: number of neighbours within each cutoff.
        needed: 1 for each power that is needed, else 0.
        pair: rows of ``AtomWork.pair``, shape (10, neighbours).
        power: rows that are filled with the powers.
        power_slope: rows that are filled with their derivatives in cos θ.
        j: index of the neighbour.
    """
    n = padded(j)
    for m in range(tables.power_zeta.shape[0]):
        if needed[m] == 1 and j < within[tables.power_cutoff[m]]:
            value = power[m]
            slope = power_slope[m]
            power_row(pair[COSINE], tables.power_lambda[m], tables.power_zeta[m], n, value, slope)
            for k in range(j, n):
                value[k] = 0.0
                slope[k] = 0.0
