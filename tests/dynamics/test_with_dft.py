"""The engine all this is for: constant pressure, finite-basis correction, extrapolated orbitals, over a restart."""

import numpy as np
import pytest

from llpt.dynamics import RunSettings, run_md
from llpt.engines import Purpose, make_engine
from llpt.structure import molecular_fluid
from llpt.trajectory import Trajectory


def engine():
    options = {"ecut_ry": 30, "electronic_temperature_k": 3000}
    return make_engine("dft", options, purpose=Purpose.CONSTANT_PRESSURE)


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
