"""The Kohn–Sham Hamiltonian of one k-point as an operator on blocks of orbitals.

Atomic units. Orbitals are rows of plane-wave coefficients, shape (bands, plane waves).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.dft.transforms import orbital_transform

if TYPE_CHECKING:
    from torch import Tensor

    from llpt.dft.basis import Basis
    from llpt.dft.terms.base import Operator


@dataclass(frozen=True)
class Potential:
    """The effective local potential on the two grids, in the number format of the orbitals.

    Args:
        fine: Ha, on the grid of the density.
        coarse: its Fourier-interpolated restriction to the correction grid.
    """

    fine: Tensor
    coarse: Tensor

    @staticmethod
    def from_coefficients(basis: Basis, coefficients: Tensor) -> Potential:
        """Return the potential whose Fourier coefficients on the density grid are given."""
        fine = basis.grid.to_real(coefficients)
        coarse = basis.correction_grid.to_real(basis.grid.restrict(coefficients, basis.correction_grid))
        return Potential(fine.to(basis.precision.real), coarse.to(basis.precision.real))


class Hamiltonian:
    """H = V(r) + the operators of the terms (|k + G|²/2, projectors), at one k-point.

    The potential is changed with :meth:`set_potential`; plane waves, transforms and operators stay.

    Args:
        basis: the discretisation.
        index: which k-point.
        operators: of the terms, at this k-point.
    """

    def __init__(self, basis: Basis, index: int, operators: tuple[Operator, ...]) -> None:
        self._place(basis, index, operators)
        dtype = basis.precision.complex
        self.fine = orbital_transform(self.waves.integers, basis.grid.shape, dtype)
        self.coarse = orbital_transform(self.waves.integers, basis.correction_grid.shape, dtype)
        self._potential: Potential | None = None

    def _place(self, basis: Basis, index: int, operators: tuple[Operator, ...]) -> None:
        self.waves = basis.waves[index]
        self.kinetic = self.waves.kinetic.to(basis.precision.real)
        self.operators = operators

    def move(self, basis: Basis, index: int, operators: tuple[Operator, ...]) -> None:
        """Take over new positions and a strained cell with the same integer set; transforms and work space stay.

        Args:
            basis: with the strained cell.
            index: of the k-point.
            operators: of the terms at this k-point.
        """
        self._place(basis, index, operators)

    def set_potential(self, potential: Potential) -> None:
        """Use this local potential from now on."""
        self._potential = potential

    @property
    def potential(self) -> Potential:
        """The local potential in use."""
        if self._potential is None:
            raise RuntimeError("set_potential comes before apply")
        return self._potential

    def apply(self, orbitals: Tensor) -> Tensor:
        """Return H psi, exactly on the grid of the density, shape (bands, plane waves)."""
        result = self.fine.apply_potential(orbitals, self.potential.fine)
        return self._complete(result, orbitals)

    def apply_to_correction(self, orbitals: Tensor) -> Tensor:
        """Return H psi with the potential on the coarser grid: enough for directions of improvement."""
        result = self.coarse.apply_potential(orbitals, self.potential.coarse)
        return self._complete(result, orbitals)

    def _complete(self, result: Tensor, orbitals: Tensor) -> Tensor:
        for operator in self.operators:
            operator.add_to(result, orbitals)
        return result
