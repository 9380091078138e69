import math

import numpy as np
import pytest

from llpt.observables import observe

NAME = "nearest_neighbour_distance"


def test_a_lattice_has_its_spacing_and_molecules_their_bond(make_trajectory):
    grid = np.stack(np.meshgrid(*[np.arange(4)] * 3), axis=-1).reshape(-1, 3) * 1.5
    lattice = observe(make_trajectory(np.repeat(grid[None], 10, axis=0), 6.0, number=18), only=[NAME])
    assert lattice[NAME].value == pytest.approx(1.5, rel=1e-6)
    bonds = np.array([0.0, 0.0, 0.74]) + grid[::2]
    molecules = np.repeat(np.concatenate([grid[::2], bonds])[None], 10, axis=0)
    assert observe(make_trajectory(molecules, 6.0), only=[NAME])[NAME].value == pytest.approx(0.74, rel=1e-6)


def test_an_ideal_gas_has_the_distance_of_chandrasekhar(make_trajectory):
    random = np.random.default_rng(1)
    atoms, edge = 400, 20.0
    gas = make_trajectory(random.uniform(size=(200, atoms, 3)) * edge, edge)
    found = observe(gas, only=[NAME])[NAME]
    expected = math.gamma(4.0 / 3.0) * (4.0 * math.pi * atoms / edge**3 / 3.0) ** (-1.0 / 3.0)
    assert abs(found.value - expected) < 3.0 * found.error
    assert found.error < 0.005 * expected
    assert found.unit == "Å"


def test_atoms_without_a_neighbour_in_reach_leave_it_absent(make_trajectory):
    lonely = make_trajectory(np.zeros((5, 1, 3)), 6.0)
    assert observe(lonely, only=[NAME]).absent[NAME] == "No two atoms are closer than half the cell."
