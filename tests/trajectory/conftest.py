"""A trajectory with known numbers."""

import numpy as np
import pytest

from llpt.trajectory import Frame, StepRecord, System, TrajectoryWriter

TRICLINIC = np.array([[5.0, 0.0, 0.0], [1.0, 6.0, 0.0], [-0.5, 0.7, 7.0]])


def make_record(step: int, **optional) -> StepRecord:
    return StepRecord(
        step=step,
        time_fs=0.25 * step,
        internal_energy_ev=-30.0 + 0.01 * step,
        free_energy_ev=-30.5 + 0.01 * step,
        entropy_ev_per_k=5e-4,
        kinetic_energy_ev=1.0,
        temperature_k=1000.0 + step,
        volume_angstrom3=210.0,
        pressure_gpa=200.0 + 0.1 * step,
        pressure_uncorrected_gpa=195.0,
        conserved_ev=-29.5,
        stress_gpa=np.array([-190.0, -191.0, -192.0, 1.0, 2.0, 3.0]) + step,
        **optional,
    )


def make_frame(step: int, n_atoms: int = 4) -> Frame:
    random = np.random.default_rng(step)
    return Frame(
        step=step,
        time_fs=0.25 * step,
        positions_angstrom=random.normal(scale=20.0, size=(n_atoms, 3)),
        velocities_angstrom_per_fs=random.normal(scale=0.03, size=(n_atoms, 3)),
        cell_angstrom=TRICLINIC * (1.0 + 0.001 * step),
        forces_ev_per_angstrom=random.normal(size=(n_atoms, 3)),
    )


@pytest.fixture
def system() -> System:
    return System(
        numbers=np.array([1, 1, 1, 1]),
        masses_u=np.full(4, 1.008),
        timestep_fs=0.25,
        attributes={"electronic_temperature_k": 1000.0, "pressure_label": "uncorrected"},
    )


@pytest.fixture
def run_directory(tmp_path, system):
    """Eleven steps, 0 to 10, in three segments; a frame every second step."""
    directory = tmp_path / "run"
    writer = TrajectoryWriter(directory, system)
    for step in range(11):
        writer.add(make_record(step), make_frame(step) if step % 2 == 0 else None)
        if step in {4, 5, 10}:
            writer.close_segment()
    writer.refresh_master()
    return directory
