"""How a run stands and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RunState(StrEnum):
    """Three different things, never mixed in a result."""

    DONE = "done"
    FAILED = "failed"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What ``run_md`` came to.

    Args:
        state: ``done``: all steps are there; ``unfinished``: stopped when asked, call again to continue; ``failed``:
            the engine could not go on, the last good checkpoint is kept.
        reason: one sentence; empty for ``done``.
        steps_done: number of steps on disk.
        seconds_per_step: wall time per step, mean over all steps of the run; NaN if there was none.
        damage: which checkpoints or segments were found damaged, and where the run went on from; empty if none was.
    """

    state: RunState
    reason: str
    steps_done: int
    seconds_per_step: float
    damage: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a running simulation is.

    Args:
        step: number of the step just done.
        steps: total number of steps.
        time_fs: simulated time.
        temperature_k: instantaneous temperature; of a path integral that of the momenta of its beads.
        pressure_gpa: instantaneous total pressure.
        volume_angstrom3: volume of the cell.
        free_energy_ev: F.
        conserved_ev: conserved quantity.
        seconds_per_step: wall time per step in this session so far.
    """

    step: int
    steps: int
    time_fs: float
    temperature_k: float
    pressure_gpa: float
    volume_angstrom3: float
    free_energy_ev: float
    conserved_ev: float
    seconds_per_step: float

    @property
    def seconds_left(self) -> float:
        """Estimate of the wall time that remains."""
        return (self.steps - self.step) * self.seconds_per_step
