"""Lattices have the coordination, the density and the size that define them."""

import numpy as np
import pytest
from ase.neighborlist import neighbor_list

from llpt.errors import InputError
from llpt.structure import Lattice, atomic_lattice, displaced, molecular_lattice, supercell

# Nearest neighbours: number, and distance in units of the cube root of the volume per site.
SHELLS = {"sc": (6, 1.0), "bcc": (8, 3**0.5 / 2 * 2 ** (1 / 3)), "fcc": (12, 2 ** (1 / 6)), "hcp": (12, 2 ** (1 / 6))}


@pytest.mark.parametrize("kind", list(Lattice))
def test_first_shell(kind):
    crystal = atomic_lattice(kind, (3, 3, 3), wigner_seitz_radius=1.4)
    number, distance = SHELLS[kind]
    distance *= (crystal.get_volume() / len(crystal)) ** (1 / 3)
    i, found = neighbor_list("id", crystal, 1.05 * distance)
    assert np.all(np.bincount(i) == number)
    assert np.allclose(found, distance, rtol=1e-9)


def test_molecular_centres_and_bonds():
    crystal = molecular_lattice("hcp", (3, 2, 2), density_g_per_cm3=0.7, seed=1)
    assert len(crystal) == 3 * 2 * 2 * 4 * 2
    assert np.allclose(np.linalg.norm(crystal.positions[::2] - crystal.positions[1::2], axis=1), 0.74)
    density = len(crystal) * 1.008 * 1.66053906660 / crystal.get_volume()
    assert density == pytest.approx(0.7, rel=1e-9)
    upright = molecular_lattice("fcc", (1, 1, 1), density_g_per_cm3=0.7)
    assert np.allclose((upright.positions[::2] - upright.positions[1::2])[:, :2], 0)


def test_supercell_and_displacement():
    crystal = supercell(atomic_lattice("sc", (1, 1, 1), wigner_seitz_radius=1.4), (2, 3, 4))
    assert len(crystal) == 24
    moved = displaced(crystal, 0.05, seed=2)
    assert (moved.positions - crystal.positions).std() == pytest.approx(0.05, rel=0.3)
    assert np.array_equal(moved.positions, displaced(crystal, 0.05, seed=2).positions)
    assert np.allclose(crystal.positions[0], 0)


def test_bad_requests_are_refused():
    with pytest.raises(InputError, match="sc, bcc, fcc, hcp"):
        atomic_lattice("diamond", (1, 1, 1), wigner_seitz_radius=1.4)
    with pytest.raises(InputError, match="supercell"):
        atomic_lattice("sc", (0, 1, 1), wigner_seitz_radius=1.4)
