"""Ions and electrons alone: known values, and the ions' derivatives to more digits than a term's contract asks."""

import math

import numpy as np
import pytest
import torch

from llpt.dft.grid import Grid
from llpt.dft.ions import IonPhases, Ions
from llpt.dft.terms.ewald import ewald
from llpt.dft.terms.hartree import HartreePart


def madelung_energy(cell, positions):
    grid = Grid(torch.tensor(cell, dtype=torch.float64), (24, 24, 24))
    ions = Ions(torch.tensor(positions, dtype=torch.float64), 1.0)
    return ewald(grid, ions, IonPhases(grid, ions))


@pytest.mark.parametrize(
    ("cell", "constant"),
    [
        # Energy per ion of a one-component lattice in a background, -alpha_s / (2 r_s) with the Wigner-Seitz radius:
        # Foldy, Phys. Rev. B 17, 4889 (1978): bcc 0.895929255682, fcc 0.895873615195, sc 0.880059442010 (alpha_s / 2).
        (np.eye(3), 0.880059442),
        (0.5 * (np.ones((3, 3)) - 2 * np.eye(3)), 0.895929256),
        (0.5 * (np.ones((3, 3)) - np.eye(3)), 0.895873615),
    ],
)
def test_ewald_gives_the_energies_of_wigner_crystals(cell, constant):
    cell = 4.0 * cell
    radius = (3 * abs(np.linalg.det(cell)) / (4 * math.pi)) ** (1 / 3)
    assert madelung_energy(cell, [[0.3, 0.1, 0.2]]).energy == pytest.approx(-constant / radius, abs=1e-8)


def test_ewald_does_not_depend_on_the_choice_of_cell():
    cell = np.array([[4.0, 0.0, 0.0], [0.0, 5.0, 0.0], [0.0, 0.0, 4.5]])
    position = np.array([[0.1, 0.2, 0.3], [2.0, 2.2, 1.9]])
    skewed = np.array([cell[0], cell[1] + cell[0], cell[2] - 2 * cell[0]])
    assert madelung_energy(skewed, position).energy == pytest.approx(madelung_energy(cell, position).energy, abs=1e-9)


def test_ewald_forces_and_stress_are_derivatives():
    rng = np.random.default_rng(5)
    cell = 5.0 * np.eye(3) + rng.normal(0, 0.4, (3, 3))
    fractional = rng.random((5, 3))
    positions = fractional @ cell
    result = madelung_energy(cell, positions)
    step = 1e-4
    displacement = np.zeros_like(positions)
    displacement[2, 1] = step
    energies = [madelung_energy(cell, positions + sign * displacement).energy for sign in (1, -1)]
    slope = (energies[0] - energies[1]) / (2 * step)
    assert float(result.forces[2, 1]) == pytest.approx(-slope, abs=1e-7)
    assert torch.allclose(result.forces.sum(0), torch.zeros(3, dtype=torch.float64), atol=1e-10)
    strain = np.array([[0.3, 0.1, 0.0], [0.1, -0.2, 0.4], [0.0, 0.4, 0.5]])
    cells = [cell @ (np.eye(3) + sign * step * strain) for sign in (1, -1)]
    energies = [madelung_energy(each, fractional @ each).energy for each in cells]
    slope = (energies[0] - energies[1]) / (2 * step) / abs(np.linalg.det(cell))
    assert float((result.stress.numpy() * strain).sum()) == pytest.approx(slope, abs=1e-8)


def test_hartree_energy_of_a_cosine():
    grid = Grid(torch.diag(torch.tensor([6.0, 5.0, 7.0], dtype=torch.float64)), (12, 10, 14))
    x = torch.arange(12, dtype=torch.float64) / 12
    density = (0.3 * torch.cos(2 * math.pi * x)).view(-1, 1, 1).expand(12, 10, 14)
    wave = 2 * math.pi / 6.0
    # E = Omega/2 sum_G 4 pi |n_G|^2 / G^2 with |n_G| = 0.15 at two G.
    expected = 0.5 * 210.0 * 2 * 4 * math.pi * 0.15**2 / wave**2
    coefficients = grid.to_reciprocal(density)
    repulsion = HartreePart(grid, coefficients)
    assert repulsion.energy() == pytest.approx(expected, rel=1e-12)
    # Fixed charge: E ~ L^2 / Omega for strain along x, 1/Omega for the others.
    stress = repulsion.stress().numpy() * 210.0
    assert np.diag(stress) == pytest.approx([expected, -expected, -expected], rel=1e-12)
