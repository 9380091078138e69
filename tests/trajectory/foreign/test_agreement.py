"""Numbers that stand twice in the files of a run, and contradict each other, are refused with both."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import units
from ase.io import write
from tests.trajectory.foreign.test_suspicion import FRAME_FS, argon, opened, without_velocities
from tests.vasp_format import thermal_frames, write_thermal_runs

from llpt import open_trajectory
from llpt.errors import InputError
from llpt.trajectory import Facts
from llpt.trajectory.foreign import Contents, ForeignReader, open_foreign, read_through
from llpt.trajectory.foreign.agreement import check_agreement
from llpt.trajectory.foreign.ase_atoms import open_atoms
from llpt.trajectory.foreign.frame import kinetic_energy_ev
from llpt.trajectory.foreign.suspicion import hold_against
from llpt.units import BOLTZMANN_EV_PER_K

DATA = Path(__file__).parent / "data"
__all__ = ["argon"]  # a fixture


@pytest.mark.parametrize(
    ("pattern", "new", "cause", "check"),
    [
        (r"896\.42013 ", "1896.42013", "Frame 1 of .* states a temperature of 1896.42 K, its kinetic", "temperature"),
        (r" 26\.98917 ", " 29.98917 ", r"Frame 2 of .* states a volume of 29\.9892 Å³, its cell has 26", "volume"),
        (
            r" 22627\.189 ",
            " 82627.189 ",
            r"Frame 3 of .* states a pressure of 8.* GPa, its stress 2",
            "pressure",
        ),
    ],
)
def test_columns_of_lammps_that_contradict_each_other(tmp_path, pattern, new, cause, check):
    shutil.copy(DATA / "run.dump", tmp_path)
    text, count = re.subn(pattern, new, (DATA / "lammps.log").read_text())
    assert count == 1
    (tmp_path / "lammps.log").write_text(text)
    source = open_foreign([tmp_path / "run.dump", tmp_path / "lammps.log"], elements=["H"])
    with pytest.raises(InputError, match=cause) as refused:
        list(ForeignReader(source, frame_interval_fs=0.4, electronic_temperature_k=0.0).steps(Contents()))
    assert f"--despite {check}" in refused.value.remedy
    reader = ForeignReader(source, frame_interval_fs=0.4, electronic_temperature_k=0.0, despite=[check])
    assert len(list(reader.steps(Contents()))) == 6


@pytest.fixture
def vasprun(tmp_path):
    write_thermal_runs(tmp_path, temperatures=[900])
    return tmp_path / "T900" / "vasprun.xml"


@pytest.mark.parametrize(
    ("tags", "cause", "check"),
    [
        ("POTIM = 1.0 ! fs", "states timestep_fs = 0.4, .*INCAR 1", "timestep"),
        ("TEBEG = 300; TEEND = 300", "states temperature_k = 900, .*INCAR 300", "temperature"),
        ("PSTRESS = 2000", "states pressure_gpa = 100, .*INCAR 200", "pressure"),
        ("SIGMA = 0.05", "states electronic_temperature_k = 900, .*INCAR 580", "electrons"),
    ],
)
def test_an_incar_beside_vasprun_that_states_another_run(vasprun, tags, cause, check):
    vasprun.with_name("INCAR").write_text(f"SYSTEM = hydrogen\n{tags}\nIBRION = 0")
    with pytest.raises(InputError, match=cause):
        open_trajectory(vasprun)
    assert len(open_trajectory(vasprun, despite=[check])) == 16
    vasprun.with_name("INCAR").write_text("POTIM = 0.4; IBRION = 0\nTEBEG = 900\n# POTIM = 7\n")
    assert len(open_trajectory(vasprun)) == 16
    piece = vasprun.rename(vasprun.with_name("vasprun-1.xml"))
    piece.with_name("INCAR").write_text(tags)  # of the next piece
    assert len(open_trajectory(piece)) == 16


def test_vasprun_that_contradicts_itself(vasprun):
    text = vasprun.read_text()
    vasprun.write_text(
        text.replace('<incar><i type="int" name="IBRION">0</i><i name="POTIM">0.4', '<incar><i name="POTIM">0.8')
    )
    with pytest.raises(InputError, match=r"states timestep_fs = 0\.8, its parameters 0\.4"):
        open_trajectory(vasprun)
    vasprun.write_text(text.replace("</varray></crystal>", '</varray><i name="volume">99.0</i></crystal>'))
    with pytest.raises(InputError, match=r"Frame 0 of .* states a volume of 99 Å³, its cell has 2"):
        open_trajectory(vasprun)


def test_a_temperature_in_the_files_that_displacements_contradict(argon):
    frames, kelvin, _ = argon
    for factor, refused in ((1.0, False), (9.0, True), (0.1, True)):
        source = replace(
            open_atoms(without_velocities(frames)),
            frames=lambda factor=factor: (
                replace(each, temperature_k=factor * kelvin) for each in open_atoms(without_velocities(frames)).frames()
            ),
        )
        contents = Contents()
        list(ForeignReader(source, frame_interval_fs=FRAME_FS, electronic_temperature_k=0.0).steps(contents))
        facts = Facts(frame_interval_fs=FRAME_FS)
        if not refused:
            hold_against(contents.measured, facts, "it")
            continue
        with pytest.raises(InputError, match=r"as those of their temperature do in .* fs, not in 10 fs"):
            hold_against(contents.measured, facts, "it")


@pytest.mark.parametrize("join", [20, 30, 45])
def test_a_stride_that_changes_on_the_way_is_found_by_velocities(argon, join):
    frames, *_ = argon
    with pytest.raises(InputError, match=r"To frame \d+ of .* another time than to the others"):
        opened(frames[:join] + frames[join + 1 :: 2], timestep_fs=FRAME_FS, despite=["timestep"])


@pytest.mark.parametrize("stated", ["velocities", "temperature"])
def test_a_pressure_beside_a_stress_that_makes_another(stated):
    frames = thermal_frames(kelvin=900, gpa=100.0, timestep_fs=0.4, frames=8)
    for frame in frames:
        kinetic = 2.0 * frame.get_kinetic_energy() / 3.0 / frame.get_volume()
        frame.info["pressure_gpa"] = (kinetic - frame.get_stress()[:3].mean()) / units.GPa
        if stated == "temperature":
            frame.info["temperature_k"] = frame.get_kinetic_energy() / (1.5 * 15 * units.kB)
            del frame.arrays["momenta"]
    said = {"timestep_fs": 0.4, "electronic_temperature_k": 900.0}
    assert len(open_trajectory(frames, **said)) == 8
    frames[3].info["pressure_gpa"] *= 3.0
    with pytest.raises(
        InputError, match=r"Frame 3 of .* states a pressure of 3\d\d.* its stress and the motion of its a"
    ):
        open_trajectory(frames, **said)
    assert len(open_trajectory(frames, **said, despite=["pressure", "outlier"])) == 8


def test_electrons_that_are_heated_on_the_way(tmp_path):
    frames = thermal_frames(kelvin=900, gpa=100.0, timestep_fs=0.4, frames=8)
    for number, frame in enumerate(frames):
        frame.info["electronic_temperature_k"] = 900.0 if number < 5 else 3000.0
    write(tmp_path / "run.extxyz", frames)
    for source in (frames, tmp_path / "run.extxyz"):
        with pytest.raises(InputError, match=r"Frame 5 of .* has electrons at 3000 K, the first at 900 K"):
            open_trajectory(source, timestep_fs=0.4)
    assert open_trajectory(frames[:5], timestep_fs=0.4).facts.electronic_temperature_k == 900.0
    del frames[2].info["electronic_temperature_k"]
    with pytest.raises(InputError, match=r"Frame 2 of .* has electrons at a temperature that is not stated"):
        open_trajectory(frames, timestep_fs=0.4)


@pytest.mark.parametrize(("atoms", "share"), [(8, 3 / 21), (64, 3 / 189), (512, 3 / 1533)])
def test_a_temperature_counts_three_degrees_more_or_less_than_its_kinetic_energy_and_no_more(atoms, share):
    (frame, *_) = thermal_frames(kelvin=900.0, gpa=100.0, timestep_fs=0.4, atoms=atoms, frames=2)
    raw = next(iter(open_atoms([frame]).frames()))
    masses = np.full(atoms, 1.008)
    own = 2.0 * kinetic_energy_ev(raw.velocities_angstrom_per_fs, masses) / ((3 * atoms - 3) * BOLTZMANN_EV_PER_K)
    for sign in (-1.0, 1.0):
        check_agreement(replace(raw, temperature_k=own * (1.0 + sign * share), pressure_gpa=None), masses, 0, "it")
        beyond = own * (1.0 + sign * (share + 0.02))
        with pytest.raises(InputError, match="Frame 0 of it states a temperature of"):
            check_agreement(replace(raw, temperature_k=beyond, pressure_gpa=None), masses, 0, "it")


def test_two_displacements_do_not_contradict_a_temperature():
    frames = thermal_frames(kelvin=300.0, gpa=100.0, timestep_fs=0.4, atoms=4, frames=3)
    for frame in frames:
        frame.info["temperature_k"] = 150.0
        frame.arrays.pop("momenta")
    measured = read_through(open_atoms(frames), frame_interval_fs=0.4, electronic_temperature_k=900.0).measured
    hold_against(measured, Facts(frame_interval_fs=0.4), "it")
    with pytest.raises(InputError, match="move as far from frame to frame as those of their temperature do"):
        hold_against(measured, Facts(frame_interval_fs=0.05), "it")
