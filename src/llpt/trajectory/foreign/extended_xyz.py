"""Extended XYZ, through ASE: ``energy``, ``free_energy``, ``stress`` (virial part, eV/Å³), ``forces``, ``momenta``.

With both energies in a frame, ``free_energy`` is F and ``energy`` is E, as everywhere here. A lone ``energy`` may be
either. ``velocities`` that stand beside no momenta are taken in ASE's unit, Å·sqrt(eV/u)/Å, as ASE writes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ase.io import iread

from llpt.errors import InputError
from llpt.structure import label_of
from llpt.trajectory.foreign.frame import Facts, ForeignFrame, ForeignTrajectory
from llpt.units import EV_PER_ANGSTROM3_TO_GPA, U_ANGSTROM2_PER_FS2_TO_EV

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ase import Atoms

ASE_VELOCITY_TO_ANGSTROM_PER_FS = 1.0 / np.sqrt(U_ANGSTROM2_PER_FS2_TO_EV)


def open_extended_xyz(path: Path) -> ForeignTrajectory:
    """Open an extended XYZ file.

    Raises:
        InputError: it cannot be read, or its frames have no periodic cell.
    """
    frames = _atoms(path)
    first, second = next(frames, None), next(frames, None)
    if first is None:
        raise InputError(f"{path} holds no frame.", "Give a file with the frames of one run.")
    times = [_number(frame, "time_fs") for frame in (first, second) if frame is not None]
    interval = times[1] - times[0] if len(times) > 1 and times[0] is not None and times[1] is not None else None
    untyped: Any = first
    return ForeignTrajectory(
        program="extended XYZ",
        files=(path,),
        numbers=np.asarray(untyped.numbers, dtype=np.int64),
        frames=lambda: (_frame(atoms) for atoms in _atoms(path)),
        masses_u=np.asarray(untyped.get_masses(), dtype=float),
        facts=Facts(
            electronic_temperature_k=_number(first, "electronic_temperature_k"), frame_interval_fs=interval or None
        ),
    )


def _atoms(path: Path) -> Iterator[Atoms]:
    try:
        for number, atoms in enumerate(iread(path, index=":", format="extxyz")):
            _check_cell(atoms, number, path)
            yield atoms
    except InputError:
        raise
    except Exception as error:  # ASE raises whatever its parser meets
        raise InputError(
            f"{path} cannot be read as extended XYZ: {error}.", "Check the file, frame by frame."
        ) from error


def _check_cell(atoms: Any, number: int, path: Path) -> None:
    if not (atoms.pbc.all() and atoms.cell.rank == 3):
        raise InputError(f"Frame {number} of {path} has no periodic cell.", 'Write Lattice="…" into each comment line.')


def _number(atoms: Any, name: str) -> float | None:
    value = atoms.info.get(name)
    return float(value) if isinstance(value, int | float | np.number) else None


def _frame(atoms: Any) -> ForeignFrame:
    energy, free = label_of(atoms, "energy"), label_of(atoms, "free_energy")
    stress, forces = label_of(atoms, "stress"), label_of(atoms, "forces")
    velocities = None
    if "momenta" in atoms.arrays or "velocities" in atoms.arrays:
        own = atoms.get_velocities() if "momenta" in atoms.arrays else atoms.arrays["velocities"]
        velocities = np.asarray(own) * ASE_VELOCITY_TO_ANGSTROM_PER_FS
    both = free is not None and energy is not None
    return ForeignFrame(
        positions_angstrom=np.asarray(atoms.positions),
        cell_angstrom=np.asarray(atoms.cell[:]),
        velocities_angstrom_per_fs=velocities,
        forces_ev_per_angstrom=None if forces is None else np.asarray(forces),
        internal_energy_ev=float(energy) if both else None,
        free_energy_ev=None if free is None else float(free),
        energy_ev=None if energy is None or both else float(energy),
        temperature_k=_number(atoms, "temperature_k"),
        pressure_gpa=_number(atoms, "pressure_gpa"),
        stress_gpa=None if stress is None else _six(stress) * EV_PER_ANGSTROM3_TO_GPA,
        time_fs=_number(atoms, "time_fs"),
    )


def _six(stress: Any) -> Any:
    """Return a stress in six components, given in six or nine."""
    values = np.asarray(stress, dtype=float).ravel()
    return values if len(values) == 6 else values[[0, 4, 8, 5, 2, 1]]
