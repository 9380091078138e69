"""Starting fluids have the density, the bonds and the contacts that were asked for, and come back from their seed."""

import numpy as np
import pytest
from ase.neighborlist import neighbor_list
from tests.others import published_potential

from llpt.errors import InputError
from llpt.structure import atomic_fluid, closest_pair, molecular_fluid
from llpt.units import hydrogen_density_g_per_cm3, wigner_seitz_radius_bohr


def contacts_between_molecules(atoms, within):
    i, j, distance = neighbor_list("ijd", atoms, within)
    return distance[i // 2 != j // 2]


@pytest.mark.parametrize("atoms", [2, 8, 64, 250])
@pytest.mark.parametrize("rs", [1.25, 1.4, 1.8])
def test_molecules_have_their_bond_and_keep_apart(atoms, rs):
    fluid = molecular_fluid(atoms=atoms, seed=3, wigner_seitz_radius=rs, minimum_contact_angstrom=0.9)
    bonds = np.linalg.norm(fluid.positions[::2] - fluid.positions[1::2], axis=1)
    assert np.allclose(bonds, 0.74, atol=1e-10)
    assert np.min(contacts_between_molecules(fluid, 1.5), initial=np.inf) >= 0.9
    assert wigner_seitz_radius_bohr(fluid.get_volume() / atoms) == pytest.approx(rs, rel=1e-12)


@pytest.mark.parametrize("atoms", [1, 7, 64])
def test_atoms_keep_apart_at_the_density_asked_for(atoms):
    fluid = atomic_fluid(atoms=atoms, seed=3, density_g_per_cm3=1.0, minimum_contact_angstrom=1.05)
    assert closest_pair(fluid, within_angstrom=1.05) is None
    assert hydrogen_density_g_per_cm3(fluid.get_volume() / atoms) == pytest.approx(1.0, rel=1e-12)


def test_default_contacts_do_not_shock_the_dynamics():
    for seed in range(3):
        fluid = molecular_fluid(atoms=64, seed=seed, wigner_seitz_radius=1.4)
        assert contacts_between_molecules(fluid, 1.5).min() > 1.2
        assert closest_pair(atomic_fluid(atoms=64, seed=seed, wigner_seitz_radius=1.4), within_angstrom=1.1) is None


def test_energy_of_the_start_is_near_that_of_the_fluid(reference_directory):
    from ase.io import read

    from llpt.mlp import BehlerParrinello
    from llpt.units import ANGSTROM_TO_BOHR, HARTREE_TO_EV

    potential = BehlerParrinello.load(published_potential("pbe-v2"))

    def energy(atoms):
        result = potential.evaluate(atoms.positions * ANGSTROM_TO_BOHR, atoms.cell.array * ANGSTROM_TO_BOHR)
        return result.energy_ha * HARTREE_TO_EV / len(atoms)

    for kind, name in ((molecular_fluid, "M-64"), (atomic_fluid, "A-64")):
        equilibrated = read(reference_directory / f"{name}.extxyz")
        rs = wigner_seitz_radius_bohr(equilibrated.get_volume() / 64)
        # 0.13 eV/atom heats a run by 1000 K before the thermostat takes it away.
        assert energy(kind(atoms=64, seed=1, wigner_seitz_radius=rs)) < energy(equilibrated) + 0.13


def test_seed_decides():
    first, again, other = (molecular_fluid(atoms=32, seed=s, wigner_seitz_radius=1.4) for s in (1, 1, 2))
    assert np.array_equal(first.positions, again.positions)
    assert not np.allclose(first.positions, other.positions)


def test_two_thousand_atoms_keep_apart():
    fluid = molecular_fluid(atoms=2048, seed=0, wigner_seitz_radius=1.35)
    assert contacts_between_molecules(fluid, 1.4).min() > 1.1


def test_directions_of_molecules_are_isotropic():
    fluid = molecular_fluid(atoms=2000, seed=5, wigner_seitz_radius=1.5)
    axes = fluid.positions[::2] - fluid.positions[1::2]
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    # <u_i u_j> = 1/3 with a standard deviation of sqrt(4/45/1000) = 0.009 on the diagonal.
    assert np.allclose(axes.T @ axes / len(axes), np.eye(3) / 3, atol=0.04)


@pytest.mark.parametrize(
    "arguments",
    [
        {"atoms": 7, "wigner_seitz_radius": 1.4},
        {"atoms": 0, "wigner_seitz_radius": 1.4},
        {"atoms": 8},
        {"atoms": 8, "wigner_seitz_radius": 1.4, "density_g_per_cm3": 1.0},
        {"atoms": 8, "density_g_per_cm3": -1.0},
        {"atoms": 8, "density_g_per_cm3": float("nan")},
    ],
)
def test_bad_requests_are_refused(arguments):
    with pytest.raises(InputError):
        molecular_fluid(seed=0, **arguments)


def test_impossible_contact_is_refused_with_the_distance_reached():
    with pytest.raises(InputError, match=r"closest stayed at \d\.\d+ Å"):
        atomic_fluid(atoms=32, seed=0, wigner_seitz_radius=1.3, minimum_contact_angstrom=2.0)
