"""A run directory can be continued by i-PI's own command."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from ase.io import read

from llpt.dynamics import run_md
from llpt.engines import make_engine
from llpt.trajectory import Trajectory

from .conftest import make_settings

SPEC = "ase:ase.calculators.lj.LennardJones"
OPTIONS = {"sigma": 2.5, "epsilon": 0.01, "rc": 6.0, "smooth": True}


@pytest.mark.slow
def test_ipi_continues_a_run(tmp_path):
    """Twenty steps by us, twenty more by ``i-pi RESTART``: the same as forty by us."""
    atoms = bulk("Ar", "fcc", a=4.2, cubic=True).repeat((2, 2, 2))
    engine = make_engine(SPEC, OPTIONS)
    run_md(atoms, engine, make_settings(steps=40), tmp_path / "ours")
    run_md(atoms, engine, make_settings(steps=20), tmp_path / "both")
    restart = tmp_path / "both" / "RESTART"
    longer = restart.read_text().replace("<total_steps>20</total_steps>", "<total_steps>40</total_steps>")
    assert longer != restart.read_text()
    restart.write_text(longer.replace("stride='100'", "stride='1'"))
    arguments = [sys.executable, str(Path(sys.executable).parent / "i-pi"), "RESTART"]
    done = subprocess.run(arguments, cwd=tmp_path / "both", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    last = read(tmp_path / "both" / "i-pi.pos_0.extxyz", -1)
    assert np.abs(last.positions - Trajectory.open(tmp_path / "ours").atoms(-1).positions).max() < 1e-6
