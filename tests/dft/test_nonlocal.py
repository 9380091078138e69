"""Projectors: forces and stress by finite differences, and a published pseudopotential against ABINIT."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms

from llpt import units
from llpt.dft import KohnSham, KohnShamSettings
from llpt.dft.problem import Problem
from llpt.dft.scf import ScfSettings, solve_scf
from llpt.dft.theory import Theory

TIGHT = ScfSettings(energy_tolerance=1e-13, orbital_tolerance=1e-7, bands=10)


def solved(problem, pseudopotential):
    theory = Theory(pseudopotential, problem.theory.functional, problem.theory.electronic_temperature)
    restated = Problem(problem.basis, problem.ions, theory)
    return restated, solve_scf(restated, TIGHT)


def test_forces_and_stress_are_derivatives(fluid, make_problem, separable):
    problem, state = solved(make_problem(fluid), separable)
    step = 2e-4
    energies = []
    for sign in (1, -1):
        moved = fluid.copy()
        moved.positions[1, 0] += sign * step
        moved.positions[4, 0] -= sign * step
        energies.append(solved(make_problem(moved), separable)[1].free_energy)
    slope = -(energies[0] - energies[1]) / (2 * step) * units.BOHR_TO_ANGSTROM
    assert float(state.forces[1, 0] - state.forces[4, 0]) == pytest.approx(slope, abs=1e-6)

    rng = np.random.default_rng(3)
    strain = rng.normal(size=(3, 3))
    strain = 0.5 * (strain + strain.T)
    energies = []
    for sign in (1, -1):
        strained = fluid.copy()
        strained.set_cell(fluid.cell.array @ (np.eye(3) + sign * 1e-4 * strain), scale_atoms=True)
        energies.append(solved(make_problem(strained, basis=problem.basis), separable)[1].free_energy)
    slope = (energies[0] - energies[1]) / 2e-4 / problem.basis.grid.volume
    assert float((state.stress.numpy() * strain).sum()) == pytest.approx(slope, rel=1e-5, abs=1e-7)


def test_the_energy_does_not_depend_on_orientation(fluid, make_problem, separable):
    _, state = solved(make_problem(fluid), separable)
    angle = 0.7
    rotation = np.array(
        [[math.cos(angle), -math.sin(angle), 0.0], [math.sin(angle), math.cos(angle), 0.0], [0.0, 0.0, 1.0]]
    )
    turned = Atoms("H6", positions=fluid.positions @ rotation, cell=fluid.cell.array @ rotation, pbc=True)
    _, other = solved(make_problem(turned), separable)
    assert other.free_energy == pytest.approx(state.free_energy, abs=1e-9)


def test_pseudodojo_against_abinit(reference_directory):
    # ABINIT 9.6.2, PseudoDojo H.psp8 of Debian's abinit-data, 60 Ry, case mol-cubic-16 of dft.json.
    path = Path("/usr/share/abinit/psp/H.psp8")
    if not path.is_file():
        pytest.skip("install Debian's package abinit-data: its PseudoDojo file for hydrogen is not there")
    case = json.loads((reference_directory / "dft.json").read_text())["mol-cubic-16"]
    atoms = Atoms(
        "H16",
        positions=np.array(case["positions_bohr"]) * units.BOHR_TO_ANGSTROM,
        cell=np.array(case["cell_bohr"]) * units.BOHR_TO_ANGSTROM,
        pbc=True,
    )
    engine = KohnSham(KohnShamSettings(ecut_ry=60.0, electronic_temperature_k=1000.0, pseudopotential=str(path)))
    engine.calculate(atoms)
    state = engine.ground_state
    assert state.free_energy / 16 == pytest.approx(-8.459489898 / 16, abs=1e-6)
    first = [
        [2.1356567940e-02, 5.1339000602e-02, 2.8291685697e-02],
        [-1.2633198022e-03, 2.9123446703e-02, 2.6453697257e-02],
        [-2.6952444334e-02, -7.6465686178e-02, 3.7470348841e-02],
    ]
    assert state.forces[:3].numpy() == pytest.approx(np.array(first), abs=1e-5)
    s = state.stress.numpy()
    voigt = [s[0, 0], s[1, 1], s[2, 2], s[1, 2], s[0, 2], s[0, 1]]
    abinit = [-0.0065208, -0.00518765, -0.00467429, -0.00125441, -0.00171267, -0.00163304]
    assert voigt == pytest.approx(abinit, abs=2e-7)
