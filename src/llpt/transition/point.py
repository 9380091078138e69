"""One point of a line of states: everything that was averaged there, over one run or repeats of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from llpt.observables import all_observables, estimate_of, sampled_names
from llpt.statistics import Estimate, mean_of_repeats
from llpt.transition.profile import Profile
from llpt.transition.solid import is_solid, solid_flag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr


@dataclass(frozen=True)
class LinePoint:
    """All that was averaged at one point of a line of states.

    Args:
        coordinate: where it is: the temperature in K, the pressure in GPa or the density in g/cm³.
        estimates: by the name of the observable.
        production_fs: time simulated after the discarded part, in the shortest of the repeats: what a least time is
            held against, which the sum of many short runs would pass.
        solid: whether the atoms stayed where they were; None where the run is too short to tell.
        total_fs: time of all repeats; None where there was one run only.
        solids_left_out: repeats that were a solid where others were a fluid; they are in no average.
        pair_correlation: g(r); None where it was not observed.
    """

    coordinate: float
    estimates: Mapping[str, Estimate]
    production_fs: float
    solid: bool | None = None
    total_fs: float | None = None
    solids_left_out: int = 0
    pair_correlation: Profile | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of_repeats(cls, coordinate: float, runs: Sequence[xr.Dataset]) -> LinePoint:
        """Join the summaries of one run, or of repeats by ``mean_of_repeats``, weighted by their times.

        Where some repeats were a solid and others a fluid, the solids are left out: a mean over both is of neither.
        Runs that have no times are weighted by the number of their steps.

        Args:
            coordinate: of all of them.
            runs: their summaries (``llpt.observables.summarise_run``), at least one.
        """
        every = len(runs)
        runs = _fluids_among(runs)
        estimates = {}
        times = [float(run.attrs["production_fs"]) for run in runs]
        weights = times
        if not all(map(math.isfinite, times)):
            weights = [float(run.attrs["n_steps"] - run.attrs["discard_steps"]) for run in runs]
        for name in sorted(set.intersection(*(set(sampled_names(run)) for run in runs))):
            found = [estimate_of(run, name) for run in runs]
            known = [(each, weight) for each, weight in zip(found, weights, strict=True) if math.isfinite(each.value)]
            estimates[name] = found[0] if len(runs) == 1 or not known else _joined(name, *zip(*known, strict=True))
        total = sum(times) if len(runs) > 1 else None
        solid = is_solid(runs, estimates.get("solid_fraction"))
        rdf = Profile.of_repeats(runs, "rdf", weights)
        return cls(coordinate, estimates, min(times), solid, total, every - len(runs), rdf)

    @property
    def sampled_fs(self) -> float:
        """Time simulated in all repeats together, in fs."""
        return self.production_fs if self.total_fs is None else self.total_fs


def _joined(name: str, estimates: Sequence[Estimate], times_fs: Sequence[float]) -> Estimate:
    """Return the mean of repeats; an error that stands for what is alike in all of them is no smaller than in one."""
    mean = mean_of_repeats(estimates, times_fs)
    known = all_observables().quantities.get(name)
    if known is None or not known.alike_in_repeats:
        return mean
    shares = [(each.error, time) for each, time in zip(estimates, times_fs, strict=True) if each.resolved]
    if not shares:
        return mean
    alone = sum(error * time for error, time in shares) / sum(time for _, time in shares)
    return replace(mean, error=max(mean.error, alone)) if mean.resolved else mean


def _fluids_among(runs: Sequence[xr.Dataset]) -> Sequence[xr.Dataset]:
    """Return the repeats without those that were a solid, where one of them is known to be a fluid; else all."""
    if len(runs) == 1:
        return runs
    flags = [solid_flag(run) for run in runs]
    if not {True, False} <= set(flags):
        return runs
    return [run for run, solid in zip(runs, flags, strict=True) if not solid]
