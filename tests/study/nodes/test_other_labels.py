"""Snapshots of one run, labelled by an engine that did not drive it: what was labelled before a kill is kept."""

from pathlib import Path

import numpy as np
import pytest

from llpt.dynamics import RunSettings, run_md
from llpt.engines import make_engine, read_evaluated, write_evaluated
from llpt.engines.any_ase import WrappedCalculator
from llpt.errors import EngineError
from llpt.structure import molecular_fluid
from llpt.study import State
from llpt.study.nodes.other_labels import KEPT_EVERY, LABELS_FILE, OtherLabelsJob

LENNARD_JONES = "ase:ase.calculators.lj.LennardJones"
OPTIONS = {"sigma": 0.6, "epsilon": 0.02, "rc": 1.2}
COUNT = 2 * KEPT_EVERY + 3


@pytest.fixture
def job(tmp_path, monkeypatch):
    """A run of eight atoms, and the labels of its snapshots by another potential."""
    monkeypatch.chdir(tmp_path)
    atoms = molecular_fluid(atoms=8, density_g_per_cm3=0.9, seed=1)
    settings = RunSettings(
        ensemble="nvt", temperature_k=1000.0, timestep_fs=0.2, steps=5 * COUNT, seed=1, positions_every=5
    )
    run_md(atoms, make_engine(LENNARD_JONES, OPTIONS), settings, Path("runs/1"))
    return OtherLabelsJob(
        path="labels/1",
        engine=LENNARD_JONES,
        options=OPTIONS | {"epsilon": 0.03},
        snapshots=COUNT,
        run="runs/1",
        discard=0,
        threads=0,
    )


def work(job):
    told = []
    assert job.work(told.append).state is State.DONE
    return [each.steps_done for each in told], read_evaluated(Path(job.path) / LABELS_FILE)


def test_labels_go_on_where_a_kill_left_them(job):
    told, whole = work(job)
    assert told == list(range(1, COUNT + 1))
    assert len(whole) == COUNT
    write_evaluated(Path(job.path) / LABELS_FILE, whole[:KEPT_EVERY])
    told, again = work(job)
    assert told == list(range(KEPT_EVERY + 1, COUNT + 1))
    for one, other in zip(whole, again, strict=True):
        assert one.get_potential_energy() == pytest.approx(other.get_potential_energy(), abs=1e-9)
        np.testing.assert_allclose(one.get_forces(), other.get_forces(), atol=1e-8)
    assert work(job)[0] == []


def test_labels_of_other_snapshots_are_made_anew(job):
    _, whole = work(job)
    write_evaluated(Path(job.path) / LABELS_FILE, whole[1:KEPT_EVERY])
    told, _ = work(job)
    assert told == list(range(1, COUNT + 1))


def test_labels_in_another_cell_are_made_anew(job):
    _, whole = work(job)
    for frame in whole:
        frame.set_cell(1.01 * frame.cell.array)
    write_evaluated(Path(job.path) / LABELS_FILE, whole)
    told, _ = work(job)
    assert told == list(range(1, COUNT + 1))


def test_a_snapshot_that_cannot_be_labelled_is_named_by_its_number(job, monkeypatch):
    _, whole = work(job)
    write_evaluated(Path(job.path) / LABELS_FILE, whole[:KEPT_EVERY])
    calculate = WrappedCalculator.compute
    places = [frame.positions for frame in whole]

    def failing(engine, atoms, changes):
        if np.allclose(atoms.positions, places[KEPT_EVERY + 2], atol=1e-4):
            raise EngineError("It did not converge.", "Try again.")
        return calculate(engine, atoms, changes)

    monkeypatch.setattr(WrappedCalculator, "compute", failing)
    with pytest.raises(EngineError, match=f"Frame {KEPT_EVERY + 2}: "):
        work(job)
