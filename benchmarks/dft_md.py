"""Seconds per step of DFT molecular dynamics: the built-in engine and, in the same run, Quantum ESPRESSO.

    python benchmarks/dft_md.py START.extxyz --peer QE_MD.py --atoms 64 128 256 --out result.json
    python benchmarks/dft_md.py START.extxyz --peer QE_MD.py --atoms 64 128 --kpoints 2x2x2
    python benchmarks/dft_md.py START.extxyz --growth --atoms 32 64 128 256 512

START holds 64 atoms; 128 and 256 are its repeats 2x1x1 and 2x2x1, randomly displaced by 0.02 Å; 32 is half of it.
Both programs do the same work: GTH-PBE at 60 Ry, k = (1/4, 1/4, 1/4) or a mesh, T = T_el = 1000 K, 0.25 fs, constant
energy, stress at every step; llpt with i-PI and the trajectory written, at its default settings for dynamics. The
median is over settled steps. QE_MD.py is a script that takes START --steps --skip --processes --out and prints one
line of JSON with ``seconds_per_step`` as its last line; for a mesh it takes --mesh N N N and --pools 1 or 2, and the
faster of the two counts.

The floor is (number of bands transformed x measured time of one) + (operations of matrix products / measured rate).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from ase.io import read, write
from torch.utils.flop_counter import FlopCounterMode

from llpt.dft.kpoints import MEAN_VALUE, check_kpoints
from llpt.dft.transforms import VectorisedTransform
from llpt.dynamics import RunSettings, run_md
from llpt.engines import Purpose, make_engine
from llpt.errors import InputError
from llpt.threads import ASLEEP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ase import Atoms

REPEATS = {64: (1, 1, 1), 128: (2, 1, 1), 256: (2, 2, 1), 512: (2, 2, 2)}
SKIP = 5


def start(path: Path, atoms: int) -> Atoms:
    """Return the starting structure of a size."""
    base = read(path)
    if atoms == 32:
        half = base[np.argsort(base.positions[:, 2])[:32]]
        half.set_cell(base.cell.array * [[1.0], [1.0], [0.5]])
        return half
    repeated = base.repeat(REPEATS[atoms])
    if len(repeated) > len(base):
        repeated.positions += np.random.default_rng(0).normal(0.0, 0.02, repeated.positions.shape)
    return repeated


def dft_engine(kpoints: str) -> Any:
    """Return the engine at its default settings for dynamics, with the pseudopotential of the comparison."""
    options = {"pseudopotential": "gth", "ecut_ry": 60.0, "electronic_temperature_k": 1000.0, "kpoints": kpoints}
    return make_engine("dft", options, purpose=Purpose.DYNAMICS)


def time_llpt(atoms: Atoms, steps: int, kpoints: str) -> dict[str, Any]:
    """Run dynamics and return the median seconds per settled step and what bounds it."""
    engine = dft_engine(kpoints)
    marks: list[float] = []
    last: list[np.ndarray] = []

    def note(_: Any) -> None:
        marks.append(time.perf_counter())
        last.append(engine.atoms.positions.copy())
        del last[:-2]

    settings = RunSettings(ensemble="nve", temperature_k=1000.0, timestep_fs=0.25, steps=steps, seed=1)
    with tempfile.TemporaryDirectory() as directory:
        outcome = run_md(atoms, engine, settings, Path(directory) / "run", on_progress=note, progress_seconds=0.0)
    if outcome.state != "done":
        raise SystemExit(f"our run ended as {outcome.state}: {outcome.reason}")
    seconds = np.diff(marks)[SKIP:]
    state = engine.ground_state
    result = {
        "program": "llpt",
        "atoms": len(atoms),
        "bands": int(state.orbitals[0].shape[0]),
        "plane_waves": int(state.orbitals[0].shape[1]),
        "grid": list(engine.problem.basis.grid.shape),
        "correction_grid": list(engine.problem.basis.correction_grid.shape),
        "seconds_per_step": float(np.median(seconds)),
        "quartiles": [float(x) for x in np.percentile(seconds, [25, 75])],
        "steps_timed": len(seconds),
        "peak_memory_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    result["floor"] = floor(engine, 2.0 * last[1] - last[0])
    result["ratio_to_floor"] = result["seconds_per_step"] / result["floor"]["seconds"]
    engine.close()
    return result


@contextmanager
def counted_transforms(counts: Counter[tuple[str, tuple[int, ...]]]) -> Iterator[None]:
    """Count bands by what is done to them: ``product`` (there, times V, back) or ``density`` (there), and grid."""
    originals = VectorisedTransform.apply_potential, VectorisedTransform.add_density

    def product(self: VectorisedTransform, orbitals: torch.Tensor, potential: torch.Tensor) -> torch.Tensor:
        counts["product", self.shape] += orbitals.shape[0]
        return originals[0](self, orbitals, potential)

    def density(self: VectorisedTransform, field: torch.Tensor, orbitals: torch.Tensor, f: torch.Tensor) -> None:
        counts["density", self.shape] += orbitals.shape[0]
        originals[1](self, field, orbitals, f)

    VectorisedTransform.apply_potential, VectorisedTransform.add_density = product, density
    try:
        yield
    finally:
        VectorisedTransform.apply_potential, VectorisedTransform.add_density = originals


def floor(engine: Any, positions: np.ndarray) -> dict[str, Any]:
    """Count the transforms and operations of the step to these positions and price them at measured rates."""
    moved = engine.atoms.copy()
    moved.positions = positions
    counts: Counter[tuple[str, tuple[int, ...]]] = Counter()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # operations are counted in this thread alone
    with counted_transforms(counts), FlopCounterMode(display=False) as flops:
        engine.calculate(moved)
    torch.set_num_threads(threads)
    orbitals = engine.ground_state.orbitals[0]
    hamiltonian = engine.problem.hamiltonians[0]
    transforms = {}
    seconds = 0.0
    filling = torch.ones(orbitals.shape[0])
    for (kind, shape), number in counts.items():
        transform = hamiltonian.fine if hamiltonian.fine.shape == shape else hamiltonian.coarse
        field = torch.zeros(shape, dtype=torch.float32)
        if kind == "product":
            work = partial(transform.apply_potential, orbitals, field)
        else:
            work = partial(transform.add_density, field, orbitals, filling)
        one = median_seconds(work) / orbitals.shape[0]
        name = f"{kind} {'x'.join(map(str, shape))}"
        transforms[name] = {"bands": number, "milliseconds": 1e3 * one}
        seconds += number * one
    bands, waves = engine.ground_state.orbitals[0].shape
    matrix = torch.randn((bands, waves), dtype=torch.complex64)
    rate = 8 * bands * bands * waves / median_seconds(lambda: matrix.conj() @ matrix.T)
    # The counter takes a complex multiply-add for two operations; it is eight.
    operations = 4 * flops.get_total_flops()
    seconds += operations / rate
    return {
        "seconds": seconds,
        "transforms": transforms,
        "gflop": operations / 1e9,
        "gflop_per_second": rate / 1e9,
    }


def median_seconds(work: Any, repeats: int = 15) -> float:
    """Return the median time of a call."""
    work()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return float(np.median(times))


def time_peer(script: Path, atoms: Atoms, steps: int, skip: int, mesh: tuple[str, ...] = ()) -> dict[str, Any]:
    """Run the peer on the same structure, with as many processes as we have threads."""
    with tempfile.TemporaryDirectory() as directory:
        structure = Path(directory) / "start.extxyz"
        write(structure, atoms)
        command = [sys.executable, str(script.resolve()), str(structure), "--steps", str(steps), "--skip", str(skip)]
        command += ["--processes", str(torch.get_num_threads()), "--out", str(Path(directory) / "peer"), *mesh]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"the peer failed: {done.stderr[-500:]}")
        kept = ("program", "atoms", "bands", "seconds_per_step", "steps_timed")
        return {k: v for k, v in json.loads(done.stdout.splitlines()[-1]).items() if k in kept}


def time_peers(script: Path, atoms: Atoms, steps: int, skip: int, kpoints: str) -> dict[str, Any]:
    """Return the peer's best: of one and two groups of k-points where there is a mesh."""
    if kpoints == MEAN_VALUE:
        return time_peer(script, atoms, steps, skip)
    mesh = ("--mesh", *kpoints.split("x"))
    found = [time_peer(script, atoms, steps, skip, (*mesh, "--pools", pools)) | {"pools": pools} for pools in "12"]
    best = min(found, key=lambda each: each["seconds_per_step"])
    return best | {"seconds_per_step_by_pools": {each["pools"]: each["seconds_per_step"] for each in found}}


