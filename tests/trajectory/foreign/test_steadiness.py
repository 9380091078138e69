"""Runs that are heated on their way, and single numbers that are damaged, are refused by name."""

import numpy as np
import pytest
from ase import Atoms, units
from ase.calculators.singlepoint import SinglePointCalculator

from llpt import open_trajectory
from llpt.errors import InputError
from llpt.trajectory import Facts
from llpt.trajectory.foreign import Contents, ForeignReader
from llpt.trajectory.foreign.ase_atoms import open_atoms
from llpt.trajectory.foreign.steadiness import outliers, wild

ATOMS = 32
FRAMES = 60
DESPITE = ["timestep", "velocities", "energy"]
"""The frames are drawn at random, so that none follows from the one before."""


def frames(*, heat=0.0, start=1.0, squeeze=0.0, count=FRAMES, seed=3):
    """Return frames drawn at 900 K and 100 GPa: still centre, forces that add up to 0, energies of a few eV around."""
    random = np.random.default_rng(seed)
    places = 6.0 * np.random.default_rng(0).random((ATOMS, 3))
    made = []
    for number in range(count):
        share = number / (count - 1) - 0.5
        moved = random.normal(scale=0.05, size=(ATOMS, 3))
        atoms = Atoms(f"H{ATOMS}", positions=places + moved - moved.mean(axis=0), pbc=True)
        atoms.set_cell([6.0] * 3)
        atoms.set_cell([6.0 + 0.01 * random.normal()] * 3, scale_atoms=True)
        kelvin = 900.0 * (start if number == 0 else 1.0 + heat * share)
        momenta = random.normal(size=(ATOMS, 3)) * np.sqrt(1.008 * units.kB * kelvin)
        atoms.set_momenta(momenta - momenta.mean(axis=0))
        forces = random.normal(size=(ATOMS, 3))
        energy = -15.0 * ATOMS + random.normal()
        results = {"energy": energy, "free_energy": energy, "forces": forces - forces.mean(axis=0)}
        kinetic = 2.0 * atoms.get_kinetic_energy() / 3.0 / atoms.get_volume()
        stress = kinetic - (100.0 * (1.0 + squeeze * share) + random.normal()) * units.GPa
        atoms.calc = SinglePointCalculator(atoms, stress=[stress] * 3 + [0.0] * 3, **results)
        made.append(atoms)
    return made


def opened(given, *, despite=(), **said):
    despite = [despite] if isinstance(despite, str) else despite
    options = {"timestep_fs": 10.0, "temperature_k": 900.0, "pressure_gpa": 100.0, "electronic_temperature_k": 0.0}
    return open_trajectory(given, despite=[*DESPITE, *despite], **(options | said))


@pytest.mark.parametrize("start", [0.0, 1.0, 2.0])
def test_a_run_of_one_state_is_taken_however_its_first_frame_was_made(start):
    assert len(opened(frames(start=start))) == FRAMES


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"heat": 1.0}, r"atoms of .* move at 6\d\d.* K in its first third and at 1[12]\d\d K in its last"),
        ({"heat": -1.0}, r"move at 1[12]\d\d.* K in its first third and at 5\d\d.* K in its last"),
        ({"squeeze": 0.8}, r"pressure of .* is 7\d.* GPa in its first third and 12\d.* GPa in its last"),
    ],
)
def test_a_run_that_is_heated_or_pressed_is_no_equilibrium_run(change, cause):
    with pytest.raises(InputError, match=cause + ": no equilibrium run") as refused:
        opened(frames(**change))
    assert "--despite drift" in refused.value.remedy
    assert len(opened(frames(**change), despite=["drift"])) == FRAMES


def test_a_beginning_that_warms_up_is_left_out_of_the_checks_where_it_is_told():
    made = [*frames(seed=4, heat=1.6)[:30], *frames()]
    with pytest.raises(InputError, match="no equilibrium run") as refused:
        opened(made, despite="temperature")
    assert "discard_steps" in refused.value.remedy
    assert len(opened(made, discard_steps=30)) == len(made)


def changed(number, **change):
    """Return frames of which one has another number somewhere."""
    made = frames()
    atoms, results = made[number], made[number].calc.results
    for name, value in change.items():
        if name == "position":
            atoms.positions[5, 1] += value
        elif name == "velocity":
            momenta = atoms.get_momenta()
            momenta[5, 1] += value
            atoms.set_momenta(momenta)
        elif name == "edge":
            atoms.set_cell([value] * 3)
        elif name == "force":
            results["forces"][5, 1] += value
        elif name == "stress":
            results["stress"] = results["stress"] - np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0]) * value * units.GPa
        else:
            results["energy"] += value
            results["free_energy"] += value
    if "position" in change or "edge" in change:
        atoms.calc = SinglePointCalculator(atoms, **results)
    return made


