"""How many beads does hydrogen need, and what do its nuclei's mass and quantum motion change? By the own potential.

    python benchmarks/path_integrals.py exact cost hydrogen --minutes 45 --out docs/results/path-integrals.json
    python benchmarks/path_integrals.py table --out docs/results/path-integrals.json

`exact`: a crystal of coupled atoms at P = 1 to 32 (that by four seeds), and free particles, against the formulas of
finite P and the limit of quantum mechanics. `cost`: processor time of a step per bead, of the own potential and of DFT,
and the memory of DFT.
`hydrogen`: 32 atoms at 200 GPa and 1000 K, NPT, `examples/own-potential`: H with P = 1, 4, 8, 16 and 32, and D with
P = 1 and 16. A round makes every run longer by its own number of steps, up to its most, until the minutes are over; the
same command goes on where it was (`--runs`). All start from one classical run. What is left out at the start of each
stands in the table: molecules break within 40 fs where the nuclei are quantum particles.

Each number stands with its 68 % error and the number of independent samples behind it; an error that is not known,
because a run is too short for its own correlation time, is null. `molecular_fraction` counts pairs of beads,
`of_centroids` pairs of the nuclei's centroids, both closer than 0.9 Å.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from ase.build import bulk

from llpt.dynamics import RunSettings, last_configuration, run_md
from llpt.engines import EngineCalculator, EngineDescription, EngineResult, make_engine
from llpt.files import write_atomically
from llpt.observables import observe
from llpt.observables.molecules import Molecules
from llpt.statistics import Estimate, mean_estimate
from llpt.structure import molecular_fluid
from llpt.trajectory import Trajectory
from llpt.units import ATOMIC_TIME_TO_FS, BOLTZMANN_EV_PER_K, HARTREE_TO_EV, U_ANGSTROM2_PER_FS2_TO_EV

POTENTIAL = Path(__file__).resolve().parents[1] / "examples" / "own-potential"
ATOMS, PRESSURE_GPA, TEMPERATURE_K, TIMESTEP_FS = 32, 200.0, 1000.0, 0.3
START_STEPS = 600
QUANTITIES = (
    "kinetic_energy", "gyration_radius", "density", "volume", "pressure", "molecular_fraction",
    "nearest_neighbour_distance",
)  # fmt: skip
CENTROIDS = "of_centroids"
CHANGES = ("volume", "molecular_fraction", CENTROIDS, "nearest_neighbour_distance")
HBAR_EV_FS = HARTREE_TO_EV * ATOMIC_TIME_TO_FS


@dataclass(frozen=True)
class Case:
    """One run of the table.

    Args:
        isotope: ``D``; None for natural hydrogen.
        beads: P.
        steps: that a round adds.
        most: steps after which it is left as it is.
        discard_fs: left out at its start.
    """

    isotope: str | None
    beads: int
    steps: int
    most: int
    discard_fs: float = 60.0

    @property
    def name(self) -> str:
        """Of its directory, and in the table."""
        return f"{self.isotope or 'H'}-P{self.beads}"


CASES = (
    Case(None, 1, 400, 20000, 150.0),
    Case(None, 4, 250, 1000),
    Case(None, 8, 200, 800),
    Case(None, 16, 200, 20000),
    Case(None, 32, 150, 600),
    Case("D", 1, 200, 800, 150.0),
    Case("D", 16, 200, 20000),
)


class Springs(EngineCalculator):
    """Neighbours coupled by springs, a crystal; no coupling makes free particles."""

    def __init__(self, sites: Any, coupling: float, distance: float) -> None:
        super().__init__()
        self.sites, self.coupling = sites.positions.copy(), coupling
        near = np.abs(sites.get_all_distances(mic=True) - distance) < 0.01
        self.stiffness = coupling * (np.diag(near.sum(axis=0)) - near)

    def compute(self, atoms: Any, system_changes: Any) -> EngineResult:  # noqa: ARG002 - the face's
        """Return energy and forces of the springs."""
        away = atoms.positions - self.sites
        forces = -self.stiffness @ away
        energy = -0.5 * float((away * forces).sum())
        return EngineResult(energy, energy, forces, np.zeros(6))

    def describe(self) -> EngineDescription:
        """Return what it is."""
        return EngineDescription(name="springs", spec="springs", version="1", options={"coupling": self.coupling})


def exact(coupling: float, beads: int, seed: int = 5) -> dict[str, Any]:
    """Sample a crystal (or, without coupling, free particles) and return each number beside its formula."""
    temperature, timestep, steps, left_out = 500.0, 0.25, 4000, 400
    atoms = bulk("H", "sc", a=3.0).repeat((3, 3, 2))
    engine = Springs(atoms, coupling, 3.0)
    settings = RunSettings(
        ensemble="nvt", temperature_k=temperature, timestep_fs=timestep, steps=steps, seed=seed, beads=beads,
        thermostat="langevin", thermostat_time_fs=10.0, positions_every=1000,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as directory:
        run_md(atoms, engine, settings, Path(directory) / "run")
        scalars = Trajectory.open(Path(directory) / "run").scalars().isel(step=slice(left_out, None)).load()
    thermal, n = BOLTZMANN_EV_PER_K * temperature, len(atoms)
    mass = 1.008 * U_ANGSTROM2_PER_FS2_TO_EV
    stiffness = np.linalg.eigvalsh(engine.stiffness)
    stiff = stiffness[stiffness > 1e-9]
    ring = 2.0 * beads * thermal / HBAR_EV_FS * np.sin(np.pi * np.arange(1, beads) / beads)
    squares = (thermal / mass / (ring[:, np.newaxis] ** 2 + np.maximum(stiffness, 0.0) / mass)).sum(axis=0)
    inner = 1.5 * float((stiffness * squares).sum())
    expected = {
        "free_energy_ev": inner + 1.5 * len(stiff) * thermal,
        "kinetic_energy_ev": 0.5 * (3 * n - 3) * thermal + inner,
    }
    if beads > 1:
        expected["gyration_squared_angstrom2"] = 3.0 * float(squares.mean())
    quanta = HBAR_EV_FS * np.sqrt(stiff / mass)
    quantum = float((0.75 * quanta / np.tanh(0.5 * quanta / thermal)).sum())
    found = {name: mean_estimate(scalars[name].to_numpy(), "") for name in expected}
    row: dict[str, Any] = {"coupling_ev_per_angstrom2": coupling, "beads": beads, "seed": seed}
    if coupling:
        row |= {"quantum_potential_energy_ev": quantum, "classical_potential_energy_ev": 1.5 * len(stiff) * thermal}
    return row | {name: {"exact": value, **plain(found[name])} for name, value in expected.items()}


def cost() -> list[dict[str, Any]]:
    """Return processor seconds of a step, for each number of beads, and the most memory the process has had."""
    potential = {"ensemble": "npt", "pressure_gpa": PRESSURE_GPA, "temperature_k": TEMPERATURE_K}
    held = {"ensemble": "nvt", "temperature_k": TEMPERATURE_K}
    rows = []
    for spec, options, atoms, values, numbers, steps in (
        (f"model:{POTENTIAL}", {}, 64, potential, (1, 4, 16), 64),
        ("dft", {"electronic_temperature_k": 1000.0}, 32, held, (1, 2, 4), 12),
    ):
        fluid = molecular_fluid(atoms=atoms, density_g_per_cm3=1.05, seed=3)
        for beads in numbers:
            settings = RunSettings.from_mapping(
                {**values, "timestep_fs": TIMESTEP_FS, "seed": 11, "beads": beads, "steps": 4}
            )
            with tempfile.TemporaryDirectory() as directory, make_engine(spec, options) as engine:
                run_md(fluid, engine, settings, Path(directory) / "run")
                counted = max(steps // beads, 4)
                started = time.process_time()
                run_md(fluid, engine, settings.changed(steps=4 + counted), Path(directory) / "run")
                seconds = (time.process_time() - started) / counted
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
            row = {"engine": spec.split(":")[0], "atoms": atoms, "beads": beads, "seconds_per_step": seconds}
            rows.append(row | {"seconds_per_bead": seconds / beads, "most_memory_mib": memory})
            print(json.dumps(rows[-1]), flush=True)
    return rows


def advance(runs: Path, minutes: float) -> None:
    """Make every run longer, round by round."""
    end = time.monotonic() + 60.0 * minutes
    engine = make_engine(f"model:{POTENTIAL}")
    common = {"ensemble": "npt", "temperature_k": TEMPERATURE_K, "pressure_gpa": PRESSURE_GPA, "seed": 11}
    common |= {"timestep_fs": TIMESTEP_FS, "positions_every": 4}

    fluid = molecular_fluid(atoms=ATOMS, density_g_per_cm3=1.05, seed=3)
    run_md(fluid, engine, RunSettings.from_mapping({**common, "steps": START_STEPS}), runs / "start")
    start: Any = last_configuration(runs / "start")
    start.set_momenta(np.zeros((ATOMS, 3)))  # each draws its own, by its mass
    number = 0
    while time.monotonic() < end:
        number += 1
        for case in CASES:
            steps = min(number * case.steps, case.most)
            directory = runs / case.name
            if not directory.exists() or Trajectory.open(directory).n_steps < steps:
                values = {**common, "beads": case.beads, "isotope": case.isotope, "steps": steps}
                run_md(start, engine, RunSettings.from_mapping(values), directory)
        print(f"round {number}, {(end - time.monotonic()) / 60.0:.1f} minutes left", flush=True)


def measured(runs: Path) -> dict[str, dict[str, Estimate]]:
    """Return what each run gives, by its name."""
    found = {}
    for case in CASES:
        trajectory = Trajectory.open(runs / case.name)
        observed = observe(trajectory, discard_ps=case.discard_fs / 1000.0, only=QUANTITIES)
        estimates = {name: observed[name] for name in QUANTITIES if name in observed}
        if case.beads == 1:
            classical = 0.5 * (3 * ATOMS - 3) / ATOMS * BOLTZMANN_EV_PER_K * TEMPERATURE_K
            estimates["kinetic_energy"] = Estimate(classical, 0.0, "eV/atom", math.inf)
        centroids = Molecules(ATOMS)
        for block in trajectory.blocks(start_step=round(case.discard_fs / TIMESTEP_FS)):
            mean = block.configurations_angstrom.mean(axis=1)
            centroids.add(replace(block, positions_angstrom=mean, bead_positions_angstrom=None))
        estimates[CENTROIDS] = centroids.instantaneous_fraction()
        found[case.name] = {name: each for name, each in estimates.items() if isinstance(each, Estimate)}
    return found


def lengths(runs: Path) -> dict[str, float]:
    """Return the picoseconds of each run, all of it."""
    return {case.name: Trajectory.open(runs / case.name).n_steps * TIMESTEP_FS / 1000.0 for case in CASES}


def differences(found: dict[str, dict[str, Estimate]]) -> list[dict[str, Any]]:
    """Return D less H, quantum less classical nuclei, and more beads less fewer."""
    pairs = [("D-P16", "H-P16"), ("D-P1", "H-P1"), ("H-P16", "H-P1"), ("D-P16", "D-P1")]
    pairs += [("H-P8", "H-P4"), ("H-P16", "H-P8"), ("H-P32", "H-P16")]
    rows = []
    for one, other in pairs:
        row: dict[str, Any] = {"less": f"{one} - {other}"}
        for name in ("kinetic_energy", "gyration_radius", *CHANGES):
            estimates = [found[each].get(name) for each in (one, other)]
            if None not in estimates:
                row[name] = plain(estimates[0].minus(estimates[1]))
        rows.append(row)
    return rows


def plain(estimate: Estimate) -> dict[str, Any]:
    """Return value, error and number of samples; null for what is not known."""

    def known(number: float) -> float | None:
        return number if math.isfinite(number) else None

    return {
        "value": estimate.value,
        "error": known(estimate.error),
        "effective_samples": known(estimate.effective_samples),
    }


def show(result: dict[str, Any]) -> None:
    """Print the tables."""
    for row in (*result.get("exact", ()), *result.get("cost", ())):
        print(json.dumps(row))
    for row in result.get("hydrogen", ()):
        cells = [f"{row['run']:>6} {row['ps']:6.2f} ps"]
        for name in (*QUANTITIES, CENTROIDS):
            if name in row:
                error = row[name]["error"]
                cells.append(f"{name} {row[name]['value']:.4f} ± {'?' if error is None else f'{error:.4f}'}")
        print("  ".join(cells))
    for row in result.get("differences", ()):
        print(json.dumps(row))


def main() -> None:
    """Do what is asked, and keep each part as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="+", choices=("exact", "cost", "hydrogen", "table"))
    parser.add_argument("--runs", type=Path, default=Path("runs/path-integrals"))
    parser.add_argument("--minutes", type=float, default=45.0)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    result: dict[str, Any] = json.loads(given.out.read_text()) if given.out.exists() else {}
    for what in given.what:
        if what == "exact":
            result["exact"] = [exact(1.0, beads) for beads in (1, 2, 4, 8, 16, 32)]
            result["exact"] += [exact(1.0, 32, seed) for seed in (6, 7, 8)]
            result["exact"] += [exact(0.0, beads) for beads in (4, 16)]
        if what == "cost":
            result["cost"] = cost()
        if what == "hydrogen":
            advance(given.runs, given.minutes)
            found, picoseconds = measured(given.runs), lengths(given.runs)
            conditions = {"atoms": ATOMS, "pressure_gpa": PRESSURE_GPA, "temperature_k": TEMPERATURE_K}
            result["conditions"] = conditions | {"timestep_fs": TIMESTEP_FS}
            result["hydrogen"] = [
                {"run": case.name, "isotope": case.isotope or "H", "beads": case.beads}
                | {"ps": picoseconds[case.name], "discarded_ps": case.discard_fs / 1000.0}
                | {name: plain(each) for name, each in found[case.name].items()}
                for case in CASES
            ]
            result["differences"] = differences(found)
        if what != "table":
            write_atomically(given.out, json.dumps(result, indent=1) + "\n")
    show(result)


if __name__ == "__main__":
    main()
