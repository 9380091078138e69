"""Steps and times that frames of extended XYZ carry in their comments, and units that they name there."""

import numpy as np
import pytest
from ase import Atoms
from ase.io import write

from llpt.errors import InputError
from llpt.trajectory.foreign import Contents, ForeignReader, open_foreign


def frames(*clocks, key="step", info=None):
    """Frames that are told apart by their clock."""
    made = []
    for clock in clocks:
        places = np.random.default_rng(int(1000 * clock)).uniform(0.0, 4.0, (8, 3))
        atoms = Atoms("H8", positions=places, cell=4.0 * np.eye(3), pbc=True)
        atoms.info |= {key: clock, **(info or {})}
        made.append(atoms)
    return made


def read(path, made):
    write(path, made, format="extxyz")
    contents = Contents()
    list(ForeignReader(open_foreign([path]), frame_interval_fs=0.5, electronic_temperature_k=0.0).steps(contents))
    return contents


@pytest.mark.parametrize("key", ["step", "Step", "md_step", "time", "Time", "time_ps"])
def test_gaps_order_and_doubles_are_told_by_the_key(tmp_path, key):
    path = tmp_path / "run.extxyz"
    assert read(path, frames(0, 10, 20, 30, key=key)).frames == 4
    with pytest.raises(InputError, match=r"From frame 1 to 2 .* goes from 10 to 40, not by 10: 2 frames are missing"):
        read(path, frames(0, 10, 40, 50, key=key))
    with pytest.raises(InputError, match=r"From frame 1 to 2 .* goes from 20 to 10, not by 20"):
        read(path, frames(0, 20, 10, 30, key=key))
    doubled = read(path, frames(0, 10, 20, 20, 30, key=key))
    assert doubled.frames == 4
    assert "1 frame stands twice, with the same step or time, and the second was left out." in doubled.notes
    assert read(path, frames(0, 0, 10, key=key)).frames == 2


def test_a_number_that_stands_still_is_no_clock(tmp_path):
    made = frames(0, 1, 2)
    for atoms in made:
        atoms.info["step"] = 500
    assert read(tmp_path / "run.extxyz", made).frames == 3


@pytest.mark.parametrize(
    ("key", "unit"),
    [("energy-unit", "hartree"), ("stress_unit", "GPa"), ("stress-unit", "kbar"), ("forces_units", "au")],
)
def test_another_unit_in_a_comment_is_refused(tmp_path, key, unit):
    with pytest.raises(InputError, match=rf"Frame 0 of .* says {key} = {unit}. Give energies in eV"):
        read(tmp_path / "run.extxyz", frames(0, 1, info={key: unit}))


def test_the_unit_that_it_has_may_be_named(tmp_path):
    made = frames(0, 1, info={"energy-unit": "eV", "force_unit": "eV/Ang", "length_unit": "Angstrom"})
    assert read(tmp_path / "run.extxyz", made).frames == 2
