"""What Monte Carlo that a potential proposes would gain over plain dynamics: hybrid Monte Carlo, which llpt lacks.

    python benchmarks/sampling.py --model
    python benchmarks/sampling.py --differences POTENTIAL RUN [RUN ...] --discard-fs 200 --out result.json
    python benchmarks/sampling.py --again result.json

``--differences`` takes run directories of the reference: the spread of F − U on their frames, its correlation time and
those of density and molecular fraction, and what hybrid Monte Carlo would gain by the cost model of
``docs/findings.md``. ``--again`` reckons the gains anew from the spreads and times of a file of results, and writes
them there. ``--model`` needs no run: it prints what the model makes of a few spreads and times.
"""

from __future__ import annotations

import argparse
import json
import math
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from llpt.engines import make_engine
from llpt.mlp.quality.phases import molecular_fraction
from llpt.statistics.autocorrelation import statistical_inefficiency
from llpt.trajectory import Trajectory
from llpt.units import ANGSTROM_TO_BOHR, BOLTZMANN_EV_PER_K

LABEL_STEPS = (2.2, 4.0)
"""Steps of dynamics that a converged single point costs: of 16 atoms, and of 64 at 2x2x2, in single precision.

In double precision it is several times dearer (docs/performance.md), and the gain smaller."""
POTENTIAL_STEPS = 1.0 / 20.0
"""A force call of a potential, in steps of DFT dynamics: 0.009 s against 0.18 s at 64 atoms and 2x2x2 (one core)."""
FEWEST_VALUES = 10.0
"""Times of a run with fewer independent values say nothing of a gain."""
OBSERVABLES = ("density", "molecular_fraction")
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


def gain(
    spread: float, *, observable_steps: float, difference_steps: float, segment: float, label_steps: float
) -> float:
    """Return independent samples of hybrid Monte Carlo over those of plain dynamics at the same cost.

    Args:
        spread: βσ.
        observable_steps: steps of dynamics to an independent sample, 2τ of the observable.
        difference_steps: 2τ of the difference along the potential's dynamics.
        segment: steps of a segment.
        label_steps: steps of dynamics that a converged single point costs.
    """
    kept, left = (math.exp(-2.0 * segment / steps) for steps in (observable_steps, difference_steps))
    cost = (label_steps + POTENTIAL_STEPS * segment) * correlation_of_chain(spread, left, kept)
    return observable_steps / cost


LENGTHS = (1, 2, 3, 5, 10, 20, 40, 80, 160, 320, 640)
"""Steps of a segment."""


def best_gain(
    spread: float, *, observable_steps: float, difference_steps: float, label_steps: float
) -> tuple[float, int]:
    """Return the gain at the best length of the segments, and that length; see :func:`gain`."""
    gains = [
        gain(
            spread,
            observable_steps=observable_steps,
            difference_steps=difference_steps,
            segment=each,
            label_steps=label_steps,
        )
        for each in LENGTHS
    ]
    return max(gains), LENGTHS[int(np.argmax(gains))]


def model() -> None:
    """Print the gain at the best length of the segments."""
    times = ((100.0, 100.0), (100.0, 30.0), (500.0, 100.0), (500.0, 30.0), (500.0, 500.0))
    for label, (observable, difference) in product(LABEL_STEPS, times):
        print(f"a single point {label:g} steps, 2τ of the observable {observable:g}, of the difference {difference:g}")
        for spread in SPREADS:
            gained, length = best_gain(
                spread, observable_steps=observable, difference_steps=difference, label_steps=label
            )
            share = accepted_share(spread, math.exp(-2.0 * length / difference))
            found = f"{gained:5.2f} times, segments of {length}, {100 * share:.0f} % accepted"
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
        "steps_between_frames": between,
        "molecular_fraction": float(series["molecular_fraction"].mean()),
        "difference_ev_per_atom": float(series["difference"].mean()) / trajectory.n_atoms,
        "sigma_ev": spread * thermal,
        "beta_sigma": spread,
        "steps_to_an_independent_value": times,
    }
    return found | gains(found)


def gains(row: dict[str, Any]) -> dict[str, Any]:
    """Return what hybrid Monte Carlo would gain in each observable of a run, at each cost of a single point.

    Args:
        row: spread, correlation times and frames of a run, as ``difference`` returns them.

    Returns:
        None for an observable where the run has fewer than ``FEWEST_VALUES`` independent values of it or of F − U.
    """
    times, length = row["steps_to_an_independent_value"], row["frames"] * row["steps_between_frames"]
    found: dict[str, Any] = {}
    for name in OBSERVABLES:
        found[f"gain_{name}"] = None
        if length / max(times[name], times["difference"]) >= FEWEST_VALUES:
            state = {"observable_steps": times[name], "difference_steps": times["difference"]}
            best = [(label, *best_gain(row["beta_sigma"], label_steps=label, **state)) for label in LABEL_STEPS]
            found[f"gain_{name}"] = [
                dict(zip(("label_steps", "times", "segment_steps"), each, strict=True)) for each in best
            ]
    return found


def differences(arguments: argparse.Namespace) -> None:
    """Print what the cost model makes of runs that are there, and write it."""
    spec, *runs = arguments.differences
    with closing(make_engine(spec, {"threads": 1})) as potential:
        rows = [difference(Path(run), potential, arguments.discard_fs, arguments.timestep) for run in runs]
    told = {"potential": Path(spec.partition(":")[2]).name, "timestep_fs": arguments.timestep, "rows": rows}
    write(told, arguments.out)


def again(place: Path) -> None:
    """Reckon the gains of a file of results anew."""
    told = json.loads(place.read_text())
    write(told | {"rows": [row | gains(row) for row in told["rows"]]}, place)


def write(told: dict[str, Any], place: Path) -> None:
    """Print the rows of a result and write it."""
    for row in told["rows"]:
        print(json.dumps(row), flush=True)
    place.write_text(json.dumps(told, indent=1) + "\n")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="store_true", help="the cost model; needs no run")
    parser.add_argument("--differences", nargs="+", metavar=("POTENTIAL", "RUN"))
    parser.add_argument("--timestep", type=float, default=0.3, help="fs, of the steps that times are counted in")
    parser.add_argument("--discard-fs", type=float, default=200.0, help="first part of these runs, left out")
    parser.add_argument("--out", type=Path, default=Path("sampling.json"))
    parser.add_argument("--again", type=Path, metavar="RESULT", help="the gains of a file of results once more")
    arguments = parser.parse_args()
    if arguments.differences:
        differences(arguments)
    if arguments.again:
        if not arguments.again.is_file():
            parser.error(f"there is no {arguments.again}: give what --differences has written.")
        again(arguments.again)
    if arguments.model:
        model()


if __name__ == "__main__":
    main()
