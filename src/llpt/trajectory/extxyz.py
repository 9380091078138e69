"""Frames as ASE atoms, and the extended XYZ file that keeps all their labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import ase
import numpy as np
from ase.io import write

from llpt.files import atomic_text
from llpt.structure import attach_labels
from llpt.units import GPA_TO_EV_PER_ANGSTROM3, U_ANGSTROM2_PER_FS2_TO_EV

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from llpt.trajectory.frame import Frame, System


def frame_to_atoms(frame: Frame, scalars: Mapping[str, NDArray[Any]], system: System) -> ase.Atoms:
    """Return a frame as ASE atoms with its labels.

    ``get_forces()`` (eV/Å), ``get_potential_energy()`` (the internal energy E, eV; F with ``force_consistent=True``),
    ``get_stress()`` (eV/Å³, virial part) and ``get_velocities()`` give what the run recorded. ``info`` gets ``step``,
    ``time_fs``, ``entropy`` (eV/K), ``temperature_k``, ``pressure_gpa`` (total), ``electronic_temperature_k`` and an
    engine's optional numbers. What the run does not hold is left out. Positions are unwrapped.
    Of a path integral it is the first bead: its positions and forces. Energies and stress are means over all beads,
    not those of this configuration, and are left out.

    Args:
        frame: the frame.
        scalars: the scalars of its step, by the names of ``StepRecord``.
        system: the system it belongs to.
    """
    atoms: Any = ase.Atoms(
        numbers=system.numbers, positions=frame.positions_angstrom, cell=frame.cell_angstrom, pbc=True
    )
    atoms.set_masses(system.masses_u)
    if np.isfinite(frame.velocities_angstrom_per_fs).all():
        # ASE's momentum is u·sqrt(eV/u); a velocity in Å/fs is sqrt(U_ANGSTROM2_PER_FS2_TO_EV) of its units.
        velocities = frame.velocities_angstrom_per_fs * np.sqrt(U_ANGSTROM2_PER_FS2_TO_EV)
        atoms.set_momenta(velocities * system.masses_u[:, np.newaxis])
    if system.beads > 1:
        attach_labels(atoms, forces=frame.forces_ev_per_angstrom)
    else:
        attach_labels(
            atoms,
            energy=float(scalars["internal_energy_ev"]),
            free_energy=float(scalars["free_energy_ev"]),
            forces=frame.forces_ev_per_angstrom,
            stress=np.asarray(scalars["stress_gpa"]) * GPA_TO_EV_PER_ANGSTROM3,
        )
    known = {
        "time_fs": frame.time_fs,
        "entropy": float(scalars["entropy_ev_per_k"]),
        "temperature_k": float(scalars["temperature_k"]),
        "pressure_gpa": float(scalars["pressure_gpa"]),
    }
    atoms.info.update(step=frame.step, **{name: value for name, value in known.items() if np.isfinite(value)})
    for name in ("extrapolation_warnings", "force_spread_ev_per_angstrom", "energy_spread_ev"):
        if name in scalars:
            atoms.info[name] = scalars[name].item()
    if "electronic_temperature_k" in system.attributes:
        atoms.info["electronic_temperature_k"] = system.attributes["electronic_temperature_k"]
    return cast("ase.Atoms", atoms)


def export_extxyz(path: Path, frames: Iterable[ase.Atoms]) -> None:
    """Write frames to an extended XYZ file, atomically.

    When ASE reads it, ``energy``, ``free_energy``, ``stress`` and ``forces`` are in ``atoms.calc.results``; the other
    labels are in ``atoms.info``.

    Raises:
        StorageError: the disk refuses.
    """
    with atomic_text(path) as stream:
        for atoms in frames:
            write(stream, atoms, format="extxyz")
