"""What is averaged over a path integral, and what says that it has no meaning there."""

from types import SimpleNamespace

import numpy as np
import pytest
from ase.build import bulk

from llpt.dynamics import RunSettings, run_md
from llpt.observables import Need, observe, summarise_run
from llpt.observables.molecules import Molecules
from llpt.observables.nearest_neighbour import NearestNeighbour
from llpt.observables.pair_correlation import PairCorrelation
from llpt.study import State
from llpt.study.certificate import certify_study
from llpt.trajectory import FrameBlock, Trajectory

BEADS = 3
REAL_TIME = ("diffusion", "msd", "vacf", "vdos", "viscosity", "molecular_fraction_lifetime", "bond_survival")
CLASSICAL = ("temperature", "heat_capacity", "heat_capacity_total")


def block_of(beads, edge=5.0):
    frames, _, n, _ = beads.shape
    empty = np.full((frames, n, 3), np.nan)
    return FrameBlock(
        np.arange(frames),
        np.arange(frames) * 1.0,
        beads[:, 0],
        empty,
        np.repeat(edge * np.eye(3)[np.newaxis], frames, axis=0),
        empty,
        beads,
    )


def alone(block, bead):
    """The same frames with one of their beads for all."""
    one = block.configurations_angstrom[:, bead]
    return FrameBlock(block.steps, block.times_fs, one, block.velocities_angstrom_per_fs, block.cells_angstrom, one)


@pytest.mark.parametrize(
    ("make", "series"),
    [
        (lambda: PairCorrelation(2.4, bin_width_angstrom=0.2), lambda found: found.frames),
        (lambda: Molecules(16), lambda found: found.instantaneous_series),
        (NearestNeighbour, lambda found: np.array([found.results()["nearest_neighbour_distance"].value])),
    ],
)
def test_each_frame_is_the_mean_of_its_beads(make, series):
    beads = np.random.default_rng(3).uniform(0.0, 5.0, (4, BEADS, 16, 3))
    block = block_of(beads)
    joined = make()
    joined.add(block)
    parts = []
    for bead in range(BEADS):
        parts.append(make())
        parts[-1].add(alone(block, bead))
    assert np.allclose(series(joined), np.mean([series(part) for part in parts], axis=0), rtol=1e-5)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A few steps of a path integral of hydrogen-like atoms that hold together."""
    from llpt.engines import make_engine

    atoms = bulk("H", "sc", a=2.0).repeat((3, 3, 3))
    engine = make_engine("ase:ase.calculators.morse.MorsePotential", {"epsilon": 0.5, "r0": 2.0, "rho0": 4.0})
    settings = RunSettings(
        ensemble="npt",
        temperature_k=300.0,
        pressure_gpa=5.0,
        timestep_fs=0.5,
        steps=20,
        seed=1,
        beads=BEADS,
        positions_every=1,
        thermostat="langevin",
    )
    directory = tmp_path_factory.mktemp("run")
    run_md(atoms, engine, settings, directory)
    return directory


@pytest.fixture
def run(directory):
    return Trajectory.open(directory)


def test_what_has_no_meaning_is_absent_with_the_reason(run):
    found = observe(run)
    for name in REAL_TIME:
        assert found.absent[name] == Need.REAL_TIME, name
    for name in CLASSICAL:
        assert found.absent[name] == Need.CLASSICAL_NUCLEI, name
    assert found.kinetic_energy.value > 0.0
    assert 0.0 < found.gyration_radius.value < 0.5
    assert found.summary.attrs["beads"] == BEADS
    for name in ("density", "enthalpy", "thermal_expansion", "compressibility", "rdf", "structure_factor", "q6"):
        assert name not in found.absent or "short" in found.absent[name] or "short" in str(found.absent[name])


def test_a_summary_holds_unknown_numbers_and_no_wrong_ones(run):
    summary = summarise_run(run, discard_steps=0, temperature_k=300.0, pressure_gpa=5.0)
    for name in (*CLASSICAL, "molecular_fraction_lifetime"):
        assert np.isnan(summary[name]), name
    for name in ("diffusion", "vacf", "msd", "bond_survival"):
        assert name not in summary, name
    kinetic = summary["kinetic_energy"]
    assert kinetic == pytest.approx(float(run.scalars().kinetic_energy_ev.mean()) / run.n_atoms)


def test_a_certificate_asks_for_the_momenta_of_the_beads(run, directory):
    """Not for a kinetic energy of nuclei, of which no ensemble demands a number, nor for ratios of energies."""
    states = [SimpleNamespace(temperature_k=kelvin) for kelvin in (300.0, 310.0)]
    common = {"atoms": run.n_atoms, "beads": BEADS, "discard": 0, "pressure_gpa": 5.0, "repeat": 1}
    common |= {"engine_folder": "morse", "test": "base", "options": {}, "dynamics": SimpleNamespace(ensemble="npt")}
    planned = [SimpleNamespace(path=str(state.temperature_k), state=state, **common) for state in states]
    entries = {each.path: SimpleNamespace(state=State.DONE) for each in planned}
    study = SimpleNamespace(node=lambda _path: directory)
    asked = [check.what for _, check in certify_study(study, planned, entries)]
    beads = "kinetic energy of the beads"
    assert asked == [f"mean of the {beads}", f"variance of the {beads}", "trend of the volume"] * 2


def test_classical_runs_have_no_quantum_numbers():
    positions = np.random.default_rng(0).uniform(0.0, 8.0, (20, 64, 3))
    from llpt.trajectory import open_trajectory

    found = observe(open_trajectory(positions, cell=[8.0, 8.0, 8.0], elements="H", timestep_fs=0.5))
    assert found.absent["gyration_radius"] == Need.QUANTUM_NUCLEI
    assert found.absent["kinetic_energy"] == Need.QUANTUM_NUCLEI
