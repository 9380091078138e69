import numpy as np
import pytest
from ase.io import read

from llpt.trajectory import Trajectory

from .conftest import make_frame, make_record


def test_every_label_survives_a_read(run_directory, tmp_path):
    path = tmp_path / "out.extxyz"
    assert Trajectory.open(run_directory).export_extxyz(path, every=2) == 3
    frames = read(path, ":")
    assert len(frames) == 3
    for atoms, step in zip(frames, (0, 4, 8), strict=True):
        record, frame = make_record(step), make_frame(step)
        results = atoms.calc.results
        assert results["energy"] == pytest.approx(record.internal_energy_ev)
        assert results["free_energy"] == pytest.approx(record.free_energy_ev)
        assert np.allclose(results["stress"] * 160.21766208, record.stress_gpa, atol=1e-6)
        assert np.allclose(results["forces"], frame.forces_ev_per_angstrom, atol=1e-7)
        assert atoms.info["entropy"] == pytest.approx(record.entropy_ev_per_k)
        assert atoms.info["electronic_temperature_k"] == 1000.0
        assert atoms.info["step"] == step
        assert np.allclose(atoms.positions, frame.positions_angstrom, atol=1e-7)
        assert np.allclose(atoms.cell.array, frame.cell_angstrom)
        assert atoms.has("momenta")
        assert all(atoms.pbc)
