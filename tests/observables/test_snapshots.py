"""Snapshots of a run: which frames, and what is known of the electrons there."""

import json

import ase.io
import numpy as np
import pytest

from llpt.dynamics import RunSettings, run_md
from llpt.engines import make_engine
from llpt.errors import InputError
from llpt.observables import snapshots_of_files, snapshots_of_run
from llpt.structure import atomic_fluid
from llpt.trajectory import Trajectory

OPTIONS = {"ecut_ry": 20.0, "electronic_temperature_k": 2000.0, "kpoints": "gamma", "xc": "lda-pw92", "bands": 8}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    place = tmp_path_factory.mktemp("snapshots") / "run"
    with make_engine("ase:ase.calculators.lj.LennardJones", {"sigma": "1.2", "epsilon": "0.2", "rc": "2.3"}) as engine:
        settings = RunSettings(
            ensemble="nvt", temperature_k=1500.0, steps=40, seed=1, timestep_fs=0.2, positions_every=2
        )
        run_md(atomic_fluid(atoms=4, wigner_seitz_radius=1.6, seed=1), engine, settings, place)
    return place


def test_frames_are_evenly_spaced_over_the_second_half(run):
    trajectory = Trajectory.open(run)
    steps = list(trajectory.frame_steps)
    found = snapshots_of_run(run, 6)
    assert len(found.frames) == 6
    expected = [steps.index(step) for step in (20, 24, 28, 32, 36, 40)]
    for atoms, index in zip(found.frames, expected, strict=True):
        np.testing.assert_array_equal(atoms.positions, trajectory.atoms(index).positions)
    assert len(snapshots_of_run(run, 100).frames) == 11
    assert len(snapshots_of_run(run, 100, discard_steps=0).frames) == 21


def test_electrons_are_as_hot_as_the_ions_unless_the_engine_says_otherwise(run, tmp_path):
    assert snapshots_of_run(run, 1).engine_options == {"electronic_temperature_k": 1500.0}
    (tmp_path / "trajectory.h5").symlink_to(run / "trajectory.h5")
    for each in run.iterdir():
        if not (tmp_path / each.name).exists():
            (tmp_path / each.name).symlink_to(each)
    record = json.loads((run / "run.json").read_text())
    (tmp_path / "run.json").unlink()
    record["engine"] |= {"name": "vasp", "options": {"electronic_temperature_k": 900.0}}
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert snapshots_of_run(tmp_path, 1).engine_options == {"electronic_temperature_k": 900.0}
    record["engine"] |= {"name": "dft", "options": OPTIONS}
    (tmp_path / "run.json").write_text(json.dumps(record))
    assert snapshots_of_run(tmp_path, 1).engine_options == {key: OPTIONS[key] for key in OPTIONS if key != "bands"}


def test_a_run_without_frames_after_what_is_left_out_is_refused(run):
    with pytest.raises(InputError, match="no frames from step 41"):
        snapshots_of_run(run, 1, discard_steps=41)


def test_files_of_different_electronic_temperatures_are_refused(tmp_path):
    frames = [atomic_fluid(atoms=4, wigner_seitz_radius=1.6, seed=seed) for seed in (1, 2)]
    ase.io.write(tmp_path / "cold.extxyz", frames)
    assert snapshots_of_files([tmp_path / "cold.extxyz"]).engine_options == {}
    for frame, temperature in zip(frames, (1000.0, 2000.0), strict=True):
        frame.info["electronic_temperature_k"] = temperature
    ase.io.write(tmp_path / "both.extxyz", frames)
    with pytest.raises(InputError, match="different electronic temperatures"):
        snapshots_of_files([tmp_path / "both.extxyz"])
    ase.io.write(tmp_path / "one.extxyz", frames[:1])
    assert snapshots_of_files([tmp_path / "one.extxyz"]).engine_options == {"electronic_temperature_k": 1000.0}
