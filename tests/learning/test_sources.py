"""Frames to train on: each file is a data set of its own, runs are harvested, and what is not there is refused."""

import pytest

from llpt.dynamics import RunSettings, run_md
from llpt.engines import evaluate, make_engine, write_evaluated
from llpt.errors import InputError
from llpt.learning import harvest, labelled_frames
from llpt.structure import atomic_fluid

SPRING = {"sigma": "1.2", "epsilon": "0.2", "rc": "2.3"}


def fluids(*seeds):
    return [atomic_fluid(atoms=4, wigner_seitz_radius=1.6, seed=seed) for seed in seeds]


@pytest.fixture
def engine():
    with make_engine("ase:ase.calculators.lj.LennardJones", SPRING) as made:
        yield made


def test_each_file_is_a_data_set_of_its_own_unless_its_frames_name_theirs(tmp_path, engine):
    named = evaluate(fluids(3), engine)
    named[0].info["dataset"] = "code A"
    write_evaluated(tmp_path / "one.extxyz", evaluate(fluids(1, 2), engine))
    write_evaluated(tmp_path / "two.extxyz", named)
    frames = labelled_frames([tmp_path / "one.extxyz", tmp_path / "two.extxyz"])
    assert [frame.info["dataset"] for frame in frames] == ["one", "one", "code A"]
    assert all(frame.get_forces().shape == (4, 3) for frame in frames)


def test_runs_are_harvested_after_the_steps_that_are_left_out(tmp_path, engine):
    settings = RunSettings(ensemble="nvt", temperature_k=1500.0, steps=40, seed=1, timestep_fs=0.2, positions_every=2)
    run_md(fluids(1)[0], engine, settings, tmp_path / "run")
    found = labelled_frames([tmp_path / "run"], discard_steps=20)
    expected = harvest([tmp_path / "run"], discard_steps=20)
    assert len(found) == len(expected) < len(harvest([tmp_path / "run"]))
    assert all((one.positions == other.positions).all() for one, other in zip(found, expected, strict=True))


def test_what_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        labelled_frames([tmp_path / "nowhere.extxyz"])
