"""From when on a run is used, and from when on it looks stationary."""

from __future__ import annotations

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
    """

    settled_ps: float
    left_out_ps: float
    total_ps: float

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
    names = ("equilibration_step", "discard_steps", "n_steps")
    return Settling(*(step_ps * int(summary.attrs[name]) for name in names))
