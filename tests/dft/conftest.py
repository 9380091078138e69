"""Small hydrogen fluids for the tests of the DFT engine."""

import numpy as np
import pytest
import torch
from ase import Atoms

from llpt import units
from llpt.dft.basis import Basis, GridPolicy, build_basis
from llpt.dft.functionals import get_functional
from llpt.dft.ions import Ions
from llpt.dft.kpoints import parse_kpoints
from llpt.dft.precision import Precision
from llpt.dft.problem import Problem, Theory
from llpt.dft.pseudopotentials import get_pseudopotential

SHEARED_CELL_BOHR = np.array([[4.4, 0.0, 0.0], [0.5, 4.7, 0.0], [-0.3, 0.4, 4.2]])


@pytest.fixture
def fluid() -> Atoms:
    """Six atoms in a sheared cell at r_s near 1.5: two molecules and two single atoms."""
    fractional = np.array(
        [[0.05, 0.1, 0.1], [0.35, 0.12, 0.1], [0.6, 0.55, 0.4], [0.85, 0.6, 0.52], [0.15, 0.6, 0.7], [0.55, 0.1, 0.75]]
    )
    return Atoms("H6", scaled_positions=fractional, cell=SHEARED_CELL_BOHR * units.BOHR_TO_ANGSTROM, pbc=True)


@pytest.fixture
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
