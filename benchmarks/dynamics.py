"""What a step of molecular dynamics costs beside the forces, and what a checkpoint costs.

The peer is i-PI's own loop, writing its usual text outputs (properties every step, positions every 5 steps), with its
own ``dummy`` potential; llpt stores scalars at every step and positions, velocities and forces every 5 steps. Both do
classical NPT with SVR, forces zero. Prints JSON: wall and processor time (which a busy machine disturbs less), medians
over repetitions, building included:

    OMP_NUM_THREADS=1 python benchmarks/dynamics.py
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import ase
import numpy as np
from ipi.engine.simulation import Simulation
from ipi.utils.softexit import softexit

from llpt.dynamics import RunSettings, run_md
from llpt.dynamics.ipi_input import ipi_input
from llpt.dynamics.start import prepare_start
from llpt.engines import EngineCalculator, EngineDescription, EngineResult

if TYPE_CHECKING:
    from collections.abc import Iterable

STEPS = 400
REPETITIONS = 3


class NoForces(EngineCalculator):
    """An engine that costs nothing."""

    def compute(self, atoms: ase.Atoms, system_changes: Iterable[str]) -> EngineResult:  # noqa: ARG002
        """Return zeros."""
        return EngineResult(0.0, 0.0, np.zeros((len(atoms), 3)), np.zeros(6))

    def describe(self) -> EngineDescription:
        """Return a name."""
        return EngineDescription(name="none", spec="benchmark:none", version="1")


def fluid(n: int) -> ase.Atoms:
    edge = (1.7 * n) ** (1.0 / 3.0)
    positions = np.random.default_rng(0).uniform(0.0, edge, (n, 3))
    return ase.Atoms(f"H{n}", positions=positions, cell=[edge] * 3, pbc=True)


def settings(**changes: Any) -> RunSettings:
    values = {"ensemble": "npt", "temperature_k": 1000.0, "pressure_gpa": 8.0, "timestep_fs": 0.2, "steps": STEPS}
    return RunSettings.from_mapping(values | {"seed": 1, "positions_every": 5} | changes)


class Stopwatch:
    """Wall and processor time in milliseconds per step."""

    def __enter__(self) -> Self:
        self._began = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        wall, cpu = self._began
        self.wall = (time.perf_counter() - wall) * 1000.0 / STEPS
        self.cpu = (time.process_time() - cpu) * 1000.0 / STEPS


def time_run_md(n: int, directory: Path, **changes: Any) -> Stopwatch:
    """Time ``run_md``."""
    with Stopwatch() as watch:
        run_md(fluid(n), NoForces(), settings(**changes), directory)
    return watch


def ipi_alone(n: int, directory: Path) -> Stopwatch:
    """Time i-PI's own loop."""
    text = ipi_input(prepare_start(fluid(n), settings()), settings(), 0.2)
    text = text.replace("<pes> custom </pes>", "<pes> dummy </pes>").replace("stride='10'", "stride='1'")
    text = text.replace("stride='100'", "stride='5'")
    directory.mkdir()
    here = Path.cwd()
    os.chdir(directory)
    try:
        with contextlib.redirect_stdout(io.StringIO()), Stopwatch() as watch:
            simulation = Simulation.load_from_xml(text)
            simulation.run()
        simulation.stop()
        softexit._doloop[0] = False  # noqa: SLF001  # its watching thread would print after us
        softexit.reset()
    finally:
        os.chdir(here)
    return watch


def measure(root: Path, n: int) -> dict[str, Any]:
    """Time run_md, run_md with many checkpoints, and i-PI alone, in turn, so that a busy machine hits all alike."""
    samples: dict[str, list[Stopwatch]] = {"run_md": [], "run_md_checkpoint_every_20": [], "ipi_alone": []}
    for repetition in range(REPETITIONS):
        samples["run_md"].append(time_run_md(n, root / f"a{n}-{repetition}"))
        samples["run_md_checkpoint_every_20"].append(time_run_md(n, root / f"b{n}-{repetition}", checkpoint_every=20))
        samples["ipi_alone"].append(ipi_alone(n, root / f"c{n}-{repetition}"))
    row: dict[str, Any] = {"atoms": n}
    for clock in ("wall", "cpu"):
        medians = {name: statistics.median(getattr(w, clock) for w in watches) for name, watches in samples.items()}
        row[clock] = {f"{name}_ms_per_step": round(value, 3) for name, value in medians.items()}
        row[clock]["ratio_to_ipi_alone"] = round(medians["run_md"] / medians["ipi_alone"], 3)
        extra = medians["run_md_checkpoint_every_20"] - medians["run_md"]
        row[clock]["checkpoint_ms"] = round(extra * 20.0, 1)
    return row


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        rows = [measure(Path(scratch), n) for n in (64, 256, 2048)]
    print(json.dumps({"steps": STEPS, "rows": rows}, indent=1))
