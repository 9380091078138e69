"""Path integrals: exact results for finite P, restart, ladders, isotopes."""

import numpy as np
import pytest
from ase.build import bulk
from ase.io import read

from llpt.audit.ensemble import bead_momenta_checks
from llpt.dynamics import RunState, last_configuration, run_md
from llpt.dynamics.ipi_integrator import IpiIntegrator
from llpt.dynamics.ring_polymer import DISPLACEMENTS, RingPolymer, ring_displacements, ring_momenta, ring_positions
from llpt.errors import InputError
from llpt.isotopes import Isotope, with_isotope
from llpt.statistics import mean_estimate
from llpt.trajectory import Trajectory
from llpt.trajectory.foreign import open_foreign
from llpt.units import (
    ATOMIC_TIME_TO_FS,
    BOLTZMANN_EV_PER_K,
    EV_PER_ANGSTROM3_TO_GPA,
    HARTREE_PER_BOHR3_TO_GPA,
    HARTREE_TO_EV,
    U_ANGSTROM2_PER_FS2_TO_EV,
)

from .conftest import ideal_gas, make_settings, within
from .engines_for_tests import Einstein, Failing, HarmonicCrystal, IdealGas, LennardJones

HBAR_EV_FS = HARTREE_TO_EV * ATOMIC_TIME_TO_FS


def mode_frequencies(beads, temperature_k):
    """ω_k = 2 P/(βħ) sin(πk/P) in 1/fs, k = 0 … P − 1."""
    scale = 2.0 * beads * BOLTZMANN_EV_PER_K * temperature_k / HBAR_EV_FS
    return scale * np.sin(np.pi * np.arange(beads) / beads)


def settings_of(**changes):
    values = {"ensemble": "nvt", "thermostat": "langevin", "thermostat_time_fs": 10.0, "checkpoint_every": 100_000}
    return make_settings(**(values | changes))


def harmonic_mean_squares(omega_squared, beads, temperature_k, mass):
    """⟨u²⟩ of each mode of a path integral, k_BT/m(ω_k² + ω²), and of all k but the centroid's; in Å²."""
    thermal = BOLTZMANN_EV_PER_K * temperature_k
    squares = thermal / mass / (mode_frequencies(beads, temperature_k)[:, np.newaxis] ** 2 + omega_squared)
    return squares[0], squares[1:].sum(axis=0)


def test_a_harmonic_crystal_has_the_energy_of_finite_p(tmp_path):
    """⟨u²⟩ = k_BT/m Σ_k 1/(ω_k² + ω²) of every phonon, ⟨K⟩ by the virial theorem; far from both limits of P.

    ħω is 1.5 to 3.3 k_BT: a classical crystal would have some half of the potential energy, P to infinity more.
    """
    temperature, beads = 500.0, 4
    atoms = bulk("H", "sc", a=3.0).repeat((3, 3, 2))
    n = len(atoms)
    crystal = HarmonicCrystal(atoms, spring=2.0, coupling=1.0, distance=3.0)
    settings = settings_of(temperature_k=temperature, timestep_fs=0.5, steps=1500, beads=beads, positions_every=10)
    run_md(atoms, crystal, settings, tmp_path)
    trajectory = Trajectory.open(tmp_path)
    assert trajectory.beads == beads
    scalars = trajectory.scalars().isel(step=slice(200, None))

    thermal = BOLTZMANN_EV_PER_K * temperature
    mass = 1.008 * U_ANGSTROM2_PER_FS2_TO_EV
    stiffness = np.linalg.eigvalsh(crystal.stiffness)  # the softest is the crystal as a whole, whose centroid rests
    centroid, ring = harmonic_mean_squares(stiffness / mass, beads, temperature, mass)
    centroid[0] = 0.0
    potential = 1.5 * float((stiffness * (centroid + ring)).sum())
    kinetic = 0.5 * (3 * n - 3) * thermal + 1.5 * float((stiffness * ring).sum())
    assert potential > 1.7 * 0.5 * (3 * n - 3) * thermal
    step_error = stiffness[-1] / mass * settings.timestep_fs**2 / 4.0  # OBABO samples u² too high by at most this
    assert within(mean_estimate(scalars.free_energy_ev, "eV"), potential, also=step_error * potential / 4.0)
    assert within(mean_estimate(scalars.kinetic_energy_ev, "eV"), kinetic, also=step_error * kinetic / 4.0)
    gyration = 3.0 * float(ring.mean())
    assert within(mean_estimate(scalars.gyration_squared_angstrom2, "Å²"), gyration, also=step_error * gyration / 4.0)
    checks = bead_momenta_checks(scalars.temperature_k, temperature_k=temperature, atoms=n, beads=beads)
    assert [within(check.measured, 1.0) for check in checks] == [True, True]

    block = next(trajectory.blocks(1000, start_step=200))
    assert block.configurations_angstrom.shape == (len(block), beads, n, 3)
    assert np.array_equal(block.configurations_angstrom[:, 0], block.positions_angstrom)
    spread = ((block.configurations_angstrom - atoms.positions) ** 2).mean(axis=(1, 2, 3))
    expected = float((centroid + ring).mean())
    assert within(mean_estimate(spread, "Å²"), expected, also=step_error * expected / 4.0)


