import numpy as np
import pytest
from ase import Atoms
from ase.geometry import get_distances

from llpt.dynamics.start import maxwell_boltzmann, prepare_start, resolved_timestep_fs, start_hash
from llpt.units import BOLTZMANN_EV_PER_K

from .conftest import make_settings


def test_maxwell_boltzmann_has_the_right_width_and_shape():
    masses = np.repeat([1.008, 39.948], 20000)
    velocities = maxwell_boltzmann(masses, 900.0, seed=5)
    for mass in (1.008, 39.948):
        reduced = velocities[masses == mass] * np.sqrt(mass / (BOLTZMANN_EV_PER_K * 900.0))
        assert np.mean(reduced**2) == pytest.approx(1.0, abs=4.0 * np.sqrt(2.0 / 60000))
        assert np.mean(reduced**4) == pytest.approx(3.0, abs=4.0 * np.sqrt(96.0 / 60000))
    assert np.array_equal(velocities, maxwell_boltzmann(masses, 900.0, seed=5))
    assert not np.array_equal(velocities, maxwell_boltzmann(masses, 900.0, seed=6))


def test_total_momentum_is_removed(gas):
    gas.set_velocities(np.random.default_rng(0).normal(size=(8, 3)) + 1.0)
    start = prepare_start(gas, make_settings())
    assert np.abs(start.get_momenta().sum(axis=0)).max() < 1e-12
    assert np.allclose(np.diff(start.get_velocities(), axis=0), np.diff(gas.get_velocities(), axis=0))


def test_turning_the_cell_keeps_all_distances(gas):
    gas.set_cell([[5.0, 1.0, 0.5], [0.2, 6.0, -0.3], [0.1, 0.4, 7.0]])
    start = prepare_start(gas, make_settings())
    cell = start.cell.array
    assert np.allclose(cell[np.triu_indices(3, 1)], 0.0)
    assert start.get_volume() == pytest.approx(gas.get_volume())
    before = get_distances(gas.positions, cell=gas.cell, pbc=True)[1]
    after = get_distances(start.positions, cell=start.cell, pbc=True)[1]
    assert np.allclose(before, after)


def test_start_is_not_changed_in_place(gas):
    before = gas.copy()
    prepare_start(gas, make_settings())
    assert before == gas
    assert not gas.has("momenta")


def test_hash_sees_everything_that_matters(gas):
    first = start_hash(gas)
    assert first == start_hash(gas.copy())
    for change in ("positions", "cell", "masses", "momenta"):
        other = gas.copy()
        if change == "positions":
            other.positions[3, 2] += 1e-12
        elif change == "cell":
            other.cell[0, 0] += 1e-9
        elif change == "masses":
            other.set_masses(np.full(8, 2.014))
        else:
            other.set_momenta(np.ones((8, 3)))
        assert start_hash(other) != first, change


def test_automatic_timestep_uses_the_density():
    atoms = Atoms("H4", positions=np.eye(4, 3), cell=[1.89] * 3, pbc=True)  # 1.69 Å³ per atom: 0.99 g/cm³
    settings = make_settings(timestep_fs="auto", temperature_k=1000.0)
    assert resolved_timestep_fs(atoms, settings) == pytest.approx(0.30, abs=0.005)
