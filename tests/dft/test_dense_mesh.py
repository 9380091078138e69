"""Bands, velocities and sums on a dense mesh, against those that are solved for at each of its points."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from llpt import units
from llpt.dft.bands import solve_bands
from llpt.dft.basis import plane_waves
from llpt.dft.dense_mesh import transitions_on_mesh
from llpt.dft.kpoints import KPoints, monkhorst_pack
from llpt.dft.optics import find_transitions
from llpt.dft.periodic_functions import periodic_functions
from llpt.dft.problem import Problem
from llpt.dft.scf import ScfSettings, solve_scf
from llpt.errors import InputError
from llpt.structure import atomic_fluid

BANDS = 24
PHOTON_EV = np.arange(0.1, 15.0, 0.1)
ELSEWHERE = ((0.0, 0.0, 0.0), (0.5, 0.0, 0.0), (1 / 3, 0.0, 1 / 3), (0.125, 0.375, 0.25), (0.5, 0.5, 0.5))


@pytest.fixture(scope="module")
def metal(make_problem):
    atoms = atomic_fluid(atoms=6, wigner_seitz_radius=1.4, seed=3)
    problem = make_problem(atoms, cutoff=25.0, kpoints="2x2x2", temperature_k=8000.0)
    return problem, solve_scf(problem, ScfSettings(energy_tolerance=1e-9, orbital_tolerance=1e-5))


def test_bands_at_other_k_points_are_those_that_are_solved_for_there(metal):
    problem, state = metal
    functions = periodic_functions(problem, state, solve_bands(problem, state, BANDS)[1])
    assert BANDS < functions.count < problem.most_bands
    cell = problem.basis.cell
    waves = tuple(plane_waves(cell, k, problem.basis.cutoff) for k in ELSEWHERE)
    basis = replace(problem.basis, waves=waves, kpoints=KPoints(ELSEWHERE, (0.2,) * 5))
    there = Problem(basis, problem.ions, problem.theory)
    start = replace(state, orbitals=there.starting_orbitals(BANDS))
    wanted, _ = solve_bands(there, start, BANDS, tolerance=1e-4)
    for k, values in zip(ELSEWHERE, wanted, strict=True):
        found = torch.linalg.eigvalsh(functions.hamiltonian(functions.vector(k)))[:BANDS]
        low = (values - state.occupations.chemical_potential) * units.HARTREE_TO_EV < 15.0
        assert int(low.sum()) >= 5
        assert (found[low] - values[low]).abs().max() * units.HARTREE_TO_EV < 0.1


def test_on_the_mesh_of_the_ground_state_the_spectrum_is_the_one_solved_for(metal):
    problem, state = metal
    direct = find_transitions(problem, state, BANDS).spectrum(PHOTON_EV, broadening_ev=0.5)
    dense = transitions_on_mesh(problem, state, BANDS, problem.basis.kpoints).spectrum(PHOTON_EV, broadening_ev=0.5)
    scale = np.abs(direct.conductivity_s_per_cm).max()
    assert np.abs(dense.conductivity_s_per_cm - direct.conductivity_s_per_cm).max() < 0.01 * scale
    assert dense.sum_rule == pytest.approx(direct.sum_rule, abs=0.01)
    assert dense.mesh_share == pytest.approx(direct.mesh_share, abs=0.01)
    assert dense.found_share == pytest.approx(direct.found_share, abs=0.01)


def test_a_dense_mesh_leaves_nothing_of_what_a_coarse_one_adds_to_the_sum(metal):
    problem, state = metal
    shares = [
        transitions_on_mesh(problem, state, BANDS, monkhorst_pack((n, n, n))).spectrum(PHOTON_EV, broadening_ev=0.5)
        for n in (2, 8)
    ]
    assert abs(shares[0].mesh_share) > 0.3
    assert abs(shares[1].mesh_share) < 0.05
    assert shares[1].sum_rule == pytest.approx(1.0, abs=0.07)


def test_a_pseudopotential_with_projectors_is_refused(metal, separable):
    problem, state = metal
    projected = Problem(problem.basis, problem.ions, replace(problem.theory, pseudopotential=separable))
    with pytest.raises(InputError, match="has projectors"):
        transitions_on_mesh(projected, state, BANDS, monkhorst_pack((3, 3, 3)))


def test_bands_at_gamma_alone_are_refused(make_problem):
    problem = make_problem(atomic_fluid(atoms=6, wigner_seitz_radius=1.4, seed=3), kpoints="gamma")
    with pytest.raises(InputError, match="do not tell those at other k-points"):
        transitions_on_mesh(problem, None, BANDS, monkhorst_pack((3, 3, 3)))
