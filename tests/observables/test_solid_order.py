import math

import numpy as np
import pytest
from ase.build import bulk

from llpt.observables import SolidOrder
from llpt.observables.solid_order import centres


def measure(make_trajectory, frames, cell, **options):
    trajectory = make_trajectory(frames, 1.0)
    trajectory.cells = np.broadcast_to(cell, (len(frames), 3, 3))
    order = SolidOrder(**options)
    for block in trajectory.blocks(10):
        order.add(block)
    return order


def rattled(atoms, amplitude, frames=12, seed=1):
    random = np.random.default_rng(seed)
    return atoms.positions + random.normal(scale=amplitude, size=(frames, len(atoms), 3))


@pytest.mark.parametrize(("lattice", "repeats", "q6"), [("fcc", 4, 0.57), ("hcp", (6, 6, 4), 0.48)])
def test_crystals_have_their_known_order(make_trajectory, lattice, repeats, q6):
    atoms = bulk("H", lattice, a=2.0, **({"cubic": True} if lattice == "fcc" else {"c": 2.0 * math.sqrt(8.0 / 3.0)}))
    atoms = atoms.repeat(repeats)
    order = measure(make_trajectory, rattled(atoms, 0.005), atoms.cell.array, bond_angstrom=0.0)
    assert order.q6().value == pytest.approx(q6, abs=0.02)
    assert order.solid_fraction().value > 0.99


def test_warm_and_defective_solids_are_caught(make_trajectory):
    atoms = bulk("H", "fcc", a=2.2, cubic=True).repeat(4)
    random = np.random.default_rng(2)
    del atoms[random.choice(len(atoms), size=len(atoms) // 12, replace=False)]
    order = measure(make_trajectory, rattled(atoms, 0.09), atoms.cell.array, bond_angstrom=0.0)
    assert order.solid_fraction().value > 0.6


def test_molecular_crystal_is_recognised_by_its_centres(make_trajectory):
    lattice = bulk("H", "hcp", a=2.2, c=2.2 * math.sqrt(8.0 / 3.0)).repeat((6, 6, 4))
    random = np.random.default_rng(3)
    axes = random.normal(size=(6, len(lattice), 3))
    axes *= 0.37 / np.linalg.norm(axes, axis=2, keepdims=True)
    frames = np.concatenate([lattice.positions - axes, lattice.positions + axes], axis=1)
    assert measure(make_trajectory, frames, lattice.cell.array).solid_fraction().value > 0.95
    found = centres(frames[0], lattice.cell.array, 0.9)
    assert len(found) == len(lattice)


def test_fluid_is_not_a_solid(make_trajectory):
    random = np.random.default_rng(4)
    positions = random.uniform(size=(6, 300, 3)) * 9.0
    order = measure(make_trajectory, positions, 9.0 * np.eye(3), bond_angstrom=0.0)
    assert order.solid_fraction().value < 0.1
    assert order.q6().value < 0.3


def test_too_few_points_say_nothing(make_trajectory):
    positions = np.random.default_rng(5).uniform(size=(6, 8, 3)) * 5.0
    assert math.isnan(measure(make_trajectory, positions, 5.0 * np.eye(3)).q6().value)
