"""What the card of ``examples/own-potential`` says beside its tables: energies by condition, dynamics at its corners.

    python benchmarks/own_potential.py examples/own-potential [--liquids FILE] [--steps 600]

For each condition of the held-out liquids the mean energy error (meV/atom), how it changes from the first to the last
frame of the DFT dynamics, and the molecular fraction; the mean of that change over the conditions; then, at 100
and 350 GPa, 600 and 3000 K, constant-pressure dynamics of 64 atoms from random fluids: mean volume of the second half
(Å³/atom) and extrapolation warnings of a step, mean and largest. Prints one line of JSON each. ``--liquids`` takes the
frames from elsewhere, for another potential; ``--steps 0`` leaves the dynamics out.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from llpt.dynamics import RunSettings, RunState, run_md
from llpt.engines import Purpose, make_engine, read_evaluated
from llpt.mlp import BehlerParrinello, read_labels
from llpt.mlp.quality.phases import molecular_fraction
from llpt.structure import molecular_fluid, starting_density_g_per_cm3
from llpt.trajectory import Trajectory
from llpt.units import HARTREE_TO_EV


def energies(directory: Path, liquids: Path) -> list[dict[str, Any]]:
    """Return the mean energy error of each condition and its change along the dynamics, and the mean of the latter."""
    network = BehlerParrinello.load(directory)
    frames, _ = read_labels(read_evaluated(liquids))
    rows: list[dict[str, Any]] = []
    changes = []
    for block in sorted({frame.block for frame in frames}):
        chosen = [frame for frame in frames if frame.block == block]
        found = [(network.evaluate(f.positions, f.cell).energy_ha - f.energy) / f.n_atoms for f in chosen]
        errors = 1000.0 * HARTREE_TO_EV * np.array(found)
        changes.append(float(errors[-1] - errors[0]))
        fractions = [molecular_fraction(f.positions, f.cell) for f in chosen]
        rows.append(
            {
                "liquid": block,
                "frames": len(chosen),
                "energy_error_mev_per_atom": round(float(errors.mean()), 1),
                "change_along_the_run_mev_per_atom": round(changes[-1], 1),
                "molecular_fraction": round(float(np.mean(fractions)), 2),
            }
        )
    error = float(np.std(changes, ddof=1) / np.sqrt(len(changes)))
    rows.append({"mean_change_mev_per_atom": round(float(np.mean(changes)), 1), "error": round(error, 1)})
    return rows


def dynamics(directory: Path, pressure_gpa: float, temperature_k: float, steps: int) -> dict[str, Any]:
    """Run one corner."""
    density = starting_density_g_per_cm3(pressure_gpa, min(temperature_k, 1000.0))
    start = molecular_fluid(atoms=64, seed=3, density_g_per_cm3=density)
    engine = make_engine(f"n2p2:{directory}", {"threads": 1}, purpose=Purpose.CONSTANT_PRESSURE)
    settings = RunSettings(
        ensemble="npt", temperature_k=temperature_k, pressure_gpa=pressure_gpa, steps=steps, seed=4, positions_every=10
    )
    with tempfile.TemporaryDirectory() as folder:
        outcome = run_md(start, engine, settings, Path(folder) / "run")
        if outcome.state is not RunState.DONE:
            raise SystemExit(f"{pressure_gpa:g} GPa, {temperature_k:g} K: {outcome.state}: {outcome.reason}")
        scalars = Trajectory.open(Path(folder) / "run").scalars()
    warnings = scalars["extrapolation_warnings"].values
    return {
        "pressure_gpa": pressure_gpa,
        "temperature_k": temperature_k,
        "volume_angstrom3_per_atom": round(float(scalars["volume_angstrom3"].values[steps // 2 :].mean()) / 64, 3),
        "warnings_mean": round(float(warnings.mean()), 2),
        "warnings_largest": int(warnings.max()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("potential", type=Path)
    parser.add_argument("--liquids", type=Path)
    parser.add_argument("--steps", type=int, default=600)
    given = parser.parse_args()
    for row in energies(given.potential, given.liquids or given.potential / "liquids.extxyz.gz"):
        print(json.dumps(row), flush=True)
    if not given.steps:
        return
    for pressure, temperature in itertools.product((100.0, 350.0), (600.0, 3000.0)):
        print(json.dumps(dynamics(given.potential, pressure, temperature, given.steps)), flush=True)


if __name__ == "__main__":
    main()
