"""Kubo-Greenwood: sum rule, velocities as slopes of bands, response functions that hang together."""

import numpy as np
import pytest
import torch

from llpt.dft.bands import solve_bands
from llpt.dft.occupations import fermi_dirac
from llpt.dft.optics import kubo_greenwood, velocity_squared
from llpt.dft.scf import ScfSettings, solve_scf
from llpt.errors import InputError
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
    assert spectrum.sum_rule == pytest.approx(1.0 - curvature / (3 * 6), abs=2e-4)


def test_few_bands_miss_part_of_the_sum_rule(solved):
    problem, state = solved
    shares = [
        kubo_greenwood(problem, state, bands=bands, photon_energy_ev=PHOTON_EV).sum_rule
        for bands in (12, 40, problem.most_bands)
    ]
    assert shares == sorted(shares)


def test_a_molecular_fluid_nearly_fulfils_the_sum_rule(make_problem):
    # What is missing at one k-point is the curvature of the bands of so small a cell.
    atoms = molecular_fluid(atoms=16, wigner_seitz_radius=1.6, seed=4)
    problem = make_problem(atoms, temperature_k=1000.0)
    state = solve_scf(problem, TIGHT)
    spectrum = kubo_greenwood(problem, state, bands=problem.most_bands, photon_energy_ev=PHOTON_EV)
    assert spectrum.sum_rule == pytest.approx(1.0, abs=0.05)


def test_the_integral_of_the_spectrum_is_the_sum_rule(solved):
    problem, state = solved
    wide = np.concatenate([PHOTON_EV, np.geomspace(60.0, 3000.0, 400)])
    spectrum = kubo_greenwood(problem, state, bands=problem.most_bands, photon_energy_ev=wide, broadening_ev=0.3)
    from llpt import units

    real = spectrum.conductivity_s_per_cm.real / units.ATOMIC_CONDUCTIVITY_TO_S_PER_CM
    integral = np.trapezoid(real, wide * units.EV_TO_HARTREE)
    expected = np.pi * 6 / (2 * problem.basis.grid.volume)
    assert integral == pytest.approx(spectrum.sum_rule * expected, rel=0.03)


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
        if not torch.equal(problem.basis.waves[0].integers, waves.integers):
            pytest.skip("the step in k changed the plane waves")
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
