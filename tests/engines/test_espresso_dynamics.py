"""Molecular dynamics driven by pw.x: its free energy, with the entropy from its log, is what is conserved."""

import json

import numpy as np
import pytest
from tests.others import needs_program

from llpt.dynamics import RunSettings, RunState, options_to_go_on_with, run_md
from llpt.engines import Purpose, make_engine
from llpt.structure import atomic_fluid
from llpt.trajectory import Trajectory

pytestmark = [
    pytest.mark.peer,
    pytest.mark.slow,
    needs_program("pw.x"),
]
HOT = {"ecut_ry": 20, "electronic_temperature_k": 10000, "pseudopotential": "gth", "processes": 1}


def scalars(directory):
    return Trajectory.open(directory).scalars()


def test_nvt_conserves_the_mermin_free_energy(tmp_path):
    atoms = atomic_fluid(atoms=16, seed=3, wigner_seitz_radius=1.5)
    settings = RunSettings(ensemble="nvt", temperature_k=3000, timestep_fs=0.2, steps=20, seed=1)
    with make_engine("quantum-espresso", HOT) as engine:
        outcome = run_md(atoms, engine, settings, tmp_path / "run")
    assert outcome.state is RunState.DONE
    run = scalars(tmp_path / "run")
    conserved = run["conserved_ev"].values / 16
    assert np.ptp(conserved) < 5e-4
    entropy_term = run["internal_energy_ev"].values - run["free_energy_ev"].values
    assert np.allclose(entropy_term, 10000 * run["entropy_ev_per_k"].values, atol=1e-9)
    # The same run told E instead of F would lose what T S gains.
    assert np.ptp(entropy_term) / 16 > 4 * np.ptp(conserved)


def test_npt_over_a_restart_keeps_its_plane_waves(tmp_path):
    atoms = atomic_fluid(atoms=8, seed=3, wigner_seitz_radius=1.5)
    options = {"ensemble": "npt", "temperature_k": 3000, "pressure_gpa": 120, "timestep_fs": 0.2, "seed": 1}
    settings = RunSettings(**options, barostat_time_fs=60, steps=10, checkpoint_every=5)
    with make_engine("quantum-espresso", HOT, purpose=Purpose.CONSTANT_PRESSURE) as engine:
        run_md(atoms, engine, settings, tmp_path / "whole")
    with make_engine("quantum-espresso", HOT, purpose=Purpose.CONSTANT_PRESSURE) as engine:
        run_md(atoms, engine, settings.model_copy(update={"steps": 5}), tmp_path / "parts")
    with make_engine("quantum-espresso", HOT, purpose=Purpose.CONSTANT_PRESSURE) as engine:
        run_md(atoms, engine, settings, tmp_path / "parts")
    whole, parts = scalars(tmp_path / "whole"), scalars(tmp_path / "parts")
    assert abs(whole["volume_angstrom3"].values[-1] / whole["volume_angstrom3"].values[0] - 1) > 1e-3
    assert np.allclose(parts["free_energy_ev"].values, whole["free_energy_ev"].values, atol=8 * 1e-5)
    assert np.allclose(parts["conserved_ev"].values, whole["conserved_ev"].values, atol=8 * 1e-5)
    assert np.ptp(whole["conserved_ev"].values) / 8 < 1e-3
    more = whole["pressure_gpa"].values - whole["pressure_uncorrected_gpa"].values
    assert np.ptp(more * whole["volume_angstrom3"].values) < 1e-5 * more[0]  # one term of one set
    assert more[0] > 5
    assert np.allclose(parts["pressure_gpa"].values, whole["pressure_gpa"].values, atol=0.01)


@pytest.mark.parametrize("ensemble", ["npt", "nvt"])
def test_a_run_of_a_version_without_the_correction_goes_on_without_it(tmp_path, ensemble):
    atoms = atomic_fluid(atoms=8, seed=3, wigner_seitz_radius=1.5)
    pressure = {"pressure_gpa": 120} if ensemble == "npt" else {}
    settings = RunSettings(ensemble=ensemble, temperature_k=3000, timestep_fs=0.2, seed=1, steps=4, **pressure)
    with make_engine("quantum-espresso", {**HOT, "pressure_correction": "none"}, purpose=settings.purpose) as engine:
        run_md(atoms, engine, settings.model_copy(update={"steps": 2}), tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    del record["engine"]["options"]["pressure_correction"]
    (tmp_path / "run" / "run.json").write_text(json.dumps(record))
    options = options_to_go_on_with(tmp_path / "run", "quantum-espresso", HOT)
    assert options == {**HOT, **options, "pressure_correction": "none"}
    with make_engine("quantum-espresso", options, purpose=settings.purpose) as engine:
        outcome = run_md(atoms, engine, settings, tmp_path / "run")
    assert (outcome.state, outcome.steps_done) == (RunState.DONE, 4)
    run = scalars(tmp_path / "run")
    assert np.array_equal(run["pressure_gpa"].values, run["pressure_uncorrected_gpa"].values)
    assert options_to_go_on_with(tmp_path / "new", "quantum-espresso", HOT) == HOT
