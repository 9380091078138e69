"""Hydrogen at constant pressure, forces and stress by ABINIT or CP2K: is the conserved quantity conserved?

    python benchmarks/external_codes.py abinit cp2k --steps 40

Eight atoms at 200 GPa and 1500 K (T_el = 2000 K), each step one run of the program. Small settings: the coupling is
looked at, not hydrogen. Prints every fifth step, then the largest change of the conserved quantity beside what the
potential energy moved by meanwhile.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from llpt.dynamics import RunSettings, run_md
from llpt.engines import make_engine
from llpt.structure import molecular_fluid
from llpt.trajectory import Trajectory

ATOMS = 8
OPTIONS = {
    "abinit": {"electronic_temperature_k": 2000.0, "ecut_ry": 30.0, "ecutsm_ry": 4.0},
    "cp2k": {
        "electronic_temperature_k": 2000.0,
        "basis_set": "DZVP-GTH",
        "cutoff_ry": 400.0,
        "relative_cutoff_ry": 40.0,
    },
}
EVERY = 5


def run(program: str, steps: int) -> None:
    """Run and print one program."""
    settings = RunSettings(
        ensemble="npt", temperature_k=1500.0, pressure_gpa=200.0, timestep_fs=0.25, steps=steps, seed=1
    )
    atoms = molecular_fluid(atoms=ATOMS, density_g_per_cm3=1.0, seed=1)
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as place, make_engine(program, OPTIONS[program]) as engine:
        print(f"{engine.describe().version}: {OPTIONS[program]}")
        outcome = run_md(atoms, engine, settings, Path(place) / "run")
        if outcome.state != "done":
            raise SystemExit(f"{program}: the run ended as {outcome.state}: {outcome.reason}")
        scalars = Trajectory.open(Path(place) / "run").scalars()
    seconds = time.perf_counter() - begin
    values = {name: scalars[name].values for name in ("temperature_k", "pressure_gpa", "volume_angstrom3")}
    conserved = 1000.0 * (scalars["conserved_ev"].values - scalars["conserved_ev"].values[0]) / ATOMS
    potential = 1000.0 * np.ptp(scalars["free_energy_ev"].values) / ATOMS
    print("step   T (K)  P (GPa)  V (Å³)  conserved (meV/atom)")
    for row in range(0, steps + 1, EVERY):
        kelvin, gpa, volume = (series[row] for series in values.values())
        print(f"{row:4d} {kelvin:7.0f} {gpa:8.1f} {volume:7.2f}  {conserved[row]:+.3f}")
    change = float(np.abs(conserved).max())
    print(f"conserved within {change:.2f} meV/atom, while F moved by {potential:.0f}; {seconds / steps:.1f} s a step\n")


def main() -> None:
    """Run the programs that are named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", nargs="+", choices=sorted(OPTIONS))
    parser.add_argument("--steps", type=int, default=40)
    given = parser.parse_args()
    for program in given.programs:
        run(program, given.steps)


if __name__ == "__main__":
    main()