@pytest.mark.parametrize(
    ("number", "change", "cause"),
    [
        (20, {"energy": 1000.0}, "Frame 20 of .* has an energy of 5[12]"),
        (20, {"energy": -40.0}, "Frame 20 of .* has an energy of -52"),
        (FRAMES - 1, {"energy": 1000.0}, f"Frame {FRAMES - 1} of .* has an energy of 5[12]"),
        (0, {"energy": 1000.0}, "Frame 0 of .* has an energy of 5[12]"),
        (20, {"stress": 300.0}, r"Frame 20 of .* has a pressure of (39|40)"),
        (20, {"edge": 9.0}, "Frame 20 of .* has a volume of 729"),
        (20, {"force": 50.0}, r"Frame 20 of .* has a sum of forces of 50 eV/Å, where those around it have \S*e-"),
        (20, {"velocity": 3.0}, r"Frame 20 of .* has a mean velocity of 0.0"),
        (20, {"velocity": 30.0}, r"Frame 20 of .* has a temperature of "),
        (20, {"position": 1.0}, "In frame 20 of .* an atom is out of place"),
        (FRAMES - 1, {"position": 1.0}, f"In frame {FRAMES - 1} of .* an atom is out of place"),
        (0, {"position": 1.0}, "In frame 0 of .* an atom is out of place"),
    ],
)
def test_a_single_damaged_number_is_named_with_its_frame(number, change, cause):
    with pytest.raises(InputError, match=cause) as refused:
        opened(changed(number, **change))
    assert "--despite outlier" in refused.value.remedy
    despite = ["outlier", "drift", "pressure", "temperature", "gap"]
    assert len(opened(changed(number, **change), despite=despite)) == FRAMES


@pytest.mark.parametrize(("far", "taken"), [(0.9, True), (0.05, False)])
def test_an_atom_that_may_have_crossed_half_the_cell_is_not_out_of_place(far, taken):
    """By which way it went nobody knows, so that the centre may seem to jump by a cell over the number of atoms."""
    made, random, places = frames(), np.random.default_rng(5), np.zeros((ATOMS, 3))
    for number, atoms in enumerate(made):
        atoms.set_cell([6.0] * 3, scale_atoms=True)
        moved = random.normal(scale=far, size=(ATOMS, 3)).clip(-2.5, 2.5)
        moved[0] = 0.0
        places += moved - moved.mean(axis=0)
        atoms.positions += places
        if number == 20:
            atoms.positions[:, 0] -= 3.6 / (ATOMS - 1)
            atoms.positions[0, 0] += 3.6 / (ATOMS - 1) + 3.6
    despite = ["pressure", "temperature", "gap", "drift"]
    if taken:
        assert len(opened(made, despite=despite)) == FRAMES
    else:
        with pytest.raises(InputError, match=r"In frame 20 of .* an atom is out of place"):
            opened(made, despite=despite)


def test_what_stays_changed_is_not_one_damaged_number():
    steps = np.concatenate([np.zeros(20), np.full(20, 1000.0)]) + np.random.default_rng(0).normal(size=40)
    assert not wild(steps, above=1.0, below=1.0).size
    assert not wild(np.random.default_rng(1).standard_cauchy(5), above=0.0, below=0.0).size  # too few to say
    steps[[7, 30]] -= 500.0
    assert wild(steps, above=1.0, below=1.0).tolist() == [7, 30]
    assert not wild(steps, above=1.0, below=2000.0).size


def test_a_frame_that_is_discarded_is_asked_nothing():
    contents = Contents()
    reader = ForeignReader(open_atoms(changed(0, energy=1000.0)), frame_interval_fs=10.0, electronic_temperature_k=0.0)
    assert len(list(reader.steps(contents))) == FRAMES
    facts = Facts(temperature_k=900.0)
    assert len(outliers(contents.measured, facts, "it", 0)) == 1
    assert not outliers(contents.measured, facts, "it", 1)


@pytest.mark.parametrize("last", [40, FRAMES])
def test_an_energy_that_jumps_and_stays_is_of_two_runs(last):
    made = frames()
    for atoms in made[20:last]:
        for name in ("energy", "free_energy"):
            atoms.calc.results[name] -= 3.0 * ATOMS
    with pytest.raises(InputError, match=r"From frame 20 of .* the energy lies -[23]\.\d* eV per atom") as refused:
        opened(made)
    assert "--despite drift" in refused.value.remedy
    assert len(opened(made, despite=["drift"])) == FRAMES


def test_an_energy_that_relaxes_has_no_level_that_it_leaves():
    made = frames()
    for number, atoms in enumerate(made):
        for name in ("energy", "free_energy"):
            atoms.calc.results[name] += 3.0 * ATOMS * np.exp(-number / 4.0)
    assert len(opened(made, despite=["outlier"])) == FRAMES
