"""Was a run a solid, a fluid, or too short to tell?

A solid has the bonds of one (``llpt.observables.solid_order``), or its atoms stay where they are: MSD(t) does not grow,
and what diffusion there may be, at two errors, would have moved an atom by less than a quarter of the atoms' spacing,
(V/N)^(1/3), over the whole run. A fluid is proven to move by more, or MSD(t) grows as in one. Else it is not told.

The growth is that of MSD(t) over all time origins between a third and the whole of its range, at most half of the run;
its error is the scatter of the few origins, of which two are independent. D itself will not do: the vibrations of a
solid give the short lags that it is fitted to a slope of their own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.observables import estimate_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import xarray as xr

    from llpt.statistics import Estimate

SOLID_EXPONENT = 0.5
SOLID_SHARE = 0.5
SPACING_SHARE = 0.25
FEWEST_LAGS = 12
INDEPENDENT_ORIGINS = 2.0
SIGMAS = 2.0


def solid_flag(summary: xr.Dataset) -> bool | None:
    """Return whether a run was a solid, by its bonds or by how its atoms move; None where it is too short to tell.

    Args:
        summary: of the run (``llpt.observables.summarise_run``).
    """
    bonded = estimate_of(summary, "solid_fraction") if "solid_fraction_error" in summary else None
    return is_solid([summary], bonded)


def is_solid(runs: Sequence[xr.Dataset], bonded: Estimate | None) -> bool | None:
    """Return whether repeats of a run were a solid; None where none of them can tell.

    Args:
        runs: their summaries.
        bonded: share of the points with solid-like bonds, over all of them.
    """
    if bonded is not None and bonded.resolved and bonded.value - bonded.error > SOLID_SHARE:
        return True
    found = [_stays(run) for run in runs]
    if False in found:
        return False
    return True if True in found else None


@dataclass(frozen=True)
class _Growth:
    """How much farther diffusion moves an atom in the run, as a mean square in Å²: the least and the most of it."""

    least: float
    most: float


def _stays(run: xr.Dataset) -> bool | None:
    """Return whether the atoms of one run stayed where they were; None where that is not told."""
    growth = _growth(run)
    if growth is None or "msd_exponent" not in run or "mean_cell" not in run:
        return None
    exponent = float(run["msd_exponent"])
    volume = abs(float(np.linalg.det(run["mean_cell"].to_numpy())))
    limit = SPACING_SHARE**2 * (volume / int(run.attrs["n_atoms"])) ** (2.0 / 3.0)
    if exponent < SOLID_EXPONENT and growth.most < limit:
        return True
    if growth.least > limit or (exponent >= SOLID_EXPONENT and growth.least > 0.0):
        return False
    return None


def _growth(run: xr.Dataset) -> _Growth | None:
    """Return the growth of MSD(t) at late times over the length of the run; None where lags are too few for it."""
    if "msd_all" not in run or "msd_origins" not in run or run.sizes["lag"] < FEWEST_LAGS:
        return None
    lags = run["lag"].to_numpy()
    third, tenth = len(lags) // 3, max(len(lags) // 10, 1)
    early, late = slice(third - tenth, third + tenth), slice(len(lags) - 2 * tenth, None)
    per_time = float(run.attrs["production_fs"]) / float(lags[late].mean() - lags[early].mean())
    curves = run["msd_origins"].transpose("origin", "lag").to_numpy()
    if len(curves) < 2:
        return None
    scatter = (curves[:, late].mean(axis=1) - curves[:, early].mean(axis=1)).std(ddof=1)
    error = float(scatter) / math.sqrt(INDEPENDENT_ORIGINS)
    mean = run["msd_all"].to_numpy()
    grown = float(mean[late].mean() - mean[early].mean())
    return _Growth(per_time * (grown - SIGMAS * error), per_time * (grown + SIGMAS * error))
