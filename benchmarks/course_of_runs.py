"""How a run goes: molecular fraction, density and kinetic temperature of each stretch of it, from its very start.

    python benchmarks/course_of_runs.py RUN [RUN ...] [--stretch-ps 0.2] [--out course.csv]

``RUN`` is a run directory. Nothing is left out, and nothing has an error: neighbouring stretches know of each other.
docs/results/hydrogen-64/from-dissociated.csv is such a table of three runs.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path

import numpy as np

import llpt
from llpt.observables.molecules import Molecules
from llpt.units import U_PER_ANGSTROM3_TO_G_PER_CM3

COLUMNS = ("run", "from_ps", "to_ps", "molecular_fraction", "density_gcc", "kinetic_temperature_k")


def course(run: str, stretch_ps: float) -> list[tuple[str | float, ...]]:
    """Return one row for each whole stretch of a run."""
    trajectory = llpt.open_trajectory(run)
    molecules = Molecules(trajectory.n_atoms)
    steps = []
    for block in trajectory.blocks():
        molecules.add(block)
        steps.append(block.steps)
    scalars = trajectory.scalars()
    densities = trajectory.mass_u / scalars["volume_angstrom3"].to_numpy() * U_PER_ANGSTROM3_TO_G_PER_CM3
    temperatures = scalars["temperature_k"].to_numpy()
    fractions = molecules.instantaneous_series
    frames_ps = np.concatenate(steps) * trajectory.timestep_fs / 1000.0
    steps_ps = scalars["step"].to_numpy() * trajectory.timestep_fs / 1000.0
    rows = []
    for number in range(int(steps_ps[-1] / stretch_ps + 1e-6)):
        first, last = number * stretch_ps, (number + 1) * stretch_ps
        of_frames = (frames_ps > first) & (frames_ps <= last)
        of_steps = (steps_ps > first) & (steps_ps <= last)
        fraction, density = float(fractions[of_frames].mean()), float(densities[of_steps].mean())
        temperature = float(temperatures[of_steps].mean())
        rows.append((run, round(first, 6), round(last, 6), round(fraction, 3), round(density, 4), round(temperature)))
    return rows


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", metavar="RUN")
    parser.add_argument("--stretch-ps", type=float, default=0.2)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    rows = [row for run in given.runs for row in course(run, given.stretch_ps)]
    stream = given.out.open("w", encoding="utf-8", newline="") if given.out else sys.stdout
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([COLUMNS, *rows])
    if given.out:
        stream.close()


if __name__ == "__main__":
    main()
