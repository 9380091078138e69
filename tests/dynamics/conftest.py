"""Small systems for molecular dynamics."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from llpt.dynamics import RunSettings
from llpt.statistics import Estimate
from llpt.units import BOLTZMANN_EV_PER_K, EV_PER_ANGSTROM3_TO_GPA


@pytest.fixture
def gas() -> Atoms:
    """Eight hydrogen atoms in a box, as an ideal gas."""
    random = np.random.default_rng(0)
    return Atoms("H8", positions=random.uniform(0.0, 6.0, (8, 3)), cell=[6.0, 6.0, 6.0], pbc=True)


@pytest.fixture
def crystal() -> Atoms:
    """Thirty-two argon atoms for the Lennard-Jones engine (σ = 2.5 Å: cutoff 6.25 Å, half the cell)."""
    return bulk("Ar", "fcc", a=4.2, cubic=True).repeat((3, 3, 3))


def make_settings(**changes) -> RunSettings:
    values = {
        "ensemble": "npt",
        "temperature_k": 90.0,
        "pressure_gpa": 0.05,
        "timestep_fs": 4.0,
        "steps": 60,
        "seed": 7,
        "thermostat_time_fs": 100.0,
        "barostat_time_fs": 500.0,
        "checkpoint_every": 10,
        "positions_every": 1,
    } | changes
    if values["ensemble"] != "npt":
        values["pressure_gpa"] = None
    return RunSettings(**values)


def within(estimate: Estimate, truth: float, *, sigmas: float = 4.0, also: float = 0.0) -> bool:
    """Whether a sampled mean agrees with the truth within its error (and a known systematic one)."""
    return bool(abs(estimate.value - truth) < sigmas * np.hypot(estimate.error, also))


def ideal_gas(n: int, temperature_k: float, pressure_gpa: float) -> tuple[Atoms, float]:
    """Return N atoms anywhere in a cube of N k_BT/P, and k_BT/P in Å³."""
    unit = BOLTZMANN_EV_PER_K * temperature_k / pressure_gpa * EV_PER_ANGSTROM3_TO_GPA
    edge = (n * unit) ** (1.0 / 3.0)
    positions = np.random.default_rng(0).uniform(0.0, edge, (n, 3))
    return Atoms(f"H{n}", positions=positions, cell=[edge] * 3, pbc=True), unit
