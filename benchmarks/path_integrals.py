"""How many beads does hydrogen need, and what do its nuclei's mass and quantum motion change? By the own potential.

    python benchmarks/path_integrals.py --runs RUNS --rounds 10 --out docs/results/path-integrals.json
    python benchmarks/path_integrals.py --table docs/results/path-integrals.json

Exact first: oscillators and free particles at finite P, sampled against their formulas. Then 32 atoms at 200 GPa and
1000 K, NPT, ``examples/own-potential``: H with P = 1, 4, 8, 16 and 32, and D with P = 1 and 16. Every round makes every
run longer; the same command with more rounds goes on. All start from one classical run; the first ``DISCARD_FS`` are
left out. Each number stands with its 68 % error and the number of independent samples behind it; an error that is not
known, because a run is too short for its own correlation time, is null. Differences of H and D, and of quantum and
classical nuclei, have an error where both errors are known. ``--rounds 0`` takes the runs as they are.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ase.build import bulk

from llpt.dynamics import RunSettings, last_configuration, run_md
from llpt.engines import EngineCalculator, EngineDescription, EngineResult, make_engine
from llpt.files import write_atomically
from llpt.observables import observe
from llpt.statistics import Estimate, mean_estimate
from llpt.structure import molecular_fluid
from llpt.trajectory import Trajectory
from llpt.units import ATOMIC_TIME_TO_FS, BOLTZMANN_EV_PER_K, HARTREE_TO_EV, U_ANGSTROM2_PER_FS2_TO_EV

POTENTIAL = Path(__file__).resolve().parents[1] / "examples" / "own-potential"
ATOMS, PRESSURE_GPA, TEMPERATURE_K = 32, 200.0, 1000.0
TIMESTEP_FS = 0.3
DISCARD_FS = 21.0
START_STEPS = 600
STEPS_A_ROUND = 200
STRUCTURE = ("volume", "molecular_fraction", "nearest_neighbour_distance")
QUANTITIES = ("kinetic_energy", "gyration_radius", "density", *STRUCTURE)
HBAR_EV_FS = HARTREE_TO_EV * ATOMIC_TIME_TO_FS


@dataclass(frozen=True)
class Case:
    """One run of the table.

    Args:
        isotope: ``D``; None for natural hydrogen.
        beads: P.
    """

    isotope: str | None
    beads: int

    @property
    def name(self) -> str:
        """Of its directory, and in the table."""
        return f"{self.isotope or 'H'}-P{self.beads}"


CASES = (*(Case(None, beads) for beads in (1, 4, 8, 16, 32)), Case("D", 1), Case("D", 16))


class Springs(EngineCalculator):
    """Every atom on a spring to its site; no spring makes free particles."""

    def __init__(self, sites: np.ndarray[Any, Any], spring: float) -> None:
        super().__init__()
        self.sites, self.spring = sites.copy(), spring

    def compute(self, atoms: Any, system_changes: Any) -> EngineResult:  # noqa: ARG002 - the face's
        """Return energy and forces of the springs."""
        away = atoms.positions - self.sites
        energy = 0.5 * self.spring * float((away**2).sum())
        return EngineResult(energy, energy, -self.spring * away, np.zeros(6))

    def describe(self) -> EngineDescription:
        """Return what it is."""
        return EngineDescription(name="springs", spec="springs", version="1", options={"spring": self.spring})


def exact(runs: Path, spring: float, beads: int) -> dict[str, Any]:
    """Sample oscillators (or, without a spring, free particles) and return each number beside its formula."""
    atoms = bulk("H", "sc", a=3.0).repeat((3, 3, 2))
    temperature, steps = 500.0, 1500
    settings = RunSettings(
        ensemble="nvt", temperature_k=temperature, timestep_fs=0.5, steps=steps, seed=5, beads=beads,
        thermostat="langevin", thermostat_time_fs=10.0, positions_every=100,
    )  # fmt: skip
    run_md(atoms, Springs(atoms.positions, spring), settings, runs / f"spring{spring:g}-P{beads}")
    scalars = Trajectory.open(runs / f"spring{spring:g}-P{beads}").scalars().isel(step=slice(300, None))
    thermal, n = BOLTZMANN_EV_PER_K * temperature, len(atoms)
    mass = 1.008 * U_ANGSTROM2_PER_FS2_TO_EV
    modes = 2.0 * beads * thermal / HBAR_EV_FS * np.sin(np.pi * np.arange(1, beads) / beads)
    ring = float((thermal / mass / (modes**2 + spring / mass)).sum())
    rest = 0.5 * (3 * n - 3) * thermal
    inner = 0.5 * spring * 3 * n * ring
    expected = {
        "free_energy_ev": inner + (rest if spring else 0.0),
        "kinetic_energy_ev": rest + inner,
        "gyration_squared_angstrom2": 3.0 * ring,
    }
    found = {name: mean_estimate(scalars[name].to_numpy(), "") for name in expected}
    return {
        "spring_ev_per_angstrom2": spring,
        "beads": beads,
        **{name: {"exact": value, **_plain(found[name])} for name, value in expected.items()},
    }


def advance(runs: Path, rounds: int) -> None:
    """Make every run as long as so many rounds are."""
    engine = make_engine(f"model:{POTENTIAL}")
    common = {"ensemble": "npt", "temperature_k": TEMPERATURE_K, "pressure_gpa": PRESSURE_GPA, "seed": 11}
    common |= {"timestep_fs": TIMESTEP_FS, "positions_every": 4}
    fluid = molecular_fluid(atoms=ATOMS, density_g_per_cm3=1.05, seed=3)
    run_md(fluid, engine, RunSettings.from_mapping({**common, "steps": START_STEPS}), runs / "start")
    start: Any = last_configuration(runs / "start")
    start.set_momenta(np.zeros((ATOMS, 3)))  # each draws its own, by its mass
    for number in range(1, rounds + 1):
        for case in CASES:
            values = {**common, "beads": case.beads, "isotope": case.isotope}
            values["steps"] = number * STEPS_A_ROUND
            directory = runs / case.name
            if not directory.exists() or len(Trajectory.open(directory).scalars()["step"]) <= values["steps"]:
                run_md(start, engine, RunSettings.from_mapping(values), directory)
        print(f"round {number} of {rounds}", flush=True)


def measured(runs: Path) -> list[dict[str, Any]]:
    """Return what the runs that are there give."""
    found = []
    for case in CASES:
        if not (runs / case.name).exists():
            continue
        trajectory = Trajectory.open(runs / case.name)
        observed = observe(trajectory, discard_ps=DISCARD_FS / 1000.0, only=QUANTITIES)
        estimates = {name: observed[name] for name in QUANTITIES if name in observed}
        if case.beads == 1:
            classical = 0.5 * (3 * ATOMS - 3) / ATOMS * BOLTZMANN_EV_PER_K * TEMPERATURE_K
            estimates["kinetic_energy"] = Estimate(classical, 0.0, "eV/atom", math.inf)
        picoseconds = trajectory.n_steps * TIMESTEP_FS / 1000.0
        plain = {name: _plain(value) for name, value in estimates.items() if isinstance(value, Estimate)}
        names = {"run": case.name, "isotope": case.isotope or "H", "beads": case.beads, "ps": picoseconds}
        found.append(names | plain)
    return found


def differences(table: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return D less H with as many beads, and quantum less classical nuclei."""
    by_name = {row["run"]: row for row in table}
    pairs = [("D-P16", "H-P16"), ("D-P1", "H-P1"), ("H-P16", "H-P1"), ("D-P16", "D-P1")]
    rows = []
    for one, other in pairs:
        if one in by_name and other in by_name:
            row: dict[str, Any] = {"less": f"{one} - {other}"}
            for name in STRUCTURE:
                row[name] = _difference(by_name[one].get(name), by_name[other].get(name))
            rows.append(row)
    return rows


