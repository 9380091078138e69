"""Molecular dynamics on a GPU: seconds per step and peak memory, or, without one, what a step of 2048 atoms takes.

    python benchmarks/gpu.py START.extxyz --out result.json

START holds 64 atoms; larger systems are its repeats, randomly displaced by 0.02 Å. With a CUDA device the engine runs
there at its default settings for dynamics and the most expensive kernels are listed; the targets are 256 atoms in
0.10 s and 2048 atoms in 2.5 s a step within 139 GiB on one H200. Without one, arrays and operations are counted.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ase.io import read

from llpt import units
from llpt.dft.basis import GridPolicy, build_basis
from llpt.dft.history import DEPTH
from llpt.dft.kpoints import parse_kpoints
from llpt.engines import Purpose, make_engine
from llpt.precision import Precision

REPEATS = {64: (1, 1, 1), 256: (2, 2, 1), 512: (2, 2, 2), 2048: (4, 4, 2)}


def start(path: Path, atoms: int) -> Any:
    """Return the starting structure of a size."""
    repeated = read(path).repeat(REPEATS[atoms])
    repeated.positions += np.random.default_rng(0).normal(0.0, 0.02, repeated.positions.shape)
    return repeated


def measure(atoms: Any, steps: int) -> dict[str, Any]:
    """Move the atoms at constant velocity on the GPU and time the steps."""
    options = {"pseudopotential": "gth", "ecut_ry": 60.0, "electronic_temperature_k": 1000.0, "device": "cuda"}
    engine = make_engine("dft", options, purpose=Purpose.DYNAMICS)
    rng = np.random.default_rng(1)
    speed = math.sqrt(units.BOLTZMANN_EV_PER_K * 1000.0 / units.HYDROGEN_MASS_U / units.U_ANGSTROM2_PER_FS2_TO_EV)
    displacement = 0.25 * speed * rng.normal(size=atoms.positions.shape)
    torch.cuda.reset_peak_memory_stats()
    times = []
    for _ in range(steps + 4):
        begin = time.perf_counter()
        engine.calculate(atoms)
        torch.cuda.synchronize()
        times.append(time.perf_counter() - begin)
        atoms.positions += displacement
    with torch.profiler.profile() as profile:
        engine.calculate(atoms)
        torch.cuda.synchronize()
    events = sorted(profile.key_averages(), key=lambda e: -e.self_device_time_total)[:12]
    return {
        "atoms": len(atoms),
        "device": torch.cuda.get_device_name(),
        "first_seconds": times[0],
        "seconds_per_step": float(np.median(times[4:])),
        "peak_memory_gib": torch.cuda.max_memory_allocated() / 2**30,
        "kernels_milliseconds": {e.key[:60]: round(e.self_device_time_total / 1e3, 3) for e in events},
    }


def count(atoms: Any) -> dict[str, Any]:
    """Count the arrays that a step keeps and the operations it makes, from its basis alone."""
    cell = torch.tensor(atoms.cell.array * units.ANGSTROM_TO_BOHR, dtype=torch.float64)
    basis = build_basis(
        cell,
        cutoff=30.0,
        kpoints=parse_kpoints("mean-value"),
        precision=Precision.SINGLE,
        policy=GridPolicy.MOLECULAR_DYNAMICS,
    )
    waves, filled = basis.waves[0].count, len(atoms) // 2
    bands = filled + max(8, filled // 8)
    block = 8 * bands * waves
    fine, coarse = basis.grid.points, basis.correction_grid.points
    # Bands transformed one way in a step: H X, two densities on the fine grid; corrections and the change on the other.
    transforms = {fine: 2 * bands + 2 * filled, coarse: 2 * (3 * (filled + 2) + bands)}
    products = 27 * 8 * bands * bands * waves
    return {
        "atoms": len(atoms),
        "bands": bands,
        "plane_waves": waves,
        "grid": list(basis.grid.shape),
        "correction_grid": list(basis.correction_grid.shape),
        # The history, and orbitals, images, corrections, their images and one result while blocks are combined.
        "orbital_arrays_gib": (DEPTH + 6) * block / 2**30,
        "grid_arrays_gib": 40 * 8 * fine / 2**30,
        "transform_gflop": sum(n * 5 * size * math.log2(size) for size, n in transforms.items()) / 1e9,
        "product_gflop": products / 1e9,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("start", type=Path)
    parser.add_argument("--atoms", type=int, nargs="+", default=[256, 2048])
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    report: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "command": " ".join(["python", *sys.argv]),
        "counted": [count(start(arguments.start, atoms)) for atoms in arguments.atoms],
        "measured": [],
    }
    if torch.cuda.is_available():
        report["measured"] = [measure(start(arguments.start, atoms), arguments.steps) for atoms in arguments.atoms]
    print(json.dumps(report, indent=1))
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
