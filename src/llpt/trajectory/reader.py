"""Reads what a run left behind, a block at a time."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.errors import StorageError
from llpt.trajectory.extxyz import export_extxyz, frame_to_atoms
from llpt.trajectory.frame import FrameBlock, System
from llpt.trajectory.master import MASTER_NAME
from llpt.trajectory.segment import FRAME_FIELDS, PARTICLES, SCALARS, damaged, open_h5, read_system
from llpt.trajectory.writer import SEGMENTS_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ase
    import xarray as xr
    from numpy.typing import NDArray

_REMEDY_EMPTY = "Start the run first; it writes its first segment at its first checkpoint."


@dataclass(frozen=True, slots=True)
class _Part:
    """One closed segment: its file, the frames and the range of steps in it."""

    path: Path
    frame_steps: NDArray[np.int64]
    first_step: int
    last_step: int


class Trajectory:
    """A trajectory on disk, read as one although it lies in segments. Positions are never loaded all at once.

    Make one with ``Trajectory.open``.
    """

    def __init__(self, path: Path, system: System, parts: list[_Part]) -> None:
        self.path = path
        self.system = system
        self._parts = parts
        self.frame_steps: NDArray[np.int64] = np.concatenate([part.frame_steps for part in parts])
        """Step of every frame, shape (n_frames,)."""

    @classmethod
    def open(cls, path: str | Path) -> Trajectory:
        """Open a run directory, its ``trajectory.h5``, or a single segment.

        Only the steps are read here; a segment whose numbers are damaged shows it when they are read.

        Raises:
            StorageError: nothing is there, a segment is missing or damaged, or the segments do not join.
        """
        path = Path(path)
        files = _segment_files(path)
        with open_h5(files[0]) as file:
            system = read_system(file)
        parts = [_read_part(file) for file in files]
        for before, after in itertools.pairwise(parts):
            if after.first_step != before.last_step + 1:
                raise StorageError(
                    f"{after.path} starts at step {after.first_step}, the one before it ends at {before.last_step}.",
                    "A segment is missing: copy the whole run directory again.",
                )
        return cls(path, system, parts)

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return self.system.n_atoms

    @property
    def n_frames(self) -> int:
        """Number of frames, i.e. of steps whose atoms were kept."""
        return len(self.frame_steps)

    @property
    def n_steps(self) -> int:
        """Number of MD steps done, i.e. the number of the last step; scalars exist for steps first … n_steps."""
        return self._parts[-1].last_step

    @property
    def timestep_fs(self) -> float:
        """Time between two steps."""
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
            ``unit``; stresses have the further dimension ``voigt`` (xx, yy, zz, yz, xz, xy). A scalar that only
            later segments have, of a run that was begun by an earlier version, is left out.

        Raises:
            StorageError: a segment is damaged.
        """
        import xarray as xr  # noqa: PLC0415  # it brings pandas, half a second that only readers should pay

        joined: dict[str, Any] = {}
        units: dict[str, str] = {}
        lengths = [part.last_step - part.first_step + 1 for part in self._parts]
        start = 0
        for part, length in zip(self._parts, lengths, strict=True):
            with open_h5(part.path) as file:
                joined = {name: values for name, values in joined.items() if name in file[SCALARS]}
                for name, dataset in file[SCALARS].items():
                    if start == 0:
                        joined[name] = np.empty((sum(lengths), *dataset.shape[1:]), dtype=dataset.dtype)
                        units[name] = str(dataset.attrs.get("unit", ""))
                    if name in joined:
                        _read_into(part.path, dataset, joined[name][start : start + length])
            start += length
        steps = joined.pop("step")
        times = joined.pop("time_fs")
        variables = {
            name: (("step", "voigt")[: values.ndim], values, {"unit": units[name]}) for name, values in joined.items()
        }
        coordinates = {
            "step": steps,
            "time_fs": ("step", times, {"unit": "fs"}),
            "voigt": ["xx", "yy", "zz", "yz", "xz", "xy"],
        }
        return xr.Dataset(variables, coords=coordinates, attrs={"timestep_fs": self.timestep_fs})

    def blocks(self, size: int = 256, *, start_step: int = 0, every: int = 1) -> Iterator[FrameBlock]:
        """Yield consecutive frames in blocks.

        Args:
            size: frames in a block, at most; a block does not reach over the end of a segment.
            start_step: leave out frames of earlier steps.
            every: keep every ``every``-th of the frames that remain.

        Raises:
            StorageError: a segment is damaged.
        """
        seen = 0
        for part in self._parts:
            indices = np.flatnonzero(part.frame_steps >= start_step)
            keep = indices[(-seen) % every :: every]
            seen += len(indices)
            for first in range(0, len(keep), size):
                yield _read_block(part, keep[first : first + size])

    def atoms(self, index: int) -> ase.Atoms:
        """Return one frame as ASE atoms; see ``frame_to_atoms`` for what they carry.

        Args:
            index: number of the frame, negative from the end.

        Raises:
            IndexError: there is no such frame.
            StorageError: its segment is damaged.
        """
        wanted = range(self.n_frames)[index]
        for part in self._parts:
            if wanted < len(part.frame_steps):
                break
            wanted -= len(part.frame_steps)
        block = _read_block(part, np.array([wanted]))
        with open_h5(part.path) as file:
            scalars = {
                name: _read(part.path, element["value"], wanted) for name, element in file["observables"].items()
            }
        return frame_to_atoms(block.frame(0), scalars, self.system)

    def export_extxyz(self, path: str | Path, *, every: int = 1) -> int:
        """Write every ``every``-th frame to an extended XYZ file for ASE, atomically.

        Returns:
            The number of frames written.

        Raises:
            StorageError: a segment is damaged or the disk refuses.
        """
        indices = range(0, self.n_frames, every)
        export_extxyz(Path(path), (self.atoms(index) for index in indices))
        return len(indices)


