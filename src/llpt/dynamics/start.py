"""From the atoms a person gives to the state a run starts from."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, cast

import ase
import numpy as np

from llpt.dynamics.ring_polymer import DISPLACEMENTS
from llpt.dynamics.settings import RunSettings, timestep_auto
from llpt.errors import InputError, unsuitable
from llpt.isotopes import with_isotope
from llpt.units import BOLTZMANN_EV_PER_K, hydrogen_density_g_per_cm3

if TYPE_CHECKING:
    from numpy.typing import NDArray


def prepare_start(atoms: ase.Atoms, settings: RunSettings) -> ase.Atoms:
    """Return the atoms as a run needs them: cell vectors in standard orientation, velocities, total momentum zero.

    The first cell vector is turned onto x and the second into the xy plane (i-PI needs it), positions and velocities
    with it. Where the atoms have no velocities they are drawn from the Maxwell–Boltzmann distribution at the
    temperature of the settings. Hydrogen gets the mass of the isotope that the settings name.

    Raises:
        InputError: no ase.Atoms, fewer than two of them, no periodic cell of right-handed positive volume, or values
            not finite.
    """
    if not isinstance(atoms, ase.Atoms):
        raise unsuitable(atoms, "is no structure to start from", "Give ase.Atoms, e.g. trajectory.atoms(-1).")
    if len(atoms) < 2:
        raise InputError(f"Molecular dynamics of {len(atoms)} atoms makes no sense.", "Give at least two atoms.")
    if not np.isfinite(atoms.positions).all() or not np.isfinite(atoms.cell.array).all():
        raise InputError("The start has positions or a cell that are not finite.", "Look at the structure file.")
    if not all(atoms.pbc) or np.linalg.det(atoms.cell.array) <= 0.0:
        raise InputError(
            "The start has no periodic cell with right-handed vectors of positive volume.",
            "Give a cell periodic in x, y and z; swap two cell vectors if it is left-handed.",
        )
    start: Any = with_isotope(atoms, settings.isotope)
    start.calc = None
    start.set_constraint()
    velocities = start.get_velocities()
    cell, rotation = start.cell.standard_form()
    if not np.allclose(cell.array, start.cell.array, rtol=0.0, atol=1e-12):
        start.positions[:] = start.positions @ rotation.T
        velocities = velocities @ rotation.T
        if DISPLACEMENTS in start.arrays:
            displacements = start.arrays[DISPLACEMENTS].reshape(len(start), -1, 3) @ rotation.T
            start.set_array(DISPLACEMENTS, displacements.reshape(len(start), -1))
        start.set_cell(cell, scale_atoms=False)
    if not np.any(velocities):
        velocities = maxwell_boltzmann(start.get_masses(), settings.temperature_k, settings.seed)
    start.set_velocities(_at_rest(velocities, start.get_masses()))
    return cast("ase.Atoms", start)


def maxwell_boltzmann(masses_u: NDArray[np.float64], temperature_k: float, seed: int) -> NDArray[np.float64]:
    """Draw velocities in ASE's unit, sqrt(eV/u), from exp(−m v²/2 k_B T), shape (n, 3).

    Args:
        masses_u: masses in u, shape (n,), > 0.
        temperature_k: T in K, >= 0.
        seed: of the random numbers.
    """
    width = np.sqrt(BOLTZMANN_EV_PER_K * temperature_k / masses_u)
    return np.random.default_rng([seed, 0]).normal(size=(len(masses_u), 3)) * width[:, np.newaxis]


def _at_rest(velocities: NDArray[np.float64], masses_u: NDArray[np.float64]) -> NDArray[np.float64]:
    return velocities - masses_u @ velocities / masses_u.sum()


def resolved_timestep_fs(atoms: ase.Atoms, settings: RunSettings) -> float:
    """Return the time step in fs, ``auto`` worked out for these atoms as a density of hydrogen nuclei."""
    if settings.timestep_fs != "auto":
        return float(settings.timestep_fs)
    volume = float(atoms.get_volume())
    density = hydrogen_density_g_per_cm3(volume / len(atoms))
    return timestep_auto(settings.temperature_k, density)


def start_hash(atoms: ase.Atoms) -> str:
    """Return the SHA-256 of numbers, positions, cell, masses, momenta and beads: the identity of a start."""
    digest = hashlib.sha256()
    arrays = (atoms.numbers, atoms.positions, atoms.cell.array, atoms.get_masses(), atoms.get_momenta())
    ring = atoms.arrays.get(DISPLACEMENTS)
    for array in arrays if ring is None else (*arrays, ring):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
