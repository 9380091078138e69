"""Multiple time steps: the engine's averages with fewer of its forces."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from llpt.dynamics import MultipleTimeSteps, RunState, Sampler, run_md
from llpt.errors import InputError
from llpt.statistics import mean_estimate
from llpt.trajectory import Trajectory
from llpt.units import BOLTZMANN_EV_PER_K

from .conftest import make_settings, within
from .engines_for_tests import Einstein, LennardJones

SITES = np.array([[2.0, 2.0, 2.0], [6.0, 6.0, 6.0]])


class Counted(LennardJones):
    """Counts how often it is asked."""

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.asked = 0

    def calculate(self, *arguments, **options):
        self.asked += 1
        return super().calculate(*arguments, **options)


def inner(inner_steps, **changes):
    """Settings of a run whose steps are made of ``inner_steps`` others."""
    return make_settings(multiple_time_steps=MultipleTimeSteps(inner_steps=inner_steps).model_dump(), **changes)


@pytest.fixture
def fluid():
    """Thirty-two Lennard-Jones atoms (cutoff 1.6 σ, less than half the cell)."""
    return bulk("Ar", "fcc", a=4.4, cubic=True).repeat((2, 2, 2))


def positions(directory):
    return np.concatenate([block.positions_angstrom for block in Trajectory.open(directory).blocks()])


@pytest.mark.parametrize("steps", [2, 3])
def test_with_the_engine_as_potential_it_is_plain_dynamics_of_the_inner_step(tmp_path, fluid, steps):
    """At constant energy: a thermostat acts once a step."""
    common = {"ensemble": "nve", "temperature_k": 170.0, "pressure_gpa": None, "positions_every": 1}
    plain = make_settings(timestep_fs=3.0, steps=10 * steps, **common)
    split = inner(steps, timestep_fs=3.0 * steps, steps=10, **common)
    assert (plain.inner_timestep_fs, split.inner_timestep_fs) == (3.0, 3.0)
    run_md(fluid, LennardJones(cutoff=1.6), plain, tmp_path / "plain")
    run_md(fluid, LennardJones(cutoff=1.6), split, tmp_path / "split", potential=LennardJones(cutoff=1.6))
    every, each = positions(tmp_path / "plain")[::steps], positions(tmp_path / "split")
    assert np.abs(every[-1] - every[0]).max() > 0.1
    assert np.abs(every - each).max() < 1e-9


def test_the_engine_is_asked_once_a_step(tmp_path, fluid):
    engine, potential = Counted(cutoff=1.6), Counted(sigma=2.6, cutoff=1.6)
    run_md(fluid, engine, inner(4, timestep_fs=12.0, steps=20), tmp_path, potential=potential)
    assert (engine.asked, potential.asked) == (21, 81)


def test_the_conserved_quantity_is_kept_to_second_order_of_the_step(tmp_path, fluid):
    """By another potential, at constant pressure; no energy of the potential enters it."""
    scatter = []
    for timestep, steps in ((16.0, 100), (8.0, 200)):
        settings = inner(4, timestep_fs=timestep, steps=steps, temperature_k=170.0)
        place = tmp_path / f"{timestep:g}"
        run_md(fluid, LennardJones(cutoff=1.6), settings, place, potential=LennardJones(sigma=2.6, cutoff=1.6))
        scalars = Trajectory.open(place).scalars()
        energies = scalars.free_energy_ev + scalars.kinetic_energy_ev
        assert float(energies.std()) > 20.0 * float(scalars.conserved_ev.std())
        scatter.append(float(scalars.conserved_ev.std()))
    assert 2.5 < scatter[0] / scatter[1] < 7.0


def test_a_wrong_spring_within_the_step_leaves_the_averages_of_the_engine(tmp_path):
    """Two atoms on springs, the centre of mass at rest: each component has the variance k_B T/2k of the engine's k."""
    temperature, stiff, soft = 600.0, 1.0, 0.5
    atoms = Atoms("H2", positions=SITES, cell=[8.0] * 3, pbc=True)
    settings = inner(4, ensemble="nvt", temperature_k=temperature, pressure_gpa=None, timestep_fs=2.0, steps=1500)
    run_md(atoms, Einstein(SITES, stiff), settings, tmp_path, potential=Einstein(SITES, soft))
    moved = positions(tmp_path)[100:] - SITES
    scaled = moved[:, 0, :] / np.sqrt(BOLTZMANN_EV_PER_K * temperature / (2.0 * stiff))
    squares = mean_estimate((scaled**2).mean(axis=1), "")
    assert squares.error < 0.2
    assert within(squares, 1.0)
    assert not within(squares, stiff / soft)


def test_a_run_goes_on_exactly(tmp_path, fluid):
    def run(steps, place):
        settings = inner(3, timestep_fs=12.0, temperature_k=170.0, steps=steps)
        potential = LennardJones(sigma=2.6, cutoff=1.6)
        return run_md(fluid, LennardJones(cutoff=1.6), settings, tmp_path / place, potential=potential)

    run(60, "whole")
    for steps in (23, 52, 60):
        assert run(steps, "parts").state is RunState.DONE
    first, second = (Trajectory.open(tmp_path / name).scalars() for name in ("whole", "parts"))
    for name in ("free_energy_ev", "volume_angstrom3", "temperature_k", "conserved_ev"):
        assert np.allclose(first[name], second[name], rtol=1e-11, atol=0.0), name
    assert np.abs(positions(tmp_path / "whole") - positions(tmp_path / "parts")).max() < 1e-9


def test_a_run_says_how_it_was_made(tmp_path, fluid):
    settings = inner(3, steps=5, timestep_fs=12.0)
    run_md(fluid, LennardJones(cutoff=1.6), settings, tmp_path, potential=LennardJones(sigma=2.6, cutoff=1.6))
    trajectory = Trajectory.open(tmp_path)
    assert trajectory.system.attributes["sampler"] == str(Sampler.MULTIPLE_TIME_STEPS)
    assert trajectory.system.timestep_fs == 12.0
    with pytest.raises(InputError, match="potential option sigma"):
        run_md(fluid, LennardJones(cutoff=1.6), settings, tmp_path, potential=LennardJones(cutoff=1.6))


def test_a_potential_with_electrons_is_refused(tmp_path, fluid):
    class Electronic(LennardJones):
        def describe(self):
            described = super().describe()
            return described.__class__(**{**vars(described), "options": {"electronic_temperature_k": 900.0}})

    with pytest.raises(InputError, match="Take a potential without electrons"):
        run_md(fluid, LennardJones(cutoff=1.6), inner(3, timestep_fs=9.0), tmp_path / "run", potential=Electronic())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"timestep_fs": "auto"}, "need timestep_fs"),
        ({"integrator": "ase", "thermostat": "nose-hoover"}, "made by integrator 'ipi'"),
        ({"beads": 4}, "classical nuclei"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(changes, words):
    with pytest.raises(InputError, match=words):
        inner(3, **{"timestep_fs": 3.0, **changes})
