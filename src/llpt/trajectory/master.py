"""``trajectory.h5``: one H5MD file that shows all segments as one trajectory (HDF5 virtual datasets).

It holds no numbers itself, only relative file names, so the directory can be moved or copied as a whole. Where a
segment has gone missing, floats read as NaN and integers as −1 instead of HDF5's silent zero.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from llpt.files import write_atomically
from llpt.trajectory.segment import PARTICLES, SCALARS, damaged, frame_fields, open_h5, share_clock, write_header

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from llpt.trajectory.frame import System

MASTER_NAME = "trajectory.h5"


def write_master(directory: Path, system: System, segments: Sequence[Path]) -> None:
    """Write ``trajectory.h5`` over the given segments, atomically.

    Args:
        directory: the run directory; the segments lie below it.
        system: what all segments share.
        segments: paths of the segments in order, at least one.

    Raises:
        StorageError: a segment is damaged, or the disk refuses.
    """
    lengths = [_lengths(path) for path in segments]
    names = [path.relative_to(directory).as_posix() for path in segments]
    buffer = io.BytesIO()
    with open_h5(segments[0]) as first, h5py.File(buffer, "w", libver="latest") as file:
        write_header(file, system)
        file["llpt"].attrs["segments"] = np.array(names, dtype=h5py.string_dtype())
        frame_lengths = [frames for frames, _ in lengths]
        observables = [f"observables/{name}" for name in first["observables"]]
        fields = frame_fields(system)
        for place in fields.values():
            _virtual(file, first, f"{place.path}/value", names, frame_lengths)
        for name in ("step", "time"):
            _virtual(file, first, f"{PARTICLES}/position/{name}", names, frame_lengths)
        for name in observables:
            _virtual(file, first, f"{name}/value", names, frame_lengths)
        share_clock(file, [place.path for place in fields.values()] + observables)
        for name in first[SCALARS]:
            _virtual(file, first, f"{SCALARS}/{name}", names, [steps for _, steps in lengths])
    write_atomically(directory / MASTER_NAME, buffer.getvalue(), durable=False)


def _lengths(path: Path) -> tuple[int, int]:
    """Return the number of frames and of steps in a segment."""
    with open_h5(path) as file:
        try:
            return len(file[f"{PARTICLES}/position/step"]), len(file[f"{SCALARS}/step"])
        except (OSError, KeyError) as error:
            raise damaged(path, str(error)) from error


def _virtual(file: Any, first: Any, path: str, names: Sequence[str], lengths: Sequence[int]) -> None:
    """Join one dataset of every segment along time."""
    model = first[path]
    layout = h5py.VirtualLayout(shape=(sum(lengths), *model.shape[1:]), dtype=model.dtype)
    start = 0
    for name, length in zip(names, lengths, strict=True):
        if length:
            source = h5py.VirtualSource(name, path, shape=(length, *model.shape[1:]), dtype=model.dtype)
            layout[start : start + length] = source
        start += length
    fill = np.nan if model.dtype.kind == "f" else -1
    dataset = file.create_virtual_dataset(path, layout, fillvalue=fill)
    if "unit" in model.attrs:
        dataset.attrs["unit"] = model.attrs["unit"]
