"""From when on a run is used, and from when on it looks stationary."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Settling:
    """The beginning of a run.

    Args:
        settled_ps: from when on it looks stationary.
        left_out_ps: what is left out of its averages.
        total_ps: its length.
        timed: whether these are in ps; else they are numbers of proposals, of a run sampled by Monte Carlo.
    """

    settled_ps: float
    left_out_ps: float
    total_ps: float
    timed: bool = True

    def in_words(self, value: float) -> str:
        """Return one of its numbers, with the unit where that is not ps."""
        return f"{value:.3g}" if self.timed else f"{value:.0f} proposals"

    @property
    def late(self) -> bool:
        """Whether it looks stationary only after its averages begin."""
        return self.settled_ps > self.left_out_ps

    @property
    def settled_share(self) -> float:
        """Share of the run after which it looks stationary."""
        return self.settled_ps / self.total_ps

    @property
    def left_out_share(self) -> float:
        """Share of the run that is left out of its averages."""
        return self.left_out_ps / self.total_ps


def settled(summary: xr.Dataset) -> Settling:
    """Read the beginning of a run from its summary (``llpt.observables.summarise_run``)."""
    step_ps = float(summary.attrs["timestep_fs"]) / 1000.0
    timed = not math.isnan(step_ps)
    scale = step_ps if timed else 1.0
    settled_at, left_out, total = (
        scale * int(summary.attrs[name]) for name in ("equilibration_step", "discard_steps", "n_steps")
    )
    return Settling(settled_at, left_out, total, timed)
