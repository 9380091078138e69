"""Time energy, forces and virial of a published potential, neighbour search included; prints JSON.

    python benchmarks/potentials.py REFERENCE_DIRECTORY [--cp2k cp2k.psmp] [--atoms 64 512 1728] [--largest 0]

``REFERENCE_DIRECTORY`` holds ``potentials/`` and ``n2p2/start-A-r1.npz``. n2p2's own times (2.3.0 under MPI on the
same two cores, pbe-v2, r_s 1.34) are stated figures, since it cannot be installed here; the peer that can be timed in
the same run is CP2K's network potential, which reads pbe-v1 (pbe-v2 has function types it lacks).
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from llpt.mlp import BehlerParrinello
from llpt.mlp.compiled import thread_count
from llpt.units import BOHR_TO_ANGSTROM

N2P2_SECONDS = {64: 0.070, 512: 0.55, 1728: 1.90}
REPEATS = 7


def replicate(positions: np.ndarray, cell: np.ndarray, times: int) -> tuple[np.ndarray, np.ndarray]:
    steps = range(times)
    shifts = np.array([[i, j, k] for i in steps for j in steps for k in steps]) @ cell
    return (positions[None] + shifts[:, None]).reshape(-1, 3), times * cell


def seconds_per_call(model: BehlerParrinello, positions: np.ndarray, cell: np.ndarray, repeats: int) -> float:
    model.evaluate(positions, cell)
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        model.evaluate(positions, cell)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def cp2k_seconds(program: str, potential: Path, positions: np.ndarray, cell: np.ndarray, steps: int = 12) -> float:
    """Return CP2K's seconds per MD step of its network potential, from its own timings, one rank and two threads."""
    lines = "\n".join(f"H {x:.9f} {y:.9f} {z:.9f}" for x, y, z in positions * BOHR_TO_ANGSTROM)
    edges = "\n".join(
        f"{name} {' '.join(f'{v:.9f}' for v in row)}" for name, row in zip("ABC", cell * BOHR_TO_ANGSTROM, strict=True)
    )
    text = f"""&GLOBAL
 PROJECT nnp
 RUN_TYPE MD
&END GLOBAL
&MOTION
 &MD
  ENSEMBLE NVE
  STEPS {steps}
  TIMESTEP 0.1
  TEMPERATURE 300
 &END MD
&END MOTION
&FORCE_EVAL
 METHOD NNP
 &NNP
  NNP_INPUT_FILE_NAME {potential}/input.nn
  SCALE_FILE_NAME {potential}/scaling.data
  &MODEL
   WEIGHTS {potential}/weights
  &END MODEL
 &END NNP
 &SUBSYS
  &CELL
{edges}
  &END CELL
  &COORD
{lines}
  &END COORD
 &END SUBSYS
&END FORCE_EVAL
"""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "nnp.inp").write_text(text)
        subprocess.run([program, "-i", "nnp.inp", "-o", "nnp.out"], cwd=folder, check=True)
        columns = [line.split() for line in (Path(folder) / "nnp-1.ener").read_text().splitlines()[2:]]
    return statistics.median(float(row[-1]) for row in columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference", type=Path)
    parser.add_argument("--cp2k", default="cp2k.psmp")
    parser.add_argument("--atoms", type=int, nargs="*", default=[64, 512, 1728])
    parser.add_argument("--largest", type=int, default=0, help="one call of about this many atoms, with memory")
    options = parser.parse_args()
    data = np.load(options.reference / "n2p2" / "start-A-r1.npz")
    positions, cell = data["positions"][0], data["cell"][0]
    report: dict[str, Any] = {"threads": thread_count(), "pbe-v2": {}, "pbe-v1": {}}
    second = BehlerParrinello.load(options.reference / "potentials" / "pbe-v2")
    first = BehlerParrinello.load(options.reference / "potentials" / "pbe-v1")
    program = shutil.which(options.cp2k)
    for count in options.atoms:
        box = replicate(positions, cell, round((count / len(positions)) ** (1.0 / 3.0)))
        ours = seconds_per_call(second, *box, REPEATS)
        stated = N2P2_SECONDS.get(len(box[0]))
        report["pbe-v2"][len(box[0])] = {
            "seconds": ours,
            "n2p2_seconds_stated": stated,
            "times_faster_than_stated": None if stated is None else stated / ours,
        }
        peer = cp2k_seconds(program, options.reference.absolute() / "potentials" / "pbe-v1", *box) if program else None
        ours = seconds_per_call(first, *box, REPEATS)
        report["pbe-v1"][len(box[0])] = {
            "seconds": ours,
            "cp2k_seconds": peer,
            "times_faster_than_cp2k": None if peer is None else peer / ours,
        }
    if program is None:
        report["cp2k"] = f"{options.cp2k} is not installed"
    if options.largest:
        box = replicate(positions, cell, round((options.largest / len(positions)) ** (1.0 / 3.0)))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = seconds_per_call(second, *box, 1)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        report["largest"] = {
            "atoms": len(box[0]),
            "seconds": seconds,
            "microseconds_per_atom": 1e6 * seconds / len(box[0]),
            "memory_mib_before": before / 1024.0,
            "memory_mib_peak": peak / 1024.0,
        }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