def growth(results: list[dict[str, Any]]) -> dict[str, float]:
    """Fit seconds and memory to a power of the number of atoms."""
    sizes = np.log([r["atoms"] for r in results])
    return {
        key: float(np.polyfit(sizes, np.log([r[name] for r in results]), 1)[0])
        for key, name in (("seconds_exponent", "seconds_per_step"), ("memory_exponent", "peak_memory_gib"))
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("start", type=Path)
    parser.add_argument("--peer", type=Path, help="script that times the peer; without it only we are timed")
    parser.add_argument("--atoms", type=int, nargs="+", default=[64, 128, 256])
    parser.add_argument("--kpoints", default=MEAN_VALUE, help="mean-value or a mesh as 2x2x2")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--peer-steps", type=int, default=20)
    parser.add_argument("--growth", action="store_true", help="fit the growth of time and memory with size")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    try:
        check_kpoints(arguments.kpoints)
    except InputError as error:
        parser.error(str(error))
    if arguments.one:
        print(json.dumps(time_llpt(start(arguments.start, arguments.atoms[0]), arguments.steps, arguments.kpoints)))
        return
    report: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "command": " ".join(["python", *sys.argv]),
        "results": [],
    }
    for atoms in arguments.atoms:
        # A process of its own for each size, so that peak memory means that size.
        steps = max(12, arguments.steps if atoms < 256 else arguments.steps // 2)
        command = [
            sys.executable,
            __file__,
            str(arguments.start),
            "--one",
            "--atoms",
            str(atoms),
            "--steps",
            str(steps),
            "--kpoints",
            arguments.kpoints,
        ]
        # As the command line and studies run it: threads that wait do so asleep.
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={**ASLEEP, **os.environ})
        result = {"llpt": json.loads(done.stdout.splitlines()[-1])}
        if arguments.peer:
            long = atoms >= 256
            result["peer"] = time_peers(
                arguments.peer,
                start(arguments.start, atoms),
                13 if long else arguments.peer_steps,
                3 if long else 5,
                arguments.kpoints,
            )
            result["times_faster"] = result["peer"]["seconds_per_step"] / result["llpt"]["seconds_per_step"]
        report["results"].append(result)
        print(json.dumps(result), flush=True)
    if arguments.growth and len(arguments.atoms) > 2:
        report["growth"] = growth([r["llpt"] for r in report["results"]])
        print(json.dumps(report["growth"]))
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
