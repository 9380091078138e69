"""One point of a line of states: everything that was averaged there, over one run or repeats of it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from llpt.observables import all_observables, estimate_of, sampled_names
from llpt.statistics import Estimate, mean_of_repeats, memory_of_repeats
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
        memories: by the name of the observable, the share of a run that repeats remember (``memory_of_repeats``), where
            its error is that of their scatter.
    """

    coordinate: float
    estimates: Mapping[str, Estimate]
    production_fs: float
    solid: bool | None = None
    total_fs: float | None = None
    solids_left_out: int = 0
    pair_correlation: Profile | None = field(default=None, compare=False, repr=False)
    memories: Mapping[str, float] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of_repeats(cls, coordinate: float, runs: Sequence[xr.Dataset], *, independent: bool = False) -> LinePoint:
        """Join the summaries of one run, or of repeats by ``mean_of_repeats``, weighted by their times.

        Where some repeats were a solid and others a fluid, the solids are left out: a mean over both is of neither.
        Runs that have no times are weighted by the number of their steps.

        Args:
            coordinate: of all of them.
            runs: their summaries (``llpt.observables.summarise_run``), at least one.
            independent: whether no repeat goes on from another, so that the scatter of several may be an error.
        """
        every = len(runs)
        runs = _fluids_among(runs)
        estimates, memories = {}, {}
        times = [float(run.attrs["production_fs"]) for run in runs]
        weights = times
        if not all(map(math.isfinite, times)):
            weights = [float(run.attrs["n_steps"] - run.attrs["discard_steps"]) for run in runs]
        quantities = all_observables().quantities
        for name in sorted(set.intersection(*(set(sampled_names(run)) for run in runs))):
            found = [estimate_of(run, name) for run in runs]
            known = [(each, weight) for each, weight in zip(found, weights, strict=True) if math.isfinite(each.value)]
            if len(runs) == 1 or not known:
                estimates[name] = found[0]
                continue
            values, shares = zip(*known, strict=True)
            quantity = quantities.get(name)
            scatter = independent and quantity is not None and quantity.averaged_over_time
            joined = mean_of_repeats(values, shares, independent=scatter)
            alike = quantity is not None and quantity.alike_in_repeats
            estimates[name] = _no_surer_than_one(joined, known) if alike else joined
            if joined.resolved and (memory := memory_of_repeats(values, shares)):
                memories[name] = memory
        total = sum(times) if len(runs) > 1 else None
        solid = is_solid(runs, estimates.get("solid_fraction"))
        rdf = Profile.of_repeats(runs, "rdf", weights)
        return cls(coordinate, estimates, min(times), solid, total, every - len(runs), rdf, memories)

    @property
    def sampled_fs(self) -> float:
        """Time simulated in all repeats together, in fs."""
        return self.production_fs if self.total_fs is None else self.total_fs


def _no_surer_than_one(joined: Estimate, repeats: Sequence[tuple[Estimate, float]]) -> Estimate:
    """Return the mean of repeats with an error that is no smaller than that of one of them.

    Args:
        joined: their mean.
        repeats: each with its weight.
    """
    if not joined.resolved:
        return joined
    shares = [(each.error, weight) for each, weight in repeats if each.resolved]
    alone = sum(error * weight for error, weight in shares) / sum(weight for _, weight in shares)
    return replace(joined, error=max(joined.error, alone))


def _fluids_among(runs: Sequence[xr.Dataset]) -> Sequence[xr.Dataset]:
    """Return the repeats without those that were a solid, where one of them is known to be a fluid; else all."""
    if len(runs) == 1:
        return runs
    flags = [solid_flag(run) for run in runs]
    if not {True, False} <= set(flags):
        return runs
    return [run for run, solid in zip(runs, flags, strict=True) if not solid]
