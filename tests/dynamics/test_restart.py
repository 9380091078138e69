"""A run that is killed and started again is the run that was never disturbed."""

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from llpt.dynamics import RunState, run_md
from llpt.dynamics.run_record import read_run_record
from llpt.errors import StorageError
from llpt.run_file import write_run_file
from llpt.trajectory import Trajectory

from .conftest import make_settings
from .engines_for_tests import LennardJones
from .run_in_subprocess import start_process


def session_began(directory):
    """When the last session wrote its record for the first time: the steps begin."""
    record = directory / "run.json"
    return len(read_run_record(directory).sessions) if record.exists() else 0


def positions(directory):
    return np.concatenate([block.positions_angstrom for block in Trajectory.open(directory).blocks()])


def compare(disturbed, undisturbed, *, tolerance=1e-4):
    one, other = Trajectory.open(disturbed), Trajectory.open(undisturbed)
    assert one.n_steps == other.n_steps
    assert np.array_equal(one.frame_steps, other.frame_steps)
    assert np.abs(positions(disturbed) - positions(undisturbed)).max() < tolerance
    a, b = one.scalars(), other.scalars()
    assert np.array_equal(a.step, np.arange(one.n_steps + 1))
    for name, allowed in [("conserved_ev", 1e-6), ("volume_angstrom3", 1e-3), ("temperature_k", 1e-3)]:
        assert np.abs(a[name] - b[name]).max() < allowed, name


@pytest.mark.parametrize("ensemble", ["nve", "nvt", "npt"])
@pytest.mark.parametrize("thermostat", ["svr", "langevin", "nose-hoover"])
def test_stopped_runs_go_on_exactly(tmp_path, crystal, ensemble, thermostat):
    """Three sessions against one: engine with a memory, every ensemble, every thermostat; equal to rounding."""
    options = {"ensemble": ensemble, "thermostat": thermostat}
    options["integrator"] = "ase" if thermostat == "nose-hoover" else "ipi"
    run_md(crystal, LennardJones(memory=True), make_settings(**options), tmp_path / "whole")
    for steps in (13, 37, 60):
        outcome = run_md(crystal, LennardJones(memory=True), make_settings(steps=steps, **options), tmp_path / "parts")
        assert outcome.state is RunState.DONE
        assert outcome.steps_done == steps
    compare(tmp_path / "parts", tmp_path / "whole", tolerance=1e-9)


def test_restart_does_not_evaluate_a_configuration_twice(tmp_path, crystal):
    run_md(crystal, LennardJones(), make_settings(steps=10), tmp_path)
    engine = LennardJones()
    calls = []
    compute = engine.compute
    engine.compute = lambda atoms, changes: calls.append(1) or compute(atoms, changes)
    run_md(crystal, engine, make_settings(steps=20), tmp_path)
    assert len(calls) == 10


@pytest.mark.slow
@pytest.mark.parametrize(("ensemble", "thermostat"), [("npt", "svr"), ("nvt", "langevin")])
def test_killed_at_random_moments(tmp_path, ensemble, thermostat):
    """Kill −9 at random, start again, until it is done; then compare every step with the undisturbed run."""
    options = {"steps": 42, "ensemble": ensemble, "thermostat": thermostat}
    undisturbed, _ = start_process(tmp_path / "whole", **options)
    undisturbed.join(timeout=120)
    assert undisturbed.exitcode == 0
    random = np.random.default_rng(3)
    kills = 0
    for attempt in range(26):
        before = session_began(tmp_path / "killed")
        process, told = start_process(tmp_path / "killed", sleep=0.02, **options)
        while attempt != 1 and session_began(tmp_path / "killed") == before and process.is_alive():
            time.sleep(0.01)  # attempt 1 is killed while it starts, the others while they run
        seconds = float(random.uniform(0.1, 0.8)) * (0.1 if attempt == 1 else 1.0)
        # On a machine too busy for a checkpoint in that time the last attempt is let finish.
        process.join(timeout=seconds if attempt < 25 else 120)
        if not process.is_alive():
            break
        process.kill()
        process.join()
        kills += 1
        record = read_run_record(tmp_path / "killed")
        # Between the last checkpoint and the word that it is done it has all its steps, and is unfinished.
        assert record is None or record.state == "unfinished" or (record.state, record.steps_done) == ("done", 42)
    assert kills >= 2
    assert process.exitcode == 0
    assert told.recv() == ("done", 42)
    compare(tmp_path / "killed", tmp_path / "whole")
    thermo = (tmp_path / "killed" / "thermo.csv").read_text().splitlines()
    assert [int(line.split(",")[0]) for line in thermo[1:]] == list(range(43))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_stops_cleanly(tmp_path, number):
    directory = tmp_path / "run"
    process, told = start_process(directory, steps=100000, sleep=0.005)
    while not (directory / "checkpoints").exists():
        time.sleep(0.05)
    os.kill(process.pid, number)
    process.join(timeout=20)
    assert process.exitcode == 0
    state, steps = told.recv()
    assert state == "unfinished"
    record = read_run_record(directory)
    assert record.reason == f"stopped by {number.name}"
    assert record.steps_done == steps == Trajectory.open(directory).n_steps


