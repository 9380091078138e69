"""The result of a self-consistent calculation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from llpt.dft.occupations import Occupations


@dataclass(frozen=True)
class GroundState:
    """Electrons in equilibrium at one geometry. Hartree atomic units, per cell.

    Args:
        free_energy: F = E - T S, what forces and stress are derivatives of, Ha.
        entropy_energy: T S, Ha.
        forces: -dF/dR, Ha/bohr, shape (n, 3).
        stress: (1/Omega) dF/d(strain) at fixed plane-wave coefficients, Ha/bohr³, shape (3, 3).
        eigenvalues: Ha, shape (bands,) for each k-point.
        occupations: of the orbitals.
        density: n(G) on the half grid, 1/bohr³.
        orbitals: plane-wave coefficients, shape (bands, plane waves) for each k-point.
        cycles: self-consistency cycles that were done.
        residual: estimated error of F per atom from the last change of density, Ha.
    """

    free_energy: float
    entropy_energy: float
    forces: Tensor
    stress: Tensor
    eigenvalues: tuple[Tensor, ...]
    occupations: Occupations
    density: Tensor
    orbitals: tuple[Tensor, ...]
    cycles: int
    residual: float

    @property
    def internal_energy(self) -> float:
        """E = F + T S in Ha."""
        return self.free_energy + self.entropy_energy
