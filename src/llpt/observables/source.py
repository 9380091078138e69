"""What the analyses need of a trajectory; ``llpt.trajectory.Trajectory`` has it, and so has anything read elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import xarray as xr
    from numpy.typing import NDArray

    from llpt.trajectory import FrameBlock


class FrameSource(Protocol):
    """A trajectory that can be read a block at a time.

    What it does not have is NaN or, of the scalars, not there at all: observables that need it are then absent, with
    the reason (``llpt.observables.record.Need``). Positions are unwrapped; frames have a cell. The blocks of a path
    integral have the positions of every bead.
    """

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""

    @property
    def beads(self) -> int:
        """Number of beads of a path integral; 1 for classical nuclei."""

    @property
    def n_frames(self) -> int:
        """Number of frames."""

    @property
    def timestep_fs(self) -> float:
        """Time between two MD steps in fs; NaN where it is not known."""

    @property
    def mass_u(self) -> float:
        """Mass of all atoms together, in u."""

    @property
    def masses_u(self) -> NDArray[np.float64]:
        """Mass of each atom in u, shape (n,)."""

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Atomic numbers, shape (n,)."""

    @property
    def frame_steps(self) -> NDArray[np.int64]:
        """Step of every frame, shape (n_frames,)."""

    def scalars(self) -> xr.Dataset:
        """Return the scalars of every step, dimension ``step``, coordinate ``time_fs``."""

    def blocks(self, size: int = 256, *, start_step: int = 0, every: int = 1) -> Iterator[FrameBlock]:
        """Yield consecutive frames in blocks of at most ``size``.

        Args:
            size: most frames of a block, >= 1.
            start_step: frames of smaller steps are left out, >= 0.
            every: one frame in so many is taken, >= 1.
        """
