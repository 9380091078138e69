r"""Does the engine follow a trajectory? Forces and pressure against tight solutions, along one run or a chain of them.

    python benchmarks/dft_following.py START.extxyz --temperatures 3000 --ensemble nve --steps 100
    python benchmarks/dft_following.py START.extxyz --temperatures 500 700 900 1100 1300 1500 \
        --ensemble npt --pressure 200 --steps 170 --check-every 34 --runs RUNS --out result.json

Each temperature starts from the last configuration of the one before, T_el = T; a failure ends the script with exit
code 1. Every ``--check-every`` steps the step is solved once more in double precision, to 1e-11 Ha/atom, on an exact
grid: with the same plane waves (what the short cycles, single precision and the smaller grid cost) and, in NPT, with
those of the nominal cutoff in the present cell (what it costs to hold the plane waves while the cell moves). With
``--runs`` the runs are kept: the same command again goes on where it was stopped (Ctrl-C ends a step, not in one).
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from ase.io import read

from llpt import units
from llpt.dft.basis import Basis, build_basis
from llpt.dft.problem import Problem
from llpt.dft.scf import InitialGuess, ScfSettings, solve_scf
from llpt.dynamics import RunSettings, last_configuration, run_md
from llpt.engines import Purpose, make_engine
from llpt.precision import Precision
from llpt.trajectory import Trajectory

if TYPE_CHECKING:
    from ase import Atoms

TIGHT = ScfSettings(energy_tolerance=1e-11, orbital_tolerance=1e-6)


@dataclass
class Watch:
    """Looks at every step and compares some of them with tight solutions.

    Args:
        engine: the engine of the run.
        every: steps between comparisons; 0 for none.
    """

    engine: Any
    every: int
    cycles: Counter[int] = field(default_factory=Counter)
    sets: set[float] = field(default_factory=set)
    checks: list[dict[str, float]] = field(default_factory=list)

    def load(self, path: Path) -> None:
        """Take up what an earlier session saw."""
        if path.is_file():
            seen = json.loads(path.read_text())
            self.cycles.update({int(number): count for number, count in seen["cycles"].items()})
            self.sets.update(seen["sets"])
            self.checks.extend(seen["checks"])

    def save(self, path: Path) -> None:
        """Keep what was seen for a later session."""
        path.write_text(json.dumps({"cycles": self.cycles, "sets": sorted(self.sets), "checks": self.checks}))

    def __call__(self, progress: Any) -> None:
        """Look at the step that was just done."""
        self.cycles[self.engine.ground_state.cycles] += 1
        self.sets.add(self.engine.problem.basis.chosen_volume)
        if self.every and progress.step % self.every == 0:
            self.checks.append({"step": progress.step, **self.compared()})
            print(json.dumps(self.checks[-1]), file=sys.stderr, flush=True)

    def compared(self) -> dict[str, float]:
        """Return the largest force error (Ha/bohr) and the error of the pressure (GPa) of the last step."""
        basis = self.engine.problem.basis
        nominal = build_basis(basis.cell, cutoff=basis.cutoff, kpoints=basis.kpoints, precision=Precision.DOUBLE)
        same = replace(nominal, waves=basis.waves, chosen_volume=basis.chosen_volume)
        result = {"cutoff_ratio": basis.edge / basis.cutoff, **self._errors(same, "")}
        if abs(result["cutoff_ratio"] - 1.0) > 1e-9:
            result |= self._errors(nominal, "_at_nominal_cutoff")
        return result

    def _errors(self, basis: Basis, name: str) -> dict[str, float]:
        state, problem = self.engine.ground_state, self.engine.problem
        tight_problem = Problem(basis, problem.ions, problem.theory)
        start = None
        if basis.waves[0].count == problem.basis.waves[0].count:
            orbitals = tuple(psi.to(torch.complex128) for psi in state.orbitals)
            start = InitialGuess(tight_problem.superposed_density(), orbitals)
        tight = solve_scf(tight_problem, TIGHT, start)
        pressure = -float(torch.trace(state.stress - tight.stress)) / 3.0 * units.HARTREE_PER_BOHR3_TO_GPA
        return {f"force{name}": float((state.forces - tight.forces).abs().max()), f"pressure_gpa{name}": pressure}


def drift(trajectory: Trajectory, skip: int) -> dict[str, float]:
    """Return slope (meV/atom/ps) and scatter (meV/atom) of the conserved quantity after ``skip`` steps."""
    scalars = trajectory.scalars()
    time_ps = scalars["time_fs"].to_numpy()[skip:] / 1000.0
    conserved = scalars["conserved_ev"].to_numpy()[skip:] / trajectory.n_atoms * 1000.0
    slope, offset = np.polyfit(time_ps, conserved, 1)
    scatter = float(np.std(conserved - slope * time_ps - offset))
    return {"drift_mev_per_atom_per_ps": float(slope), "scatter_mev_per_atom": scatter}


def follow(start: Atoms, temperature: float, directory: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """Run one temperature and return what was seen."""
    options = {
        "electronic_temperature_k": temperature,
        "ecut_ry": arguments.ecut_ry,
        "pseudopotential": arguments.pseudopotential,
        "xc": arguments.xc,
    }
    constant_pressure = arguments.ensemble == "npt"
    purpose = Purpose.CONSTANT_PRESSURE if constant_pressure else Purpose.DYNAMICS
    engine = make_engine("dft", options, purpose=purpose)
    watch = Watch(engine, arguments.check_every)
    settings = RunSettings(
        ensemble=arguments.ensemble,
        temperature_k=temperature,
        pressure_gpa=arguments.pressure if constant_pressure else None,
        timestep_fs=arguments.timestep_fs or "auto",
        steps=arguments.steps,
        seed=1,
    )
    seen = directory.with_name(f"{directory.name}.seen.json")
    watch.load(seen)
    outcome = run_md(start, engine, settings, directory, on_progress=watch, progress_seconds=0.0)
    watch.save(seen)
    engine.close()
    trajectory = Trajectory.open(directory)
    result = {
        "temperature_k": temperature,
        "state": str(outcome.state),
        "reason": outcome.reason,
        "steps": outcome.steps_done,
        "timestep_fs": trajectory.timestep_fs,
        "cycles": dict(sorted(watch.cycles.items())),
        "plane_wave_sets": len(watch.sets),
        "density_g_per_cm3": float(trajectory.mass_u * units.U_PER_ANGSTROM3_TO_G_PER_CM3)
        / float(trajectory.scalars()["volume_angstrom3"].to_numpy()[-50:].mean()),
        **drift(trajectory, min(40, arguments.steps // 4)),
    }
    for name in ("force", "pressure_gpa", "force_at_nominal_cutoff", "pressure_gpa_at_nominal_cutoff"):
        errors = [abs(check[name]) for check in watch.checks if name in check]
        if errors:
            result[f"worst_{name}"] = max(errors)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("start", type=Path)
    parser.add_argument("--temperatures", type=float, nargs="+", required=True)
    parser.add_argument("--ensemble", choices=("nve", "npt", "nvt"), default="nve")
    parser.add_argument("--pressure", type=float, default=200.0, help="GPa, for npt")
    parser.add_argument("--steps", type=int, default=100, help="of each temperature")
    parser.add_argument("--timestep-fs", type=float)
    parser.add_argument("--check-every", type=int, default=10)
    parser.add_argument("--ecut-ry", type=float, default=60.0)
    parser.add_argument("--pseudopotential", default="gth")
    parser.add_argument("--xc", default="pbe")
    parser.add_argument("--runs", type=Path, help="where the runs are kept")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as aside:
        root = arguments.runs or Path(aside)
        start = read(arguments.start)
        for number, temperature in enumerate(arguments.temperatures):
            directory = root / f"{number}-T{temperature:g}"
            results.append(follow(start, temperature, directory, arguments))
            print(json.dumps(results[-1]), flush=True)
            if results[-1]["state"] != "done":
                break
            start = last_configuration(directory)
    report = {
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads",
        "command": " ".join(["python", *sys.argv]),
        "results": results,
    }
    if arguments.out and results[-1]["state"] != "unfinished":
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")
    if any(result["state"] != "done" for result in results):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
