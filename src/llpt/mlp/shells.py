"""What every symmetry function of one atom needs of its neighbours: shells, directions, cutoffs, exponentials."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.compiling import compiled
from llpt.mlp.compiled import padded
from llpt.mlp.rows import cutoff_row, gaussian_row

if TYPE_CHECKING:
    from llpt.mlp.tables import Tables, Work


@compiled
def sort_into_shells(tables: Tables, work: Work, count: int) -> None:
    """Order the neighbours found by the shells between the cutoffs; fill unit vectors, distances, ``within``."""
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
def prepare_rows(tables: Tables, work: Work) -> None:
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
