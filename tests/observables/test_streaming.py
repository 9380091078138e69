"""A trajectory far larger than memory: what is kept does not grow with it."""

import tracemalloc

import numpy as np
import pytest

from llpt.observables import averaging, summarise_run
from llpt.trajectory import Frame, StepRecord, System, Trajectory, TrajectoryWriter

ATOMS = 64
EDGE = 4.8
INTERVAL_FS = 4.0


def write(directory, frames):
    """Molecules that break and form all the time: every frame begins and ends many bonds."""
    random = np.random.default_rng(7)
    writer = TrajectoryWriter(directory, System(np.ones(ATOMS, dtype=np.int64), np.full(ATOMS, 1.008), INTERVAL_FS))
    for step in range(frames):
        positions = random.uniform(0.0, EDGE, (ATOMS, 3))
        edge = EDGE * (1.0 + 1e-3 * random.normal())
        numbers = random.normal(size=9)
        record = StepRecord(step, INTERVAL_FS * step, *numbers[:5], edge**3, *numbers[5:8], numbers[:6])
        writer.add(record, Frame(step, INTERVAL_FS * step, positions, 0.01 * positions, edge * np.eye(3), positions))
        if step % 100 == 99:
            writer.close_segment()
    writer.close_segment()
    return Trajectory.open(directory)


@pytest.fixture
def small_limits(monkeypatch, limit_frames):
    """Limits as far below these small runs as the real ones are below a run of 100,000 frames."""
    limit_frames(pair_correlation=20, solid_order=4, displacement=40, structure_factor=2)
    monkeypatch.setattr(averaging, "BLOCK_BYTES", 200_000)


@pytest.mark.usefixtures("small_limits")
def test_memory_does_not_grow_with_the_number_of_frames(tmp_path):
    peaks = []
    summarise_run(write(tmp_path / "first", 60), discard_steps=0, temperature_k=1000.0, pressure_gpa=200.0)
    for frames in (1080, 2160):  # both long enough to have filled every bounded buffer
        trajectory = write(tmp_path / str(frames), frames)
        tracemalloc.start()
        summarise_run(trajectory, discard_steps=0, temperature_k=1000.0, pressure_gpa=200.0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    scalars = (2160 - 1080) * 17 * 8  # the numbers of every step; positions, velocities and forces are 34 times as many
    assert peaks[1] - peaks[0] < 5 * scalars  # 2.0 measured


@pytest.mark.usefixtures("small_limits")
def test_progress_counts_the_frames(tmp_path):
    told = []
    trajectory = write(tmp_path / "run", 300)
    summarise_run(
        trajectory,
        discard_steps=100,
        temperature_k=1000.0,
        pressure_gpa=200.0,
        on_progress=lambda read, frames: told.append((read, frames)),
    )
    assert told[-1] == (200, 200)
    assert len(told) > 5
    assert [read for read, _ in told] == sorted(read for read, _ in told)
