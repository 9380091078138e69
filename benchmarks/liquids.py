"""Make labelled liquids of 128 atoms that no training has seen: short DFT molecular dynamics, then sound labels.

    python benchmarks/liquids.py OUT --settle n2p2:DIRECTORY [--atoms 128] [--kpoints spacing:S] [--seed 11]
                                    [--draw N] [--conditions K …]

At each of the conditions a fluid of molecules or atoms settles under the potential given (constant volume, its density
that of the pressure), goes on under our DFT engine at the mean value point, and frames of the second part are labelled
with ``--kpoints``. ``OUT/liquids.extxyz`` holds those of the conditions asked for. The same command goes on where it
was stopped.
"""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from llpt.dynamics import Ensemble, RunSettings, RunState, Thermostat, run_md
from llpt.engines import Purpose, make_engine, write_evaluated
from llpt.engines.evaluation import bare_copy
from llpt.learning.labelling import label
from llpt.structure import atomic_fluid, molecular_fluid, starting_density_g_per_cm3
from llpt.trajectory import Trajectory

if TYPE_CHECKING:
    from ase import Atoms

CONDITIONS = (
    (100.0, 900.0),
    (100.0, 2600.0),
    (150.0, 1000.0),
    (200.0, 700.0),
    (200.0, 1500.0),
    (250.0, 1000.0),
    (300.0, 700.0),
    (350.0, 1800.0),
)
"""Pressures (GPa) and temperatures (K) on both sides of the transition."""
ATOMIC_ABOVE_K = 1200.0
THEORY = {"pseudopotential": "default", "electronic_temperature_k": 1000.0, "pressure_correction": "finite-basis"}
"""The labels of the recipes; ``finite-basis`` in dynamics too, whose first labels are then of the same surface."""


def drawn(count: int, seed: int) -> list[tuple[float, float]]:
    """Return pressures and temperatures at random in the range of the recipes."""
    random = np.random.default_rng(seed)
    pressures = random.uniform(100.0, 350.0, count).round()
    temperatures = np.exp(random.uniform(np.log(600.0), np.log(3000.0), count)).round()
    return list(zip(pressures.tolist(), temperatures.tolist(), strict=True))


def run(start: Atoms, engine: str, directory: Path, *, temperature_k: float, steps: int, every: int, seed: int) -> None:
    settings = RunSettings(
        ensemble=Ensemble.NVT,
        temperature_k=temperature_k,
        thermostat=Thermostat.LANGEVIN,
        thermostat_time_fs=30.0,
        steps=steps,
        seed=seed,
        positions_every=every,
    )
    options = dict(THEORY) if engine == "dft" else {}
    with closing(make_engine(engine, options, purpose=Purpose.DYNAMICS)) as calculator:
        outcome = run_md(start, calculator, settings, directory)
    print(f"{directory}: {outcome.state}, {outcome.seconds_per_step:.3g} s/step", flush=True)
    if outcome.state is not RunState.DONE:
        raise SystemExit(outcome.reason)


def last_frame(directory: Path) -> Atoms:
    return stripped(Trajectory.open(directory).atoms(-1))


def stripped(atoms: Atoms) -> Atoms:
    bare = bare_copy(atoms)
    bare.arrays.pop("momenta", None)
    bare.info = {}
    return bare


def frames_of(directory: Path, *, name: str) -> list[Atoms]:
    trajectory = Trajectory.open(directory)
    chosen = []
    for index, step in enumerate(trajectory.frame_steps):
        if step > 0:
            frame = stripped(trajectory.atoms(index))
            frame.info = {"block": name, "step": int(step)}
            chosen.append(frame)
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--settle", required=True, help="potential of the first part, e.g. n2p2:DIRECTORY")
    parser.add_argument("--settle-steps", type=int, default=400)
    parser.add_argument("--atoms", type=int, default=128)
    parser.add_argument("--steps", type=int, default=40, help="steps of DFT dynamics")
    parser.add_argument("--every", type=int, default=8, help="steps between labelled frames")
    parser.add_argument("--kpoints", default="2x2x2")
    parser.add_argument("--draw", type=int, default=0, help="this many conditions at random instead")
    parser.add_argument("--conditions", type=int, nargs="+", help="numbers of those wanted, from 0; all if not given")
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    labelled: list[Atoms] = []
    conditions = drawn(options.draw, options.seed) if options.draw else CONDITIONS
    for number in options.conditions or range(len(conditions)):
        pressure, temperature = conditions[number]
        seed = options.seed + number
        name = f"N{options.atoms}-P{pressure:g}-T{temperature:g}"
        make = molecular_fluid if temperature < ATOMIC_ABOVE_K else atomic_fluid
        density = starting_density_g_per_cm3(pressure, temperature)
        start = make(atoms=options.atoms, seed=seed, density_g_per_cm3=density)
        settle, dft = options.out / f"{name}-settle", options.out / name
        every = max(1, options.settle_steps // 4)
        run(
            start,
            options.settle,
            settle,
            temperature_k=temperature,
            steps=options.settle_steps,
            every=every,
            seed=seed,
        )
        settled = last_frame(settle)
        run(settled, "dft", dft, temperature_k=temperature, steps=options.steps, every=options.every, seed=seed)
        labels = THEORY | {"kpoints": options.kpoints, "convergence": "molecular-dynamics"}
        with closing(make_engine("dft", labels)) as reference:
            frames, _ = label(
                frames_of(dft, name=name),
                reference,
                options.out / f"{name}.extxyz",
                dataset="liquids",
            )
        labelled += frames
        write_evaluated(options.out / "liquids.extxyz", labelled)


if __name__ == "__main__":
    main()
