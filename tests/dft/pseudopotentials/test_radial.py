"""The radial atom against closed forms and against ld1.x 6.7 (Quantum ESPRESSO), and its own consistency."""

from math import pi

import numpy as np
import pytest

from llpt.dft.pseudopotentials.radial import Channel, RadialAtom, RadialBasis, graded_elements
from llpt.errors import EngineError


def nucleus(r):
    return -1.0 / r


@pytest.fixture(scope="module")
def free_basis():
    return RadialBasis(graded_elements(25.0, 16, power=3.0), degree=10)


def test_hydrogenic_levels(free_basis):
    atom = RadialAtom.create(free_basis, nucleus)
    for l, exact in ((0, -0.5), (1, -0.125)):
        value, u = atom.level(atom.ionic_potential, Channel(l, 1.0))
        assert value == pytest.approx(exact, abs=3e-7)
        assert free_basis.integrate(u**2) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("xc", "total", "level"),
    [("pbe", -0.458930, -0.2386), ("lda-pw92", -0.445667, -0.23346)],
)
def test_unpolarised_atom_against_ld1(free_basis, xc, total, level):
    """ld1.x, rel=0, lsd=0: Etot −0.458930 Ha (PBE) and −0.445667 Ha (SLA+PW); levels −0.4772 and −0.4669 Ry."""
    state = RadialAtom.create(free_basis, nucleus, xc=xc).solve([Channel(0, 1.0)])
    assert state.energy == pytest.approx(total, abs=3e-6)
    assert state.eigenvalues[0] == pytest.approx(level, abs=5e-5)


def test_hartree_of_a_gaussian(free_basis):
    from scipy.special import erf

    r = free_basis.r
    radial_density = 4.0 * pi * r**2 * np.exp(-(r**2)) / pi**1.5
    np.testing.assert_allclose(free_basis.hartree(radial_density), erf(r) / r, atol=1e-8)


@pytest.mark.parametrize(("energy", "l"), [(-0.5, 0), (0.7, 0), (0.7, 1), (2.0, 2)])
def test_log_derivative_of_free_waves(energy, l):
    from scipy.special import spherical_in, spherical_jn

    basis = RadialBasis(graded_elements(1.3, 5), degree=9)
    atom = RadialAtom.create(basis, np.zeros_like)
    k = np.sqrt(2.0 * abs(energy))
    f = spherical_jn if energy > 0 else spherical_in
    exact = k * f(l, k * 1.3, derivative=True) / f(l, k * 1.3)
    result = atom.log_derivative(np.zeros_like(basis.r), energy=energy, l=l)
    assert result == pytest.approx(exact, abs=1e-8)


def test_level_and_log_derivative_agree():
    """At the energy of a level, the regular solution has the boundary condition that made the level."""
    basis = RadialBasis(graded_elements(1.4, 8, power=2.5), degree=10)
    atom = RadialAtom.create(basis, nucleus)
    for l, slope in ((0, 0.0), (0, -0.7), (1, 0.3)):
        value, _ = atom.level(atom.ionic_potential, Channel(l, 1.0, slope))
        assert atom.log_derivative(atom.ionic_potential, energy=value, l=l) == pytest.approx(slope, abs=1e-6)


def test_sphere_obeys_the_virial_theorem():
    """LDA, s with ψ'(R) = 0: 3PΩ = 2T + V, where P = −dE/dΩ, T the kinetic and V the rest with its scaling."""
    radii = (1.399, 1.40, 1.401)
    states, atoms = [], []
    for radius in radii:
        atoms.append(RadialAtom.create(RadialBasis(graded_elements(radius, 8, power=2.5), degree=10), nucleus))
        states.append(atoms[-1].solve([Channel(0, 1.0, 0.0)], tolerance=1e-11))
    slope = (states[2].energy - states[0].energy) / (radii[2] - radii[0])
    atom, state, basis = atoms[1], states[1], atoms[1].basis
    u = state.orbitals[0]
    radial_density = u**2
    hartree = basis.hartree(radial_density)
    xc_energy, xc_potential = atom.xc_terms(state.density)
    nuclear = basis.integrate(-radial_density / basis.r)
    coulomb = nuclear + 0.5 * basis.integrate(radial_density * hartree)
    kinetic = state.eigenvalues[0] - basis.integrate(radial_density * (hartree + xc_potential)) - nuclear
    # under R -> sR: E(s) = T/s² + U/s + E_xc[n_s]; dE_xc/ds from the functional itself
    step = 1e-4
    scaled = []
    for s in (1 + step, 1 - step):
        stretched = RadialBasis(graded_elements(1.40 * s, 8, power=2.5), degree=10)
        scaled.append(RadialAtom.create(stretched, nucleus).xc_terms(state.density / s**3)[0])
    expected = (-2.0 * kinetic - coulomb + (scaled[0] - scaled[1]) / (2 * step)) / 1.40
    assert slope == pytest.approx(expected, abs=3e-6)
    assert kinetic + coulomb + xc_energy == pytest.approx(state.energy, abs=1e-9)


def test_finer_basis_changes_nothing():
    energies = []
    for elements, degree in ((6, 9), (9, 11)):
        atom = RadialAtom.create(RadialBasis(graded_elements(1.35, elements, power=2.5), degree=degree), nucleus)
        energies.append(atom.solve([Channel(0, 0.5, 0.0), Channel(1, 0.5, 0.0)]).energy)
    assert energies[0] == pytest.approx(energies[1], abs=1e-8)


def test_no_convergence_is_said(free_basis):
    with pytest.raises(EngineError, match="did not converge"):
        RadialAtom.create(free_basis, nucleus).solve([Channel(0, 1.0)], max_iterations=2)
