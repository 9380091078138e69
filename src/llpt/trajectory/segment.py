"""One closed piece of a trajectory: a self-contained H5MD 1.1 file (nongnu.org/h5md), written once, never changed.

Layout, H5MD's own part::

    h5md/{author, creator}            particles/trajectory/{species, mass}
    particles/trajectory/{position, velocity, force}/{step, time, value}      box/edges/{step, time, value}
    observables/<scalar>/{step, time, value}     the scalars at the frames, so that a reader pairs them with positions

and its own, which H5MD allows beside it: ``llpt/`` with what a reader must know as attributes, ``llpt/scalars/`` with
``step``, ``time_fs`` and every scalar at *every* step, and of a path integral ``llpt/beads`` with the positions of
every bead at the frames (those of the first are H5MD's positions). Units are attributes of the datasets. Forces are in
kJ/mol/Å, because MDAnalysis refuses a file in eV/Å. Every dataset of numbers carries a checksum (Fletcher 32).
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from llpt.errors import StorageError
from llpt.hdf5 import refuse_other_files
from llpt.trajectory.frame import STEP_UNITS, Frame, StepRecord, System
from llpt.units import EV_TO_KJ_PER_MOL
from llpt.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FORMAT_VERSION = 1
PARTICLES = "particles/trajectory"
SCALARS = "llpt/scalars"


@dataclass(frozen=True, slots=True)
class FrameField:
    """Where one array of a frame lives in the file.

    Args:
        path: the H5MD element.
        unit: its unit in the file.
        to_file: factor from the unit of ``Frame`` to the unit of the file.
    """

    path: str
    unit: str
    to_file: float


FRAME_FIELDS = {
    "positions_angstrom": FrameField(f"{PARTICLES}/position", "Angstrom", 1.0),
    "velocities_angstrom_per_fs": FrameField(f"{PARTICLES}/velocity", "Angstrom fs-1", 1.0),
    "forces_ev_per_angstrom": FrameField(f"{PARTICLES}/force", "kJ mol-1 Angstrom-1", EV_TO_KJ_PER_MOL),
    "cell_angstrom": FrameField(f"{PARTICLES}/box/edges", "Angstrom", 1.0),
}
BEADS = FrameField("llpt/beads", "Angstrom", 1.0)
"""Positions of every bead of a path integral, shape (frames, P, n, 3)."""


def frame_fields(system: System) -> dict[str, FrameField]:
    """Return the arrays that the frames of a system have."""
    return FRAME_FIELDS | ({"bead_positions_angstrom": BEADS} if system.beads > 1 else {})


def write_header(file: Any, system: System) -> None:
    """Write what every H5MD file of llpt begins with: metadata, species, masses, box."""
    meta = file.create_group("h5md")
    meta.attrs["version"] = np.array([1, 1], dtype=np.int32)
    author = meta.create_group("author")
    author.attrs["name"] = "unknown"
    creator = meta.create_group("creator")
    creator.attrs["name"] = "llpt"
    creator.attrs["version"] = VERSION
    particles = file.create_group(PARTICLES)
    particles.create_dataset("species", data=np.asarray(system.numbers, dtype=np.int32))
    particles.create_dataset("mass", data=np.asarray(system.masses_u, dtype=float)).attrs["unit"] = "u"
    box = particles.create_group("box")
    box.attrs["dimension"] = np.int32(3)
    box.attrs["boundary"] = np.array(["periodic"] * 3, dtype=h5py.string_dtype("ascii"))
    header = file.create_group("llpt")
    header.attrs["format_version"] = FORMAT_VERSION
    header.attrs["timestep_fs"] = system.timestep_fs
    for name, value in system.attributes.items():
        header.attrs[name] = value


def read_system(file: Any, path: Path) -> System:
    """Read the header that ``write_header`` wrote.

    Args:
        file: a segment that is open.
        path: where it lies.

    Raises:
        StorageError: a part of it lies in another file.
    """
    particles = file[PARTICLES]
    for name in ("species", "mass"):
        refuse_other_files(particles[name], path)
    attributes = {
        name: value.item() if isinstance(value, np.generic) else value
        for name, value in file["llpt"].attrs.items()
        if name not in {"format_version", "timestep_fs"}
    }
    return System(
        numbers=particles["species"][:].astype(np.int64),
        masses_u=particles["mass"][:].astype(float),
        timestep_fs=float(file["llpt"].attrs["timestep_fs"]),
        attributes=attributes,
    )


def segment_image(system: System, records: Sequence[StepRecord], frames: Sequence[Frame]) -> bytes:
    """Return the bytes of a segment file.

    Built in memory, so that a full disk meets us in a plain write and never inside HDF5.

    Args:
        system: atoms and timestep.
        records: the scalars of every step of the segment, at least one, consecutive.
        frames: the frames among these steps; each frame's step has its record.
    """
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        write_header(file, system)
        _write_scalars(file, records)
        _write_frames(file, frames, system)
        _write_observables(file, records, frames)
    return buffer.getvalue()


def _dataset(group: Any, name: str, data: Any, unit: str) -> Any:
    """Write an array with a checksum and its unit; an empty one cannot be chunked and is written bare."""
    array = np.asarray(data)
    if array.size:
        dataset = group.create_dataset(name, data=array, chunks=_chunks(array.shape, array.itemsize), fletcher32=True)
    else:
        dataset = group.create_dataset(name, data=array)
    if unit:
        dataset.attrs["unit"] = unit
    return dataset


def _chunks(shape: tuple[int, ...], itemsize: int) -> tuple[int, ...]:
    """Chunk along time only, about 256 KiB each, so that reading one frame reads little else."""
    row = int(np.prod(shape[1:], dtype=int)) * itemsize
    return (int(np.clip(262144 // max(row, 1), 1, shape[0])), *shape[1:])


def _write_scalars(file: Any, records: Sequence[StepRecord]) -> None:
    group = file.create_group(SCALARS)
    _dataset(group, "step", np.array([record.step for record in records], dtype=np.int64), "")
    _dataset(group, "time_fs", np.array([record.time_fs for record in records]), "fs")
    for name in records[0].scalar_names:
        _dataset(group, name, _column(records, name), STEP_UNITS[name])


def _column(records: Sequence[StepRecord], name: str) -> Any:
    kind = np.int64 if name == "extrapolation_warnings" else np.float64
    return np.array([getattr(record, name) for record in records], dtype=kind)


def _write_frames(file: Any, frames: Sequence[Frame], system: System) -> None:
    steps = np.array([frame.step for frame in frames], dtype=np.int64)
    times = np.array([frame.time_fs for frame in frames], dtype=float)
    shapes = {"cell_angstrom": (3, 3), "bead_positions_angstrom": (system.beads, system.n_atoms, 3)}
    fields = frame_fields(system)
    for name, place in fields.items():
        shape = (len(frames), *shapes.get(name, (system.n_atoms, 3)))
        values = np.array([getattr(frame, name) for frame in frames], dtype=float).reshape(shape) * place.to_file
        element = file.require_group(place.path)
        _dataset(element, "value", values, place.unit)
    position = file[f"{PARTICLES}/position"]
    _dataset(position, "step", steps, "")
    _dataset(position, "time", times, "fs")
    share_clock(file, [place.path for place in fields.values()])


def share_clock(file: Any, elements: Sequence[str]) -> None:
    """Let every element use the steps and times of the positions (hard links, as H5MD asks of box edges)."""
    position = file[f"{PARTICLES}/position"]
    for path in elements:
        element = file.require_group(path)
        for name in ("step", "time"):
            if name not in element:
                element[name] = position[name]


def _write_observables(file: Any, records: Sequence[StepRecord], frames: Sequence[Frame]) -> None:
    by_step = {record.step: record for record in records}
    sampled = [by_step[frame.step] for frame in frames]
    names = records[0].scalar_names
    for name in names:
        element = file.create_group(f"observables/{name}")
        values = _column(sampled, name)
        if name in {"stress_gpa", "kinetic_stress_gpa"}:
            values = values.reshape(-1, 6)
        _dataset(element, "value", values, STEP_UNITS[name])
    share_clock(file, [f"observables/{name}" for name in names])


def open_h5(path: Path) -> Any:
    """Open an HDF5 file of llpt for reading.

    Raises:
        StorageError: it is missing, truncated, not HDF5, not a trajectory of llpt, or its header lies in another file.
    """
    if not path.is_file():
        raise StorageError(f"The trajectory file {path} is missing.", "Copy the whole run directory with its segments.")
    try:
        file = h5py.File(path, "r", rdcc_nbytes=0)  # chunks are read once: a cache only copies them (500 to 750 MB/s)
    except OSError as error:
        raise damaged(path, str(error)) from error
    if "llpt" not in file or PARTICLES not in file:
        file.close()
        raise StorageError(
            f"{path} is not a trajectory of llpt.", "Give a run directory or its trajectory.h5; see `llpt import`."
        )
    try:
        refuse_other_files(file["llpt"], path)
    except StorageError:
        file.close()
        raise
    version = int(file["llpt"].attrs.get("format_version", 0))
    if version > FORMAT_VERSION:
        file.close()
        raise StorageError(f"{path} has format version {version}, newer than this llpt.", "Update llpt.")
    return file


def damaged(path: Path, detail: str) -> StorageError:
    """Return the error for a file whose content cannot be trusted."""
    return StorageError(
        f"The trajectory file {path} is damaged or truncated ({detail}).",
        "Restore it from a copy; if it is the last segment, delete it and start the run again.",
    )