def test_the_energy_of_many_beads_is_that_of_quantum_mechanics():
    """½ħω coth(ħω/2k_BT) for ħω from 0.1 to 10 k_BT; the error falls as 1/P²."""
    temperature, mass = 500.0, U_ANGSTROM2_PER_FS2_TO_EV
    thermal = BOLTZMANN_EV_PER_K * temperature
    quanta = np.array([0.1, 1.0, 3.0, 10.0]) * thermal
    squared = (quanta / HBAR_EV_FS) ** 2
    exact = 0.5 * quanta / np.tanh(0.5 * quanta / thermal)
    errors = []
    for beads in (64, 128):
        centroid, ring = harmonic_mean_squares(squared, beads, temperature, mass)
        errors.append(mass * squared * (centroid + ring) - exact)  # K + V = 2V
    assert np.all(np.abs(errors[0] / exact) < 4e-3)
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.02)


def test_free_particles(tmp_path):
    """K = (3N − 3)/2 k_BT at every step and r_g² = ħ²β/4m (1 − 1/P²); at constant pressure ⟨V⟩ = N k_BT/P."""
    n, temperature, pressure, beads = 4, 300.0, 1.0, 4
    atoms, unit = ideal_gas(n, temperature, pressure)
    settings = settings_of(
        ensemble="npt",
        temperature_k=temperature,
        pressure_gpa=pressure,
        steps=1500,
        timestep_fs=5.0,
        thermostat="svr",
        thermostat_time_fs=25.0,
        barostat_time_fs=50.0,
        positions_every=100,
        beads=beads,
    )
    run_md(atoms, IdealGas(), settings, tmp_path)
    scalars = Trajectory.open(tmp_path).scalars().isel(step=slice(200, None))
    thermal = BOLTZMANN_EV_PER_K * temperature
    assert np.allclose(scalars.kinetic_energy_ev, 0.5 * (3 * n - 3) * thermal, rtol=1e-12)
    free = HBAR_EV_FS**2 / (4.0 * thermal * 1.008 * U_ANGSTROM2_PER_FS2_TO_EV) * (1.0 - 1.0 / beads**2)
    assert within(mean_estimate(scalars.gyration_squared_angstrom2, "Å²"), free)
    assert within(mean_estimate(scalars.volume_angstrom3 / unit, ""), n)
    assert within(mean_estimate(scalars.pressure_gpa, "GPa"), pressure)
    assert np.allclose(scalars.pressure_gpa * scalars.volume_angstrom3, (n - 1) * pressure * unit, rtol=1e-9)


def test_a_run_directory_is_opened_with_all_its_beads(tmp_path):
    atoms, _ = ideal_gas(4, 300.0, 1.0)
    run_md(atoms, IdealGas(), settings_of(ensemble="nvt", steps=3, beads=3), tmp_path)
    opened = open_foreign([tmp_path])
    assert opened.beads == 3
    assert all(frame.bead_positions_angstrom.shape == (3, 4, 3) for frame in opened.frames())


