"""One point of a line of states: everything that was averaged there, over one run or repeats of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.observables import estimate_of, sampled_names
from llpt.statistics import Estimate, weighted_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import xarray as xr

SOLID_EXPONENT = 0.5
SOLID_SHARE = 0.5


@dataclass(frozen=True)
class LinePoint:
    """All that was averaged at one point of a line of states.

    Args:
        coordinate: where it is: the temperature in K, the pressure in GPa or the density in g/cm³.
        estimates: by the name of the observable.
        production_fs: time simulated after the discarded part, repeats added.
        solid: whether the atoms stayed where they were; None where the run is too short to tell.
    """

    coordinate: float
    estimates: Mapping[str, Estimate]
    production_fs: float
    solid: bool | None = None

    @classmethod
    def of_repeats(cls, coordinate: float, runs: Sequence[xr.Dataset]) -> LinePoint:
        """Join the summaries of one run, or of repeats by ``weighted_mean``, which enlarges errors that disagree.

        Args:
            coordinate: of all of them.
            runs: their summaries (``llpt.observables.summarise_run``), at least one.
        """
        estimates = {}
        for name in sorted(set.intersection(*(set(sampled_names(run)) for run in runs))):
            found = [estimate_of(run, name) for run in runs]
            known = [estimate for estimate in found if math.isfinite(estimate.value)]
            estimates[name] = found[0] if len(runs) == 1 or not known else weighted_mean(known)
        production = sum(float(run.attrs["production_fs"]) for run in runs)
        return cls(coordinate, estimates, production, _solid(runs, estimates))


def solid_flag(summary: xr.Dataset) -> bool | None:
    """Return whether a run was a solid, by its bonds or its diffusion; None where it is too short to tell.

    Args:
        summary: of the run (``llpt.observables.summarise_run``).
    """
    names = [name for name in ("solid_fraction", "diffusion") if f"{name}_error" in summary]
    return _solid([summary], {name: estimate_of(summary, name) for name in names})


def _solid(runs: Sequence[xr.Dataset], estimates: Mapping[str, Estimate]) -> bool | None:
    """A solid has the bonds of one, or does not diffuse.

    More than half of its points have solid-like bonds (``llpt.observables.solid_order``), or D is zero within two
    errors and D(t) grows slower than the root of time.
    """
    bonded = estimates.get("solid_fraction")
    if bonded is not None and bonded.resolved and bonded.value - bonded.error > SOLID_SHARE:
        return True
    diffusion = estimates.get("diffusion")
    exponents = [float(run["msd_exponent"]) for run in runs if "msd_exponent" in run]
    if diffusion is None or not diffusion.resolved or not exponents:
        return None
    return abs(diffusion.value) < 2.0 * diffusion.error and max(exponents) < SOLID_EXPONENT
