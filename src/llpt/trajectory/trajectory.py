"""A trajectory, whatever it is read from: a run on disk, files of other programs, structures in memory."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, overload

import numpy as np

from llpt.errors import NoFrameError, path_of
from llpt.trajectory.extxyz import export_extxyz, frame_to_atoms
from llpt.trajectory.facts import Facts, facts_of_run
from llpt.trajectory.frame import STEP_UNITS
from llpt.trajectory.stored import StoredFrames

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import ase
    import xarray as xr
    from numpy.typing import NDArray

    from llpt.trajectory.frame import Frame, FrameBlock, System


class FrameStore(Protocol):
    """Where a trajectory's frames come from; see the methods of ``Trajectory`` of the same names."""

    @property
    def system(self) -> System:
        """What does not change along it."""

    @property
    def frame_steps(self) -> NDArray[np.int64]:
        """Step of every frame."""

    @property
    def n_steps(self) -> int:
        """Number of the last step."""

    def scalars(self) -> Mapping[str, NDArray[Any]]:
        """Return ``step``, ``time_fs`` and the scalars of every step."""

    def blocks(self, size: int, *, start_step: int, every: int) -> Iterator[FrameBlock]:
        """Yield consecutive frames in blocks.

        Args:
            size: most frames of a block, >= 1.
            start_step: frames of smaller steps are left out, >= 0.
            every: one frame in so many is taken, >= 1.
        """

    def frame(self, index: int) -> tuple[Frame, Mapping[str, NDArray[Any]]]:
        """Return the frame of an index from 0 on, and the scalars of its step, each an array of its shape."""


class Trajectory:
    """Frames, and the scalars of every step, in one set of units; positions are never all read at once.

    Every analysis takes one (``llpt.observables.source.FrameSource``). Make it with ``open_trajectory``, or with
    ``Trajectory.open`` for a run directory.

    Args:
        frames: where they come from.
        facts: what is known of the simulation.
        name: what it was read from, for people.
    """

    def __init__(self, frames: FrameStore, *, facts: Facts, name: str) -> None:
        self._frames = frames
        self.facts = facts
        self.name = name
        self.system = frames.system
        self.frame_steps: NDArray[np.int64] = frames.frame_steps
        """Step of every frame, shape (n_frames,)."""

    @classmethod
    def open(cls, path: str | Path) -> Trajectory:
        """Open a run directory, its ``trajectory.h5``, or a single segment.

        Raises:
            InputError: its ``run.json`` is damaged.
            StorageError: nothing is there, a segment is missing or damaged, or the segments do not join.
        """
        path = Path(path)
        frames = StoredFrames(path)
        return cls(frames, facts=facts_of_run(path if path.is_dir() else path.parent, frames.system), name=str(path))

    def __repr__(self) -> str:
        interval = self.system.timestep_fs
        apart = "" if math.isnan(interval) else f", {self.n_steps * interval / 1000.0:.4g} ps"
        lacking = f", without {', '.join(self.facts.missing)}" if self.facts.missing else ""
        return f"<Trajectory {self.name}: {self.n_frames} frames of {self.n_atoms} atoms{apart}{lacking}>"

    def __len__(self) -> int:
        return self.n_frames

    @overload
    def __getitem__(self, index: int) -> ase.Atoms: ...

    @overload
    def __getitem__(self, index: slice) -> list[ase.Atoms]: ...

    def __getitem__(self, index: int | slice) -> ase.Atoms | list[ase.Atoms]:
        """Return one frame as ASE atoms (``atoms``), or a list of several."""
        if isinstance(index, slice):
            return [self.atoms(each) for each in range(self.n_frames)[index]]
        return self.atoms(index)

    def __iter__(self) -> Iterator[ase.Atoms]:
        return (self.atoms(index) for index in range(self.n_frames))

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return self.system.n_atoms

    @property
    def beads(self) -> int:
        """Number of beads of a path integral; 1 for classical nuclei."""
        return self.system.beads

    @property
    def n_frames(self) -> int:
        """Number of frames, i.e. of steps whose atoms were kept."""
        return len(self.frame_steps)

    @property
    def n_steps(self) -> int:
        """Number of MD steps done, i.e. the number of the last step; scalars exist for steps first … n_steps."""
        return self._frames.n_steps

    @property
    def timestep_fs(self) -> float:
        """Time between two steps; of a trajectory made elsewhere, between two frames. NaN where it is not stated."""
        return self.system.timestep_fs

    @property
    def numbers(self) -> NDArray[np.int64]:
        """Atomic numbers, shape (n,)."""
        return self.system.numbers

    @property
    def masses_u(self) -> NDArray[np.float64]:
        """Masses of the atoms, shape (n,)."""
        return self.system.masses_u

    @property
    def mass_u(self) -> float:
        """Mass of the whole cell."""
        return float(self.system.masses_u.sum())

    def scalars(self) -> xr.Dataset:
        """Return the scalars of every step.

        Returns:
            A dataset of dimension ``step`` with coordinates ``step`` and ``time_fs``, each variable with attribute
            ``unit``; stresses have the further dimension ``voigt`` (xx, yy, zz, yz, xz, xy). What the source does not
            give is NaN. A scalar that only later segments of a run have is left out.

        Raises:
            StorageError: a segment is damaged.
        """
        import xarray as xr  # noqa: PLC0415  # it brings pandas, half a second that only readers should pay

        columns = dict(self._frames.scalars())
        steps, times = columns.pop("step"), columns.pop("time_fs")
        variables = {
            name: (("step", "voigt")[: values.ndim], values, {"unit": STEP_UNITS.get(name, "")})
            for name, values in columns.items()
        }
        coordinates = {
            "step": steps,
            "time_fs": ("step", times, {"unit": "fs"}),
            "voigt": ["xx", "yy", "zz", "yz", "xz", "xy"],
        }
        return xr.Dataset(variables, coords=coordinates, attrs={"timestep_fs": self.system.timestep_fs})

    def blocks(self, size: int = 256, *, start_step: int = 0, every: int = 1) -> Iterator[FrameBlock]:
        """Yield consecutive frames in blocks.

        Args:
            size: frames in a block, at most.
            start_step: leave out frames of earlier steps.
            every: keep every ``every``-th of the frames that remain.

        Raises:
            StorageError: a segment is damaged.
        """
        return self._frames.blocks(size, start_step=start_step, every=every)

    def atoms(self, index: int) -> ase.Atoms:
        """Return one frame as ASE atoms; see ``frame_to_atoms`` for what they carry.

        Args:
            index: number of the frame, negative from the end.

        Raises:
            NoFrameError: there is no such frame.
            StorageError: its segment is damaged.
        """
        if not (isinstance(index, int | np.integer) and -self.n_frames <= index < self.n_frames):
            raise NoFrameError(
                f"There is no frame {index!r} in {self.name}, which has {self.n_frames}.",
                "Give a whole number below that, or a negative one from the end.",
            )
        frame, scalars = self._frames.frame(range(self.n_frames)[index])
        return frame_to_atoms(frame, scalars, self.system)

    def export_extxyz(self, path: str | Path, *, every: int = 1) -> int:
        """Write every ``every``-th frame to an extended XYZ file for ASE, atomically.

        Returns:
            The number of frames written.

        Raises:
            StorageError: a segment is damaged or the disk refuses.
        """
        indices = range(0, self.n_frames, every)
        export_extxyz(path_of(path), (self.atoms(index) for index in indices))
        return len(indices)