def test_estimators_are_those_of_ipi(tmp_path, crystal):
    """Kinetic energy and pressure are i-PI's, but for its 3N degrees of freedom and its centroid's own momenta."""
    seen = []

    class Watched(IpiIntegrator):
        def state(self):
            system = self._system
            centroid = float((np.array(system.beads.pc) ** 2 / np.array(system.beads.m3[0])).sum()) * HARTREE_TO_EV
            values = [system.properties[name] for name in ("kinetic_cv", "pressure_cv", "temperature", "conserved")]
            seen.append((*(float(value[0]) for value in values), centroid))
            return super().state()

    settings = make_settings(beads=3, steps=5, thermostat="svr")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("llpt.dynamics.ipi_integrator.IpiIntegrator", Watched)
        run_md(crystal, LennardJones(), settings, tmp_path)
    scalars = Trajectory.open(tmp_path).scalars()
    thermal = BOLTZMANN_EV_PER_K * settings.temperature_k
    half = 0.5 * (3 * len(crystal) - 3) * thermal
    for step, (kinetic, pressure, temperature, conserved, centroid) in enumerate(seen[: len(scalars.step)]):
        row = scalars.isel(step=step)
        assert float(row.kinetic_energy_ev) == pytest.approx(kinetic * HARTREE_TO_EV - 1.5 * thermal, rel=1e-6)
        more = (half - 0.5 * centroid) * 2.0 / 3.0 / float(row.volume_angstrom3) * EV_PER_ANGSTROM3_TO_GPA
        assert float(row.pressure_gpa) == pytest.approx(pressure * HARTREE_PER_BOHR3_TO_GPA + more, rel=1e-6)
        freedom = 9 * len(crystal)  # i-PI adds what the three fixed ones would have at the set temperature
        kelvin = (float(row.temperature_k) * (freedom - 3) + 3.0 * settings.temperature_k) / freedom
        assert kelvin * BOLTZMANN_EV_PER_K / HARTREE_TO_EV == pytest.approx(temperature, rel=1e-6)
        assert float(row.conserved_ev) == pytest.approx(conserved * HARTREE_TO_EV, rel=1e-9)


@pytest.mark.parametrize(("ensemble", "thermostat"), [("nvt", "svr"), ("npt", "langevin"), ("npt", "svr")])
def test_stopped_runs_go_on_exactly(tmp_path, crystal, ensemble, thermostat):
    """Three sessions against one, every bead with an engine that has a memory of its own; equal to rounding."""
    options = {"ensemble": ensemble, "thermostat": thermostat, "beads": 3}
    run_md(crystal, LennardJones(memory=True), make_settings(steps=20, **options), tmp_path / "whole")
    for steps in (7, 13, 20):
        outcome = run_md(crystal, LennardJones(memory=True), make_settings(steps=steps, **options), tmp_path / "parts")
        assert outcome.state is RunState.DONE
    whole, parts = (Trajectory.open(tmp_path / name) for name in ("whole", "parts"))
    one, other = (np.concatenate([block.configurations_angstrom for block in run.blocks()]) for run in (whole, parts))
    assert np.abs(one - other).max() < 1e-9
    assert one.shape[1] == 3
    assert np.abs(whole.scalars().conserved_ev - parts.scalars().conserved_ev).max() < 1e-9
    with pytest.raises(InputError, match="beads"):
        run_md(
            crystal, LennardJones(memory=True), make_settings(steps=20, **options | {"beads": 4}), tmp_path / "whole"
        )


@pytest.mark.parametrize("ensemble", ["nvt", "npt"])
def test_conserved_quantity_of_a_bead(tmp_path, crystal, ensemble):
    """Heat and work are booked, those of the ring's thermostats too."""
    settings = make_settings(ensemble=ensemble, thermostat="svr", steps=60, beads=3, checkpoint_every=1000)
    run_md(crystal, LennardJones(cutoff=2.4), settings, tmp_path)
    scalars = Trajectory.open(tmp_path).scalars()
    assert np.ptp(scalars.conserved_ev.to_numpy()) < 0.02 * np.ptp(scalars.free_energy_ev.to_numpy())


