"""The engine all this is for: constant pressure, finite-basis correction, extrapolated orbitals, over a restart."""

import numpy as np
import pytest

from llpt.dynamics import RunSettings, run_md
from llpt.engines import Purpose, make_engine
from llpt.errors import InputError
from llpt.structure import molecular_fluid
from llpt.trajectory import Trajectory


def engine():
    options = {"ecut_ry": 30, "electronic_temperature_k": 3000}
    return make_engine("dft", options, purpose=Purpose.CONSTANT_PRESSURE)


def test_proposals_have_a_free_energy_of_their_own():
    """F of hybrid Monte Carlo at constant pressure is the same whatever was solved before, to far below k_B T."""
    options = {"ecut_ry": 20, "kpoints": "gamma", "electronic_temperature_k": 3000}
    proposals = {"engine": "ase:ase.calculators.morse.MorsePotential"}
    values = {"ensemble": "npt", "temperature_k": 3000, "pressure_gpa": 150, "steps": 1, "seed": 1}
    purpose = RunSettings(**values | {"proposals": proposals}).purpose
    first = molecular_fluid(atoms=8, density_g_per_cm3=0.9, seed=1)
    random = np.random.default_rng(0)
    followed = make_engine("dft", options, purpose=purpose)
    followed.get_property("free_energy", first)
    for scale in (1.0, 0.99, 1.02):
        other = first.copy()
        other.positions += random.normal(0.0, 0.15, other.positions.shape)
        other.set_cell(scale * other.cell.array, scale_atoms=True)
        alone = make_engine("dft", options, purpose=purpose).get_property("free_energy", other)
        assert followed.get_property("free_energy", other) == pytest.approx(alone, abs=5e-4)


def test_an_engine_that_follows_its_steps_is_refused_for_proposals(tmp_path):
    atoms = molecular_fluid(atoms=8, density_g_per_cm3=0.9, seed=1)
    values = {"ensemble": "npt", "temperature_k": 3000, "pressure_gpa": 150, "steps": 1, "seed": 1}
    settings = RunSettings(**values | {"proposals": {"engine": "ase:ase.calculators.morse.MorsePotential"}})
    with pytest.raises(InputError, match="as steps of dynamics"):
        run_md(atoms, engine(), settings, tmp_path / "followed")
    uncorrected = make_engine("dft", {"ecut_ry": 20})
    with pytest.raises(InputError, match="does not correct F"):
        run_md(atoms, uncorrected, settings, tmp_path / "uncorrected")


@pytest.mark.slow
def test_restarted_dft_run_is_the_undisturbed_one(tmp_path):
    """Positions within 1e-4 Å over the 20 steps after the restart, the same conserved quantity."""
    atoms = molecular_fluid(atoms=8, density_g_per_cm3=0.9, seed=1)

    def run(steps, name):
        values = {"ensemble": "npt", "temperature_k": 3000, "pressure_gpa": 150, "steps": steps, "seed": 1}
        settings = RunSettings(**values | {"positions_every": 1, "checkpoint_every": 10})
        run_md(atoms, engine(), settings, tmp_path / name)

    run(40, "whole")
    run(17, "parts")
    run(40, "parts")
    whole, parts = (Trajectory.open(tmp_path / name) for name in ("whole", "parts"))
    a, b = (np.concatenate([block.positions_angstrom for block in run.blocks()]) for run in (whole, parts))
    assert np.abs(a - b).max() < 1e-4
    scalars, again = whole.scalars(), parts.scalars()
    assert np.abs(scalars.conserved_ev - again.conserved_ev).max() < 1e-5
    # E = F + T_el S, and the barostat sees the corrected pressure.
    energy = scalars.free_energy_ev + 3000.0 * scalars.entropy_ev_per_k
    assert np.allclose(scalars.internal_energy_ev, energy, atol=1e-6)
    assert (scalars.pressure_gpa - scalars.pressure_uncorrected_gpa > 1.0).all()
    assert whole.system.attributes["pressure_label"] == "finite-basis corrected"
    assert whole.atoms(0).info["electronic_temperature_k"] == 3000.0


def test_each_bead_of_a_path_integral_has_orbitals_of_its_own(tmp_path):
    """Two beads in one process: exact over a restart, and forces of a bead are those of its own converged solution."""
    options = {"ecut_ry": 20, "electronic_temperature_k": 3000}
    atoms = molecular_fluid(atoms=4, density_g_per_cm3=0.9, seed=1)

    def run(steps, name):
        values = {"ensemble": "nvt", "temperature_k": 3000, "steps": steps, "seed": 1, "beads": 2, "timestep_fs": 0.3}
        settings = RunSettings(**values | {"positions_every": 1, "checkpoint_every": 3})
        with make_engine("dft", options, purpose=Purpose.DYNAMICS) as engine:
            run_md(atoms, engine, settings, tmp_path / name)

    run(8, "whole")
    run(5, "parts")
    run(8, "parts")
    whole, parts = (Trajectory.open(tmp_path / name) for name in ("whole", "parts"))
    a, b = (np.concatenate([block.configurations_angstrom for block in run.blocks()]) for run in (whole, parts))
    assert a.shape == (9, 2, 4, 3)
    assert np.abs(a - b).max() < 1e-4
    assert np.abs(a[-1, 1] - a[-1, 0]).max() > 1e-3
    last = whole.atoms(-1)
    forces = last.get_forces()
    with make_engine("dft", options, purpose=Purpose.SINGLE_POINT) as engine:
        engine.calculate(last)
        assert np.abs(engine.results["forces"] - forces).max() < 0.02 * np.abs(forces).max() + 0.02
