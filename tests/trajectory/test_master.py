import MDAnalysis
import numpy as np
import pytest

from llpt.trajectory import Trajectory, TrajectoryWriter

from .conftest import TRICLINIC, make_frame, make_record


def load(path):
    universe = MDAnalysis.Universe.empty(4, trajectory=True)
    universe.load_new(str(path), format="H5MD")
    return universe.trajectory


def test_mdanalysis_reads_it_with_units(run_directory):
    trajectory = load(run_directory / "trajectory.h5")
    assert (trajectory.n_atoms, trajectory.n_frames) == (4, 6)
    for index, step in enumerate([0, 2, 4, 6, 8, 10]):
        ts = trajectory[index]
        frame = make_frame(step)
        assert ts.time == pytest.approx(0.25e-3 * step)  # ps
        assert np.allclose(ts.positions, frame.positions_angstrom, atol=1e-5)
        assert np.allclose(ts.velocities, frame.velocities_angstrom_per_fs * 1e3, rtol=1e-5)  # Å/ps
        assert np.allclose(ts.forces, frame.forces_ev_per_angstrom * 96.48533212, rtol=1e-5)  # kJ/mol/Å
        lengths = np.linalg.norm(TRICLINIC, axis=1) * (1.0 + 0.001 * step)
        assert np.allclose(ts.dimensions[:3], lengths, rtol=1e-5)
        a, b, c = TRICLINIC
        angles = [
            np.degrees(np.arccos(u @ v / np.linalg.norm(u) / np.linalg.norm(v))) for u, v in ((b, c), (a, c), (a, b))
        ]
        assert np.allclose(ts.dimensions[3:], angles, rtol=1e-5)
        assert ts.data["step"] == step
        # The observables are those of this frame, although scalars are kept at every step.
        assert ts.data["pressure_gpa"] == pytest.approx(make_record(step).pressure_gpa)
        assert np.allclose(ts.data["stress_gpa"], make_record(step).stress_gpa)


def test_mdanalysis_reads_it_from_elsewhere(run_directory, tmp_path, monkeypatch):
    target = tmp_path / "moved"
    run_directory.rename(target)
    monkeypatch.chdir(tmp_path.parent)
    assert np.allclose(load(target / "trajectory.h5")[-1].positions, make_frame(10).positions_angstrom, atol=1e-5)


def test_single_segment_is_h5md(run_directory):
    assert len(load(run_directory / "segments" / "000002.h5")) == 3


def test_first_segment_without_frames(tmp_path, system):
    writer = TrajectoryWriter(tmp_path, system)
    writer.add(make_record(1))
    writer.close_segment()
    writer.add(make_record(2), make_frame(2))
    writer.close_segment()
    writer.refresh_master()
    assert list(Trajectory.open(tmp_path).frame_steps) == [2]
    assert np.allclose(load(tmp_path / "trajectory.h5")[0].positions, make_frame(2).positions_angstrom, atol=1e-5)
