"""Hybrid Monte Carlo samples the engine's ensemble exactly, whatever proposes."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from llpt.dynamics import Proposals, RunState, run_md
from llpt.dynamics.evaluation import Evaluator
from llpt.dynamics.segment import PhaseSpacePoint, Segments, piston_mass
from llpt.engines import Purpose
from llpt.errors import InputError
from llpt.observables import PairCorrelation, observe
from llpt.statistics import mean_estimate, variance_estimate
from llpt.trajectory import Trajectory
from llpt.units import BOLTZMANN_EV_PER_K, EV_PER_ANGSTROM3_TO_GPA

from .conftest import ideal_gas, make_settings, within
from .engines_for_tests import Einstein, IdealGas, LennardJones
from .fast_lennard_jones import FastLennardJones

EPSILON, SIGMA = 0.01, 2.5
PRESSURE_UNIT = EPSILON / SIGMA**3 * EV_PER_ANGSTROM3_TO_GPA
SITES = np.array([[2.0, 2.0, 2.0], [6.0, 6.0, 6.0]])


def hybrid(**changes):
    """Settings of a run whose steps are proposals."""
    proposals = {name: changes.pop(name) for name in list(changes) if name in Proposals.model_fields}
    return make_settings(proposals=Proposals(**proposals).model_dump(), **changes)


@pytest.fixture
def fluid():
    """Thirty-two Lennard-Jones atoms (cutoff 1.6 σ, less than half the cell)."""
    return bulk("Ar", "fcc", a=4.4, cubic=True).repeat((2, 2, 2))


def segments(atoms, engine, *, breathing=True):
    mass = piston_mass(atoms=len(atoms), temperature_k=120.0, volume_angstrom3=atoms.get_volume(), time_fs=300.0)
    evaluator = Evaluator(engine, atoms, stress_needed=True)
    return Segments(
        evaluator, atoms.get_masses(), atoms.cell.array, timestep_fs=4.0, piston_mass=mass if breathing else None
    )


def turned(point):
    """The same point with all momenta turned round."""
    return replace(point, momenta=-point.momenta, piston_momentum=-point.piston_momentum)


@pytest.mark.parametrize("breathing", [True, False])
def test_a_segment_can_be_traced_back(fluid, breathing):
    dynamics = segments(fluid, LennardJones(cutoff=1.6), breathing=breathing)
    random = np.random.default_rng(3)
    begin = dynamics.draw(fluid.positions, fluid.get_volume(), 120.0, random)
    end = dynamics.advance(begin, 40, pressure=0.002)
    back = turned(dynamics.advance(turned(end), 40, pressure=0.002))
    assert np.abs(end.reduced_angstrom - begin.reduced_angstrom).max() > 0.1
    assert np.abs(back.reduced_angstrom - begin.reduced_angstrom).max() < 1e-10
    assert np.abs(back.momenta - begin.momenta).max() < 1e-8 * np.abs(begin.momenta).max()
    assert back.volume_angstrom3 == pytest.approx(begin.volume_angstrom3, rel=1e-12)
    assert back.piston_momentum == pytest.approx(begin.piston_momentum, rel=1e-8)
    assert (end.volume_angstrom3 != begin.volume_angstrom3) == breathing


def test_a_segment_keeps_phase_space_volume():
    """The determinant of the map, by differences, for two atoms that attract each other in a breathing cell."""
    atoms = Atoms("Ar2", positions=[[2.0, 2.0, 2.0], [4.7, 2.3, 2.0]], cell=[9.0] * 3, pbc=True)
    dynamics = segments(atoms, LennardJones(cutoff=1.6))
    begin = dynamics.draw(atoms.positions, atoms.get_volume(), 120.0, np.random.default_rng(5))
    scales = np.array([1.0] * 6 + [100.0] * 6 + [100.0, 0.01])

    def apart(point):
        """Coordinates and momenta of both atoms, the centre of mass left in."""
        volume = [point.volume_angstrom3, point.piston_momentum]
        return np.concatenate([point.reduced_angstrom.ravel(), point.momenta.ravel(), volume]) / scales

    def joined(values):
        values = values * scales
        return PhaseSpacePoint(values[:6].reshape(2, 3), values[6:12].reshape(2, 3), values[12], values[13])

    step = 1e-5
    columns = []
    for axis in range(14):
        change = step * np.eye(14)[axis]
        ways = [apart(dynamics.advance(joined(apart(begin) + sign * change), 12, pressure=2e-5)) for sign in (1, -1)]
        columns.append((ways[0] - ways[1]) / (2.0 * step))
    matrix = np.array(columns)
    assert np.abs(matrix - np.eye(14)).max() > 0.1
    assert np.linalg.det(matrix) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(("spring", "ratio"), [(0.5, 1.0), (3.0, 1.3)])
def test_harmonic_oscillator_with_a_wrong_proposer(tmp_path, spring, ratio):
    """u₁ = −u₂ with the centre of mass at rest: each component is Gaussian of variance k_B T/2k, at any proposer."""
    temperature, stiff = 600.0, 1.0
    atoms = Atoms("H2", positions=SITES, cell=[8.0] * 3, pbc=True)
    settings = hybrid(
        ensemble="nvt",
        temperature_k=temperature,
        timestep_fs=2.0,
        steps=1000,
        segment_steps=4,
        temperature_ratio=ratio,
        checkpoint_every=5000,
    )
    run_md(atoms, Einstein(SITES, stiff), settings, tmp_path, potential=Einstein(SITES, spring))
    trajectory = Trajectory.open(tmp_path)
    scalars = trajectory.scalars()
    assert 0.2 < float(scalars.accepted.mean()) < 0.95
    moved = np.concatenate([block.positions_angstrom for block in trajectory.blocks()]) - SITES
    assert np.abs(moved.sum(axis=1)).max() < 1e-12
    scaled = moved[:, 0, :] / np.sqrt(BOLTZMANN_EV_PER_K * temperature / (2.0 * stiff))
    assert within(mean_estimate((scaled**2).mean(axis=1), ""), 1.0)
    assert within(mean_estimate((scaled**4).mean(axis=1), ""), 3.0)
    assert not within(mean_estimate((scaled**2).mean(axis=1), ""), ratio * stiff / spring)
    assert within(mean_estimate(scalars.temperature_k, "K"), temperature)


def test_volume_of_an_ideal_gas(tmp_path):
    """V^(N−1) exp(−PV/k_B T): ⟨V⟩ = N k_B T/P and Var V = N (k_B T/P)², though the segments have another T' and P'."""
    n, temperature, pressure = 4, 1000.0, 1.0
    atoms, unit = ideal_gas(n, temperature, pressure)
    settings = hybrid(
        temperature_k=temperature,
        pressure_gpa=pressure,
        timestep_fs=5.0,
        barostat_time_fs=50.0,
        steps=1500,
        segment_steps=5,
        temperature_ratio=1.3,
        pressure_shift_gpa=-0.3,
        checkpoint_every=5000,
        positions_every=100,
    )
    run_md(atoms, IdealGas(), settings, tmp_path, potential=IdealGas())
    scalars = Trajectory.open(tmp_path).scalars()
    volume = mean_estimate(scalars.volume_angstrom3 / unit, "")
    assert volume.error < 0.4
    assert within(volume, n)
    assert within(variance_estimate(scalars.volume_angstrom3 / unit, ""), n)
    assert within(mean_estimate(scalars.pressure_gpa, "GPa"), pressure)


def lennard_jones(sigma=SIGMA, epsilon=EPSILON):
    return FastLennardJones(epsilon=epsilon, sigma=sigma, cutoff=1.6)


@pytest.mark.slow
@pytest.mark.parametrize(("ensemble", "ratio", "shift"), [("nvt", 1.0, 0.0), ("npt", 1.1, 0.002)])
def test_lennard_jones_by_another_lennard_jones(tmp_path, fluid, ensemble, ratio, shift):
    """Density, energy and g(r) agree with molecular dynamics of the reference itself."""
    state = {
        "ensemble": ensemble,
        "temperature_k": 1.5 * EPSILON / BOLTZMANN_EV_PER_K,
        "pressure_gpa": PRESSURE_UNIT,
        "checkpoint_every": 10**6,
        "timestep_fs": 5.0,
        "barostat_time_fs": 400.0,
    }
    direct = make_settings(steps=4000, positions_every=20, thermostat_time_fs=100.0, **state)
    sampled = hybrid(
        steps=500, segment_steps=25, positions_every=2, temperature_ratio=ratio, pressure_shift_gpa=shift, **state
    )
    run_md(fluid, lennard_jones(), direct, tmp_path / "direct")
    proposer = lennard_jones(sigma=1.02 * SIGMA, epsilon=0.9 * EPSILON)
    run_md(fluid, lennard_jones(), sampled, tmp_path / "sampled", potential=proposer)
    kept = [
        Trajectory.open(tmp_path / name).scalars().isel(step=slice(cut, None))
        for name, cut in (("direct", 800), ("sampled", 100))
    ]
    assert 0.1 < float(kept[1].accepted.mean()) < 0.9
    for name in ("free_energy_ev", "volume_angstrom3", "pressure_gpa"):
        one, other = (mean_estimate(each[name], "") for each in kept)
        assert abs(one.value - other.value) <= 4.0 * np.hypot(one.error, other.error) + 1e-9 * abs(one.value), name
    curves = []
    for name, cut in (("direct", 800), ("sampled", 100)):
        pairs = PairCorrelation(4.2, bin_width_angstrom=0.2)
        for block in Trajectory.open(tmp_path / name).blocks(start_step=cut):
            pairs.add(block)
        curves.append(pairs.estimates())
    apart = [abs(a.value - b.value) / max(np.hypot(a.error, b.error), 1e-12) for a, b in zip(*curves, strict=True)]
    assert max(apart) < 5.0  # of twenty-one numbers


def test_a_run_goes_on_exactly(tmp_path, fluid):
    """Three sessions against one, tuning and rejections among them: bit for bit."""
    options = {"segment_steps": 20, "tune": 40, "timestep_fs": 5.0, "temperature_k": 170.0}

    def run(steps, place):
        proposer = LennardJones(sigma=2.6, epsilon=0.009, cutoff=1.6)
        settings = hybrid(steps=steps, **options)
        return run_md(fluid, LennardJones(cutoff=1.6), settings, tmp_path / place, potential=proposer)

    run(60, "whole")
    for steps in (41, 52, 60):
        assert run(steps, "parts").state is RunState.DONE
    whole, parts = (Trajectory.open(tmp_path / name) for name in ("whole", "parts"))
    first, second = (each.scalars() for each in (whole, parts))
    assert 0 < int(first.accepted.sum()) < 61
    for name in ("free_energy_ev", "volume_angstrom3", "accepted", "log_ratio", "temperature_k"):
        assert np.array_equal(first[name], second[name]), name
    frames = [np.concatenate([b.positions_angstrom for b in each.blocks()]) for each in (whole, parts)]
    assert np.array_equal(*frames)


def test_tuning_finds_the_state_and_ends(tmp_path, fluid):
    """The reference proposes to itself from a wrong T', P' and length: T' and P' come back, and then stay."""
    tune, steps = 96, 128
    settings = hybrid(
        steps=steps,
        tune=tune,
        segment_steps=12,
        temperature_ratio=1.2,
        pressure_shift_gpa=0.01,
        timestep_fs=5.0,
        temperature_k=170.0,
        checkpoint_every=32,
        positions_every=50,
    )
    run_md(fluid, lennard_jones(), settings, tmp_path, potential=lennard_jones())
    kept = [np.load(path / "hybrid-monte-carlo.npz") for path in sorted((tmp_path / "checkpoints").iterdir())]
    assert [int(each["step"]) for each in kept] == [tune, steps]
    assert np.array_equal(kept[0]["tuned"], kept[1]["tuned"])
    log_steps, ratio, shift, learnt = kept[1]["tuned"]
    assert learnt == tune
    assert log_steps > np.log(12)  # more is accepted than asked for: segments grow
    assert abs(ratio - 1.0) < 0.12
    assert abs(shift) <= 0.01


def test_a_rejected_proposal_repeats_the_configuration(tmp_path, fluid):
    settings = hybrid(steps=40, segment_steps=60, timestep_fs=5.0, temperature_k=170.0)
    run_md(fluid, LennardJones(cutoff=1.6), settings, tmp_path, potential=LennardJones(sigma=2.65, cutoff=1.6))
    trajectory = Trajectory.open(tmp_path)
    scalars = trajectory.scalars()
    positions = np.concatenate([block.positions_angstrom for block in trajectory.blocks()])
    stayed = np.array([np.array_equal(a, b) for a, b in itertools.pairwise(positions)])
    assert np.array_equal(stayed, scalars.accepted.values[1:] == 0.0)
    assert 0 < stayed.sum() < 40
    assert np.array_equal(stayed, np.diff(scalars.free_energy_ev) == 0.0)


def test_the_reference_as_its_own_proposer_is_nearly_always_accepted(tmp_path, fluid):
    settings = hybrid(steps=30, segment_steps=20, timestep_fs=2.0, temperature_k=170.0)
    run_md(fluid, LennardJones(cutoff=1.6), settings, tmp_path, potential=LennardJones(cutoff=1.6))
    scalars = Trajectory.open(tmp_path).scalars()
    assert np.abs(scalars.log_ratio).max() < 0.2  # the integrator's error alone
    assert scalars.accepted.mean() > 0.9


class Hole(LennardJones):
    """Refuses what is denser than it was asked for first."""

    largest = None

    def compute(self, atoms, system_changes):
        volume = atoms.get_volume()
        self.largest = self.largest or volume
        if volume < self.largest:
            raise InputError("The cell is small.", "Take a larger one.")
        return super().compute(atoms, system_changes)


@pytest.mark.parametrize("where", ["reference", "proposer"])
def test_a_proposal_that_cannot_be_computed_is_rejected(tmp_path, fluid, where):
    engines = {"reference": LennardJones(cutoff=1.6), "proposer": LennardJones(cutoff=1.6)} | {where: Hole(cutoff=1.6)}
    settings = hybrid(steps=12, segment_steps=5, timestep_fs=2.0, temperature_k=170.0, pressure_gpa=0.2)
    outcome = run_md(fluid, engines["reference"], settings, tmp_path, potential=engines["proposer"])
    assert outcome.state is RunState.DONE
    scalars = Trajectory.open(tmp_path).scalars()
    assert (scalars.volume_angstrom3 >= scalars.volume_angstrom3[0] * (1.0 - 1e-12)).all()
    assert np.isneginf(scalars.log_ratio).any()


def test_a_sampled_run_has_no_times(tmp_path, fluid):
    settings = hybrid(steps=40, segment_steps=10, timestep_fs=5.0, temperature_k=170.0)
    run_md(fluid, LennardJones(cutoff=1.6), settings, tmp_path, potential=LennardJones(cutoff=1.6))
    trajectory = Trajectory.open(tmp_path)
    assert np.isnan(trajectory.timestep_fs)
    seen = observe(trajectory, temperature_k=170.0, discard_steps=10)
    assert np.isfinite(seen.density.value)
    assert "no times" in seen.absent["diffusion"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ensemble": "nve"}, "nvt or npt"),
        ({"integrator": "ase", "thermostat": "nose-hoover"}, "integrator of its own"),
        ({"tune": 60}, "tune must be smaller than steps"),
        ({"segment_steps": 0}, "greater than or equal to 1"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(changes, words):
    proposals = {key: changes[key] for key in changes if key in Proposals.model_fields}
    rest = {key: value for key, value in changes.items() if key not in proposals}
    with pytest.raises(InputError, match=words):
        make_settings(proposals=proposals, **rest)


def test_a_run_needs_one_proposer(tmp_path, fluid):
    with pytest.raises(InputError, match="takes one potential"):
        run_md(fluid, LennardJones(cutoff=1.6), hybrid(), tmp_path / "none")
    with pytest.raises(InputError, match="takes one potential"):
        run_md(fluid, LennardJones(cutoff=1.6), make_settings(), tmp_path / "md", potential=LennardJones())
    assert not (tmp_path / "none").exists()


def test_another_proposer_is_another_run(tmp_path, fluid):
    settings = hybrid(steps=10, segment_steps=5)
    run_md(fluid, LennardJones(cutoff=1.6), settings, tmp_path, potential=LennardJones(cutoff=1.6))
    with pytest.raises(InputError, match="potential option sigma"):
        run_md(fluid, LennardJones(cutoff=1.6), settings, tmp_path, potential=LennardJones(sigma=2.6, cutoff=1.6))


def test_an_engine_is_told_that_it_is_asked_for_proposals():
    assert hybrid().purpose is Purpose.PROPOSALS
    assert hybrid(ensemble="nvt").purpose is Purpose.SINGLE_POINT
    assert hybrid().purpose_of_dynamics is Purpose.CONSTANT_PRESSURE
