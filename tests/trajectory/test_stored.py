import shutil
import tracemalloc

import h5py
import numpy as np
import pytest

from llpt.errors import StorageError
from llpt.trajectory import Trajectory, TrajectoryWriter, stored
from llpt.trajectory.segment import open_h5

from .conftest import make_frame, make_record


def test_segments_read_as_one(run_directory):
    trajectory = Trajectory.open(run_directory)
    assert (trajectory.n_atoms, trajectory.n_frames, trajectory.n_steps) == (4, 6, 10)
    assert trajectory.timestep_fs == 0.25
    assert trajectory.mass_u == pytest.approx(4.032)
    assert list(trajectory.frame_steps) == [0, 2, 4, 6, 8, 10]


def test_every_scalar_of_every_step(run_directory):
    scalars = Trajectory.open(run_directory).scalars()
    for step in range(11):
        record = make_record(step)
        for name in record.scalar_names:
            assert np.array_equal(scalars[name].sel(step=step), getattr(record, name)), (step, name)
    assert scalars.pressure_gpa.attrs["unit"] == "GPa"
    assert np.allclose(scalars.time_fs, 0.25 * np.arange(11))
    assert scalars.stress_gpa.dims == ("step", "voigt")


def test_blocks_give_every_frame_once(run_directory):
    trajectory = Trajectory.open(run_directory)
    for size in (1, 2, 100):
        blocks = list(trajectory.blocks(size=size))
        assert all(len(block) <= size for block in blocks)
        steps = np.concatenate([block.steps for block in blocks])
        assert list(steps) == [0, 2, 4, 6, 8, 10]
        for block in blocks:
            for index, step in enumerate(block.steps):
                expected = make_frame(int(step))
                frame = block.frame(index)
                assert np.array_equal(frame.positions_angstrom, expected.positions_angstrom)
                assert np.array_equal(frame.velocities_angstrom_per_fs, expected.velocities_angstrom_per_fs)
                assert np.array_equal(frame.cell_angstrom, expected.cell_angstrom)
                assert np.allclose(frame.forces_ev_per_angstrom, expected.forces_ev_per_angstrom, rtol=1e-14)


def test_frames_are_the_same_in_any_order_and_those_of_a_chunk_are_read_once(run_directory, monkeypatch):
    trajectory = Trajectory.open(run_directory)
    opened = []
    monkeypatch.setattr(stored, "open_h5", lambda path: opened.append(path) or open_h5(path))
    for index in (0, 1, 2, 3, 4, 5, 0, 5, 2, 4):
        atoms, expected = trajectory.atoms(index), make_frame(2 * index)
        assert np.array_equal(atoms.positions, expected.positions_angstrom)
        assert atoms.info["pressure_gpa"] == make_record(2 * index).pressure_gpa
        atoms.positions += 1.0  # what is kept is not what was given
    assert np.array_equal(trajectory.atoms(4).positions, make_frame(8).positions_angstrom)
    segments = list(dict.fromkeys(opened))
    assert len(segments) > 1
    assert opened[: 2 * len(segments)] == [path for path in segments for _ in range(2)]  # scalars, then positions


def test_blocks_start_and_stride(run_directory):
    trajectory = Trajectory.open(run_directory)
    steps = [int(step) for block in trajectory.blocks(size=2, start_step=2, every=2) for step in block.steps]
    assert steps == [2, 6, 10]


def test_blocks_stream(tmp_path, system):
    writer = TrajectoryWriter(tmp_path, system)
    big = type(system)(numbers=np.ones(2000, dtype=int), masses_u=np.ones(2000), timestep_fs=1.0)
    writer = TrajectoryWriter(tmp_path / "big", big)
    for step in range(400):
        writer.add(make_record(step), make_frame(step, 2000))
        if step % 100 == 99:
            writer.close_segment()
    trajectory = Trajectory.open(tmp_path / "big")
    tracemalloc.start()
    for _ in trajectory.blocks(size=10):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10e6  # all positions alone are 19 MB


