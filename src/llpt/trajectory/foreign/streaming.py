"""Frames of a trajectory made elsewhere, in memory while they are few and read anew each time where they are many."""

from __future__ import annotations

import itertools
from array import array
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.trajectory.foreign.contents import Contents
from llpt.trajectory.frame import FrameBlock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from llpt.trajectory.foreign.reading import ForeignReader
    from llpt.trajectory.frame import Frame

KEPT_BYTES = 256 * 1024**2
"""Frames that take no more than this stay in memory. Text is read at some 10 MB/s, and most analyses read twice."""


class StreamedFrames:
    """Frames that are read through once when this is made, for their number, their scalars and what they lack.

    Args:
        reader: reads the source from its beginning as often as it is asked.

    Raises:
        InputError: what ``ForeignReader.steps`` refuses.
    """

    def __init__(self, reader: ForeignReader) -> None:
        self._reader = reader
        self.system = reader.system
        self.contents = Contents()
        self._kept: list[Frame] | None = []
        self._scalars = self._read_through()
        self.frame_steps: NDArray[np.int64] = np.arange(self.contents.frames)
        self._ahead: Iterator[tuple[int, Frame]] = iter(())
        self._next = 0

    @property
    def n_steps(self) -> int:
        """Number of the last step; every frame is one."""
        return self.contents.frames - 1

    def scalars(self) -> dict[str, NDArray[Any]]:
        """Return ``step``, ``time_fs`` and the scalars of every frame."""
        return dict(self._scalars)

    def blocks(self, size: int, *, start_step: int, every: int) -> Iterator[FrameBlock]:
        """Yield blocks of at most ``size`` frames; see ``Trajectory.blocks``.

        Args:
            size: most frames of a block, >= 1.
            start_step: frames of smaller steps are left out, >= 0.
            every: one frame in so many is taken, >= 1.
        """
        chosen = itertools.islice(self._frames(), max(start_step, 0), None, every)
        while frames := list(itertools.islice(chosen, size)):
            yield _block(frames)

    def frame(self, index: int) -> tuple[Frame, dict[str, NDArray[Any]]]:
        """Return one frame and its scalars. Where frames are not kept, going forward costs what lies in between."""
        scalars = {name: np.asarray(values[index]) for name, values in self._scalars.items()}
        if self._kept is not None:
            return self._kept[index], scalars
        if index < self._next:
            self._next, self._ahead = 0, iter(())
        if self._next == 0:
            self._ahead = enumerate(self._frames())
        for number, frame in self._ahead:
            self._next = number + 1
            if number == index:
                return frame, scalars
        raise IndexError(index)

    def _frames(self) -> Iterator[Frame]:
        if self._kept is not None:
            return iter(self._kept)
        return (frame for _, frame in self._reader.steps(Contents()))

    def _read_through(self) -> dict[str, NDArray[Any]]:
        """Read every frame once; keep the scalars, and the frames while there is room for them."""
        columns: dict[str, array[float]] = {}
        held = 0
        for record, frame in self._reader.steps(self.contents):
            for name in ("step", "time_fs", *record.scalar_names):
                columns.setdefault(name, array("d")).extend(np.atleast_1d(getattr(record, name)))
            if self._kept is not None:
                self._kept.append(frame)
                held += _bytes(frame)
                if held > KEPT_BYTES:
                    self._kept = None
        frames = self.contents.frames
        found = {name: np.frombuffer(values) for name, values in columns.items()}
        scalars = {
            name: values if len(values) == frames else values.reshape(frames, -1) for name, values in found.items()
        }
        return scalars | {"step": scalars["step"].astype(np.int64)}


def _bytes(frame: Frame) -> int:
    """Return the memory of a frame; an array that is one number repeated takes none."""
    arrays = (frame.positions_angstrom, frame.velocities_angstrom_per_fs, frame.forces_ev_per_angstrom)
    beads = frame.bead_positions_angstrom
    return sum(array.nbytes for array in arrays if array.strides[0]) + (0 if beads is None else beads.nbytes)


def _block(frames: Sequence[Frame]) -> FrameBlock:
    return FrameBlock(
        steps=np.array([frame.step for frame in frames], dtype=np.int64),
        times_fs=np.array([frame.time_fs for frame in frames]),
        positions_angstrom=np.array([frame.positions_angstrom for frame in frames]),
        velocities_angstrom_per_fs=_stacked([frame.velocities_angstrom_per_fs for frame in frames]),
        cells_angstrom=np.array([frame.cell_angstrom for frame in frames]),
        forces_ev_per_angstrom=_stacked([frame.forces_ev_per_angstrom for frame in frames]),
        bead_positions_angstrom=_beads(frames),
    )


def _beads(frames: Sequence[Frame]) -> NDArray[np.float64] | None:
    """Stack the beads of path integrals; None for classical nuclei."""
    beads = [frame.bead_positions_angstrom for frame in frames if frame.bead_positions_angstrom is not None]
    return np.array(beads) if beads else None


def _stacked(arrays: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Stack arrays of the frames of a block; where none of them holds more than one number, neither does the stack."""
    if not any(array.strides[0] for array in arrays):
        return np.broadcast_to(arrays[0], (len(arrays), *arrays[0].shape))
    return np.array(arrays)
