"""Every term of the catalogue alone: potential, forces, stress and velocity are derivatives of its energy."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from llpt import units
from llpt.dft.problem import Problem
from llpt.dft.scf import ScfSettings, solve_scf
from llpt.dft.terms import catalogue
from llpt.dft.terms.base import DensityPart, Term

BANDS = 5
STRAIN = np.array([[0.3, 0.1, 0.0], [0.1, -0.2, 0.4], [0.0, 0.4, 0.5]])
STEP = 1e-4
OF_DENSITY = [(term, "pbe") for term in catalogue._TERMS if term.at_density is not Term.at_density]
OF_DENSITY += [(catalogue.ExchangeCorrelation, xc) for xc in ("kdt16", "scan-l")]
OF_ORBITALS = [(term, "pbe") for term in catalogue._TERMS if term.at_kpoint is not Term.at_kpoint]
density_terms = pytest.mark.parametrize("case", OF_DENSITY, ids=lambda case: f"{case[0].__name__}-{case[1]}")
orbital_terms = pytest.mark.parametrize("case", OF_ORBITALS, ids=lambda case: case[0].__name__)


@pytest.fixture
def make_term(fluid, make_problem, separable, case):
    """The term for displaced or strained atoms, on the plane waves of the atoms as they are."""
    term_class, xc = case
    first = make_problem(fluid, xc=xc, temperature_k=20_000.0)

    def make(atoms=fluid):
        problem = make_problem(atoms, xc=xc, temperature_k=20_000.0, basis=first.basis)
        problem = Problem(problem.basis, problem.ions, replace(problem.theory, pseudopotential=separable))
        (term,) = (term for term in problem.terms if type(term) is term_class)
        return term, problem

    return make


@pytest.fixture
def density(make_term):
    """A density that is nothing special, of a given number of electrons; it stays when the cell is strained."""
    _, problem = make_term()
    return wave(problem.basis.grid, 1) * 0.02 + problem.superposed_density()


def wave(grid, seed):
    noise = torch.randn(grid.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return grid.to_reciprocal(noise) * (grid.multiplicity > 0) * torch.exp(-grid.g2)


def orbitals_of(problem):
    psi = problem.random_orbitals(0, BANDS, seed=3)
    return torch.linalg.qr(psi.T)[0].T.contiguous(), torch.linspace(2.0, 0.1, BANDS, dtype=torch.float64)


def displaced(fluid, step):
    atoms = fluid.copy()
    atoms.positions[1, 0] += step * units.BOHR_TO_ANGSTROM
    return atoms


def strained(fluid, step):
    atoms = fluid.copy()
    atoms.set_cell(fluid.cell.array @ (np.eye(3) + step * STRAIN), scale_atoms=True)
    return atoms


def slope(energy):
    return (energy(STEP) - energy(-STEP)) / (2.0 * STEP)


@density_terms
def test_what_electrons_feel_of_a_density_is_the_derivative_of_its_energy(make_term, density):
    term, problem = make_term()
    part = term.at_density(density)
    change = wave(problem.basis.grid, 2) * 0.05
    expected = slope(lambda step: term.at_density(density + step * change).energy())
    felt = 0.0 if part.potential is None else float(problem.basis.grid.inner(part.potential, change))
    assert problem.basis.grid.volume * felt == pytest.approx(expected, rel=1e-6, abs=1e-9)


@density_terms
def test_forces_and_stress_at_a_density_are_derivatives(make_term, density, fluid):
    term, problem = make_term()
    part = term.at_density(density)
    forces, volume = part.forces(), problem.basis.grid.volume

    def energy(atoms):
        moved, of_atoms = make_term(atoms)
        return moved.at_density(density * (volume / of_atoms.basis.grid.volume)).energy()

    expected = -slope(lambda step: energy(displaced(fluid, step)))
    assert (0.0 if forces is None else float(forces[1, 0])) == pytest.approx(expected, rel=1e-6, abs=1e-8)
    expected = slope(lambda step: energy(strained(fluid, step))) / volume
    assert float((part.stress().numpy() * STRAIN).sum()) == pytest.approx(expected, rel=2e-5, abs=1e-8)


@density_terms
def test_the_entropy_at_a_density_is_minus_the_temperature_derivative(make_term, density):
    term, problem = make_term()
    part = term.at_density(density)
    temperature = problem.theory.electronic_temperature

    def energy(step):
        theory = replace(problem.theory, electronic_temperature=temperature * (1.0 + step))
        (warmer,) = (t for t in Problem(problem.basis, problem.ions, theory).terms if type(t) is type(term))
        return warmer.at_density(density).energy()

    assert part.entropy() * temperature == pytest.approx(-slope(energy), rel=1e-5, abs=1e-7)


@orbital_terms
def test_an_operator_is_hermitian_and_its_energy_its_expectation(make_term):
    term, problem = make_term()
    operator = term.at_kpoint(0)
    psi, f = orbitals_of(problem)
    images = torch.zeros_like(psi)
    operator.add_to(images, psi)
    matrix = psi.conj() @ images.T
    assert torch.allclose(matrix, matrix.conj().T, atol=1e-10)
    assert operator.energy(psi, f) == pytest.approx(float((f * matrix.diagonal().real).sum()), rel=1e-10)
    operator.add_to(images, psi)
    assert torch.allclose(psi.conj() @ images.T, 2.0 * matrix, atol=1e-10)


@orbital_terms
def test_forces_and_stress_of_an_operator_are_derivatives(make_term, fluid):
    term, problem = make_term()
    operator = term.at_kpoint(0)
    psi, f = orbitals_of(problem)

    def energy(atoms):
        return make_term(atoms)[0].at_kpoint(0).energy(psi, f)

    forces = operator.forces(psi, f)
    expected = -slope(lambda step: energy(displaced(fluid, step)))
    assert (0.0 if forces is None else float(forces[1, 0])) == pytest.approx(expected, rel=1e-6, abs=1e-8)
    expected = slope(lambda step: energy(strained(fluid, step))) / problem.basis.grid.volume
    assert float((operator.stress(psi, f).numpy() * STRAIN).sum()) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@orbital_terms
def test_the_velocity_of_an_operator_is_its_derivative_in_k(make_term):
    term, problem = make_term()
    operator = term.at_kpoint(0)
    psi, f = orbitals_of(problem)
    waves = problem.basis.waves[0]
    axis = 1

    def energy(step):
        shift = waves.cell @ (step * torch.eye(3, dtype=torch.float64)[axis]) / (2.0 * torch.pi)
        k = tuple(old + new for old, new in zip(waves.fractional, shift.tolist(), strict=True))
        basis = replace(problem.basis, waves=(replace(waves, fractional=k),))
        (moved,) = (t for t in Problem(basis, problem.ions, problem.theory).terms if type(t) is type(term))
        return moved.at_kpoint(0).energy(psi, f)

    velocity = (psi.conj() * operator.velocity(psi, axis)).sum(1).real
    assert float((f * velocity).sum()) == pytest.approx(slope(energy), rel=1e-5)


class Tide(Term):
    """A standing wave that the electrons feel, bound to the cell: E = Omega sum_G n*(G) V(G)."""

    def __init__(self, setting):
        self._grid = setting.basis.grid

    def at_density(self, density):
        potential = torch.zeros_like(density)
        potential[1, 0, 0] = potential[-1, 0, 0] = 0.2
        return TidePart(self._grid, density, potential)


class TidePart(DensityPart):
    def __init__(self, grid, density, potential):
        self._grid, self._density, self.potential = grid, density, potential

    def energy(self):
        return self._grid.volume * self._grid.inner(self._density, self.potential)

    def stress(self):
        # Omega n(G) and V(G) stay when the cell is strained.
        return torch.zeros((3, 3), dtype=torch.float64)


def test_a_new_term_is_one_class_and_one_line_of_the_catalogue(fluid, make_problem, monkeypatch):
    settings = ScfSettings(energy_tolerance=1e-13, orbital_tolerance=1e-7, bands=10)
    without = solve_scf(make_problem(fluid), settings).free_energy
    monkeypatch.setattr(catalogue, "_TERMS", (*catalogue._TERMS, Tide))
    problem = make_problem(fluid)
    state = solve_scf(problem, settings)
    assert abs(state.free_energy - without) > 1e-3
    energies = []
    for sign in (1.0, -1.0):
        atoms = fluid.copy()
        atoms.positions[1, 0] += sign * 2e-4
        atoms.positions[4, 0] -= sign * 2e-4
        energies.append(solve_scf(make_problem(atoms), settings).free_energy)
    expected = -(energies[0] - energies[1]) / 4e-4 * units.BOHR_TO_ANGSTROM
    assert float(state.forces[1, 0] - state.forces[4, 0]) == pytest.approx(expected, abs=1e-6)
    energies = [
        solve_scf(make_problem(strained(fluid, step), basis=problem.basis), settings).free_energy
        for step in (STEP, -STEP)
    ]
    expected = (energies[0] - energies[1]) / (2.0 * STEP) / problem.basis.grid.volume
    assert float((state.stress.numpy() * STRAIN).sum()) == pytest.approx(expected, rel=1e-5, abs=1e-7)
