"""The contract of a term of the free energy.

A term belongs to one geometry. The electrons take part in it through their density, through the orbitals of each
k-point, or not at all; whichever it is, the part gives its energy, what the electrons feel of it, its forces and its
stress, and ``Problem`` sums over the terms of ``terms.catalogue`` without knowing them.

The finite-basis correction (``basis_error``) needs no more of a term than the potential.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from llpt.dft.basis import Basis
    from llpt.dft.ions import IonPhases, Ions
    from llpt.dft.theory import Theory


@dataclass(frozen=True)
class Setting:
    """What a term is made for.

    Args:
        basis: the discretisation.
        ions: positions and charge.
        phases: of the ions on the grid of the density.
        theory: functional, pseudopotential, electronic temperature.
    """

    basis: Basis
    ions: Ions
    phases: IonPhases
    theory: Theory


class DensityPart(ABC):
    """A term at one density n(G): a functional of the density, or of the ions alone.

    Attributes:
        potential: V(G) = dE/dn, the coefficients in Ha on the half grid; None where electrons feel nothing of it.
    """

    potential: Tensor | None = None

    @abstractmethod
    def energy(self) -> float:
        """Return the energy, Ha per cell; a free energy where the term depends on the temperature."""

    def entropy(self) -> float:
        """Return -dE/d(k_B T_el) in units of k_B per cell: zero unless the term depends on the temperature."""
        return 0.0

    def forces(self) -> Tensor | None:
        """Return -dE/dR at fixed density, Ha/bohr, shape (n, 3); None where it does not depend on the ions."""
        return None

    @abstractmethod
    def stress(self) -> Tensor:
        """Return (1/Omega) dE/d(strain) at fixed Omega n(G), Ha/bohr³, shape (3, 3)."""


class Operator(ABC):
    """A term at one k-point: a linear operator on orbitals, given as rows of coefficients, shape (bands, n)."""

    @abstractmethod
    def add_to(self, images: Tensor, orbitals: Tensor) -> None:
        """Add what the operator makes of the orbitals to ``images``, shape (bands, n)."""

    @abstractmethod
    def energy(self, orbitals: Tensor, occupations: Tensor) -> float:
        """Return the energy of this k-point (without its weight), Ha per cell."""

    def forces(self, orbitals: Tensor, occupations: Tensor) -> Tensor | None:  # noqa: ARG002 - the contract's
        """Return -dE/dR of this k-point (without its weight), Ha/bohr, shape (n, 3); None where ions play no part."""
        return None

    @abstractmethod
    def stress(self, orbitals: Tensor, occupations: Tensor) -> Tensor:
        """Return (1/Omega) dE/d(strain) of this k-point (without its weight), Ha/bohr³, shape (3, 3)."""

    @abstractmethod
    def velocity(self, orbitals: Tensor, axis: int) -> Tensor:
        """Return i [O, r_a] psi = dO/dk_a psi, shape (bands, n)."""


class Term(ABC):
    """One term of the free energy at one geometry; what a term does not have it leaves out."""

    @abstractmethod
    def __init__(self, setting: Setting) -> None:
        """Prepare all that does not change during self-consistency."""

    def at_density(self, density: Tensor) -> DensityPart | None:  # noqa: ARG002 - the contract's
        """Return the term at a density n(G), half grid; None for one of orbitals alone."""
        return None

    def at_kpoint(self, index: int) -> Operator | None:  # noqa: ARG002
        """Return the term as an operator on the orbitals of a k-point; None where it is none."""
        return None