def test_done_run_is_left_alone(tmp_path, crystal):
    first = run_md(crystal, LennardJones(), make_settings(steps=10), tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    again = run_md(crystal, LennardJones(), make_settings(steps=10), tmp_path)
    assert again == first
    after = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file() and path.name != "lock"}
    assert after == {path: when for path, when in before.items() if path.name != "lock"}


def test_segment_without_checkpoint_is_done_again(tmp_path, crystal):
    """A kill between the segment and its checkpoint."""
    run_md(crystal, LennardJones(), make_settings(steps=20), tmp_path / "whole")
    run_md(crystal, LennardJones(), make_settings(steps=10), tmp_path / "killed")
    stray = tmp_path / "killed" / "segments" / "000001.h5"
    stray.write_bytes(b"half a segment")
    (tmp_path / "killed" / "segments" / ".000002.h5.part").write_bytes(b"less")
    (tmp_path / "killed" / "checkpoints" / ".part").mkdir()
    run_md(crystal, LennardJones(), make_settings(steps=20), tmp_path / "killed")
    compare(tmp_path / "killed", tmp_path / "whole", tolerance=1e-9)
    assert {path.name for path in (tmp_path / "killed" / "checkpoints").iterdir()} == {"0000000010", "0000000020"}


def cut(path):
    path.write_bytes(path.read_bytes()[:-200])


def flip(path):
    """Change one byte in the middle, as a bad disk does."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [cut, flip, Path.unlink])
@pytest.mark.parametrize(
    "name", ["checkpoints/0000000030/state.npz", "checkpoints/0000000030/RESTART", "segments/000002.h5"]
)
def test_a_damaged_checkpoint_or_segment_costs_only_the_steps_since_the_one_before(tmp_path, crystal, name, damage):
    run_md(crystal, LennardJones(memory=True), make_settings(steps=40), tmp_path / "whole")
    run_md(crystal, LennardJones(memory=True), make_settings(steps=30), tmp_path / "damaged")
    damage(tmp_path / "damaged" / name)
    outcome = run_md(crystal, LennardJones(memory=True), make_settings(steps=40), tmp_path / "damaged")
    assert outcome.state is RunState.DONE
    assert "Goes on from step 20" in outcome.damage
    assert outcome.damage in (tmp_path / "damaged" / "run.log").read_text()
    compare(tmp_path / "damaged", tmp_path / "whole", tolerance=1e-9)


def test_a_run_with_no_sound_checkpoint_is_not_begun_anew(tmp_path, crystal):
    run_md(crystal, LennardJones(), make_settings(steps=30), tmp_path)
    for checkpoint in (tmp_path / "checkpoints").iterdir():
        flip(checkpoint / "state.npz")
    with pytest.raises(StorageError, match="0000000030 cannot be read"):
        run_md(crystal, LennardJones(), make_settings(steps=40), tmp_path)
    assert len(list((tmp_path / "checkpoints").iterdir())) == 2


def test_kill_between_the_last_checkpoint_and_its_note(tmp_path, crystal):
    run_md(crystal, LennardJones(), make_settings(steps=10), tmp_path)
    record = read_run_record(tmp_path)
    write_run_file(tmp_path, record.model_copy(update={"state": RunState.UNFINISHED, "steps_done": 0}))
    assert run_md(crystal, LennardJones(), make_settings(steps=10), tmp_path).state is RunState.DONE
    assert Trajectory.open(tmp_path).n_steps == 10


def test_moved_run_continues(tmp_path, crystal):
    run_md(crystal, LennardJones(memory=True), make_settings(), tmp_path / "whole")
    run_md(crystal, LennardJones(memory=True), make_settings(steps=25), tmp_path / "here")
    (tmp_path / "here").rename(tmp_path / "there")
    run_md(crystal, LennardJones(memory=True), make_settings(), tmp_path / "there")
    compare(tmp_path / "there", tmp_path / "whole", tolerance=1e-9)


@pytest.mark.parametrize(
    ("named", "instead"),
    [
        (
            "ffsocket",
            "<ffsocket mode='inet' name='engine'><address>0.0.0.0</address></ffsocket><system>",
        ),
        ("ffplumed", "<ffplumed name='plumed'><plumeddat>{secret}</plumeddat></ffplumed><system>"),
        ("initialize", "<system><initialize nbeads='1'><file mode='xyz'>{secret}</file></initialize>"),
        ("motion al-kmc", "<system><motion mode='al-kmc'></motion>"),
        ("smotion", "<smotion mode='metad'></smotion><system>"),
    ],
)
def test_a_checkpoint_that_names_what_llpt_does_not_write_is_refused(tmp_path, crystal, named, instead):
    """i-PI would open a port to all networks, start PLUMED, read a file of one's own, or unpickle one."""
    run_md(crystal, LennardJones(), make_settings(steps=5), tmp_path / "run")
    (checkpoint,) = (tmp_path / "run" / "checkpoints").iterdir()
    restart = checkpoint / "RESTART"
    before = restart.read_text()
    evil = before.replace("<system>", instead.format(secret=tmp_path / "secret"), 1)
    assert evil != before
    restart.write_text(evil)
    summary = checkpoint / "checkpoint.json"
    summary.write_text(json.dumps({**json.loads(summary.read_text()), "sha256": {}}))
    with pytest.raises(StorageError, match=f"names <{named}>, which llpt does not write"):
        run_md(crystal, LennardJones(), make_settings(steps=10), tmp_path / "run")
    assert restart.read_text() == evil