def _segment_files(path: Path) -> list[Path]:
    """List the files to read for a run directory, its master file or a single segment."""
    if path.is_file() and path.name != MASTER_NAME:
        return [path]
    directory = path.parent if path.name == MASTER_NAME else path
    files = sorted((directory / SEGMENTS_NAME).glob("[0-9]*.h5"))
    if not files:
        raise StorageError(f"There is no trajectory in {path}.", _REMEDY_EMPTY)
    for index, file in enumerate(files):
        if int(file.stem) != index:
            raise StorageError(
                f"Segment {index:06d}.h5 of {directory} is missing.", "Copy the whole run directory again."
            )
    return files


def _read_part(path: Path) -> _Part:
    with open_h5(path) as file:
        try:
            steps = _read(path, file[f"{SCALARS}/step"], slice(None))
            frame_steps = _read(path, file[f"{PARTICLES}/position/step"], slice(None))
        except KeyError as error:
            raise damaged(path, str(error)) from error
    if not len(steps):
        raise damaged(path, "it holds no step")
    return _Part(path, frame_steps.astype(np.int64), int(steps[0]), int(steps[-1]))


def _read(path: Path, dataset: Any, selection: Any) -> Any:
    """Read a dataset; a failed checksum or a cut file becomes a StorageError."""
    try:
        return dataset[selection]
    except OSError as error:
        raise damaged(path, str(error).splitlines()[0]) from error


def _scaled(values: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    """Multiply an array in place."""
    if factor != 1.0:
        values *= factor
    return values


def _read_into(path: Path, dataset: Any, place: NDArray[Any]) -> None:
    """Read a whole dataset into a part of an array."""
    if dataset.shape != place.shape:
        raise damaged(path, f"{dataset.name} has {len(dataset)} rows where {len(place)} steps are")
    try:
        dataset.read_direct(place)
    except OSError as error:
        raise damaged(path, str(error).splitlines()[0]) from error


def _read_block(part: _Part, indices: NDArray[np.int64]) -> FrameBlock:
    selection: Any = indices
    if (
        len(indices) > 1 and len(stride := np.unique(np.diff(indices))) == 1
    ):  # a slice is read at once, a list row by row
        selection = slice(int(indices[0]), int(indices[-1]) + 1, int(stride[0]))
    with open_h5(part.path) as file:
        values = {
            name: _scaled(_read(part.path, file[f"{place.path}/value"], selection), 1.0 / place.to_file)
            for name, place in FRAME_FIELDS.items()
        }
        times = _read(part.path, file[f"{PARTICLES}/position/time"], selection)
    return FrameBlock(
        steps=part.frame_steps[indices],
        times_fs=times,
        positions_angstrom=values["positions_angstrom"],
        velocities_angstrom_per_fs=values["velocities_angstrom_per_fs"],
        cells_angstrom=values["cell_angstrom"],
        forces_ev_per_angstrom=values["forces_ev_per_angstrom"],
    )