def test_a_run_hands_its_beads_on(tmp_path, crystal):
    run_md(crystal, LennardJones(), make_settings(beads=3, steps=10), tmp_path / "first")
    last = last_configuration(tmp_path / "first", temperature_k=100.0)
    run_md(last, LennardJones(), make_settings(beads=3, steps=1, temperature_k=100.0), tmp_path / "second")
    run_md(last, LennardJones(), make_settings(beads=2, steps=1), tmp_path / "other")
    end = list(Trajectory.open(tmp_path / "first").blocks())[-1].configurations_angstrom[-1]
    assert np.abs(end - end[0]).max() > 1e-3
    begin = next(Trajectory.open(tmp_path / "second").blocks()).configurations_angstrom[0]
    assert np.abs(begin - end).max() < 1e-9
    collapsed = next(Trajectory.open(tmp_path / "other").blocks()).configurations_angstrom[0]
    assert np.abs(collapsed - end[0]).max() < 1e-9
    start = read(tmp_path / "second" / "start.extxyz")
    assert start.arrays[DISPLACEMENTS].shape == (len(crystal), 9)


def test_frames_are_first_beads_without_velocities(tmp_path, crystal):
    run_md(crystal, LennardJones(), make_settings(beads=3, steps=4), tmp_path)
    atoms = Trajectory.open(tmp_path).atoms(-1)
    engine = LennardJones()
    engine.calculate(atoms)
    assert np.allclose(atoms.get_forces(), engine.results["forces"], atol=1e-9)
    assert set(atoms.calc.results) == {"forces"}
    assert "momenta" not in atoms.arrays


def test_isotopes_change_the_mass_alone(tmp_path):
    atoms = bulk("H", "sc", a=3.0).repeat(2)
    settings = settings_of(temperature_k=300.0, timestep_fs=0.5, steps=3, isotope="D")
    run_md(atoms, Einstein(atoms.positions), settings, tmp_path)
    trajectory = Trajectory.open(tmp_path)
    assert trajectory.masses_u == pytest.approx(2.014102, abs=1e-6)
    atoms.set_velocities(np.ones((8, 3)))
    heavy = with_isotope(atoms, Isotope.T)
    assert heavy.get_masses() == pytest.approx(3.016049, abs=1e-6)
    assert np.allclose(heavy.get_velocities(), 1.0)
    assert with_isotope(atoms, None).get_masses() == pytest.approx(1.008)


def test_a_failure_of_one_bead_is_kept(tmp_path, crystal):
    class FailingBead(Failing):
        def separate(self):
            return LennardJones()

    outcome = run_md(crystal, FailingBead(4), make_settings(beads=2, steps=10, checkpoint_every=1), tmp_path)
    assert outcome.state is RunState.FAILED
    assert outcome.steps_done == 2
    assert (tmp_path / "failed.extxyz").exists()


@pytest.mark.parametrize(
    "wrong",
    [{"ensemble": "nve"}, {"integrator": "ase", "thermostat": "nose-hoover"}, {"ensemble": "nvt", "beads": 0}],
)
def test_what_cannot_be_a_path_integral_is_refused(wrong):
    with pytest.raises(InputError, match="beads"):
        make_settings(**({"beads": 4} | wrong))


def test_rings():
    random = np.random.default_rng(1)
    positions = random.normal(size=(5, 7, 3))
    assert np.allclose(ring_positions(positions[0], ring_displacements(positions), 5), positions)
    ring = RingPolymer(positions, 100.0)
    assert ring.gyration_squared_angstrom2 == pytest.approx(3.0 * positions.var(axis=0).mean())
    masses = np.linspace(1.0, 4.0, 7)
    momenta = ring_momenta(masses, 100.0, 5, seed=3)
    assert np.abs(momenta.sum(axis=(0, 1))).max() < 1e-12
