"""Time energy, forces and virial of a published potential, neighbour search included; prints JSON.

    python benchmarks/potentials.py POTENTIALS [--cp2k cp2k.psmp] [--atoms 64 512 1728] [--growth 13824 110592]
                                                        [--npt-steps 40] [--model DIRECTORY]

``POTENTIALS`` holds the published potentials ``pbe-v1`` and ``pbe-v2``. n2p2's own times (2.3.0 under MPI on the
same two cores, pbe-v2, r_s 1.34) are stated figures, since it cannot be installed here; the peer that can be timed in
the same run is CP2K's network potential, on as many MPI ranks as we have threads. It reads pbe-v1 (pbe-v2 has function
types it lacks) and was found 2.1 times slower than n2p2 there. ``--npt-steps`` times whole steps at constant pressure,
i-PI and the trajectory on disk included. ``--model`` times another potential too, such as one trained here.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from llpt.dynamics import Ensemble, RunSettings, run_md
from llpt.engines import Purpose, make_engine
from llpt.mlp import BehlerParrinello, Precision
from llpt.mlp.evaluation.sharing import thread_count
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


def cp2k_seconds(program: str, potential: Path, positions: np.ndarray, cell: np.ndarray, ranks: int) -> float:
    """Return CP2K's seconds per MD step of its network potential, from its own timings; its ranks share the atoms."""
    steps = max(2, 12 * 64 // len(positions))
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
        root = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMP_NUM_THREADS": "1"}
        command = ["mpirun", "-np", str(ranks), program, "-i", "nnp.inp", "-o", "nnp.out"]
        subprocess.run(command, cwd=folder, check=True, env=os.environ | root)
        columns = [line.split() for line in (Path(folder) / "nnp-1.ener").read_text().splitlines()[2:]]
    return statistics.median(float(row[-1]) for row in columns)


def npt_seconds(potential: Path, positions: np.ndarray, cell: np.ndarray, steps: int) -> float:
    """Return the wall time of a step at 200 GPa and 1000 K as ``llpt md`` makes it, start-up excluded."""
    atoms = Atoms(f"H{len(positions)}", positions=positions * BOHR_TO_ANGSTROM, cell=cell * BOHR_TO_ANGSTROM, pbc=True)
    engine = make_engine(f"n2p2:{potential}", purpose=Purpose.CONSTANT_PRESSURE)
    engine.calculate(atoms)
    settings = RunSettings(ensemble=Ensemble.NPT, temperature_k=1000.0, pressure_gpa=200.0, steps=steps, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        return run_md(atoms, engine, settings, Path(folder) / "run").seconds_per_step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("potentials", type=Path)
    parser.add_argument("--cp2k", default="cp2k.psmp")
    parser.add_argument("--atoms", type=int, nargs="*", default=[64, 512, 1728])
    parser.add_argument("--growth", type=int, nargs="*", default=[], help="one call of about this many atoms, memory")
    parser.add_argument("--npt-steps", type=int, default=0)
    parser.add_argument("--model", type=Path, help="another potential to time")
    options = parser.parse_args()
    data = np.load(Path(__file__).parents[1] / "tests" / "reference" / "n2p2" / "A-64.npz")
    positions, cell = data["positions"][0], data["cell"][0]
    potentials = options.potentials.absolute()
    report: dict[str, Any] = {"threads": thread_count(), "pbe-v2": {}, "pbe-v1": {}, "growth": {}}
    second = {precision: BehlerParrinello.load(potentials / "pbe-v2", precision=precision) for precision in Precision}
    first = BehlerParrinello.load(potentials / "pbe-v1")
    program = shutil.which(options.cp2k) if shutil.which("mpirun") else None
    for count in options.atoms:
        box = replicate(positions, cell, round((count / len(positions)) ** (1.0 / 3.0)))
        stated = N2P2_SECONDS.get(len(box[0]))
        rows = {}
        for precision, model in second.items():
            seconds = seconds_per_call(model, *box, REPEATS)
            rows[str(precision)] = {
                "seconds": seconds,
                "times_faster_than_n2p2": None if stated is None else stated / seconds,
            }
        report["pbe-v2"][len(box[0])] = {"n2p2_seconds_stated": stated} | rows
        seconds = seconds_per_call(first, *box, REPEATS)
        peer = cp2k_seconds(program, potentials / "pbe-v1", *box, thread_count()) if program else None
        report["pbe-v1"][len(box[0])] = {
            "seconds": seconds,
            "cp2k_seconds": peer,
            "times_faster_than_cp2k": None if peer is None else peer / seconds,
        }
    if options.model is not None:
        models = {precision: BehlerParrinello.load(options.model, precision=precision) for precision in Precision}
        report["model"] = {}
        for count in options.atoms:
            box = replicate(positions, cell, round((count / len(positions)) ** (1.0 / 3.0)))
            rows = {str(precision): seconds_per_call(model, *box, REPEATS) for precision, model in models.items()}
            report["model"][len(box[0])] = rows
    if program is None:
        report["cp2k"] = f"{options.cp2k} or mpirun is not installed"
    if options.npt_steps:
        box = replicate(positions, cell, 3)
        report["npt_step_of_1728_atoms_s"] = npt_seconds(potentials / "pbe-v2", *box, options.npt_steps)
    for count in options.growth:
        box = replicate(positions, cell, round((count / len(positions)) ** (1.0 / 3.0)))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        second[Precision.DOUBLE].evaluate(*box)
        seconds = time.perf_counter() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        report["growth"][len(box[0])] = {
            "seconds": seconds,
            "microseconds_per_atom": 1e6 * seconds / len(box[0]),
            "memory_mib_before": before / 1024.0,
            "memory_mib_peak": peak / 1024.0,
        }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