def test_atoms_carry_labels(run_directory):
    atoms = Trajectory.open(run_directory).atoms(2)
    record, frame = make_record(4), make_frame(4)
    assert atoms.get_potential_energy() == record.internal_energy_ev
    assert atoms.get_potential_energy(force_consistent=True) == record.free_energy_ev
    assert atoms.info["entropy"] == record.entropy_ev_per_k
    assert atoms.info["electronic_temperature_k"] == 1000.0
    assert np.allclose(atoms.get_stress() * 160.21766208, record.stress_gpa)
    assert np.allclose(atoms.get_forces(), frame.forces_ev_per_angstrom)
    assert np.allclose(atoms.cell.array, frame.cell_angstrom)
    assert np.array_equal(atoms.positions, frame.positions_angstrom)
    from ase import units

    assert np.allclose(atoms.get_velocities() * units.fs, frame.velocities_angstrom_per_fs, rtol=1e-7)
    assert Trajectory.open(run_directory).atoms(-1).info["step"] == 10
    with pytest.raises(IndexError):
        Trajectory.open(run_directory).atoms(6)


def test_one_segment_alone(run_directory):
    trajectory = Trajectory.open(run_directory / "segments" / "000001.h5")
    assert trajectory.n_steps == 5
    assert trajectory.n_frames == 0
    assert trajectory.scalars().sizes["step"] == 1


def test_master_path_is_the_run(run_directory):
    assert Trajectory.open(run_directory / "trajectory.h5").n_frames == 6


def test_moved_directory_reads(run_directory, tmp_path):
    moved = tmp_path / "elsewhere" / "run"
    moved.parent.mkdir()
    shutil.move(run_directory, moved)
    with h5py.File(moved / "trajectory.h5") as file:
        assert np.array_equal(file["particles/trajectory/position/value"][-1], make_frame(10).positions_angstrom)
        assert np.array_equal(file["llpt/scalars/pressure_gpa"][:], 200.0 + 0.1 * np.arange(11))


def test_missing_segment_is_never_silent(run_directory):
    (run_directory / "segments" / "000001.h5").unlink()
    with pytest.raises(StorageError, match=r"000001\.h5"):
        Trajectory.open(run_directory)
    with h5py.File(run_directory / "trajectory.h5") as file:
        assert np.isnan(file["llpt/scalars/pressure_gpa"][5])
        assert file["llpt/scalars/step"][5] == -1


def test_segments_that_do_not_join(run_directory):
    segments = run_directory / "segments"
    (segments / "000001.h5").unlink()
    (segments / "000002.h5").rename(segments / "000001.h5")
    with pytest.raises(StorageError, match="starts at step 6, the one before it ends at 4"):
        Trajectory.open(run_directory)


def test_truncated_segment(run_directory):
    path = run_directory / "segments" / "000002.h5"
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(StorageError, match=r"damaged or truncated") as caught:
        Trajectory.open(run_directory)
    assert "Restore" in caught.value.remedy


def test_flipped_bits_are_noticed(run_directory):
    path = run_directory / "segments" / "000002.h5"
    content = bytearray(path.read_bytes())
    place = content.find(make_frame(8).positions_angstrom.tobytes())
    assert place > 0
    content[place + 3] ^= 0xFF
    path.write_bytes(bytes(content))
    trajectory = Trajectory.open(run_directory)
    with pytest.raises(StorageError, match="damaged"):
        list(trajectory.blocks())


@pytest.mark.parametrize("content", [b"", b"not hdf5", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_not_a_trajectory(tmp_path, content):
    path = tmp_path / "thing.h5"
    path.write_bytes(content)
    with pytest.raises(StorageError):
        Trajectory.open(path)


def test_foreign_hdf5(tmp_path):
    path = tmp_path / "thing.h5"
    with h5py.File(path, "w") as file:
        file["x"] = 1.0
    with pytest.raises(StorageError, match="not a trajectory of llpt"):
        Trajectory.open(path)


def test_empty_directory(tmp_path):
    with pytest.raises(StorageError, match="no trajectory"):
        Trajectory.open(tmp_path)


def test_what_only_later_segments_have_is_left_out(tmp_path, system):
    """A run begun by an earlier version goes on with a scalar more."""
    writer = TrajectoryWriter(tmp_path, system)
    for step, optional in ((0, {}), (1, {"kinetic_stress_gpa": np.full(6, -3.0)})):
        writer.add(make_record(step, **optional), make_frame(step))
        writer.close_segment()
    scalars = Trajectory.open(tmp_path).scalars()
    assert scalars.sizes["step"] == 2
    assert "kinetic_stress_gpa" not in scalars
    assert np.allclose(scalars["pressure_gpa"], [200.0, 200.1])
