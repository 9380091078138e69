"""What an independent sample costs: plain dynamics, with a potential within a step, and what Monte Carlo would gain.

    python benchmarks/sampling.py --model
    python benchmarks/sampling.py --measure REFERENCE POTENTIAL START.extxyz --runs RUNS --out result.json
    python benchmarks/sampling.py --differences POTENTIAL RUN [RUN ...] --discard-fs 200 --out result.json

``--differences`` takes run directories of the reference: the spread of F − U on their frames, its correlation time and
those of density and molecular fraction, and what hybrid Monte Carlo would gain by the cost model of
``docs/dynamics.md``. ``--model`` needs no run: it prints what the model makes of a few spreads and times. ``--measure``
runs the samplers (plain dynamics, multiple time steps of ``--inner`` steps; ``--samplers`` names one) at constant
pressure, one after the other; REFERENCE and POTENTIAL are SPECs, ``--option key=value`` goes to the reference. For
each: means with errors of density, molecular fraction and F, independent samples, and processor seconds (the first part
of a run, which is discarded, included); then independent samples for the same processor time over those of plain
dynamics. A run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.io import read

from llpt.dynamics import MultipleTimeSteps, RunSettings, run_md
from llpt.engines import make_engine
from llpt.mlp.quality.phases import molecular_fraction
from llpt.statistics import mean_estimate
from llpt.statistics.autocorrelation import statistical_inefficiency
from llpt.trajectory import Trajectory
from llpt.units import ANGSTROM_TO_BOHR, BOLTZMANN_EV_PER_K, U_PER_ANGSTROM3_TO_G_PER_CM3

LABEL_STEPS = 4.0
"""A converged single point, from orbitals of a configuration far away, is taken to cost as many steps of dynamics."""
POTENTIAL_STEPS = 1.0 / 20.0
"""A force call of a potential, in steps of DFT dynamics: 0.009 s against 0.18 s at 64 atoms and 2x2x2 (one core)."""
SAMPLERS = ("dynamics", "inner")
SPREADS = (0.5, 1.0, 1.5, 2.5, 4.0, 6.0)
"""Standard deviation of the difference F − U within a phase, over k_B T."""


def accepted_share(spread: float, left: float) -> float:
    """Return the mean acceptance of segments, erfc(s/2√2) with s² = 2 (βσ)² (1 − c).

    Args:
        spread: βσ of the difference within a phase.
        left: c, its correlation from the start to the end of a segment under the potential's dynamics.
    """
    return math.erfc(0.5 * spread * math.sqrt(1.0 - left))


def correlation_of_chain(spread: float, left: float, kept: float, *, points: int = 161) -> float:
    """Return the integrated correlation time of an observable in proposals, 1 + 2 Σ ρ(k).

    The difference is Gaussian with the spread βσ and a first-order process along segments. The observable keeps the
    share C of its deviation in an accepted segment and all of it in a rejected one, whatever the difference: then ρ(k)
    is the mean of C to the number of accepted proposals, a sum over a chain in the difference alone.

    Args:
        spread: βσ.
        left: c of the difference.
        kept: C of the observable.
        points: of the grid of the difference.
    """
    grid = np.linspace(-6.0, 6.0, points)  # in units of its spread, about its mean in the reference's ensemble
    weight = np.exp(-0.5 * grid**2)
    weight /= weight.sum()
    # Under the potential the mean lies βσ higher: the segment pulls there.
    moves = np.exp(-0.5 * (grid[np.newaxis] - spread - left * (grid[:, np.newaxis] - spread)) ** 2 / (1.0 - left**2))
    moves /= np.maximum(moves.sum(axis=1, keepdims=True), 1e-300)
    accepted = moves * np.minimum(1.0, np.exp(-spread * (grid[np.newaxis] - grid[:, np.newaxis])))
    stay = np.diag(1.0 - accepted.sum(axis=1))
    summed = np.linalg.solve(np.eye(points) - stay - kept * accepted, np.ones(points))
    return float(2.0 * weight @ summed - 1.0)


def gain(spread: float, *, observable_steps: float, difference_steps: float, segment: float) -> float:
    """Return independent samples of hybrid Monte Carlo over those of plain dynamics at the same cost.

    Args:
        spread: βσ.
        observable_steps: steps of dynamics to an independent sample, 2τ of the observable.
        difference_steps: 2τ of the difference along the potential's dynamics.
        segment: steps of a segment.
    """
    kept, left = (math.exp(-2.0 * segment / steps) for steps in (observable_steps, difference_steps))
    cost = (LABEL_STEPS + POTENTIAL_STEPS * segment) * correlation_of_chain(spread, left, kept)
    return observable_steps / cost


LENGTHS = (3, 5, 10, 20, 40, 80, 160, 320, 640)
"""Steps of a segment."""


def best_gain(spread: float, *, observable_steps: float, difference_steps: float) -> tuple[float, int]:
    """Return the gain at the best length of the segments, and that length; see :func:`gain`."""
    gains = [
        gain(spread, observable_steps=observable_steps, difference_steps=difference_steps, segment=each)
        for each in LENGTHS
    ]
    return max(gains), LENGTHS[int(np.argmax(gains))]


def model() -> None:
    """Print the gain at the best length of the segments."""
    for observable, difference in ((100.0, 100.0), (100.0, 30.0), (500.0, 100.0), (500.0, 30.0), (500.0, 500.0)):
        print(f"2τ of the observable {observable:g} steps, of the difference {difference:g}")
        for spread in SPREADS:
            times, length = best_gain(spread, observable_steps=observable, difference_steps=difference)
            share = accepted_share(spread, math.exp(-2.0 * length / difference))
            found = f"{times:5.2f} times, segments of {length}, {100 * share:.0f} % accepted"
            print(f"  βσ {spread:3.1f}: {found}")


def fractions(trajectory: Trajectory, discard: int) -> np.ndarray[Any, Any]:
    """Return the molecular fraction of each frame from a step on."""
    return np.array(
        [
            molecular_fraction(positions * ANGSTROM_TO_BOHR, cell * ANGSTROM_TO_BOHR)
            for block in trajectory.blocks(start_step=discard)
            for positions, cell in zip(block.positions_angstrom, block.cells_angstrom, strict=True)
        ]
    )


def difference(run: Path, potential: Any, discard_fs: float, timestep_fs: float) -> dict[str, Any]:
    """Return spread and correlation times of F − U on the frames of a run; times in steps of ``timestep_fs``."""
    trajectory = Trajectory.open(run)
    discard = math.ceil(discard_fs / trajectory.timestep_fs)
    scalars = trajectory.scalars()
    steps, energies = [], []
    for block in trajectory.blocks(start_step=discard):
        for step, positions, cell in zip(block.steps, block.positions_angstrom, block.cells_angstrom, strict=True):
            atoms = Atoms(numbers=trajectory.numbers, positions=positions, cell=cell, pbc=True)
            steps.append(int(step))
            energies.append(potential.get_property("free_energy", atoms))
    free = scalars["free_energy_ev"].sel(step=steps).to_numpy()
    told = json.loads((run / "run.json").read_text())
    thermal = BOLTZMANN_EV_PER_K * told["settings"]["temperature_k"]
    between = (steps[1] - steps[0]) * trajectory.timestep_fs / timestep_fs
    series = {
        "difference": free - np.array(energies),
        "density": 1.0 / scalars["volume_angstrom3"].sel(step=steps).to_numpy(),
        "molecular_fraction": fractions(trajectory, discard),
    }
    times = {name: between * statistical_inefficiency(values) for name, values in series.items()}
    spread = float(series["difference"].std(ddof=1)) / thermal
    found: dict[str, Any] = {
        "run": "/".join(run.parts[-4:]),
        "frames": len(steps),
        "molecular_fraction": float(series["molecular_fraction"].mean()),
        "difference_ev_per_atom": float(series["difference"].mean()) / trajectory.n_atoms,
        "sigma_ev": spread * thermal,
        "beta_sigma": spread,
        "steps_to_an_independent_value": times,
    }
    for name in ("density", "molecular_fraction"):
        gained, length = best_gain(spread, observable_steps=times[name], difference_steps=times["difference"])
        found[f"gain_{name}"] = {"times": gained, "segment_steps": length}
    return found


def differences(arguments: argparse.Namespace) -> None:
    """Print what the cost model makes of runs that are there, and write it."""
    spec, *runs = arguments.differences
    with closing(make_engine(spec, {"threads": 1})) as potential:
        rows = [difference(Path(run), potential, arguments.discard_fs, arguments.timestep) for run in runs]
    for row in rows:
        print(json.dumps(row), flush=True)
    told = {"potential": Path(spec.partition(":")[2]).name, "timestep_fs": arguments.timestep, "rows": rows}
    arguments.out.write_text(json.dumps(told, indent=1) + "\n")


def sampled(
    place: Path, reference: str, options: dict[str, str], atoms: Any, settings: RunSettings, *, discard: int
) -> dict[str, Any]:
    """Run one sampler and return what it gave and took.

    Args:
        place: its run directory.
        reference: SPEC of the engine.
        options: its options.
        atoms: the start.
        settings: of the run.
        discard: first steps left out.
    """
    spent = place.with_suffix(".seconds.json")
    if place.exists() and not spent.exists():
        raise SystemExit(f"{place} was run without counting its seconds: give another --runs.")
    seconds = json.loads(spent.read_text()) if spent.exists() else 0.0
    began = time.process_time()
    try:
        with closing(make_engine(reference, options, purpose=settings.purpose)) as engine:
            run_md(atoms, engine, settings, place)
    finally:
        seconds += time.process_time() - began
        spent.parent.mkdir(parents=True, exist_ok=True)
        spent.write_text(json.dumps(seconds))
    trajectory = Trajectory.open(place)
    scalars = trajectory.scalars().sel(step=slice(discard, None))
    density = trajectory.mass_u * U_PER_ANGSTROM3_TO_G_PER_CM3 / scalars["volume_angstrom3"].to_numpy()
    series = {
        "density_g_per_cm3": density,
        "free_energy_ev_per_atom": scalars["free_energy_ev"].to_numpy() / len(atoms),
        "molecular_fraction": fractions(trajectory, discard),
    }
    found: dict[str, Any] = {"steps": settings.steps, "discard": discard, "processor_seconds": seconds}
    for name, values in series.items():
        mean = mean_estimate(values, "")
        found[name] = {"mean": mean.value, "error": mean.error, "independent": mean.effective_samples}
    return found


def measure(arguments: argparse.Namespace) -> None:
    """Run the samplers, print what they gave, and write it."""
    reference, potential, start = arguments.measure
    options = dict(each.split("=", 1) for each in arguments.option)
    atoms = read(start)
    state = {"ensemble": "npt", "temperature_k": arguments.temperature, "pressure_gpa": arguments.pressure, "seed": 1}
    inner, timestep = arguments.inner, arguments.timestep
    split = MultipleTimeSteps(engine=potential, inner_steps=inner)
    runs = {
        "dynamics": (RunSettings(**state, timestep_fs=timestep, steps=arguments.steps), arguments.discard),
        "inner": (
            RunSettings(
                **state,
                timestep_fs=timestep * inner,
                steps=arguments.steps // inner,
                positions_every=2,
                multiple_time_steps=split,
            ),
            arguments.discard // inner,
        ),
    }
    found: dict[str, Any] = {
        name: sampled(arguments.runs / name, reference, options, atoms, settings, discard=discard)
        for name, (settings, discard) in runs.items()
        if name in arguments.samplers
    }
    if len(found) == len(SAMPLERS):
        other = found["inner"]
        for name in ("density_g_per_cm3", "molecular_fraction", "free_energy_ev_per_atom"):
            one, two = found["dynamics"][name], other[name]
            slower = other["processor_seconds"] / found["dynamics"]["processor_seconds"]
            two["times"] = two["independent"] / one["independent"] / slower
            two["apart_in_errors"] = abs(one["mean"] - two["mean"]) / math.hypot(one["error"], two["error"])
    print(json.dumps(found, indent=1))
    arguments.out.write_text(json.dumps({**vars(arguments), "found": found}, indent=1, default=str) + "\n")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="store_true", help="the cost model; needs no run")
    parser.add_argument("--measure", nargs=3, metavar=("REFERENCE", "POTENTIAL", "START"))
    parser.add_argument("--option", action="append", default=[], metavar="KEY=VALUE", help="of the reference")
    parser.add_argument("--runs", type=Path, default=Path("sampling-runs"))
    parser.add_argument("--out", type=Path, default=Path("sampling.json"))
    parser.add_argument("--temperature", type=float, default=1000.0, help="K")
    parser.add_argument("--pressure", type=float, default=200.0, help="GPa")
    parser.add_argument("--timestep", type=float, default=0.3, help="fs")
    parser.add_argument("--steps", type=int, default=4000, help="of dynamics")
    parser.add_argument("--discard", type=int, default=500, help="first steps of dynamics left out")
    parser.add_argument("--samplers", nargs="+", default=SAMPLERS, choices=SAMPLERS)
    parser.add_argument("--inner", type=int, default=3, help="steps of the potential within one")
    parser.add_argument("--differences", nargs="+", metavar=("POTENTIAL", "RUN"))
    parser.add_argument("--discard-fs", type=float, default=200.0, help="first part of these runs, left out")
    arguments = parser.parse_args()
    if arguments.differences:
        differences(arguments)
    if arguments.model:
        model()
    if arguments.measure:
        measure(arguments)


if __name__ == "__main__":
    main()
