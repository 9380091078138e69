"""One run at constant pressure, done by llpt's DFT and by pw.x: how long are the two the same?

    llpt run docs/results/two-codes/corrected.toml --out corrected   # 25 minutes of one core, pw.x nearly all of it
    llpt run docs/results/two-codes/raw.toml --out raw
    python benchmarks/two_codes.py corrected raw --out docs/results/two-codes/course.json
    python benchmarks/two_codes.py --figure docs/figures/two-codes.png   # from that file

Each study has one run of each code from the same structure, with the same seeds of thermostat and barostat. Atoms of a
fluid forget where they were: a difference of the forces grows by e within femtoseconds, so that the two runs part, and
only averages can be the same. Told are the first step, the course, and how well the conserved quantity is conserved.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import llpt
from llpt.report.drawing import own_style
from llpt.report.palette import CYCLE
from llpt.units import U_PER_ANGSTROM3_TO_G_PER_CM3

CODES = ("dft", "quantum-espresso")
EVERY_FS = 2.0
PRINTED_FS = (0.0, 4.0, 10.0, 20.0, 30.0, 40.0, 60.0, 80.0, 100.0, 150.0, 200.0)
COURSE = Path("docs/results/two-codes/course.json")
APART_ANGSTROM = 0.01
DISCARDED_FS = 50.0
STUDIES = ("corrected", "raw")
PAIRS = ("density_gcc", "pressure_gpa", "temperature_k")


class Run:
    """What is looked at of one run."""

    def __init__(self, study: Path, code: str) -> None:
        (place,) = (study / "runs" / code).glob("*/*/*")
        trajectory = llpt.open_trajectory(place)
        blocks = list(trajectory.blocks())
        self.positions = np.concatenate([block.positions_angstrom for block in blocks])
        self.forces = np.concatenate([block.forces_ev_per_angstrom for block in blocks])
        self.times_fs = np.concatenate([block.times_fs for block in blocks])
        self.atoms = trajectory.n_atoms
        scalars = trajectory.scalars()
        self.of = {name: np.asarray(scalars[name].values) for name in scalars if scalars[name].ndim == 1}
        self.density = trajectory.mass_u / self.of["volume_angstrom3"] * U_PER_ANGSTROM3_TO_G_PER_CM3

    @property
    def conserved_within_mev(self) -> float:
        """Largest departure of the conserved quantity from its start, meV per atom."""
        conserved = self.of["conserved_ev"]
        return float(1000.0 * np.abs(conserved - conserved[0]).max() / self.atoms)


def compare(study: Path) -> dict[str, Any]:
    """Return what one study tells."""
    own, pw = (Run(study, code) for code in CODES)
    apart = np.sqrt(np.square(own.positions - pw.positions).sum(axis=2).mean(axis=1))
    later = own.times_fs >= DISCARDED_FS
    first = {
        "free_energy_mev_per_atom": 1000.0 * (own.of["free_energy_ev"][0] - pw.of["free_energy_ev"][0]) / own.atoms,
        "force_ev_per_angstrom": np.abs(own.forces[0] - pw.forces[0]).max(),
        "pressure_gpa": own.of["pressure_gpa"][0] - pw.of["pressure_gpa"][0],
    }
    rows = []
    for time_fs in np.arange(0.0, own.times_fs[-1] + EVERY_FS / 2, EVERY_FS):
        step = int(np.argmin(np.abs(own.times_fs - time_fs)))
        rows.append(
            {
                "time_fs": round(float(own.times_fs[step]), 1),
                "apart_angstrom": round(float(apart[step]), 5),
                "density_gcc": [round(float(run.density[step]), 5) for run in (own, pw)],
                "pressure_gpa": [round(float(run.of["pressure_gpa"][step]), 3) for run in (own, pw)],
                "temperature_k": [round(float(run.of["temperature_k"][step]), 1) for run in (own, pw)],
            }
        )
    far = apart > APART_ANGSTROM
    return {
        "atoms": own.atoms,
        "first step, dft less pw.x": {name: round(float(value), 6) for name, value in first.items()},
        "rows": rows,
        f"apart by {APART_ANGSTROM} A after fs": float(own.times_fs[np.argmax(far)]) if far.any() else None,
        f"mean density after {DISCARDED_FS:g} fs": [round(float(run.density[later].mean()), 4) for run in (own, pw)],
        "conserved within, mev per atom": [round(run.conserved_within_mev, 3) for run in (own, pw)],
    }


def draw(told: dict[str, Any], figure: Path) -> None:
    """Draw density and distance of both studies."""
    colours = dict(zip(told, CYCLE, strict=False))
    with own_style():
        shown, (left, right) = plt.subplots(1, 2, figsize=(7.2, 2.8), layout="constrained")
        for name, study in told.items():
            times = [row["time_fs"] for row in study["rows"]]
            for number, (code, line) in enumerate((("llpt", "-"), ("pw.x", "--"))):
                densities = [row["density_gcc"][number] for row in study["rows"]]
                left.plot(times, densities, line, color=colours[name], label=f"{code}, {name}")
            right.semilogy(times, [row["apart_angstrom"] for row in study["rows"]], color=colours[name], label=name)
        left.set(xlabel="t (fs)", ylabel="density (g/cm³)")
        right.set(xlabel="t (fs)", ylabel="atoms apart, r.m.s. (Å)")
        shown.legend(*left.get_legend_handles_labels(), loc="outside upper center", ncols=4)
        figure.parent.mkdir(parents=True, exist_ok=True)
        shown.savefig(figure, dpi=160)


def main() -> None:
    """Print and write both studies, or draw what was written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corrected", type=Path, nargs="?")
    parser.add_argument("raw", type=Path, nargs="?")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--figure", type=Path)
    given = parser.parse_args()
    if given.raw is None:
        if given.figure is None:
            parser.error("give the directories of both studies, or --figure.")
        written = json.loads(COURSE.read_text(encoding="utf-8"))
        draw({name: written[name] for name in STUDIES}, given.figure)
        return
    for place in (given.corrected, given.raw):
        if lacking := [code for code in CODES if len(list((place / "runs" / code).glob("*/*/*"))) != 1]:
            parser.error(f"{place} has not one run of {' and '.join(lacking)}: give the directories of both studies.")
    told = {name: compare(getattr(given, name)) for name in STUDIES}
    for name, study in told.items():
        print(f"{name}: {json.dumps({key: value for key, value in study.items() if key != 'rows'}, indent=1)}")
        print("    fs   apart (A)   density: dft, pw.x    P (GPa): dft, pw.x    T (K): dft, pw.x")
        for row in study["rows"]:
            if row["time_fs"] in PRINTED_FS:
                pairs = "   ".join(f"{own:9} {pw:9}" for own, pw in (row[key] for key in PAIRS))
                print(f"{row['time_fs']:6.1f} {row['apart_angstrom']:9.5f}   {pairs}")
    if given.out:
        given.out.write_text(json.dumps(result_of(told), indent=1) + "\n", encoding="utf-8")


def result_of(told: dict[str, Any]) -> dict[str, Any]:
    """Return what is written: what was compared, with the command and the date."""
    date = datetime.now(tz=UTC).strftime("%Y-%m-%d")
    return {"command": "python benchmarks/two_codes.py corrected raw", "date": date, **told}


if __name__ == "__main__":
    main()
