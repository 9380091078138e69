"""Runs by other programs go on across ``llpt run``, lose only steps since a checkpoint, and listen to nobody else."""

import contextlib
import signal
import threading

import numpy as np
import psutil
import pytest
from tests.others import needs_program

from llpt.study import State, StudyDirectory, parse_study
from llpt.trajectory import Trajectory

from .test_execution import do_here, start, wait_for, workers

STUDY = """
[study]
name = "by another program"
[system]
atoms = 4
start = "atomic"
[state]
pressures_gpa = 120.0
temperatures_k = 3000
[dynamics]
steps = 6
discard = 1
timestep_fs = 0.2
checkpoint_every = 2
relax_steps = 0
[reference]
engine = "abinit"
electronic_temperature = 10000
threads = 1
"""
ABINIT = STUDY + "ecut_ry = 20.0\n"
CP2K = (
    STUDY.replace("abinit", "cp2k")
    + """
[reference.options]
kpoints = "gamma"
cutoff_ry = 120.0
relative_cutoff_ry = 20.0
basis_set = "SZV-GTH"
"""
)
ESPRESSO = (
    STUDY.replace("abinit", "quantum-espresso").replace("steps = 6", "steps = 40")  # a step is done before one looks
    + "ecut_ry = 20.0\n[reference.options]\npseudopotential = 'gth'\n"
)


@contextlib.contextmanager
def addresses_seen():
    """Give a set that fills with the addresses at which processes below this one listen or speak over a network."""
    found, over = set(), threading.Event()

    def look():
        while not over.wait(0.02):
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    found.update(f"{process.name()} {each.laddr}" for each in process.net_connections("inet"))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()


@pytest.mark.peer
@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(ABINIT, marks=needs_program("abinit"), id="abinit"),
        pytest.param(ESPRESSO, marks=needs_program("pw.x"), id="pw.x"),
        pytest.param(CP2K, marks=needs_program("cp2k.psmp"), id="cp2k"),
    ],
)
def test_a_killed_run_goes_on_from_its_checkpoint(tmp_path, text):
    steps = parse_study(text).dynamics.steps
    (tmp_path / "study.toml").write_text(text)
    process = start(tmp_path, "study.toml")
    root = tmp_path / "study"
    wait_for(lambda: len(list(root.glob("runs/**/segments/*.h5"))) >= 2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not workers(root))
    (record,) = root.glob("runs/**/run.json")
    kept = Trajectory.open(record.parent).n_steps
    assert 2 <= kept < steps
    (entry,) = do_here(StudyDirectory.open(root))
    assert (entry.state, entry.attempts, entry.steps_done) == (State.DONE, 2, steps)
    whole = StudyDirectory.claim(tmp_path / "whole", text, parse_study(text), source=tmp_path)
    with addresses_seen() as addresses:
        (entry,) = do_here(whole)
    assert entry.state is State.DONE
    assert not addresses
    one, other = (Trajectory.open(place / entry.path) for place in (whole.root, root))
    np.testing.assert_allclose(other[-1].positions, one[-1].positions, atol=1e-4)
    free = [each.scalars()["free_energy_ev"].to_numpy() for each in (one, other)]
    np.testing.assert_allclose(free[1], free[0], atol=4 * 1e-5)
