"""The analyses on what the dynamics floor really writes."""

import numpy as np
import pytest
from ase.build import bulk

from llpt import units
from llpt.dynamics import RunSettings, RunState, run_md
from llpt.engines import make_engine
from llpt.observables import estimate_of, summarise_run
from llpt.trajectory import Trajectory


@pytest.fixture(scope="module")
def trajectory(tmp_path_factory):
    """Thirty-two Lennard-Jones "hydrogen" atoms on a lattice, NPT, 120 steps, frames every fourth."""
    atoms = bulk("H", "fcc", a=3.3, cubic=True).repeat(2)
    atoms.rattle(0.02, seed=1)
    engine = make_engine(
        "ase:ase.calculators.lj.LennardJones", {"sigma": 2.0, "epsilon": 0.01, "rc": 3.2, "smooth": True}
    )
    settings = RunSettings(
        ensemble="npt", temperature_k=150.0, pressure_gpa=1.0, timestep_fs=0.5, steps=120, seed=1, positions_every=4
    )
    directory = tmp_path_factory.mktemp("run")
    outcome = run_md(atoms, engine, settings, directory)
    assert outcome.state is RunState.DONE
    return Trajectory.open(directory)


def test_summary_agrees_with_the_numbers_on_disk(trajectory):
    summary = summarise_run(trajectory, discard_steps=20, temperature_k=150.0, pressure_gpa=1.0)
    kept = trajectory.scalars().sel(step=slice(20, None))
    assert kept.sizes["step"] == 101
    volume = float(kept["volume_angstrom3"].mean())
    assert estimate_of(summary, "density").value == pytest.approx(
        32 * 1.008 * units.U_PER_ANGSTROM3_TO_G_PER_CM3 / volume, rel=1e-3
    )
    enthalpy = kept["kinetic_energy_ev"] + kept["internal_energy_ev"]
    work = 1.0 * units.GPA_TO_EV_PER_ANGSTROM3 * volume
    assert estimate_of(summary, "enthalpy").value == pytest.approx((float(enthalpy.mean()) + work) / 32, rel=1e-9)
    assert estimate_of(summary, "molecular_fraction").value < 0.2
    assert summary.attrs["production_fs"] == pytest.approx(50.0)
    assert summary.sizes["sample"] == 101
    assert float(summary["r"][-1]) <= 0.5 * float(kept["volume_angstrom3"].min()) ** (1.0 / 3.0)
    assert np.isfinite(summary["rdf"]).all()


def test_lattice_is_seen_as_a_solid(trajectory):
    summary = summarise_run(trajectory, discard_steps=0, temperature_k=150.0, pressure_gpa=1.0)
    assert float(summary["solid_fraction"]) > 0.8


def test_the_stress_of_every_step_is_whole(trajectory):
    """Kinetic and virial part together give the pressure that the barostat saw, and the summary a word on viscosity."""
    scalars = trajectory.scalars()
    whole = scalars["stress_gpa"] + scalars["kinetic_stress_gpa"]
    assert whole.dims == ("step", "voigt")
    np.testing.assert_allclose(-whole[:, :3].mean("voigt"), scalars["pressure_gpa"], rtol=1e-9, atol=1e-12)
    assert np.abs(whole[:, 3:]).max() > 0.0
    summary = summarise_run(trajectory, discard_steps=20, temperature_k=150.0, pressure_gpa=1.0)
    assert summary["viscosity"].attrs["reason"]
