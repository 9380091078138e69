"""Nuclei as quantum particles: a path integral is a ring of P classical copies ("beads") of the system.

At inverse temperature β the quantum distribution of positions is, for P to infinity, that of each of the P beads, whose
neighbours are joined by springs of frequency ω_P = P k_B T/ħ (Parrinello and Rahman, J. Chem. Phys. 80, 860, 1984).
Exchange of identical nuclei is left out. A bead has no velocity of the physical particle and no time of its own:
positions and what derives from the free energy are sampled, and nothing else is.

Estimators, with r_c the centroid (the mean over the beads) and f the physical forces on a bead:

    K  = (3N − 3)/2 k_B T − 1/(2P) Σ_j Σ_i (r_ij − r_c,i)·f_ij          (centroid virial)
    P  = 2K/3Ω − (1/P) Σ_j tr σ_j/3
    rg² = 1/(N P) Σ_j Σ_i |r_ij − r_c,i|²                               (squared radius of gyration)

K is the estimator of Herman, Bruskin and Berne, J. Chem. Phys. 76, 5150 (1982) about the centroid; its
spread does not grow with P. The first term counts 3N − 3 degrees of freedom because the centre of mass is at rest
(i-PI's ``kinetic_cv`` counts 3N).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.units import BOLTZMANN_EV_PER_K

if TYPE_CHECKING:
    from numpy.typing import NDArray

DISPLACEMENTS = "bead_displacements"
"""Array of ``ase.Atoms`` that hands a ring on: r_j − r_1 of the beads 1 … P, in Å, shape (n, 3 P)."""


@dataclass(frozen=True, slots=True)
class RingPolymer:
    """The beads at the end of a step.

    Args:
        positions_angstrom: unwrapped positions, shape (P, n, 3).
        temperature_k: 2 K/((3 N P − 3) k_B P) of the momenta of all beads: what their thermostats hold, and nothing of
            the nuclei.
    """

    positions_angstrom: NDArray[np.float64]
    temperature_k: float

    @property
    def from_centroid_angstrom(self) -> NDArray[np.float64]:
        """Positions less those of the centroid, shape (P, n, 3)."""
        return np.asarray(self.positions_angstrom - self.positions_angstrom.mean(axis=0))

    @property
    def gyration_squared_angstrom2(self) -> float:
        """Squared radius of gyration, the mean over the atoms."""
        return float((self.from_centroid_angstrom**2).sum(axis=2).mean())

    def kinetic_energy_ev(self, forces_ev_per_angstrom: NDArray[np.float64], temperature_k: float) -> float:
        """Return the centroid virial estimator of the kinetic energy of the cell.

        Args:
            forces_ev_per_angstrom: physical forces on every bead, shape (P, n, 3).
            temperature_k: of the ensemble.
        """
        beads, atoms, _ = self.positions_angstrom.shape
        free = 0.5 * (3 * atoms - 3) * BOLTZMANN_EV_PER_K * temperature_k
        return free - 0.5 * float((self.from_centroid_angstrom * forces_ev_per_angstrom).sum()) / beads


def ring_displacements(positions_angstrom: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what ``DISPLACEMENTS`` keeps of beads at positions of shape (P, n, 3)."""
    displacements = positions_angstrom - positions_angstrom[0]
    return np.asarray(displacements.transpose(1, 0, 2).reshape(positions_angstrom.shape[1], -1))


def ring_positions(
    positions_angstrom: NDArray[np.float64], displacements: NDArray[np.float64] | None, beads: int
) -> NDArray[np.float64]:
    """Return the positions of every bead at the start of a run, shape (P, n, 3).

    Args:
        positions_angstrom: of the first bead, shape (n, 3).
        displacements: of a run before with as many beads, shape (n, 3 P); without it all beads begin at one place,
            from which the thermostats of the normal modes spread them within a few vibrations.
        beads: P.
    """
    atoms = len(positions_angstrom)
    if displacements is None or displacements.shape != (atoms, 3 * beads):
        return np.repeat(positions_angstrom[np.newaxis], beads, axis=0)
    return np.asarray(positions_angstrom + displacements.reshape(atoms, beads, 3).transpose(1, 0, 2))


def ring_momenta(masses_u: NDArray[np.float64], temperature_k: float, beads: int, seed: int) -> NDArray[np.float64]:
    """Draw momenta of every bead at P T, the momentum of the centroid being zero, in u sqrt(eV/u), shape (P, n, 3).

    Args:
        masses_u: shape (n,); a bead has the mass of its atom.
        temperature_k: T.
        beads: P.
        seed: of the random numbers.
    """
    width = np.sqrt(masses_u * BOLTZMANN_EV_PER_K * temperature_k * beads)[:, np.newaxis]
    drawn = np.random.default_rng([seed, 1]).normal(size=(beads, len(masses_u), 3)) * width
    share = (masses_u / masses_u.sum())[:, np.newaxis]
    return np.asarray(drawn - share * drawn.mean(axis=0).sum(axis=0))
