"""Small hydrogen fluids for the tests of the DFT engine."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from ase import Atoms

from llpt import units
from llpt.dft.basis import Basis, GridPolicy, build_basis
from llpt.dft.functionals import get_functional
from llpt.dft.ions import Ions
from llpt.dft.kpoints import parse_kpoints
from llpt.dft.problem import Problem
from llpt.dft.pseudopotentials import GTHPotential, Projector, get_pseudopotential
from llpt.dft.theory import Theory
from llpt.precision import Precision

SHEARED_CELL_BOHR = np.array([[4.4, 0.0, 0.0], [0.5, 4.7, 0.0], [-0.3, 0.4, 4.2]])


@dataclass(frozen=True)
class GaussianForm:
    """p(G) = a G^l exp(-(G r)²/2)."""

    l: int
    height: float
    radius: float

    def value(self, g):
        return self.height * g**self.l * torch.exp(-0.5 * (g * self.radius) ** 2)

    def derivative(self, g):
        power = self.l * g ** (self.l - 1) if self.l else torch.zeros_like(g)
        gaussian = torch.exp(-0.5 * (g * self.radius) ** 2)
        return self.height * gaussian * (power - g ** (self.l + 1) * self.radius**2)


class Separable(GTHPotential):
    """A soft local part with two s and one p, one d projector of no physical meaning."""

    def __init__(self):
        super().__init__("separable", r_loc=0.4, coefficients=(-1.0,))
        self.projectors = tuple(
            Projector(l, GaussianForm(l, height, radius))
            for l, height, radius in ((0, 3.0, 0.6), (0, 1.0, 0.9), (1, 2.0, 0.7), (2, 0.8, 0.8))
        )

    @property
    def coupling(self):
        coupling = np.diag([0.4, -0.3, 0.25, 0.2])
        coupling[0, 1] = coupling[1, 0] = 0.1
        return coupling


@pytest.fixture
def separable() -> GTHPotential:
    """A pseudopotential with projectors up to d."""
    return Separable()


@pytest.fixture
def fluid() -> Atoms:
    """Six atoms in a sheared cell at r_s near 1.5: two molecules and two single atoms."""
    fractional = np.array(
        [[0.05, 0.1, 0.1], [0.35, 0.12, 0.1], [0.6, 0.55, 0.4], [0.85, 0.6, 0.52], [0.15, 0.6, 0.7], [0.55, 0.1, 0.75]]
    )
    return Atoms("H6", scaled_positions=fractional, cell=SHEARED_CELL_BOHR * units.BOHR_TO_ANGSTROM, pbc=True)


@pytest.fixture(scope="session")
def make_problem():
    """Return a function that states the electronic problem of some atoms."""

    def make(
        atoms: Atoms,
        *,
        cutoff: float = 10.0,
        kpoints: str = "mean-value",
        temperature_k: float = 2000.0,
        precision: Precision = Precision.DOUBLE,
        policy: GridPolicy = GridPolicy.EXACT,
        xc: str = "pbe",
        pseudopotential: str = "gth",
        basis: Basis | None = None,
    ) -> Problem:
        cell = torch.tensor(atoms.cell.array * units.ANGSTROM_TO_BOHR, dtype=torch.float64)
        positions = torch.tensor(atoms.positions * units.ANGSTROM_TO_BOHR, dtype=torch.float64)
        if basis is None:
            basis = build_basis(cell, cutoff=cutoff, kpoints=parse_kpoints(kpoints), precision=precision, policy=policy)
        else:
            basis = basis.in_cell(cell)
        theory = Theory(
            get_pseudopotential(pseudopotential), get_functional(xc), temperature_k * units.KELVIN_TO_HARTREE
        )
        return Problem(basis, Ions(positions, 1.0), theory)

    return make
