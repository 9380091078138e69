"""Reads the segments that a run left on disk, a block at a time."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from llpt.errors import StorageError
from llpt.hdf5 import refuse_other_files
from llpt.trajectory.frame import Frame, FrameBlock, System
from llpt.trajectory.master import MASTER_NAME
from llpt.trajectory.segment import FRAME_FIELDS, PARTICLES, SCALARS, damaged, frame_fields, open_h5, read_system
from llpt.trajectory.writer import SEGMENTS_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_REMEDY_EMPTY = "Start the run first; it writes its first segment at its first checkpoint."


@dataclass(frozen=True, slots=True)
class _Part:
    """One closed segment: its file, the frames and the range of steps in it."""

    path: Path
    frame_steps: NDArray[np.int64]
    first_step: int
    last_step: int


@dataclass(frozen=True, slots=True)
class _Near:
    """Consecutive frames of a segment, kept with their scalars: who asks for one often asks for the next."""

    part: _Part
    first: int
    block: FrameBlock
    scalars: dict[str, NDArray[Any]]

    def holds(self, part: _Part, index: int) -> bool:
        """Return whether the frame of this index in a segment is one of them."""
        return part is self.part and 0 <= index - self.first < len(self.block)

    def frame(self, index: int) -> tuple[Frame, dict[str, NDArray[Any]]]:
        """Return one of them; see ``StoredFrames.frame``."""
        place = index - self.first
        return self.block.frame(place), {name: np.asarray(values[place]) for name, values in self.scalars.items()}


class StoredFrames:
    """The frames of a run on disk, read as one although they lie in segments. Never are all positions loaded at once.

    Args:
        path: a run directory, its ``trajectory.h5``, or a single segment.

    Only the steps are read here; a segment whose numbers are damaged shows it when they are read.

    Raises:
        StorageError: nothing is there, a segment is missing or damaged, or the segments do not join.
    """

    def __init__(self, path: Path) -> None:
        files = segment_files(path)
        with open_h5(files[0]) as file:
            self.system: System = read_system(file, files[0])
        self._parts = [_read_part(file) for file in files]
        for before, after in itertools.pairwise(self._parts):
            if after.first_step != before.last_step + 1:
                raise StorageError(
                    f"{after.path} starts at step {after.first_step}, the one before it ends at {before.last_step}.",
                    "A segment is missing: copy the whole run directory again.",
                )
        self.frame_steps: NDArray[np.int64] = np.concatenate([part.frame_steps for part in self._parts])
        """Step of every frame, shape (n_frames,)."""
        self._near: _Near | None = None

    @property
    def n_steps(self) -> int:
        """Number of the last step."""
        return self._parts[-1].last_step

    def scalars(self) -> dict[str, NDArray[Any]]:
        """Return ``step``, ``time_fs`` and the scalars of every step, by the names of ``StepRecord``.

        A scalar that only later segments have, of a run that was begun by an earlier version, is left out.

        Raises:
            StorageError: a segment is damaged.
        """
        joined: dict[str, NDArray[Any]] = {}
        lengths = [part.last_step - part.first_step + 1 for part in self._parts]
        start = 0
        for part, length in zip(self._parts, lengths, strict=True):
            with open_h5(part.path) as file:
                joined = {name: values for name, values in joined.items() if name in file[SCALARS]}
                for name, dataset in file[SCALARS].items():
                    if start == 0:
                        joined[name] = np.empty((sum(lengths), *dataset.shape[1:]), dtype=dataset.dtype)
                    if name in joined:
                        _read_into(part.path, dataset, joined[name][start : start + length])
            start += length
        return joined

    def blocks(self, size: int, *, start_step: int, every: int) -> Iterator[FrameBlock]:
        """Yield blocks of at most ``size`` frames; see ``Trajectory.blocks``. None reaches over the end of a segment.

        Args:
            size: most frames of a block, >= 1.
            start_step: frames of smaller steps are left out, >= 0.
            every: one frame in so many is taken, >= 1.

        Raises:
            StorageError: a segment is damaged.
        """
        seen = 0
        for part in self._parts:
            indices = np.flatnonzero(part.frame_steps >= start_step)
            keep = indices[(-seen) % every :: every]
            seen += len(indices)
            for first in range(0, len(keep), size):
                yield _read_block(part, keep[first : first + size], self.system)

    def frame(self, index: int) -> tuple[Frame, dict[str, NDArray[Any]]]:
        """Return one frame and the scalars of its step.

        Raises:
            StorageError: its segment is damaged.
        """
        wanted = index
        for part in self._parts:
            if wanted < len(part.frame_steps):
                break
            wanted -= len(part.frame_steps)
        if self._near is None or not self._near.holds(part, wanted):
            self._near = _read_near(part, wanted, self.system)
        return self._near.frame(wanted)


def segment_files(path: Path) -> list[Path]:
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


def check_segment(path: Path) -> None:
    """Read every number of a closed segment, which a checksum guards.

    Raises:
        StorageError: it is missing, cut short, or a number is not as it was written.
    """

    def read(_name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            _read(path, item, ())

    _read_part(path)
    with open_h5(path) as file:
        file.visititems(read)


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
    """Read a dataset; a failed checksum, a cut file or numbers of another file become a StorageError."""
    refuse_other_files(dataset, path)
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
    refuse_other_files(dataset, path)
    if dataset.shape != place.shape:
        raise damaged(path, f"{dataset.name} has {len(dataset)} rows where {len(place)} steps are")
    try:
        dataset.read_direct(place)
    except OSError as error:
        raise damaged(path, str(error).splitlines()[0]) from error


def _read_near(part: _Part, index: int, system: System) -> _Near:
    """Read the frames that lie in one chunk of the file with a frame: HDF5 reads all of it for any of them."""
    with open_h5(part.path) as file:
        chunks = file[f"{FRAME_FIELDS['positions_angstrom'].path}/value"].chunks
        rows = chunks[0] if chunks else 1
        first = index // rows * rows
        after = min(first + rows, len(part.frame_steps))
        scalars = {
            name: _read(part.path, element["value"], slice(first, after))
            for name, element in file["observables"].items()
        }
    return _Near(part, first, _read_block(part, np.arange(first, after), system), scalars)


def _read_block(part: _Part, indices: NDArray[np.int64], system: System) -> FrameBlock:
    selection: Any = indices
    if (
        len(indices) > 1 and len(stride := np.unique(np.diff(indices))) == 1
    ):  # a slice is read at once, a list row by row
        selection = slice(int(indices[0]), int(indices[-1]) + 1, int(stride[0]))
    with open_h5(part.path) as file:
        values = {
            name: _scaled(_read(part.path, file[f"{place.path}/value"], selection), 1.0 / place.to_file)
            for name, place in frame_fields(system).items()
        }
        times = _read(part.path, file[f"{PARTICLES}/position/time"], selection)
    return FrameBlock(
        steps=part.frame_steps[indices],
        times_fs=times,
        positions_angstrom=values["positions_angstrom"],
        velocities_angstrom_per_fs=values["velocities_angstrom_per_fs"],
        cells_angstrom=values["cell_angstrom"],
        forces_ev_per_angstrom=values["forces_ev_per_angstrom"],
        bead_positions_angstrom=values.get("bead_positions_angstrom"),
    )
