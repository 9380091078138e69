"""Lennard-Jones isobars below and above the critical pressure, through the same code as hydrogen.

    python examples/lennard-jones/run.py OUT            # runs what is not done, then analyses and draws
    python examples/lennard-jones/run.py OUT --analyse  # only analyses and draws

Liquid and vapour are two phases below P* = 0.128 (first order) and one fluid above it (crossover). Each isobar is a
ladder of NPT runs, each started from its neighbour's last configuration; the boiling isobars are walked both ways.
"""

from __future__ import annotations

import argparse
import json
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import ase
import matplotlib as mpl
import numpy as np
from lennard_jones import EPSILON_EV, EPSILON_K, SIGMA_ANGSTROM, LennardJones

from llpt.dynamics import RunSettings, RunState, last_configuration, run_md
from llpt.observables import load_summary, save_summary, summarise_run
from llpt.trajectory import Trajectory
from llpt.transition import Isobar, LadderPath
from llpt.transition.order import hysteresis_evidence, hysteresis_loop, order_of_isobar
from llpt.units import EV_PER_ANGSTROM3_TO_GPA

PRESSURE_GPA = EPSILON_EV / SIGMA_ANGSTROM**3 * EV_PER_ANGSTROM3_TO_GPA
CRITICAL_PRESSURE = 0.128
CRITICAL_TEMPERATURE = 1.31
STEPS = 8000
DISCARD = 2000


@dataclass(frozen=True)
class Ladder:
    """One isobar of one size, walked one way; reduced units."""

    atoms: int
    pressure: float
    temperatures: tuple[float, ...]
    path: LadderPath = LadderPath.HEATING

    @property
    def name(self) -> str:
        """Name of its folder."""
        return f"N{self.atoms}-P{self.pressure:g}-{self.path}"


def grid(low: float, high: float, spacing: float) -> tuple[float, ...]:
    """Return temperatures of equal spacing."""
    return tuple(float(value) for value in np.round(np.arange(low, high + 0.5 * spacing, spacing), 4))


BOILING = {0.05: grid(1.02, 1.26, 0.015), 0.09: grid(1.14, 1.38, 0.015)}
SMOOTH = {0.18: grid(1.1, 1.8, 0.05), 0.3: grid(1.1, 2.4, 0.1)}
LADDERS = tuple(
    [Ladder(atoms, pressure, grid_) for atoms in (128, 256) for pressure, grid_ in {**SMOOTH, **BOILING}.items()]
    + [Ladder(128, pressure, grid_, LadderPath.COOLING) for pressure, grid_ in BOILING.items()]
)


def start(atoms: int, density: float) -> ase.Atoms:
    """Return a simple cubic lattice of argon at a reduced density, rattled."""
    side = round(atoms ** (1.0 / 3.0) + 0.5)
    edge = (atoms / density) ** (1.0 / 3.0) * SIGMA_ANGSTROM
    sites = np.array([[x, y, z] for x in range(side) for y in range(side) for z in range(side)], dtype=float)
    chosen = np.linspace(0, len(sites) - 1, atoms).round().astype(int)
    structure = ase.Atoms(f"Ar{atoms}", positions=sites[chosen] * edge / side, cell=[edge] * 3, pbc=True)
    structure.rattle(0.05, seed=1)
    return structure


def walk(ladder: Ladder, out: Path) -> str:
    """Run every temperature of a ladder and average it; what is done is not done again."""
    heating = ladder.path is LadderPath.HEATING
    structure = start(ladder.atoms, 0.7 if heating else 0.1)
    for temperature in ladder.temperatures if heating else ladder.temperatures[::-1]:
        directory = out / ladder.name / f"T{temperature:g}"
        settings = RunSettings(
            ensemble="npt",
            temperature_k=temperature * EPSILON_K,
            pressure_gpa=ladder.pressure * PRESSURE_GPA,
            timestep_fs=10.0,
            steps=STEPS,
            seed=round(1e4 * temperature),
            thermostat_time_fs=500.0,
            barostat_time_fs=1000.0,
            positions_every=40,
        )
        outcome = run_md(structure, LennardJones(), settings, directory)
        if outcome.state is not RunState.DONE:
            return f"{ladder.name} T*={temperature:g}: {outcome.state}: {outcome.reason}"
        summary = out / f"{ladder.name}-T{temperature:g}.nc"
        if not summary.exists():
            found = summarise_run(
                Trajectory.open(directory),
                discard_steps=DISCARD,
                temperature_k=settings.temperature_k,
                pressure_gpa=settings.pressure_gpa,
            )
            save_summary(found, summary)
        structure = last_configuration(directory)
    return f"{ladder.name}: done"


