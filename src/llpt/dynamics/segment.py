"""Reversible segments of dynamics with an isotropic piston: the proposals of hybrid Monte Carlo.

Coordinates are those of Andersen (J. Chem. Phys. 72, 2384, 1980): positions brought to a reference volume V₀, q₀ = q/λ
with λ = (V/V₀)^⅓, their momenta π = λp, the volume V and its momentum p_V. In them the dynamics has the Hamiltonian

    H' = Σ π²/(2 m λ²) + U(λ q₀, V) + P'V + p_V²/(2W),

and a step is the symmetric product of exact flows of its parts: kick by forces and virial, half a drift of the volume,
drift of the atoms (which kicks the volume by the kinetic pressure), and the same back. Each flow has the Jacobian one,
and each is undone by reversing the momenta, so a segment keeps phase-space volume and can be traced back: all that
detailed balance needs, whatever the forces are. At constant volume this is velocity Verlet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.dynamics.evaluation import UnusableConfigurationError
from llpt.units import BOLTZMANN_EV_PER_K, U_ANGSTROM2_PER_FS2_TO_EV

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llpt.dynamics.evaluation import Evaluator


@dataclass(frozen=True, slots=True)
class PhaseSpacePoint:
    """Where a segment begins or ends.

    Args:
        reduced_angstrom: positions brought to the reference volume, shape (n, 3).
        momenta: their momenta, eV fs/Å, shape (n, 3); the sum is zero.
        volume_angstrom3: volume of the cell.
        piston_momentum: momentum of the volume, eV fs/Å³.
    """

    reduced_angstrom: NDArray[np.float64]
    momenta: NDArray[np.float64]
    volume_angstrom3: float
    piston_momentum: float = 0.0


class Segments:
    """Dynamics by the forces of a potential, as many steps as asked.

    Args:
        evaluator: the potential.
        masses_u: masses, shape (n,).
        cell_angstrom: cell vectors at the reference volume as rows, shape (3, 3); the shape stays.
        timestep_fs: time step.
        piston_mass: W in eV fs²/Å⁶; None holds the volume.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        masses_u: NDArray[np.float64],
        cell_angstrom: NDArray[np.float64],
        *,
        timestep_fs: float,
        piston_mass: float | None = None,
    ) -> None:
        self._evaluator = evaluator
        self._masses = (masses_u * U_ANGSTROM2_PER_FS2_TO_EV)[:, np.newaxis]
        self._cell = np.array(cell_angstrom)
        self._volume = float(np.linalg.det(cell_angstrom))
        self._timestep = timestep_fs
        self._piston_mass = piston_mass

    def scale(self, volume_angstrom3: float) -> float:
        """Return λ, the edge of a cell of this volume over that of the reference cell."""
        return float((volume_angstrom3 / self._volume) ** (1.0 / 3.0))

    def place(self, point: PhaseSpacePoint) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return positions and cell of a point in Å, shapes (n, 3) and (3, 3)."""
        scale = self.scale(point.volume_angstrom3)
        return scale * point.reduced_angstrom, scale * self._cell

    def draw(
        self, reduced_angstrom: NDArray[np.float64], volume: float, temperature_k: float, random: np.random.Generator
    ) -> PhaseSpacePoint:
        """Return a point with all momenta, the piston's too, drawn anew; the centre of mass is at rest.

        Args:
            reduced_angstrom: positions at the reference volume, shape (n, 3).
            volume: volume of the cell, Å³.
            temperature_k: of the Maxwell distribution.
            random: where the numbers come from.
        """
        energy = BOLTZMANN_EV_PER_K * temperature_k
        momenta = np.sqrt(energy * self._masses) * random.normal(size=reduced_angstrom.shape)
        momenta -= self._masses * momenta.sum(axis=0) / self._masses.sum()
        piston = 0.0
        if self._piston_mass is not None:
            piston = float(np.sqrt(energy * self._piston_mass) * random.normal())
        return PhaseSpacePoint(reduced_angstrom, self.scale(volume) * momenta, volume, piston)

    def velocities(self, point: PhaseSpacePoint) -> NDArray[np.float64]:
        """Return the atoms' velocities in Å/fs, shape (n, 3)."""
        return np.asarray(point.momenta / (self._masses * self.scale(point.volume_angstrom3)))

    def kinetic_ev(self, point: PhaseSpacePoint) -> float:
        """Return the kinetic energy of atoms and piston."""
        piston = 0.0 if self._piston_mass is None else 0.5 * point.piston_momentum**2 / self._piston_mass
        return self._kinetic_of_atoms(point.momenta, self.scale(point.volume_angstrom3)) + piston

    def potential_ev(self, point: PhaseSpacePoint) -> float:
        """Return the energy U of the potential."""
        return self._evaluator.evaluate(*self.place(point)).free_energy_ev

    def advance(self, point: PhaseSpacePoint, steps: int, *, pressure: float = 0.0) -> PhaseSpacePoint:
        """Return where so many steps lead.

        Args:
            point: the start.
            steps: number of time steps.
            pressure: P' in eV/Å³; unused at constant volume.

        Raises:
            UnusableConfigurationError: the way leads where the potential cannot be asked, or to no volume.
            EngineError: the potential failed.
        """
        half, breathing = 0.5 * self._timestep, self._piston_mass is not None
        q, momenta = point.reduced_angstrom.copy(), point.momenta.copy()
        volume, piston = point.volume_angstrom3, point.piston_momentum
        kick, virial = self._forces(q, volume)
        for _ in range(steps):
            momenta += half * kick
            if self._piston_mass is not None:
                piston += half * (virial - pressure)
                volume += half * piston / self._piston_mass
                self._check(volume)
            scale = self.scale(volume)
            q += self._timestep * momenta / (self._masses * scale**2)
            if self._piston_mass is not None:
                piston += self._timestep * 2.0 * self._kinetic_of_atoms(momenta, scale) / (3.0 * volume)
                volume += half * piston / self._piston_mass
                self._check(volume)
            kick, virial = self._forces(q, volume)
            momenta += half * kick
            if breathing:
                piston += half * (virial - pressure)
        return PhaseSpacePoint(q, momenta, volume, piston)

    def _forces(self, reduced: NDArray[np.float64], volume: float) -> tuple[NDArray[np.float64], float]:
        """Return −∂U/∂q₀ without a net force, eV/Å, and the virial pressure −∂U/∂V at fixed q₀, eV/Å³."""
        scale = self.scale(volume)
        result = self._evaluator.evaluate(scale * reduced, scale * self._cell)
        forces = scale * result.forces_ev_per_angstrom
        forces = forces - self._masses * forces.sum(axis=0) / self._masses.sum()
        stress = result.stress_ev_per_angstrom3
        return forces, 0.0 if stress is None else -float(np.mean(stress[:3]))

    def _kinetic_of_atoms(self, momenta: NDArray[np.float64], scale: float) -> float:
        return 0.5 * float((momenta**2 / self._masses).sum()) / scale**2

    def _check(self, volume: float) -> None:
        if not volume > 0.0:
            raise UnusableConfigurationError(
                "The piston of a segment left no volume.", "Take a shorter time step or a longer time of the barostat."
            )


def piston_mass(*, atoms: int, temperature_k: float, volume_angstrom3: float, time_fs: float) -> float:
    """Return W = N k_B T τ²/(3 V₀²) in eV fs²/Å⁶: the piston 3 N k_B T τ² of ln L, as a mass of the volume.

    Args:
        atoms: number of atoms.
        temperature_k: of the run.
        volume_angstrom3: the reference volume V₀.
        time_fs: time constant τ of the piston.
    """
    return atoms * BOLTZMANN_EV_PER_K * temperature_k * time_fs**2 / (3.0 * volume_angstrom3**2)
