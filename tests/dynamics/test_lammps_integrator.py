"""LAMMPS's own dynamics, driven step by step: its ensemble, its conserved quantity, its restart, what it refuses."""

import numpy as np
import pytest
from tests.others import needs_package

from llpt.dynamics import RunSettings, RunState, run_md
from llpt.engines import make_engine
from llpt.errors import InputError
from llpt.structure import atomic_fluid
from llpt.trajectory import open_trajectory

COMMANDS = "pair_style lj/cut 3.0\npair_modify shift yes\npair_coeff 1 1 0.02 1.2\n"
BOLTZMANN = 8.617333262e-5
KELVIN, GPA = 1000.0, 10.0


@pytest.fixture
def potential(tmp_path):
    (tmp_path / "lj.lammps").write_text(COMMANDS)
    return f"lammps:{tmp_path / 'lj.lammps'}"


def settings(**changes):
    given = {
        "ensemble": "npt",
        "temperature_k": KELVIN,
        "pressure_gpa": GPA,
        "timestep_fs": 0.5,
        "steps": 40,
        "seed": 1,
        "integrator": "lammps",
        "thermostat": "nose-hoover",
        "positions_every": 5,
    }
    return RunSettings(**{**given, **changes})


def run(potential, where, **changes):
    atoms = atomic_fluid(atoms=64, density_g_per_cm3=0.6, seed=1)
    with make_engine(potential) as engine:
        outcome = run_md(atoms, engine, settings(**changes), where)
    assert outcome.state is RunState.DONE, outcome.reason
    return open_trajectory(where).scalars()


@needs_package("lammps")
@pytest.mark.parametrize("ensemble", ["nve", "nvt", "npt"])
def test_what_it_conserves_is_conserved_and_its_temperature_is_of_3n_less_3(potential, tmp_path, ensemble):
    changes = {} if ensemble == "npt" else {"pressure_gpa": None}
    found = run(potential, tmp_path / ensemble, ensemble=ensemble, steps=200, timestep_fs=0.1, **changes)
    conserved = np.asarray(found.conserved_ev)
    assert np.abs(conserved - conserved[0]).max() < 64 * 2e-5
    kinetic = np.asarray(found.kinetic_energy_ev)
    np.testing.assert_allclose(found.temperature_k, 2.0 * kinetic / (3 * 63 * BOLTZMANN), rtol=1e-4)
    if ensemble != "npt":
        assert np.ptp(found.volume_angstrom3) == pytest.approx(0.0, abs=1e-6)


@needs_package("lammps")
@pytest.mark.slow
def test_averages_at_constant_pressure_are_those_that_were_asked_for(potential, tmp_path):
    found = run(potential, tmp_path / "npt", steps=6000)
    later = slice(1000, None)
    blocks = np.asarray(found.pressure_gpa)[later].reshape(10, -1).mean(axis=1)
    error = blocks.std(ddof=1) / np.sqrt(10)
    assert abs(blocks.mean() - GPA) < 5.0 * error + 0.01
    blocks = np.asarray(found.temperature_k)[later].reshape(10, -1).mean(axis=1)
    assert abs(blocks.mean() - KELVIN) < 5.0 * blocks.std(ddof=1) / np.sqrt(10) + 1.0


@needs_package("lammps")
def test_it_goes_on_where_it_was(potential, tmp_path):
    """A checkpoint changes nothing of the run that writes it, and a run from it is that run."""
    alone = run(potential, tmp_path / "alone", steps=30, checkpoint_every=1000)
    whole = run(potential, tmp_path / "whole", steps=30, checkpoint_every=10)
    run(potential, tmp_path / "parts", steps=20, checkpoint_every=10)
    parts = run(potential, tmp_path / "parts", steps=30, checkpoint_every=10)
    np.testing.assert_allclose(whole.volume_angstrom3, alone.volume_angstrom3, rtol=1e-9)
    np.testing.assert_allclose(parts.volume_angstrom3, whole.volume_angstrom3, rtol=1e-9)
    np.testing.assert_allclose(parts.conserved_ev, whole.conserved_ev, atol=1e-6)
    np.testing.assert_allclose(parts.free_energy_ev, whole.free_energy_ev, atol=1e-7)


def test_another_engine_and_another_thermostat_are_refused(tmp_path):
    atoms = atomic_fluid(atoms=64, density_g_per_cm3=0.6, seed=1)
    lennard_jones = {"sigma": 1.2, "epsilon": 0.02, "rc": 3.0}
    with (
        make_engine("ase:ase.calculators.lj.LennardJones", lennard_jones) as engine,
        pytest.raises(InputError, match="for potentials that LAMMPS runs"),
    ):
        run_md(atoms, engine, settings(), tmp_path / "run")
    with pytest.raises(InputError, match="nose-hoover"):
        RunSettings.from_mapping({**settings().model_dump(), "thermostat": "svr"})