def _difference(one: dict[str, Any] | None, other: dict[str, Any] | None) -> dict[str, Any] | None:
    if one is None or other is None:
        return None
    errors = (one["error"], other["error"])
    error = None if None in errors else math.hypot(*errors)
    return {"value": one["value"] - other["value"], "error": error}


def _plain(estimate: Estimate) -> dict[str, Any]:
    def known(number: float) -> float | None:
        return number if math.isfinite(number) else None

    return {
        "value": estimate.value,
        "error": known(estimate.error),
        "effective_samples": known(estimate.effective_samples),
    }


def show(result: dict[str, Any]) -> None:
    """Print the tables."""
    for row in result["exact"]:
        print(json.dumps(row))
    for row in result["hydrogen"]:
        cells = [f"{row['run']:>6} {row['ps']:6.2f} ps"]
        for name in QUANTITIES:
            if name in row:
                error = row[name]["error"]
                cells.append(f"{name} {row[name]['value']:.4f} ± {'?' if error is None else f'{error:.4f}'}")
        print("  ".join(cells))
    for row in result["differences"]:
        print(json.dumps(row))


def main() -> None:
    """Run, or print what was kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--table", type=Path)
    given = parser.parse_args()
    if given.table:
        show(json.loads(given.table.read_text()))
        return
    if given.rounds:
        advance(given.runs, given.rounds)
    sampled = [exact(given.runs, spring, beads) for spring, beads in ((5.0, 4), (0.0, 4))]
    table = measured(given.runs)
    conditions = {"atoms": ATOMS, "pressure_gpa": PRESSURE_GPA, "temperature_k": TEMPERATURE_K}
    conditions |= {"timestep_fs": TIMESTEP_FS, "discard_fs": DISCARD_FS}
    result = {"conditions": conditions, "exact": sampled, "hydrogen": table, "differences": differences(table)}
    show(result)
    if given.out:
        write_atomically(given.out, json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
