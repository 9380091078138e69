"""What a femtosecond of a reference costs with multiple time steps, and what they keep.

    python benchmarks/multiple_time_steps.py START.extxyz --potential n2p2:DIR --temperature 1000 \
        --inner 1 2 3 4 5 --picoseconds 0.3 --rounds 2 --out docs/results/multiple-time-steps.json

``START`` is an equilibrated configuration of hydrogen with velocities. Each number of inner steps drives it at constant
energy, PBE at a 2x2x2 mesh by default; 1 is plain dynamics. The rounds take turns, so that a machine that is busy now
and then is so for all. Of each: cycles and seconds of a processor of a step of the electrons, seconds of all per
femtosecond, drift and scatter of the conserved quantity, and the forces of two
frames less those of tight single points.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from ase.io import read

from llpt.dynamics import RunSettings, run_md
from llpt.engines import Purpose, make_engine
from llpt.trajectory import Trajectory

SETTLED = 0.1
"""This share of the first steps, in which the electrons' history fills, is left out."""


class Clocked:
    """Notes cycles and processor seconds of each step of an engine.

    Args:
        engine: the engine; its ``calculate`` is replaced.
    """

    def __init__(self, engine: Any) -> None:
        self.cycles: list[int] = []
        self.seconds: list[float] = []
        calculate = engine.calculate

        def clocked(*arguments: Any, **options: Any) -> None:
            began = time.process_time()
            calculate(*arguments, **options)
            self.seconds.append(time.process_time() - began)
            state = getattr(engine, "ground_state", None)
            self.cycles.append(0 if state is None else state.cycles)

        engine.calculate = clocked


def one_run(options: argparse.Namespace, inner: int, place: Path) -> dict[str, Any]:
    """Drive the start with so many inner steps and return what was seen."""
    start = read(options.start)
    given = {
        "kpoints": options.kpoints,
        "ecut_ry": options.cutoff,
        "electronic_temperature_k": options.temperature,
    }
    engine = make_engine("dft", given, purpose=Purpose.DYNAMICS)
    clock = Clocked(engine)
    step_fs = options.timestep * inner
    settings = RunSettings(
        ensemble="nve",
        temperature_k=options.temperature,
        timestep_fs=step_fs,
        steps=round(1000.0 * options.picoseconds / step_fs),
        seed=1,
        positions_every=1,
    )
    potential = None
    if inner > 1:
        settings = settings.changed(multiple_time_steps={"inner_steps": inner})
        potential = make_engine(options.potential, {"threads": 1}, purpose=Purpose.DYNAMICS)
    began = time.process_time()
    outcome = run_md(start, engine, settings, place, potential=potential)
    spent = time.process_time() - began
    if outcome.steps_done < settings.steps:
        raise SystemExit(f"{inner} inner steps: {outcome.reason}")
    trajectory = Trajectory.open(place)
    scalars = trajectory.scalars()
    first = round(SETTLED * settings.steps)
    times, energies = scalars.time_fs.values[first:] / 1000.0, 1000.0 * scalars.conserved_ev.values[first:] / len(start)
    line = np.polyfit(times, energies, 1)
    blocks = list(trajectory.blocks())
    positions = np.concatenate([block.positions_angstrom for block in blocks])
    forces = np.concatenate([block.forces_ev_per_angstrom for block in blocks])
    tight = make_engine("dft", given, purpose=Purpose.SINGLE_POINT)
    errors = []
    for frame in (len(forces) // 2, len(forces) - 1):
        atoms = start.copy()
        atoms.positions = positions[frame]
        errors.append(forces[frame] - tight.get_property("forces", atoms))
    return {
        "inner_steps": inner,
        "step_fs": step_fs,
        "cycles": float(np.mean(clock.cycles[first:])),
        "step_s": float(np.median(clock.seconds[first:])),
        "s_per_fs": spent / (settings.steps * step_fs),
        "drift_mev_per_atom_ps": float(line[0]),
        "scatter_mev_per_atom": float(np.std(energies - np.polyval(line, times))),
        "force_error_ev_per_angstrom": float(np.sqrt(np.mean(np.square(errors)))),
        "mean_temperature_k": float(scalars.temperature_k.values[first:].mean()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("start", type=Path)
    parser.add_argument("--potential", required=True)
    parser.add_argument("--temperature", type=float, required=True)
    parser.add_argument("--inner", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--picoseconds", type=float, default=0.3)
    parser.add_argument("--timestep", type=float, default=0.4, help="inner step in fs")
    parser.add_argument("--kpoints", default="2x2x2")
    parser.add_argument("--cutoff", type=float, default=55.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    found: dict[int, list[dict[str, Any]]] = {inner: [] for inner in options.inner}
    for number in range(options.rounds):
        for inner in options.inner:
            with tempfile.TemporaryDirectory() as place:
                found[inner].append(one_run(options, inner, Path(place) / "run"))
            print(number, json.dumps(found[inner][-1]), flush=True)
    rows = [{key: float(np.median([each[key] for each in runs])) for key in runs[0]} for runs in found.values()]
    told = {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": f"{platform.machine()}, Python {platform.python_version()}, one core",
        "atoms": len(read(options.start)),
        "temperature_k": options.temperature,
        "kpoints": options.kpoints,
        "ecut_ry": options.cutoff,
        "rows": rows,
    }
    print(json.dumps(told, indent=1))
    if options.out:
        key = f"{told['atoms']} atoms, {options.temperature:g} K"
        kept = json.loads(options.out.read_text()) if options.out.exists() else {}
        options.out.write_text(json.dumps(kept | {key: told}, indent=1) + "\n")


if __name__ == "__main__":
    main()
