"""Our own runs, made with ``llpt md`` or in another study: their segments are copied as they are, scalars and all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h5py
import numpy as np

from llpt.files import copy
from llpt.trajectory.foreign.contents import Contents
from llpt.trajectory.foreign.fingerprints import fingerprints_of
from llpt.trajectory.foreign.frame import ForeignFrame, ForeignTrajectory
from llpt.trajectory.foreign.measuring import measurements_of
from llpt.trajectory.master import MASTER_NAME
from llpt.trajectory.trajectory import Trajectory
from llpt.trajectory.writer import SEGMENTS_NAME, TrajectoryWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def is_own(path: Path) -> bool:
    """Whether a path is a run directory of llpt, or the ``trajectory.h5`` of one."""
    if path.is_dir():
        return (path / SEGMENTS_NAME).is_dir()
    if path.name != MASTER_NAME or not h5py.is_hdf5(path):
        return False
    with h5py.File(path, "r") as file:
        return "llpt" in file


def open_own(path: Path) -> ForeignTrajectory:
    """Open a run directory of llpt.

    Raises:
        StorageError: its trajectory is damaged or incomplete.
    """
    directory = path if path.is_dir() else path.parent
    trajectory = Trajectory.open(directory)
    return ForeignTrajectory(
        program="llpt",
        files=tuple(sorted((directory / SEGMENTS_NAME).glob("[0-9]*.h5"))),
        numbers=trajectory.numbers,
        frames=lambda: _frames(directory),
        masses_u=trajectory.masses_u,
        facts=trajectory.facts,
        own=directory,
        beads=trajectory.beads,
    )


def _frames(directory: Path) -> Iterator[ForeignFrame]:
    for block in Trajectory.open(directory).blocks():
        for index in range(len(block)):
            frame = block.frame(index)
            yield ForeignFrame(
                frame.positions_angstrom,
                frame.cell_angstrom,
                frame.velocities_angstrom_per_fs,
                frame.forces_ev_per_angstrom,
                time_fs=frame.time_fs,
                bead_positions_angstrom=frame.bead_positions_angstrom,
            )


def copy_own(source: Path, directory: Path) -> Contents:
    """Copy a run's segments into another run directory.

    Raises:
        StorageError: the disk refuses, or the source is damaged.
    """
    trajectory = Trajectory.open(source)
    files = sorted((source / SEGMENTS_NAME).glob("[0-9]*.h5"))
    for file in files:
        copy(file, directory / SEGMENTS_NAME / file.name)
    TrajectoryWriter(directory, trajectory.system, keep_segments=len(files))
    return contents_of_own(source)


def contents_of_own(source: Path) -> Contents:
    """Return what a run of llpt holds.

    Raises:
        StorageError: the source is damaged.
    """
    trajectory = Trajectory.open(source)
    scalars = trajectory.scalars()
    missing = [str(name) for name, values in scalars.data_vars.items() if np.isnan(values.to_numpy()).all()]
    first = next(trajectory.blocks(1))
    missing += ["velocities"] if np.isnan(first.velocities_angstrom_per_fs).all() else []
    missing += ["forces"] if np.isnan(first.forces_ev_per_angstrom).all() else []
    volume = scalars["volume_angstrom3"].to_numpy()
    measured = measurements_of(
        {str(key): value.to_numpy() for key, value in scalars.items()},
        trajectory.masses_u,
        electrons=int(trajectory.numbers.sum()),
    )
    measured.fingerprints.extend(fingerprints_of(trajectory).ravel().tolist())
    return Contents(
        frames=scalars.sizes["step"],
        missing=tuple(sorted(missing)),
        volumes_angstrom3=(float(volume.min()), float(volume.max())),
        mass_u=trajectory.mass_u,
        measured=measured,
    )
