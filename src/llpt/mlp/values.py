"""The symmetry functions of one atom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.compiling import compiled, inlined
from llpt.mlp import pairs
from llpt.mlp.compiled import like, padded

if TYPE_CHECKING:
    from llpt.mlp.tables import Tables, Work


@inlined
def radial_values(tables: Tables, work: Work) -> None:
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
def symmetry_values(tables: Tables, work: Work) -> None:
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
