"""Writes a trajectory as closed segments, one per checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.errors import StorageError
from llpt.files import make_directory, remove, write_atomically
from llpt.trajectory.master import write_master
from llpt.trajectory.segment import open_h5, read_system, segment_image
from llpt.trajectory.thermo import append_thermo, rewrite_thermo

if TYPE_CHECKING:
    from pathlib import Path

    from llpt.trajectory.frame import Frame, StepRecord, System

SEGMENTS_NAME = "segments"


def segment_path(directory: Path, index: int) -> Path:
    """Return the path of the segment number ``index`` (0, 1, …) of a run directory."""
    return directory / SEGMENTS_NAME / f"{index:06d}.h5"


class TrajectoryWriter:
    """Collects steps and frames in memory and writes them as one closed segment when told.

    What is collected and not yet closed is lost in a kill: the caller re-runs those steps from its checkpoint.

    Args:
        directory: the run directory; created if absent.
        system: atoms and timestep.
        keep_segments: number of closed segments to continue from; later ones, left by a process that was killed
            between a segment and its checkpoint, are deleted.

    Raises:
        StorageError: fewer segments are there than to be kept, one of them belongs to other atoms, or the disk refuses.
    """

    def __init__(self, directory: Path, system: System, *, keep_segments: int = 0) -> None:
        self._directory = directory
        self._system = system
        self._records: list[StepRecord] = []
        self._frames: list[Frame] = []
        self._segments = [segment_path(directory, index) for index in range(keep_segments)]
        self._check_kept()
        make_directory(directory / SEGMENTS_NAME)
        for path in sorted((directory / SEGMENTS_NAME).iterdir()):
            if path not in self._segments:
                remove(path)
        if self._segments:
            self.refresh()

    @property
    def n_segments(self) -> int:
        """Number of closed segments."""
        return len(self._segments)

    @property
    def buffered_bytes(self) -> int:
        """Memory held by what is not yet on disk, about."""
        values = 9 + (3 * self._system.beads if self._system.beads > 1 else 0)
        return len(self._frames) * self._system.n_atoms * 8 * values + len(self._records) * 400

    def add(self, record: StepRecord, frame: Frame | None = None) -> None:
        """Add one step, with its frame where this step has one.

        Raises:
            ValueError: the step does not follow the last one, the frame is of another step, or the scalars differ.
        """
        if frame is not None and frame.step != record.step:
            raise ValueError(f"frame of step {frame.step} added to step {record.step}")
        if self._records:
            last = self._records[-1]
            if record.step != last.step + 1 or record.scalar_names != last.scalar_names:
                raise ValueError(f"step {record.step} does not follow step {last.step} with the same scalars")
        self._records.append(record)
        if frame is not None:
            self._frames.append(frame)

    def close_segment(self) -> Path | None:
        """Write what was added since the last call as a new segment; None where nothing was added.

        Raises:
            StorageError: the disk refuses; the segments before are untouched and what was added is still in memory.
        """
        if not self._records:
            return None
        path = segment_path(self._directory, self.n_segments)
        write_atomically(path, segment_image(self._system, self._records, self._frames))
        self._segments.append(path)
        append_thermo(self._directory, self._system, self._records, self._frames)
        self._records = []
        self._frames = []
        return path

    def refresh_master(self) -> None:
        """Write ``trajectory.h5`` anew over all closed segments."""
        write_master(self._directory, self._system, self._segments)

    def refresh(self) -> None:
        """Write ``trajectory.h5`` and ``thermo.csv`` anew from the closed segments."""
        self.refresh_master()
        rewrite_thermo(self._directory, self._segments)

    def _check_kept(self) -> None:
        for path in self._segments:
            with open_h5(path) as file:
                if list(read_system(file, path).numbers) != list(self._system.numbers):
                    raise StorageError(
                        f"The trajectory file {path} belongs to other atoms.",
                        "Use a new output directory.",
                    )
