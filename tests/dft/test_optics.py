"""Kubo-Greenwood: sum rule, velocities as slopes of bands, response functions that hang together."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from ase import Atoms

from llpt import units
from llpt.dft.bands import solve_bands
from llpt.dft.occupations import fermi_dirac
from llpt.dft.optics import (
    LineShape,
    bands_up_to,
    dielectric_function,
    find_transitions,
    kubo_greenwood,
    reflectivity,
    velocity_squared,
)
from llpt.dft.problem import Problem
from llpt.dft.scf import ScfSettings, solve_scf
from llpt.errors import EngineError, InputError
from llpt.structure import molecular_fluid

TIGHT = ScfSettings(energy_tolerance=1e-12, orbital_tolerance=1e-7)
PHOTON_EV = np.arange(0.1, 60.0, 0.1)


@pytest.fixture
def solved(fluid, make_problem):
    problem = make_problem(fluid, temperature_k=5000.0)
    return problem, solve_scf(problem, TIGHT)


def test_the_sum_rule_misses_one_by_the_curvature_of_the_bands(solved):
    # In a plane-wave set d2e/dk2 = 1 - 2 sum |v|^2/(e_m - e_n): with all bands the sum is 1 - sum f tr(d2e/dk2) / 3 N.
    problem, state = solved
    spectrum = kubo_greenwood(problem, state, bands=problem.most_bands, photon_energy_ev=PHOTON_EV)
    values, _ = solve_bands(problem, state, problem.most_bands)
    filled = fermi_dirac(values, (1.0,), electrons=6.0, temperature=problem.theory.electronic_temperature).numbers[0]
    hamiltonian = problem.hamiltonians[0]
    potential = hamiltonian.apply(torch.eye(hamiltonian.waves.count, dtype=torch.complex128)).T
    potential = potential - torch.diag(hamiltonian.kinetic)
    step = 2e-3
    curvature = 0.0
    for axis in range(3):
        levels = []
        for sign in (1, 0, -1):
            vectors = hamiltonian.waves.vectors.clone()
            vectors[:, axis] += sign * step
            levels.append(torch.linalg.eigvalsh(potential + torch.diag(0.5 * (vectors**2).sum(1))))
        curvature += float((filled * (levels[0] - 2 * levels[1] + levels[2])).sum()) / step**2
    assert spectrum.sum_rule - spectrum.intraband_share == pytest.approx(1.0 - curvature / (3 * 6), abs=2e-4)


@pytest.mark.parametrize("kpoints", ["mean-value", "0.1,0.2,0.3;0.3,0.05,0.1"])
@pytest.mark.parametrize("projectors", [False, True])
def test_all_bands_give_the_sum_that_the_filled_ones_foretell(fluid, make_problem, separable, kpoints, projectors):
    problem = make_problem(fluid, kpoints=kpoints, temperature_k=5000.0)
    if projectors:
        problem = Problem(problem.basis, problem.ions, replace(problem.theory, pseudopotential=separable))
    state = solve_scf(problem, TIGHT)
    spectrum = kubo_greenwood(problem, state, bands=problem.most_bands, photon_energy_ev=PHOTON_EV)
    assert abs(spectrum.mesh_share) > 0.05  # one or two points say little: the mesh matters
    assert (abs(spectrum.projector_share) > 1e-3) == projectors
    assert spectrum.found_share == pytest.approx(1.0, abs=5e-4)
    fewer = kubo_greenwood(problem, state, bands=12, photon_energy_ev=PHOTON_EV)
    assert fewer.mesh_share == pytest.approx(spectrum.mesh_share, abs=1e-6)
    assert fewer.found_share < 0.98


def test_few_bands_miss_part_of_the_sum_rule(solved):
    problem, state = solved
    shares = [
        kubo_greenwood(problem, state, bands=bands, photon_energy_ev=PHOTON_EV).sum_rule
        for bands in (12, 40, problem.most_bands)
    ]
    assert shares == sorted(shares)


def test_an_insulating_fluid_fulfils_the_sum_rule(make_problem):
    # A mesh of k-points averages the curvature of the bands away.
    atoms = molecular_fluid(atoms=8, wigner_seitz_radius=1.8, seed=4)
    problem = make_problem(atoms, cutoff=7.5, kpoints="3x3x3", temperature_k=1000.0)
    state = solve_scf(problem, ScfSettings(energy_tolerance=1e-8, orbital_tolerance=1e-4))
    transitions = find_transitions(problem, state, problem.most_bands)
    spectrum = transitions.spectrum(PHOTON_EV, broadening_ev=0.2)
    assert spectrum.sum_rule == pytest.approx(1.0, abs=0.02)
    assert spectrum.intraband_share < 1e-4
    few = transitions.spectrum(PHOTON_EV, broadening_ev=0.2, bands=bands_up_to(problem, state, 100.0))
    assert few.bands < 0.5 * problem.most_bands
    assert few.sum_rule == pytest.approx(spectrum.sum_rule, abs=0.02)
    assert few.dc_conductivity_s_per_cm == pytest.approx(0.0, abs=1e-3)


def test_compressed_hydrogen_is_a_free_electron_gas(make_problem):
    # At r_s = 1 a simple cubic lattice hardly bends the bands: the weight is in the Drude peak, and with nearly all of
    # it there the crystal is transparent above its plasma frequency and a mirror below.
    side = (4.0 * np.pi / 3.0) ** (1 / 3) * units.BOHR_TO_ANGSTROM
    atom = Atoms("H", positions=[[0, 0, 0]], cell=[side] * 3, pbc=True)
    problem = make_problem(atom, cutoff=24.0, kpoints="6x6x6", temperature_k=160_000.0)
    state = solve_scf(problem, ScfSettings(energy_tolerance=1e-7, orbital_tolerance=1e-3))
    transitions = find_transitions(problem, state, problem.most_bands)
    plasma_ev = np.sqrt(4.0 * np.pi / problem.basis.grid.volume) * units.HARTREE_TO_EV
    photon = np.array([0.2, 0.4, 1.6, 3.0]) * plasma_ev
    spectrum = transitions.spectrum(photon, broadening_ev=0.5, intraband=True)
    assert spectrum.sum_rule == pytest.approx(1.0, abs=0.02)
    assert spectrum.intraband_share > 0.8
    below, above = spectrum.reflectivity[:2], spectrum.reflectivity[2:]
    assert below.min() > 0.9
    assert above.max() < 0.1
    # Far above every line epsilon is 1 - (plasma frequency / frequency)², whatever the lattice does.
    far = transitions.spectrum(np.array([100.0 * plasma_ev]), broadening_ev=0.5, intraband=True)
    assert (1.0 - far.dielectric_function.real[0]) * 1e4 == pytest.approx(spectrum.sum_rule, rel=2e-3)


def test_fewer_bands_of_the_same_transitions_are_as_if_solved_for(solved):
    problem, state = solved
    all_of_them = find_transitions(problem, state, problem.most_bands)
    few = all_of_them.spectrum(PHOTON_EV, broadening_ev=0.3, bands=20)
    again = find_transitions(problem, state, 20).spectrum(PHOTON_EV, broadening_ev=0.3)
    assert few.bands == again.bands == 20
    assert few.conductivity_s_per_cm == pytest.approx(again.conductivity_s_per_cm, rel=1e-4)


def test_iterated_bands_are_those_of_the_whole_matrix(solved, monkeypatch):
    problem, state = solved
    assert 3 * 40 <= problem.most_bands  # more bands than that are never iterated
    whole, _ = solve_bands(problem, state, 40)
    monkeypatch.setattr("llpt.dft.bands._WHOLE", 0)
    iterated, orbitals = solve_bands(problem, state, 40)
    assert iterated[0].numpy() == pytest.approx(whole[0].numpy(), abs=1e-5)
    gram = (orbitals[0].conj() @ orbitals[0].T).numpy()
    assert gram == pytest.approx(np.eye(40), abs=1e-10)
    with pytest.raises(EngineError, match="did not converge"):
        solve_bands(problem, state, 40, max_steps=2)


@pytest.mark.parametrize("shape", list(LineShape))
def test_line_shapes_have_unit_weight_and_obey_kramers_and_kronig(shape):
    x = np.linspace(-400.0, 400.0, 800_001)
    line = shape.of(x, 0.4)
    # The real part is pi delta(x), to the share of a Lorentzian that lies outside; the imaginary one tends to 1/x.
    assert np.trapezoid(line.real, x) == pytest.approx(np.pi, rel=1e-3)
    assert line.imag[-1] == pytest.approx(1.0 / 400.0, rel=1e-4)
    where = 0.7
    away = np.abs(x - where) > 5e-4
    principal = np.trapezoid(np.where(away, line.real / np.where(away, where - x, 1.0), 0.0), x) / np.pi
    assert principal == pytest.approx(shape.of(np.array([where]), 0.4).imag[0], rel=2e-3)


def test_a_drude_metal_reflects_as_the_textbook_says():
    # sigma = w_p²/4 pi / (1/tau - i w); Hagen and Rubens: R = 1 - sqrt(2 w / pi sigma_0) at low frequency.
    photon = np.array([0.001, 5.0, 200.0])
    w, plasma, rate = photon * units.EV_TO_HARTREE, 0.5, 0.05
    sigma = plasma**2 / (4 * np.pi) / (rate - 1j * w)
    epsilon = dielectric_function(photon, sigma * units.ATOMIC_CONDUCTIVITY_TO_S_PER_CM)
    assert epsilon == pytest.approx(1.0 - plasma**2 / (w * (w + 1j * rate)), rel=1e-12)
    reflected = reflectivity(epsilon)
    sigma_0 = plasma**2 / (4 * np.pi * rate)
    assert 1.0 - reflected[0] == pytest.approx(np.sqrt(2 * w[0] / (np.pi * sigma_0)), rel=0.02)
    assert reflected[2] < 1e-4


def test_velocities_are_slopes_of_the_bands(fluid, make_problem):
    step = 1e-4
    energies = []
    for sign in (1, -1):
        k = f"{0.2 + sign * step},0.1,0.3"
        problem = make_problem(fluid, kpoints=k)
        if sign == 1:
            middle = make_problem(fluid, kpoints="0.2,0.1,0.3")
            state = solve_scf(middle, TIGHT)
            waves = middle.basis.waves[0]
        # The same plane waves and the same potential at all three points.
        assert torch.equal(problem.basis.waves[0].integers, waves.integers)
        values, _ = solve_bands(problem, state, problem.most_bands)
        energies.append(values[0])
    reciprocal = middle.basis.grid.reciprocal[0]
    slope = (energies[0] - energies[1]) / (2 * step)
    values, orbitals = solve_bands(middle, state, middle.most_bands)
    psi = orbitals[0][:5]
    velocity = torch.stack([(psi.conj() * (psi * waves.vectors[:, a])).sum(1).real for a in range(3)], dim=1)
    assert (velocity @ reciprocal).numpy() == pytest.approx(slope[:5].numpy(), abs=1e-5)
    diagonal = velocity_squared(middle.hamiltonians[0], psi).diagonal()
    assert diagonal.numpy() == pytest.approx((velocity**2).sum(1).numpy(), abs=1e-9)


def test_reflectivity_lies_between_nothing_and_all(solved):
    problem, state = solved
    spectrum = kubo_greenwood(problem, state, bands=40, photon_energy_ev=PHOTON_EV)
    assert (spectrum.conductivity_s_per_cm.real > 0).all()
    assert ((spectrum.reflectivity >= 0) & (spectrum.reflectivity <= 1)).all()
    assert spectrum.dc_conductivity_s_per_cm > 0


@pytest.mark.parametrize(
    ("photon", "broadening", "bands", "words"),
    [([0.0, 1.0], 0.1, 20, "positive"), ([1.0], 0.0, 20, "broadening"), ([1.0], 0.1, 100000, "plane waves")],
)
def test_nonsense_is_refused(solved, photon, broadening, bands, words):
    problem, state = solved
    with pytest.raises(InputError, match=words):
        kubo_greenwood(problem, state, bands=bands, photon_energy_ev=np.array(photon), broadening_ev=broadening)
