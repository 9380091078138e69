import numpy as np
import pytest

from llpt.dynamics import RunState, last_configuration, own_start, run_md
from llpt.dynamics.checkpoint import latest_checkpoint
from llpt.errors import InputError
from llpt.trajectory import Trajectory

from .conftest import make_settings
from .engines_for_tests import Failing, IdealGas, LennardJones


def test_last_configuration_is_the_last_step_to_the_last_digit(tmp_path, crystal):
    run_md(crystal, LennardJones(), make_settings(steps=12, positions_every=5), tmp_path)
    atoms = last_configuration(tmp_path)
    state = latest_checkpoint(tmp_path).state
    assert np.array_equal(atoms.positions, state.positions_angstrom)
    assert np.array_equal(atoms.cell.array, state.cell_angstrom)
    assert list(atoms.numbers) == list(crystal.numbers)
    assert np.allclose(atoms.get_masses(), crystal.get_masses())
    last = Trajectory.open(tmp_path).scalars().isel(step=-1)
    assert atoms.get_kinetic_energy() == pytest.approx(float(last.kinetic_energy_ev), rel=1e-7)
    assert atoms.get_volume() == pytest.approx(float(last.volume_angstrom3))


def test_velocities_are_scaled_to_the_next_temperature(tmp_path, crystal):
    run_md(crystal, LennardJones(), make_settings(steps=12), tmp_path / "a")
    same, hotter = last_configuration(tmp_path / "a"), last_configuration(tmp_path / "a", temperature_k=180.0)
    assert np.allclose(hotter.get_velocities(), np.sqrt(2.0) * same.get_velocities())
    # The next run starts from these velocities instead of drawing its own.
    run_md(hotter, LennardJones(), make_settings(steps=1, temperature_k=180.0), tmp_path / "b")
    first = Trajectory.open(tmp_path / "b").scalars().isel(step=0)
    assert float(first.kinetic_energy_ev) == pytest.approx(hotter.get_kinetic_energy(), rel=1e-7)


def test_run_that_is_not_done_is_refused(tmp_path, crystal):
    with pytest.raises(InputError, match="no run"):
        last_configuration(tmp_path / "nothing")
    run_md(crystal, Failing(26), make_settings(), tmp_path / "failed")
    with pytest.raises(InputError, match="failed at step 20"):
        last_configuration(tmp_path / "failed")
    assert len(last_configuration(tmp_path / "failed", require_done=False)) == len(crystal)


def test_a_run_is_continued_without_its_start_at_hand(tmp_path, crystal):
    with pytest.raises(InputError, match="no run to continue"):
        run_md(None, LennardJones(), make_settings(), tmp_path / "a")
    for place, first in (("a", 10), ("b", 20)):
        run_md(crystal, LennardJones(), make_settings(steps=first), tmp_path / place)
    assert np.allclose(own_start(tmp_path / "a").positions, crystal.positions, atol=1e-7)
    outcome = run_md(None, LennardJones(), make_settings(steps=20), tmp_path / "a")
    assert (outcome.state, outcome.steps_done) == (RunState.DONE, 20)
    ends = [last_configuration(tmp_path / place).positions for place in ("a", "b")]
    assert np.allclose(*ends, rtol=0.0, atol=1e-9)


def test_positions_stay_unwrapped_over_restarts_and_ladders(tmp_path, gas):
    """Displacements are the sums of velocities: no jump by a cell vector anywhere."""
    options = {"ensemble": "nve", "temperature_k": 1000.0, "timestep_fs": 2.0}
    for steps in (100, 250, 400):
        run_md(gas, IdealGas(), make_settings(steps=steps, **options), tmp_path / "a")
    blocks = list(Trajectory.open(tmp_path / "a").blocks())
    positions = np.concatenate([block.positions_angstrom for block in blocks])
    velocity = blocks[0].velocities_angstrom_per_fs[0]
    times = np.concatenate([block.times_fs for block in blocks])
    assert np.allclose(positions, positions[0] + times[:, np.newaxis, np.newaxis] * velocity, atol=1e-8)
    assert np.abs(positions[-1] - positions[0]).max() > 12.0  # two cells away
    run_md(last_configuration(tmp_path / "a"), IdealGas(), make_settings(steps=10, **options), tmp_path / "b")
    assert np.allclose(next(Trajectory.open(tmp_path / "b").blocks()).positions_angstrom[0], positions[-1])