def read(ladder: Ladder, out: Path) -> Isobar | None:
    """Return the isobar of a ladder, as far as it is done."""
    files = [out / f"{ladder.name}-T{temperature:g}.nc" for temperature in ladder.temperatures]
    summaries = [load_summary(file) for file in files if file.exists()]
    return Isobar.from_summaries(summaries, engine="Lennard-Jones", path=ladder.path) if summaries else None


def analyse(out: Path) -> dict[str, dict[str, object]]:
    """Return the verdict on every heating ladder, with the evidence."""
    isobars = {ladder: read(ladder, out) for ladder in LADDERS}
    found = {}
    for ladder, isobar in isobars.items():
        if isobar is None or ladder.path is LadderPath.COOLING:
            continue
        further = []
        back = isobars.get(Ladder(ladder.atoms, ladder.pressure, ladder.temperatures, LadderPath.COOLING))
        if back is not None:
            further.append(hysteresis_evidence([hysteresis_loop(isobar, back)]))
        statement = order_of_isobar(isobar, further, density_rises=False)
        found[ladder.name] = {
            "order": str(statement.order),
            "sentence": statement.sentence,
            "evidence": {
                str(item.kind): [str(item.order), str(item.number), item.reason] for item in statement.evidence
            },
        }
    return found


def draw(out: Path) -> None:
    """Draw density against temperature for every ladder."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415  # after the backend is chosen

    figure, axes = plt.subplots(1, 2, figsize=(7.0, 3.0), sharey=True, layout="constrained")
    styles = {128: ("o", "#0072B2"), 256: ("s", "#D55E00")}
    for ladder in LADDERS:
        isobar = read(ladder, out)
        if isobar is None:
            continue
        curve = isobar.curve("density")
        reduced = SIGMA_ANGSTROM**3 / (39.948 * 1.66053906660)
        marker, colour = styles[ladder.atoms]
        panel = axes[0] if ladder.pressure < CRITICAL_PRESSURE else axes[1]
        cooling = ladder.path is LadderPath.COOLING
        panel.errorbar(
            curve.temperatures_k / EPSILON_K,
            curve.values * reduced,
            np.nan_to_num(curve.errors) * reduced,
            marker=marker,
            markersize=3,
            color="#009E73" if cooling else colour,
            linewidth=0.8,
            linestyle="--" if cooling else "-",
            label=f"P* = {ladder.pressure:g}, N = {ladder.atoms}{', cooling' if cooling else ''}",
        )
    axes[0].set(xlabel="T*", ylabel="ρ*", title="below the critical pressure")
    axes[1].set(xlabel="T*", title="above it")
    for panel in axes:
        panel.legend(fontsize=6, frameon=False)
    figure.savefig(out / "lennard-jones.pdf")
    figure.savefig(out / "lennard-jones.png", dpi=160)


def main() -> None:
    """Run, analyse, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--analyse", action="store_true", help="do not run anything")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if not arguments.analyse:
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        with ProcessPoolExecutor(max_workers=2) as pool:
            for message in pool.map(walk, LADDERS, [arguments.out] * len(LADDERS)):
                print(message, flush=True)
    found = analyse(arguments.out)
    (arguments.out / "order.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for name, said in found.items():
        print(name, said["order"], said["sentence"], sep=": ")
    draw(arguments.out)


if __name__ == "__main__":
    main()
