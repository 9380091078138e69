"""A run by another program goes on across ``llpt run``: nothing but the steps since its checkpoint is lost."""

import signal

import numpy as np
import pytest
from tests.others import needs_program

from llpt.study import State
from llpt.trajectory import Trajectory

from .test_execution import finish, start, states, wait_for, workers

STUDY = """
[study]
name = "by another program"
[system]
atoms = 8
start = "atomic"
[state]
pressures_gpa = 120.0
temperatures_k = 3000
[dynamics]
steps = 8
discard = 2
timestep_fs = 0.2
checkpoint_every = 2
relax_steps = 0
[reference]
engine = "abinit"
ecut_ry = 20.0
electronic_temperature = 10000
threads = 1
"""
RUN = "runs/abinit/N8/P120/T3000"


@pytest.mark.peer
@pytest.mark.slow
@needs_program("abinit")
def test_a_killed_run_by_abinit_goes_on_from_its_checkpoint(tmp_path):
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "study.toml").write_text(STUDY)
    code, said = finish(start(tmp_path / "whole", "study.toml"))
    assert code == 0, said
    process = start(tmp_path / "parts", "study.toml")
    root = tmp_path / "parts" / "study"
    wait_for(lambda: len(list((root / RUN / "segments").glob("*.h5"))) >= 2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not workers(root))
    kept = Trajectory.open(root / RUN).n_steps
    assert 4 <= kept < 8
    code, said = finish(start(tmp_path / "parts", str(root)))
    assert code == 0, said
    (entry,) = states(root).values()
    assert (entry.state, entry.attempts, entry.steps_done) == (State.DONE, 2, 8)
    one, other = (Trajectory.open(tmp_path / name / "study" / RUN) for name in ("whole", "parts"))
    np.testing.assert_allclose(other[-1].positions, one[-1].positions, atol=1e-4)
    free = [each.scalars()["free_energy_ev"].to_numpy() for each in (one, other)]
    np.testing.assert_allclose(free[1], free[0], atol=8 * 1e-5)
