"""How fast, and in how much memory, a very large trajectory is analysed; printed as JSON.

python benchmarks/streaming.py frames [FRAMES] [DIR]    # 2048 atoms, FRAMES (10,000) frames, everything averaged
python benchmarks/streaming.py scalars [STEPS] [DIR]    # scalar observables of STEPS (1,000,000) steps, from disk

The trajectory is written first, by one process, then analysed by another whose peak memory the operating system tells;
both are removed afterwards. A frame of 2048 atoms is 147 kB (positions, velocities, forces in double precision), so
100,000 frames are 14.7 GB: give a directory with that much room.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from llpt.observables import distribution, fluctuations, summarise_run, thermodynamics
from llpt.observables.averaging import average_run
from llpt.observables.production import Production
from llpt.observables.registry import all_observables
from llpt.trajectory import Frame, StepRecord, System, Trajectory, TrajectoryWriter
from llpt.units import BOLTZMANN_EV_PER_K

ATOMS = 2048
TIMESTEP_FS = 0.5
SEGMENT_FRAMES = 256
GIB = 1024**3


def fluid(random: np.random.Generator) -> tuple[Any, float]:
    """Return positions of half molecules, half atoms at about 1 g/cm³, shape (n, 3), and the edge of the cell."""
    edge = (ATOMS * 1.7) ** (1.0 / 3.0)
    pairs = ATOMS // 4
    centres = random.uniform(0.0, edge, (pairs, 3))
    axes = random.normal(size=(pairs, 3))
    axes *= 0.37 / np.linalg.norm(axes, axis=1)[:, None]
    single = random.uniform(0.0, edge, (ATOMS - 2 * pairs, 3))
    return np.concatenate([centres + axes, centres - axes, single]), edge


def record(random: np.random.Generator, step: int, volume: float) -> StepRecord:
    kinetic = 1.5 * (ATOMS - 1) * BOLTZMANN_EV_PER_K * 1000.0 * (1.0 + 0.01 * random.normal())
    return StepRecord(
        step=step,
        time_fs=step * TIMESTEP_FS,
        internal_energy_ev=-13.0 * ATOMS + random.normal(),
        free_energy_ev=-13.01 * ATOMS + random.normal(),
        entropy_ev_per_k=0.02,
        kinetic_energy_ev=kinetic,
        temperature_k=kinetic / (1.5 * (ATOMS - 1) * BOLTZMANN_EV_PER_K),
        volume_angstrom3=volume,
        pressure_gpa=200.0 + random.normal(),
        pressure_uncorrected_gpa=198.0,
        conserved_ev=-13.0 * ATOMS,
        stress_gpa=random.normal(size=6),
    )


def write_frames(directory: Path, frames: int) -> None:
    """Write a trajectory whose atoms vibrate and drift, so that bonds form and break throughout."""
    random = np.random.default_rng(1)
    positions, edge = fluid(random)
    drift = random.normal(scale=0.02, size=positions.shape)
    writer = TrajectoryWriter(directory, System(np.ones(ATOMS, dtype=np.int64), np.full(ATOMS, 1.008), TIMESTEP_FS))
    for step in range(frames):
        moved = positions + 0.1 * np.sin(0.3 * step) * drift / 0.02 * 0.3 + step * 1e-3 * drift
        size = edge * (1.0 + 1e-3 * random.normal())
        velocities = random.normal(scale=0.03, size=positions.shape)
        frame = Frame(step, step * TIMESTEP_FS, moved, velocities, size * np.eye(3), velocities)
        writer.add(record(random, step, size**3), frame)
        if step % SEGMENT_FRAMES == SEGMENT_FRAMES - 1:
            writer.close_segment()
    writer.close_segment()


def write_scalars(directory: Path, steps: int) -> None:
    """Write the scalars of many steps with hardly any frames."""
    random = np.random.default_rng(1)
    positions, edge = fluid(random)
    writer = TrajectoryWriter(directory, System(np.ones(ATOMS, dtype=np.int64), np.full(ATOMS, 1.008), TIMESTEP_FS))
    for step in range(steps):
        volume = edge**3 * (1.0 + 3e-3 * random.normal())
        frame = Frame(step, step * TIMESTEP_FS, positions, positions, edge * np.eye(3), positions)
        writer.add(record(random, step, volume), frame if step % 50_000 == 0 else None)
        if step % 50_000 == 49_999:
            writer.close_segment()
    writer.close_segment()


def analyse_frames(directory: Path) -> dict[str, Any]:
    began, processor = time.perf_counter(), time.process_time()
    trajectory = Trajectory.open(directory)
    summarise_run(trajectory, discard_steps=0, temperature_k=1000.0, pressure_gpa=200.0)
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    size = sum(path.stat().st_size for path in (directory / "segments").iterdir())
    return {
        "frames": trajectory.n_frames,
        "GB on disk": size / 1e9,
        "seconds": seconds,
        "processor seconds": processor,
        "milliseconds a frame": 1e3 * seconds / trajectory.n_frames,
        "MB/s": size / 1e6 / seconds,
    }


def analyse_scalars(directory: Path) -> dict[str, Any]:
    began, processor = time.perf_counter(), time.process_time()
    trajectory = Trajectory.open(directory)
    table = trajectory.scalars()
    production = Production.of(trajectory, scalars=table, discard_steps=0, temperature_k=1000.0, pressure_gpa=200.0)
    folders = (thermodynamics, fluctuations, distribution)
    average_run(production, all_observables().giving([each.name for folder in folders for each in folder.OBSERVABLES]))
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    size = sum(values.nbytes for values in table.variables.values())
    return {
        "steps": table.sizes["step"],
        "MB": size / 1e6,
        "seconds": seconds,
        "processor seconds": processor,
        "MB/s": size / 1e6 / seconds,
    }


def main() -> None:
    what, count, place = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    if what.startswith("write-"):
        {"write-frames": write_frames, "write-scalars": write_scalars}[what](place, count)
        return
    if what.startswith("analyse-"):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        found = {"analyse-frames": analyse_frames, "analyse-scalars": analyse_scalars}[what](place)
        found["peak memory GiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GIB
        found["memory after imports GiB"] = before * 1024 / GIB
        print(json.dumps(found))
        return
    with tempfile.TemporaryDirectory(dir=place) as aside:
        directory = Path(aside) / "run"
        needed = count * (ATOMS * 72 if what == "frames" else 200)
        if shutil.disk_usage(place).free < 1.2 * needed:
            sys.exit(f"{place} has no room for {needed / 1e9:.1f} GB.")
        call = [sys.executable, __file__]
        subprocess.run([*call, f"write-{what}", str(count), str(directory)], check=True)
        done = subprocess.run(
            [*call, f"analyse-{what}", str(count), str(directory)], check=True, capture_output=True, text=True
        )
        print(json.dumps(json.loads(done.stdout), indent=1))


if __name__ == "__main__":
    defaults = {"frames": "10000", "scalars": "1000000"}
    sys.argv += [defaults[sys.argv[1]]] if len(sys.argv) == 2 else []
    sys.argv += [tempfile.gettempdir()] if len(sys.argv) == 3 else []
    main()
