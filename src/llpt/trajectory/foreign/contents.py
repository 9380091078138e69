"""What a trajectory turned out to hold, told as its frames go by."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llpt.trajectory.foreign.measuring import Measurements


@dataclass(slots=True)
class Contents:
    """What a trajectory turned out to hold.

    Args:
        frames: number of frames; of our own runs, of steps.
        missing: names of scalars (of ``StepRecord``) and arrays that the files do not give.
        volumes_angstrom3: smallest and largest volume.
        largest_move: of an atom between two frames, as a share of the cell.
        cut: whether an incomplete frame at the end was left out.
        cut_off: whether a file ends in the middle of a frame, or before another of its run.
        mass_u: of all atoms together.
        measured: what the frames say of temperature, pressure and time step.
        notes: what a person should know of how the files were read, sentences.
        energy_is_ambiguous: whether the files give one energy that nobody named, so that it counts as missing.
        unconverged: number of frames whose electrons did not converge, as far as the files say.
    """

    frames: int = 0
    missing: tuple[str, ...] = ()
    volumes_angstrom3: tuple[float, float] = (math.inf, 0.0)
    largest_move: float = 0.0
    cut: bool = False
    cut_off: bool = False
    mass_u: float = 0.0
    measured: Measurements | None = None
    notes: list[str] = field(default_factory=list)
    energy_is_ambiguous: bool = False
    unconverged: int = 0
