"""A trajectory made elsewhere becomes a run directory of llpt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.trajectory.foreign.contents import Contents
from llpt.trajectory.foreign.own import contents_of_own, copy_own
from llpt.trajectory.foreign.reading import EnergyMeaning, ForeignReader
from llpt.trajectory.writer import TrajectoryWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from llpt.trajectory.foreign.frame import ForeignTrajectory
    from llpt.trajectory.foreign.statements import FactCheck

SEGMENT_BYTES = 64 * 1024**2


def convert(
    source: ForeignTrajectory,
    directory: Path,
    *,
    frame_interval_fs: float,
    electronic_temperature_k: float | None,
    energy_meaning: EnergyMeaning | None = None,
    attributes: dict[str, str | float | int] | None = None,
    despite: Collection[FactCheck] = (),
    on_frame: Callable[[int], None] = lambda _: None,
) -> Contents:
    """Write a trajectory made elsewhere into a run directory of llpt, frame by frame.

    Args:
        source: the trajectory.
        directory: where; it must not hold a trajectory.
        frame_interval_fs: time between two frames.
        electronic_temperature_k: see ``ForeignReader``.
        energy_meaning: see ``ForeignReader``.
        attributes: kept in the trajectory.
        despite: checks to leave out.
        on_frame: called with the number of frames done.

    Raises:
        InputError: what ``ForeignReader.steps`` refuses.
        StorageError: the disk refuses.
    """
    if source.own is not None:
        return copy_own(source.own, directory)
    reader = ForeignReader(
        source,
        frame_interval_fs=frame_interval_fs,
        electronic_temperature_k=electronic_temperature_k,
        energy_meaning=energy_meaning,
        attributes=attributes,
        despite=despite,
    )
    writer = TrajectoryWriter(directory, reader.system)
    contents = Contents()
    for record, frame in reader.steps(contents):
        writer.add(record, frame)
        if writer.buffered_bytes > SEGMENT_BYTES:
            writer.close_segment()
        on_frame(contents.frames)
    writer.close_segment()
    writer.refresh_master()
    return contents


def read_through(
    source: ForeignTrajectory,
    *,
    frame_interval_fs: float,
    electronic_temperature_k: float | None,
    energy_meaning: EnergyMeaning | None = None,
    despite: Collection[FactCheck] = (),
    on_frame: Callable[[int], None] = lambda _: None,
) -> Contents:
    """Return what a trajectory made elsewhere holds, as ``convert`` would find it; nothing is written.

    Args:
        source: the trajectory.
        frame_interval_fs: time from frame to frame, > 0.
        electronic_temperature_k: T of the electrons; 0 without any, None where it is not known.
        energy_meaning: which energy the files give; None where they say so themselves.
        despite: checks whose contradictions are passed over.
        on_frame: called with the number of frames read.

    Raises:
        InputError: what ``ForeignReader.steps`` refuses.
    """
    if source.own is not None:
        return contents_of_own(source.own)
    reader = ForeignReader(
        source,
        frame_interval_fs=frame_interval_fs,
        electronic_temperature_k=electronic_temperature_k,
        energy_meaning=energy_meaning,
        despite=despite,
    )
    contents = Contents()
    for _ in reader.steps(contents):
        on_frame(contents.frames)
    return contents
