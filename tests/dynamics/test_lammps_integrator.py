"""LAMMPS's own dynamics, driven step by step: its ensemble, its conserved quantity, its restart, what it refuses."""

import numpy as np
import pytest
from tests.others import needs_package

from llpt.audit.ensemble import EnsembleOutcome, kinetic_energy_checks, pressure_pair_check, volume_variance_check
from llpt.campaign import ControlledTest
from llpt.dynamics import RunSettings, RunState, run_md
from llpt.engines import make_engine
from llpt.errors import InputError
from llpt.statistics import mean_estimate
from llpt.structure import atomic_fluid
from llpt.study import make_plan, parse_study
from llpt.trajectory import open_trajectory

COMMANDS = "pair_style lj/smooth/linear 3.0\npair_coeff 1 1 0.02 1.2\n"
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
def test_the_error_of_what_it_conserves_falls_with_the_square_of_the_time_step(potential, tmp_path, ensemble):
    errors = []
    for number, timestep in enumerate((0.4, 0.2)):
        changes = {"ensemble": ensemble, "timestep_fs": timestep, "steps": round(40 / timestep)}
        changes |= {} if ensemble == "npt" else {"pressure_gpa": None}
        found = run(potential, tmp_path / str(number), **changes)
        conserved = np.asarray(found.conserved_ev)
        errors.append(np.abs(conserved - conserved[0]).max())
        kinetic = np.asarray(found.kinetic_energy_ev)
        np.testing.assert_allclose(found.temperature_k, 2.0 * kinetic / (3 * 63 * BOLTZMANN), rtol=1e-4)
        held = np.ptp(found.volume_angstrom3.values) < 1e-6
        assert held == (ensemble != "npt")
    assert errors[0] < 64 * 3e-4
    assert 3.0 < errors[0] / errors[1] < 5.5


@needs_package("lammps")
@pytest.mark.slow
def test_its_ensemble_is_certified(potential, tmp_path):
    """Kinetic energy, and volumes at three pressures; 60 s."""
    pressures = (8.0, 10.0, 12.0)
    runs = [run(potential, tmp_path / f"{each:g}", steps=8000, pressure_gpa=each) for each in pressures]
    volumes = [np.asarray(found.volume_angstrom3)[1000:] for found in runs]
    checks = [volume_variance_check(volumes, pressures_gpa=pressures, temperature_k=KELVIN)]
    for found in runs:
        kinetic = np.asarray(found.kinetic_energy_ev)[1000:]
        checks += kinetic_energy_checks(kinetic, temperature_k=KELVIN, degrees_of_freedom=3 * 63)
    for one in (0, 1):
        pair = pressure_pair_check(
            tuple(volumes[one : one + 2]), pressures_gpa=pressures[one : one + 2], temperature_k=KELVIN
        )
        assert abs(pair.measured.value - 1.0) < 4.0 * pair.measured.error
    assert [check for check in checks if check.outcome is not EnsembleOutcome.HOLDS] == []
    for found, asked in zip(runs, pressures, strict=True):
        pressure = mean_estimate(np.asarray(found.pressure_gpa)[1000:], "GPa")
        assert abs(pressure.value - asked) < 4.0 * pressure.error


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
        RunSettings(**{**settings().model_dump(), "thermostat": "svr"})


def test_a_study_asks_it_only_of_engines_that_lammps_runs():
    text = """
[study]
name = "two codes"
[system]
atoms = 32
[state]
pressures_gpa = 100.0
temperatures_k = 900
[dynamics]
steps = 10
discard = 2
[reference]
engine = "lammps:lj.lammps"
[surrogate]
engine = "ase:ase.calculators.lj.LennardJones"
[tests]
integrator = { integrator = "lammps" }
"""
    with pytest.raises(InputError, match="its surrogate is ase"):
        parse_study(text)
    study = parse_study(text.replace('"lammps" }', '"lammps", engines = "reference" }'))
    moved = [run for run in make_plan(study).runs if run.test is ControlledTest.INTEGRATOR]
    assert [str(run.dynamics.integrator) for run in moved] == ["lammps"]
