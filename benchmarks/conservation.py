"""Is the fast step the true one?  Energy conservation of DFT dynamics, and its forces against tight single points.

    python benchmarks/conservation.py M-64.extxyz A-64.extxyz --pseudopotential gth default
    python benchmarks/conservation.py M-64.extxyz --xc scan-l --pseudopotential gth

Each start runs at constant energy from 1000 K (T_el = 1000 K, k = (1/4, 1/4, 1/4), 0.25 fs) at the engine's default
settings for dynamics. The drift is the slope of a line through the conserved quantity; every tenth step is solved again
in double precision to full self-consistency. Prints one line of JSON for each run.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from ase.io import read

from llpt import units
from llpt.dynamics import RunSettings, run_md
from llpt.engines import Purpose, make_engine
from llpt.trajectory import Trajectory

EVERY = 10


def conservation(
    start: Path, *, xc: str, pseudopotential: str, ecut_ry: float, steps: int, timestep_fs: float
) -> dict[str, Any]:
    """Run one start and return its drift and the largest errors of forces and pressure."""
    atoms = read(start)
    options = {"xc": xc, "pseudopotential": pseudopotential, "ecut_ry": ecut_ry, "electronic_temperature_k": 1000.0}
    engine = make_engine("dft", options, purpose=Purpose.DYNAMICS)
    tight = make_engine("dft", {**options, "precision": "double"}, purpose=Purpose.SINGLE_POINT)
    settings = RunSettings(
        ensemble="nve", temperature_k=1000.0, timestep_fs=timestep_fs, steps=steps, seed=1, positions_every=EVERY
    )
    with tempfile.TemporaryDirectory() as directory:
        outcome = run_md(atoms, engine, settings, Path(directory) / "run")
        if outcome.state != "done":
            raise SystemExit(f"{start.stem}: the run ended as {outcome.state}: {outcome.reason}")
        trajectory = Trajectory.open(Path(directory) / "run")
        scalars = trajectory.scalars()
        frames = [trajectory.atoms(index) for index in range(1, len(trajectory.frame_steps))]
    time_ps = scalars["time_fs"].values / 1000.0
    drift, _ = np.polyfit(time_ps, scalars["conserved_ev"].values / len(atoms) * 1000.0, 1)
    forces, pressures = [], []
    for frame in frames:
        exact = frame.copy()
        exact.calc = tight
        gap = np.abs(frame.get_forces() - exact.get_forces()).max()
        forces.append(float(gap) * units.EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR)
        gap = np.mean(frame.get_stress()[:3] - exact.get_stress()[:3])
        pressures.append(abs(float(gap)) * units.EV_PER_ANGSTROM3_TO_GPA)
    return {
        "start": start.stem,
        "pseudopotential": pseudopotential,
        "xc": xc,
        "ecut_ry": ecut_ry,
        "steps": steps,
        "timestep_fs": timestep_fs,
        "mean_temperature_k": float(scalars["temperature_k"].values[steps // 4 :].mean()),
        "drift_mev_per_atom_per_ps": float(drift),
        "frames_compared": len(frames),
        "largest_force_error_ha_per_bohr": max(forces),
        "largest_pressure_error_gpa": max(pressures),
    }


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("starts", type=Path, nargs="+")
    parser.add_argument("--pseudopotential", nargs="+", default=["gth", "default"])
    parser.add_argument("--xc", default="pbe")
    parser.add_argument("--ecut-ry", type=float, default=60.0)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--timestep-fs", type=float, default=0.25)
    arguments = parser.parse_args()
    for start in arguments.starts:
        for name in arguments.pseudopotential:
            result = conservation(
                start,
                xc=arguments.xc,
                pseudopotential=name,
                ecut_ry=arguments.ecut_ry,
                steps=arguments.steps,
                timestep_fs=arguments.timestep_fs,
            )
            print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
