"""One geometry as an electronic problem: its terms summed, whichever they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from llpt.dft.hamiltonian import Hamiltonian, Potential
from llpt.dft.ions import IonPhases, Ions
from llpt.dft.screening import lindhard_screening
from llpt.dft.sharing import at_each_kpoint
from llpt.dft.terms.base import DensityPart, Operator, Setting
from llpt.dft.terms.catalogue import make_terms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from llpt.dft.basis import Basis
    from llpt.dft.occupations import Occupations
    from llpt.dft.sharing import OfOne
    from llpt.dft.theory import Theory


@dataclass(frozen=True)
class FreeEnergy:
    """Free energy F, internal energy E = F + T S and the energy T S, Ha per cell."""

    free: float
    entropy_energy: float

    @property
    def internal(self) -> float:
        """E = F + T S."""
        return self.free + self.entropy_energy


@dataclass(frozen=True)
class EffectivePotential:
    """What the electrons feel at a density.

    Args:
        density: n(G), half grid, 1/bohr³.
        potential: the sum of the terms' potentials as coefficients, Ha.
        parts: the terms at this density.
    """

    density: Tensor
    potential: Tensor
    parts: tuple[DensityPart, ...]


@dataclass(frozen=True)
class Totals:
    """The sum of all terms.

    Args:
        energy: the free energy.
        forces: -dF/dR, Ha/bohr, shape (n, 3), without net force.
        stress: (1/Omega) dF/d(strain) at fixed plane-wave coefficients, Ha/bohr³, shape (3, 3), symmetric.
    """

    energy: FreeEnergy
    forces: Tensor
    stress: Tensor


class Problem:
    """The Kohn–Sham problem of ions in a cell.

    Args:
        basis: the discretisation.
        ions: positions and charge.
        theory: functional, pseudopotential, electronic temperature.
        hamiltonians: operators of an earlier problem on the same integer sets, whose work space is taken over.
    """

    def __init__(
        self, basis: Basis, ions: Ions, theory: Theory, *, hamiltonians: tuple[Hamiltonian, ...] | None = None
    ) -> None:
        self.basis = basis
        self.ions = ions
        self.theory = theory
        self.electrons = ions.charge * ions.count
        phases = IonPhases(basis.grid, ions)
        self.terms = make_terms(Setting(basis, ions, phases, theory))
        self.screening = lindhard_screening(basis.grid, self.electrons)
        self._structure_factor = phases.structure_factor()
        operators = [self._operators(index) for index in range(len(basis.waves))]
        if hamiltonians is None:
            self.hamiltonians = tuple(Hamiltonian(basis, i, each) for i, each in enumerate(operators))
        else:
            self.hamiltonians = hamiltonians
            for index, (hamiltonian, each) in enumerate(zip(hamiltonians, operators, strict=True)):
                hamiltonian.move(basis, index, each)

    def _operators(self, index: int) -> tuple[Operator, ...]:
        operators = (term.at_kpoint(index) for term in self.terms)
        return tuple(operator for operator in operators if operator is not None)

    def field_of(self, density: Tensor) -> EffectivePotential:
        """Return what the electrons feel of each other and of the ions at a density n(G)."""
        parts = tuple(part for term in self.terms if (part := term.at_density(density)) is not None)
        first, *others = [part.potential for part in parts if part.potential is not None]
        return EffectivePotential(density, sum(others, start=first), parts)

    def set_field(self, field: EffectivePotential) -> None:
        """Put the potential of a field into the Hamiltonians."""
        potential = Potential.from_coefficients(self.basis, field.potential)
        for hamiltonian in self.hamiltonians:
            hamiltonian.set_potential(potential)

    def set_density(self, density: Tensor) -> None:
        """Put the potential of a density n(G) into the Hamiltonians."""
        self.set_field(self.field_of(density))

    def at_each_kpoint(self, function: Callable[..., OfOne], *values: Iterable[object]) -> tuple[OfOne, ...]:
        """Return what a function makes of each k-point's Hamiltonian and values; see :mod:`llpt.dft.sharing`.

        Args:
            function: of a Hamiltonian and one value of each kind.
            values: of each kind one for each k-point.
        """
        return at_each_kpoint(function, self.hamiltonians, *values, device=self.basis.cell.device)

    def density_of(self, orbitals: tuple[Tensor, ...], occupations: Occupations) -> Tensor:
        """Return n(G) of occupied orbitals, normalised to the electron number exactly."""
        grid = self.basis.grid

        def of_one(hamiltonian: Hamiltonian, weight: float, psi: Tensor, f: Tensor) -> Tensor:
            density = torch.zeros(grid.shape, dtype=self.basis.precision.real, device=self.basis.cell.device)
            filled = int((f > 1e-9).sum())
            hamiltonian.fine.add_density(density, psi[:filled], f[:filled] * weight)
            return density

        first, *others = self.at_each_kpoint(of_one, self.basis.kpoints.weights, orbitals, occupations.numbers)
        coefficients = grid.to_reciprocal(sum(others, start=first).to(torch.float64))
        return coefficients * (self.electrons / (grid.volume * float(coefficients[0, 0, 0].real)))

    def superposed_density(self) -> Tensor:
        """Return the sum of free-atom-like densities (Slater exponent 1.2), the start of a calculation from nothing."""
        grid = self.basis.grid
        shape = 1.0 / (1.0 + grid.g2 / (4.0 * 1.2**2)) ** 2
        scale = self.electrons / self.ions.count / grid.volume
        return self._structure_factor * shape * scale * (grid.multiplicity > 0)

    def totals(
        self, orbitals: tuple[Tensor, ...], occupations: Occupations, field: EffectivePotential, *, density: Tensor
    ) -> Totals:
        """Return free energy (Mermin's functional), forces and stress.

        Terms of the density are expanded to first order about the density of ``field``: exact where the two densities
        are the same, and their energy in error by the square of the difference otherwise.

        Args:
            orbitals: of each k-point.
            occupations: of the orbitals.
            field: of the best estimate of the density, at which forces and stress are taken.
            density: n(G) of the orbitals, at which the free energy is stationary.
        """
        grid = self.basis.grid
        energy = grid.volume * grid.inner(density - field.density, field.potential)
        entropy = 0.0
        forces = torch.zeros_like(self.ions.positions)
        stress = torch.zeros_like(self.basis.cell)
        for part in field.parts:
            energy += part.energy()
            entropy += part.entropy()
            stress = stress + part.stress()
            if (pull := part.forces()) is not None:
                forces = forces + pull
        for weight, parts in zip(
            self.basis.kpoints.weights, self.at_each_kpoint(_of_operators, orbitals, occupations.numbers), strict=True
        ):
            for one_energy, one_stress, one_pull in parts:
                energy += weight * one_energy
                stress = stress + weight * one_stress
                if one_pull is not None:
                    forces = forces + weight * one_pull
        free = energy - occupations.entropy_energy
        return Totals(
            FreeEnergy(free, occupations.entropy_energy + self.theory.electronic_temperature * entropy),
            forces - forces.mean(0),
            0.5 * (stress + stress.T),
        )

    def starting_orbitals(self, bands: int, *, seed: int = 0) -> tuple[Tensor, ...]:
        """Return trial orbitals: 1s-like functions on the ions, and random ones where more are wanted.

        Args:
            bands: number of orbitals.
            seed: of the random ones.
        """
        return tuple(self._trial(index, bands, seed) for index in range(len(self.hamiltonians)))

    def random_orbitals(self, index: int, count: int, *, seed: int = 0) -> Tensor:
        """Return random smooth orbitals at one k-point, shape (count, plane waves).

        Args:
            index: of the k-point.
            count: number of orbitals, >= 1.
            seed: of the random numbers.
        """
        waves = self.basis.waves[index]
        generator = torch.Generator().manual_seed(seed)
        noise = torch.randn((count, waves.count, 2), generator=generator, dtype=torch.float64)
        noise = torch.view_as_complex(noise).to(waves.cell.device)
        return (noise / (1.0 + waves.kinetic) ** 2).to(self.basis.precision.complex)

    def _trial(self, index: int, bands: int, seed: int) -> Tensor:
        waves = self.basis.waves[index]
        envelope = 1.0 / (1.0 + 2.0 * waves.kinetic / 1.2**2) ** 2
        phases = torch.exp(-1j * (self.ions.positions @ waves.vectors.T)) * envelope
        extra = max(4, bands - self.ions.count + 4)
        random = self.random_orbitals(index, extra, seed=seed)
        trial = torch.cat([phases.to(random.dtype), random])[-waves.count :]
        norms = torch.linalg.vector_norm(trial, dim=1, keepdim=True)
        return trial / norms

    @property
    def most_bands(self) -> int:
        """The largest number of bands that the smallest plane-wave set can hold."""
        return min(waves.count for waves in self.basis.waves)

    def default_bands(self) -> int:
        """Number of bands to begin with: half the electrons and a margin that also speeds up the eigensolver."""
        occupied = math.ceil(self.electrons / 2.0)
        return min(self.most_bands, occupied + max(8, occupied // 8))


def _of_operators(
    hamiltonian: Hamiltonian, orbitals: Tensor, occupations: Tensor
) -> list[tuple[float, Tensor, Tensor | None]]:
    """Energy, stress and forces of each operator of one k-point, without its weight."""
    return [
        (each.energy(orbitals, occupations), each.stress(orbitals, occupations), each.forces(orbitals, occupations))
        for each in hamiltonian.operators
    ]
