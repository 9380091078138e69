"""Snapshots of runs are labelled at every electronic temperature, once."""

from pathlib import Path

import numpy as np
import pytest

from llpt.audit import electronic_temperature_audit
from llpt.dynamics import RunSettings, run_md
from llpt.engines import label_file, make_engine, read_evaluated
from llpt.structure import molecular_fluid
from llpt.study import State
from llpt.study.nodes.labels import LabelsJob, snapshots

PATH = "labels/electronic-temperature"


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Two short runs of eight atoms, in the directory of a study."""
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        atoms = molecular_fluid(atoms=8, density_g_per_cm3=0.9, seed=number)
        settings = RunSettings(
            ensemble="nvt", temperature_k=1000.0, timestep_fs=0.2, steps=20, seed=number, positions_every=5
        )
        options = {"sigma": 0.6, "epsilon": 0.02, "rc": 1.2}
        run_md(atoms, make_engine("ase:ase.calculators.lj.LennardJones", options), settings, Path(f"runs/{number}"))
    return {"runs/1": 10, "runs/2": 0}


def test_snapshots_are_taken_evenly_and_after_the_discarded_steps(runs):
    frames = snapshots(runs, 5)
    assert len(frames) == 5
    assert all(len(frame) == 8 for frame in frames)
    assert len(snapshots(runs, 1000)) == 2 + 4  # all that is kept


def test_labels_are_made_once_and_lead_to_the_audit(runs):
    job = LabelsJob(
        path=PATH,
        engine="dft",
        options={"ecut_ry": 15.0, "kpoints": "gamma"},
        electronic_temperatures_k=(600.0, 20000.0),
        reference_temperature_k=600.0,
        snapshots=2,
        sources=runs,
        threads=0,
    )
    told = []
    outcome = job.work(told.append)
    assert outcome.state is State.DONE
    assert (told[-1].steps_done, told[-1].steps) == (4, 4)
    files = [label_file(Path(PATH), value) for value in (600.0, 20000.0)]
    frames = {value: read_evaluated(file) for value, file in zip((600.0, 20000.0), files, strict=True)}
    assert {frame.info["electronic_temperature_k"] for frame in frames[20000.0]} == {20000.0}
    assert not np.allclose(frames[600.0][0].get_forces(), frames[20000.0][0].get_forces(), atol=1e-2)
    written = [file.stat().st_mtime_ns for file in files]
    job.work(told.append)
    assert [file.stat().st_mtime_ns for file in files] == written
    audit = electronic_temperature_audit(frames)
    assert float(audit["free_energy_change"].sel(temperature=20000.0)) < 0.0  # F falls by the entropy of the electrons
    assert float(audit["mean_change"].sel(temperature=20000.0, population="all components")) > 0.01
