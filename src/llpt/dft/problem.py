"""One geometry as an electronic problem: the terms that do not change during self-consistency, and those that do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from llpt.dft.hamiltonian import Hamiltonian, Potential
from llpt.dft.ions import IonPhases, Ions
from llpt.dft.screening import lindhard_screening
from llpt.dft.terms.ewald import ewald
from llpt.dft.terms.hartree import hartree_potential, hartree_stress
from llpt.dft.terms.kinetic import kinetic_energy, kinetic_stress
from llpt.dft.terms.local import LocalTerm
from llpt.dft.terms.nonlocal_ import NonlocalTerm
from llpt.dft.terms.xc import XCResult, xc_terms

if TYPE_CHECKING:
    from llpt.dft.basis import Basis
    from llpt.dft.functionals import Functional
    from llpt.dft.occupations import Occupations
    from llpt.dft.pseudopotentials import Pseudopotential


@dataclass(frozen=True)
class Theory:
    """What is computed, apart from geometry and discretisation.

    Args:
        pseudopotential: interaction of electrons and ions.
        functional: exchange and correlation.
        electronic_temperature: k_B T_el in Ha, > 0.
    """

    pseudopotential: Pseudopotential
    functional: Functional
    electronic_temperature: float


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
class Field:
    """What the electrons feel at a density.

    Args:
        density: n(G), half grid, 1/bohr³.
        potential: V_loc + V_H + V_xc as coefficients, Ha.
        hartree: V_H alone, Ha.
        xc: exchange and correlation.
    """

    density: Tensor
    potential: Tensor
    hartree: Tensor
    xc: XCResult


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
        grid = basis.grid
        phases = IonPhases(grid, ions)
        self.local = LocalTerm(grid, phases, theory.pseudopotential)
        self.ion_ion = ewald(grid, ions, phases)
        self.screening = lindhard_screening(grid, self.electrons)
        self._structure_factor = phases.structure_factor()
        projectors = [self._projectors(index) for index in range(len(basis.waves))]
        if hamiltonians is None:
            self.hamiltonians = tuple(Hamiltonian(basis, i, projectors[i]) for i in range(len(basis.waves)))
        else:
            self.hamiltonians = hamiltonians
            for index, hamiltonian in enumerate(hamiltonians):
                hamiltonian.move(basis, index, projectors[index])

    def _projectors(self, index: int) -> NonlocalTerm | None:
        pseudopotential = self.theory.pseudopotential
        if pseudopotential.is_local:
            return None
        basis = self.basis
        return NonlocalTerm(
            basis.waves[index], self.ions, pseudopotential, volume=basis.grid.volume, dtype=basis.precision.complex
        )

    def field_of(self, density: Tensor, *, with_stress: bool = False) -> Field:
        """Return what the electrons feel of each other and of the ions at a density n(G)."""
        grid = self.basis.grid
        xc = xc_terms(
            grid,
            self.theory.functional,
            density,
            electronic_temperature=self.theory.electronic_temperature,
            with_stress=with_stress,
            dtype=self.basis.precision.real,
        )
        hartree = hartree_potential(grid, density)
        return Field(density, self.local.potential + hartree + xc.potential, hartree, xc)

    def set_field(self, field: Field) -> None:
        """Put the potential of a field into the Hamiltonians."""
        potential = Potential.from_coefficients(self.basis, field.potential)
        for hamiltonian in self.hamiltonians:
            hamiltonian.set_potential(potential)

    def set_density(self, density: Tensor) -> None:
        """Put the potential of a density n(G) into the Hamiltonians."""
        self.set_field(self.field_of(density))

    def density_of(self, orbitals: tuple[Tensor, ...], occupations: Occupations) -> Tensor:
        """Return n(G) of occupied orbitals, normalised to the electron number exactly."""
        grid = self.basis.grid
        density = torch.zeros(grid.shape, dtype=self.basis.precision.real, device=self.basis.cell.device)
        for hamiltonian, psi, f, weight in zip(
            self.hamiltonians, orbitals, occupations.numbers, self.basis.kpoints.weights, strict=True
        ):
            filled = int((f > 1e-9).sum())
            hamiltonian.fine.add_density(density, psi[:filled], f[:filled] * weight)
        coefficients = grid.to_reciprocal(density.to(torch.float64))
        return coefficients * (self.electrons / (grid.volume * float(coefficients[0, 0, 0].real)))

    def superposed_density(self) -> Tensor:
        """Return the sum of free-atom-like densities (Slater exponent 1.2), the start of a calculation from nothing."""
        grid = self.basis.grid
        shape = 1.0 / (1.0 + grid.g2 / (4.0 * 1.2**2)) ** 2
        scale = self.electrons / self.ions.count / grid.volume
        return self._structure_factor * shape * scale * (grid.multiplicity > 0)

    def free_energy(
        self, orbitals: tuple[Tensor, ...], occupations: Occupations, density: Tensor, field: Field
    ) -> FreeEnergy:
        """Return the free energy of orbitals, their occupations and their density (Mermin's functional).

        Hartree and exchange–correlation energies are expanded to first order about the density of ``field``: exact
        where the two densities are the same, and in error by the square of their difference otherwise.
        """
        grid = self.basis.grid
        energy = self.ion_ion.energy + grid.volume * (
            grid.inner(density, field.potential)
            - grid.inner(field.density, field.potential - self.local.potential - 0.5 * field.hartree)
        )
        for hamiltonian, psi, f, weight in zip(
            self.hamiltonians, orbitals, occupations.numbers, self.basis.kpoints.weights, strict=True
        ):
            energy += weight * kinetic_energy(hamiltonian.waves, psi, f)
            if hamiltonian.nonlocal_term is not None:
                energy += weight * hamiltonian.nonlocal_term.energy(psi, f)
        free = energy + field.xc.energy - occupations.entropy_energy
        return FreeEnergy(free, occupations.entropy_energy + self.theory.electronic_temperature * field.xc.entropy)

    def forces(self, orbitals: tuple[Tensor, ...], occupations: Occupations, density: Tensor) -> Tensor:
        """Return -dF/dR, Ha/bohr, shape (n, 3), without net force."""
        forces = self.ion_ion.forces + self.local.forces(density)
        for hamiltonian, psi, f, weight in zip(
            self.hamiltonians, orbitals, occupations.numbers, self.basis.kpoints.weights, strict=True
        ):
            if hamiltonian.nonlocal_term is not None:
                forces = forces + weight * hamiltonian.nonlocal_term.forces(psi, f)
        return forces - forces.mean(0)

    def stress(self, orbitals: tuple[Tensor, ...], occupations: Occupations, field: Field) -> Tensor:
        """Return (1/Omega) dF/d(strain) at fixed plane-wave coefficients, Ha/bohr³, shape (3, 3), symmetric.

        Args:
            orbitals: of each k-point.
            occupations: of the orbitals.
            field: of the density, with its stress.
        """
        grid = self.basis.grid
        assert field.xc.stress is not None
        stress = self.ion_ion.stress + self.local.stress(field.density) + hartree_stress(grid, field.density)
        stress = stress + field.xc.stress
        for hamiltonian, psi, f, weight in zip(
            self.hamiltonians, orbitals, occupations.numbers, self.basis.kpoints.weights, strict=True
        ):
            stress = stress + weight * kinetic_stress(hamiltonian.waves, psi, f, grid.volume)
            if hamiltonian.nonlocal_term is not None:
                stress = stress + weight * hamiltonian.nonlocal_term.stress(psi, f)
        return 0.5 * (stress + stress.T)

    def starting_orbitals(self, bands: int, *, seed: int = 0) -> tuple[Tensor, ...]:
        """Return trial orbitals: 1s-like functions on the ions, and random ones where more are wanted.

        Args:
            bands: number of orbitals.
            seed: of the random ones.
        """
        return tuple(self._trial(index, bands, seed) for index in range(len(self.hamiltonians)))

    def random_orbitals(self, index: int, count: int, *, seed: int = 0) -> Tensor:
        """Return random smooth orbitals at one k-point, shape (count, plane waves)."""
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
