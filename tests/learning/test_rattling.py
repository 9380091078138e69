"""Snapshots off the paths of dynamics: strained, displaced, apart, labelled once."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from llpt.dynamics import RunSettings, run_md
from llpt.engines import make_engine
from llpt.errors import InputError
from llpt.learning import NamedRun, rattle_runs
from llpt.learning.rattling import CLOSEST_ANGSTROM, rattled_snapshots
from llpt.structure import closest_pair, molecular_fluid
from llpt.trajectory import Trajectory

OPTIONS = {"sigma": 0.6, "epsilon": 0.02, "rc": 1.2}
ENGINE = partial(make_engine, "ase:ase.calculators.lj.LennardJones", OPTIONS)


@pytest.fixture
def runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        atoms = molecular_fluid(atoms=8, density_g_per_cm3=0.9, seed=number)
        settings = RunSettings(
            ensemble="nvt", temperature_k=1000.0, timestep_fs=0.2, steps=20, seed=1, positions_every=5
        )
        run_md(atoms, ENGINE(), settings, Path(f"runs/{number}"))
    return [NamedRun("N8/1", "runs/1"), NamedRun("N8/2", "runs/2")]


def test_structures_leave_the_run_and_stay_apart(runs):
    trajectory = Trajectory.open(runs[0].directory)
    structures = rattled_snapshots(runs[0], 6, seed=3)
    assert [a.positions.tolist() for a in structures] == [
        a.positions.tolist() for a in rattled_snapshots(runs[0], 6, seed=3)
    ]
    volumes = {round(a.get_volume(), 6) for a in structures}
    assert len(volumes) == 6
    edge = trajectory.atoms(0).cell.lengths()
    for atoms in structures:
        assert np.abs(atoms.cell.lengths() / edge - 1.0).max() <= 0.03 + 1e-12
        pair = closest_pair(atoms, within_angstrom=2.0)
        assert pair[2] >= CLOSEST_ANGSTROM
    assert len({atoms.info["block"] for atoms in structures}) == 3


def test_labels_are_those_of_the_engine_and_made_once(runs, tmp_path):
    told = []
    makers = dict.fromkeys(runs, ENGINE)
    first = rattle_runs(makers, tmp_path / "training", frames=5, seed=1, on_frame=lambda *done: told.append(done))
    assert told[-1] == (5, 5)
    assert {frame.info["dataset"] for frame in first} == {"reference"}
    assert {frame.info["run"] for frame in first} == {"N8/1", "N8/2"}
    assert {path.name for path in (tmp_path / "training").iterdir()} >= {"N8-1.extxyz", "N8-2.extxyz"}
    engine = ENGINE()
    for frame in first:
        engine.calculate(frame)
        np.testing.assert_allclose(frame.get_forces(), engine.results["forces"], rtol=0.0, atol=1e-7)

    class Untouched:
        """It says what it is, and cannot compute."""

        def describe(self):
            return engine.describe()

        def close(self):
            pass

    again = rattle_runs(dict.fromkeys(runs, Untouched), tmp_path / "training", frames=5, seed=1)
    assert [frame.positions.tolist() for frame in again] == [frame.positions.tolist() for frame in first]


def test_a_run_that_has_only_begun_is_refused(tmp_path):
    settings = RunSettings(ensemble="nvt", temperature_k=1000.0, timestep_fs=0.2, steps=1, seed=1, positions_every=5)
    run_md(molecular_fluid(atoms=8, density_g_per_cm3=0.9, seed=1), ENGINE(), settings, tmp_path / "run")
    with pytest.raises(InputError, match="no frame after its start"):
        rattled_snapshots(NamedRun("run", tmp_path / "run"), 3, seed=1)
