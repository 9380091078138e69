"""Forces and stress are derivatives of the free energy: finite differences of whole calculations."""

import numpy as np
import pytest

from llpt import units
from llpt.dft.basis import GridPolicy
from llpt.dft.scf import ScfSettings, solve_scf

TIGHT = ScfSettings(energy_tolerance=1e-13, orbital_tolerance=1e-7, bands=10)


def solved(problem):
    return solve_scf(problem, TIGHT)


@pytest.mark.parametrize("policy", list(GridPolicy))
def test_forces_are_derivatives_of_free_energy(fluid, make_problem, policy):
    forces = solved(make_problem(fluid, policy=policy)).forces
    step = 2e-4
    energies = []
    for sign in (1, -1):
        moved = fluid.copy()
        # Opposite displacements: the net force that is removed does no work.
        moved.positions[1, 0] += sign * step
        moved.positions[4, 0] -= sign * step
        energies.append(solved(make_problem(moved, policy=policy)).free_energy)
    slope = -(energies[0] - energies[1]) / (2 * step) * units.BOHR_TO_ANGSTROM
    assert float(forces[1, 0] - forces[4, 0]) == pytest.approx(slope, abs=1e-6)
    assert forces.sum(0).numpy() == pytest.approx([0.0, 0.0, 0.0], abs=1e-12)


@pytest.mark.parametrize(("xc", "pseudopotential"), [("pbe", "gth"), ("lda-pw92", "gth"), ("pbe", "coulomb")])
def test_stress_is_the_strain_derivative_at_fixed_plane_waves(fluid, make_problem, xc, pseudopotential):
    problem = make_problem(fluid, xc=xc, pseudopotential=pseudopotential)
    stress = solved(problem).stress.numpy()
    rng = np.random.default_rng(3)
    strain = rng.normal(size=(3, 3))
    strain = 0.5 * (strain + strain.T)
    step = 1e-4
    energies = []
    for sign in (1, -1):
        strained = fluid.copy()
        strained.set_cell(fluid.cell.array @ (np.eye(3) + sign * step * strain), scale_atoms=True)
        energies.append(
            solved(make_problem(strained, xc=xc, pseudopotential=pseudopotential, basis=problem.basis)).free_energy
        )
    slope = (energies[0] - energies[1]) / (2 * step) / problem.basis.grid.volume
    assert float((stress * strain).sum()) == pytest.approx(slope, rel=1e-5, abs=1e-7)


def test_entropy_is_minus_the_temperature_derivative(fluid, make_problem):
    state = solved(make_problem(fluid, temperature_k=8000.0))
    step = 40.0
    free = [solved(make_problem(fluid, temperature_k=8000.0 + s * step)).free_energy for s in (1, -1)]
    entropy = -(free[0] - free[1]) / (2 * step)
    assert state.entropy_energy / 8000.0 == pytest.approx(entropy, rel=1e-4)


@pytest.mark.parametrize("xc", ["pbesol", "scan-l", "ksdt", "kdt16"])
def test_stress_and_forces_of_every_functional_are_derivatives(fluid, make_problem, xc):
    theory = {"xc": xc, "temperature_k": 10_000.0}
    settings = ScfSettings(energy_tolerance=1e-13, orbital_tolerance=1e-7, bands=16)
    problem = make_problem(fluid, **theory)
    state = solve_scf(problem, settings)

    def energy(atoms):
        return solve_scf(make_problem(atoms, basis=problem.basis, **theory), settings).free_energy

    step = 2e-4
    strain = np.array([[0.3, 0.1, 0.0], [0.1, -0.2, 0.4], [0.0, 0.4, 0.5]])
    moved, strained = [], []
    for sign in (1, -1):
        atoms = fluid.copy()
        atoms.positions[1, 0] += sign * step
        atoms.positions[4, 0] -= sign * step
        moved.append(energy(atoms))
        atoms = fluid.copy()
        atoms.set_cell(fluid.cell.array @ (np.eye(3) + sign * step * strain), scale_atoms=True)
        strained.append(energy(atoms))
    slope = -(moved[0] - moved[1]) / (2 * step) * units.BOHR_TO_ANGSTROM
    assert float(state.forces[1, 0] - state.forces[4, 0]) == pytest.approx(slope, abs=2e-6)
    slope = (strained[0] - strained[1]) / (2 * step) / problem.basis.grid.volume
    assert float((state.stress.numpy() * strain).sum()) == pytest.approx(slope, rel=2e-5, abs=2e-7)
