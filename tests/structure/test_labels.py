"""Labels are where ASE keeps them, and what is not known is not there."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.calculator import PropertyNotImplementedError
from ase.calculators.emt import EMT
from ase.io import read, write

from llpt.structure import attach_labels, label_of


@pytest.fixture
def atoms():
    return Atoms("H2", positions=[[0, 0, 0], [0, 0, 0.74]], cell=[4, 4, 4], pbc=True)


def test_ase_finds_every_label(atoms):
    forces, stress = np.arange(6.0).reshape(2, 3), np.arange(6.0) / 100
    attach_labels(atoms, energy=-30.0, free_energy=-30.5, forces=forces, stress=stress)
    assert atoms.get_potential_energy() == -30.0
    assert atoms.get_potential_energy(force_consistent=True) == -30.5
    assert np.array_equal(atoms.get_forces(), forces)
    assert np.array_equal(atoms.get_stress(), stress)


def test_moved_atoms_have_no_labels_any_more(atoms):
    attach_labels(atoms, forces=np.zeros((2, 3)))
    atoms.positions[0] += 0.1
    with pytest.raises(PropertyNotImplementedError):
        atoms.get_forces()


def test_what_is_not_known_is_not_attached(atoms):
    attach_labels(atoms, energy=np.nan, free_energy=-30.5, forces=np.full((2, 3), np.nan))
    assert label_of(atoms, "free_energy") == -30.5
    assert label_of(atoms, "energy") is label_of(atoms, "forces") is label_of(atoms, "stress") is None
    with pytest.raises(PropertyNotImplementedError):
        atoms.get_forces()


def test_labels_of_other_programs_are_found_beside_the_calculator(atoms, tmp_path):
    atoms.info["free_energy"], atoms.arrays["forces"] = -1.0, np.ones((2, 3))
    assert label_of(atoms, "free_energy") == -1.0
    assert np.array_equal(label_of(atoms, "forces"), np.ones((2, 3)))
    write(tmp_path / "one.extxyz", atoms)
    back = read(tmp_path / "one.extxyz")
    assert label_of(back, "free_energy") == -1.0
    assert np.array_equal(label_of(back, "forces"), np.ones((2, 3)))


def test_labels_with_a_prefix_are_found_and_the_calculators_come_first():
    atoms = Atoms("H2", positions=[[0, 0, 0], [0, 0, 1]])
    atoms.info["REF_energy"] = -1.0
    atoms.arrays["DFT_forces"] = np.ones((2, 3))
    assert label_of(atoms, "energy") == -1.0
    assert label_of(atoms, "forces").tolist() == [[1.0] * 3] * 2
    assert label_of(atoms, "stress") is None
    attach_labels(atoms, energy=-2.0)
    assert label_of(atoms, "energy") == -2.0


def test_of_a_calculator_that_structures_share_only_the_results_of_the_last_are_labels():
    first, last = bulk("Cu", "fcc", a=3.6), bulk("Cu", "fcc", a=3.7)
    first.calc = last.calc = EMT()
    energies = [atoms.get_potential_energy() for atoms in (first, last)]
    assert label_of(first, "energy") is None
    assert label_of(last, "energy") == energies[1]
