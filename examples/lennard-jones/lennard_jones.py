"""Argon by Lennard-Jones as an ASE calculator: all pairs within the cutoff, minimum image, long-range correction."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import numba
import numpy as np
from ase.calculators.calculator import Calculator, all_changes

from llpt.units import BOLTZMANN_EV_PER_K

if TYPE_CHECKING:
    import ase

EPSILON_K = 119.8
EPSILON_EV = EPSILON_K * BOLTZMANN_EV_PER_K
SIGMA_ANGSTROM = 3.405
CUTOFF_SIGMA = 2.5


@numba.njit(cache=True, fastmath=True)
def pair_sum(positions: Any, edge: float, cutoff2: float, forces: Any, virial: Any) -> float:
    """Add the forces and the virial (xx, yy, zz, yz, xz, xy) of all pairs in units of epsilon and sigma, return E."""
    cut6 = 1.0 / cutoff2**3
    shift = 4.0 * cut6 * (cut6 - 1.0)
    energy = 0.0
    n_atoms = positions.shape[0]
    for first in range(n_atoms):
        for second in range(first):
            x = positions[first, 0] - positions[second, 0]
            y = positions[first, 1] - positions[second, 1]
            z = positions[first, 2] - positions[second, 2]
            x -= edge * np.rint(x / edge)
            y -= edge * np.rint(y / edge)
            z -= edge * np.rint(z / edge)
            distance2 = x * x + y * y + z * z
            if distance2 < cutoff2:
                inverse6 = 1.0 / (distance2 * distance2 * distance2)
                energy += 4.0 * inverse6 * (inverse6 - 1.0) - shift
                strength = 24.0 * inverse6 * (2.0 * inverse6 - 1.0)
                strength /= distance2
                forces[first, 0] += strength * x
                forces[first, 1] += strength * y
                forces[first, 2] += strength * z
                forces[second, 0] -= strength * x
                forces[second, 1] -= strength * y
                forces[second, 2] -= strength * z
                virial[0] += strength * x * x
                virial[1] += strength * y * y
                virial[2] += strength * z * z
                virial[3] += strength * y * z
                virial[4] += strength * x * z
                virial[5] += strength * x * y
    return energy


class LennardJones(Calculator):
    """Argon by Lennard-Jones, truncated at 2.5 sigma and corrected for what lies beyond with g(r) = 1.

    The pair energy is shifted to zero at the cutoff; what the shift takes away on average is put back with the
    correction, 16 pi/3 N rho (2/3 r_c^-9 - r_c^-3), of which the stress is the derivative. Both are then those of the
    full potential, whose critical point is T* = 1.31, P* = 0.128 (Potoff and Panagiotopoulos, J. Chem. Phys. 109,
    10914, 1998). Without the correction it would be that of the truncated and shifted potential, T* = 1.085 (Smit, J.
    Chem. Phys. 96, 8639, 1992). Cubic cells of at least 5 sigma only.
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces", "stress"]

    def calculate(
        self,
        atoms: ase.Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Compute energy (eV), forces (eV/Å) and stress (eV/Å³)."""
        super().calculate(atoms, properties or ["energy"], system_changes)
        n_atoms = len(self.atoms)
        edge = float(self.atoms.cell[0, 0]) / SIGMA_ANGSTROM
        if edge < 2.0 * CUTOFF_SIGMA:
            raise ValueError(f"the cell of {edge:.2f} sigma is narrower than twice the cutoff")
        positions = np.ascontiguousarray(self.atoms.positions / SIGMA_ANGSTROM)
        forces = np.zeros_like(positions)
        virial = np.zeros(6)
        energy = pair_sum(positions, edge, CUTOFF_SIGMA**2, forces, virial)
        density = n_atoms / edge**3
        beyond = 16.0 / 3.0 * math.pi * density * (2.0 / 3.0 * CUTOFF_SIGMA**-9 - CUTOFF_SIGMA**-3)
        stress = -virial / edge**3
        stress[:3] -= density * beyond
        self.results = {
            "energy": (energy + n_atoms * beyond) * EPSILON_EV,
            "forces": forces * EPSILON_EV / SIGMA_ANGSTROM,
            "stress": stress * EPSILON_EV / SIGMA_ANGSTROM**3,
        }
        self.results["free_energy"] = self.results["energy"]
