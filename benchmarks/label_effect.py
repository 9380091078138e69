"""What training on labels of cold electrons costs: two networks of the same frames, and refits to tell fits apart.

    python benchmarks/label_effect.py --choose labels.extxyz       # 240 frames of at most 32 atoms: warm.extxyz
    llpt evaluate warm.extxyz -e dft -o cold.extxyz --option ecut_ry=60 --option kpoints=spacing:0.74 \
        --option electronic_temperature_k=100                     # an hour of one core
    python benchmarks/label_effect.py warm.extxyz cold.extxyz --out docs/results/label-effect.json

``labels.extxyz`` is that of ``examples/own-potential``, made at T_el = 1000 K; ``cold`` has the same frames at 100 K.
Networks of the same settings are fitted: one to each, from one start, and ``--refits`` more to the warm labels, each
from another start. Each drives 32 atoms at 100 GPa and 1700 K, where so small a cell goes to and fro between the
molecular and the atomic fluid. Snapshots of either region, labelled by both of a pair, go through
``llpt.audit.effect_of_labels``. Beside it stands what the labels themselves differ by.
"""

from __future__ import annotations

import argparse
import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ase.io
import numpy as np

import llpt
from llpt.audit import DoublyLabelled, effect_of_labels, label_with_other
from llpt.audit.double_labels import free_energy_of, molecular_fraction_of
from llpt.bridge import REFERENCE, SURROGATE
from llpt.dynamics import Ensemble, RunState
from llpt.engines import Purpose, make_engine, read_evaluated
from llpt.files import write_atomically
from llpt.statistics import STATISTICS, Estimate, mean_estimate
from llpt.structure import molecular_fluid, starting_density_g_per_cm3
from llpt.trajectory import Trajectory
from llpt.units import GPA_TO_EV_PER_ANGSTROM3

if TYPE_CHECKING:
    from ase import Atoms

    from llpt.audit.label_effect import BothPhases

ATOMS, PRESSURE_GPA, TEMPERATURE_K = 32, 100.0, 1700.0
SPLIT = 0.727
"""Molecular fraction that parts the regions at this state (docs/findings.md)."""
EVERY, SETTLE = 20, 2000


def settings(seed: int) -> llpt.TrainingSettings:
    return llpt.TrainingSettings(
        hidden_nodes=(12, 12), symmetry_functions=32, iterations=12, patience=12, test_fraction=0.0, seed=seed
    )


def trained(frames: list[Atoms], directory: Path, seed: int) -> Any:
    """Return the engine of a network fitted to these labels."""
    llpt.train(frames, directory, settings(seed))
    return make_engine(f"n2p2:{directory}", {"threads": 1}, purpose=Purpose.CONSTANT_PRESSURE)


def snapshots(engine: Any, directory: Path, steps: int) -> list[Atoms]:
    """Return labelled snapshots of a run at constant pressure."""
    density = starting_density_g_per_cm3(PRESSURE_GPA, 1000.0)
    start = molecular_fluid(atoms=ATOMS, seed=3, density_g_per_cm3=density)
    run = llpt.RunSettings(
        ensemble=Ensemble.NPT,
        temperature_k=TEMPERATURE_K,
        pressure_gpa=PRESSURE_GPA,
        timestep_fs=0.4,
        steps=steps,
        seed=4,
        positions_every=EVERY,
    )
    outcome = llpt.run_md(start, engine, run, directory)
    if outcome.state is not RunState.DONE:
        raise SystemExit(f"{directory}: {outcome.state}: {outcome.reason}")
    trajectory = Trajectory.open(directory)
    return [trajectory.atoms(i) for i in range(SETTLE // EVERY, trajectory.n_frames)]


def both_phases(one: tuple[Any, list[Atoms]], other: tuple[Any, list[Atoms]]) -> BothPhases:
    """Return the snapshots of two networks' runs, molecular and atomic, each with the labels of both."""

    def phase(*, molecular: bool) -> list[DoublyLabelled]:
        sets = []
        for (_, frames), (labeller, _), sampled_by in ((one, other, SURROGATE), (other, one, REFERENCE)):
            chosen = [each for each in frames if (molecular_fraction_of(each) > SPLIT) == molecular]
            name = f"{'first' if sampled_by == SURROGATE else 'other'}, {'molecular' if molecular else 'atomic'}"
            sets.append(
                label_with_other(chosen, labeller, sampled_by=sampled_by, temperature_k=TEMPERATURE_K, name=name)
            )
        return sets

    return phase(molecular=True), phase(molecular=False)


def enthalpy_step(frames: list[Atoms]) -> Estimate:
    """Return H_high - H_low of a run in eV/atom; kinetic energies cancel."""
    enthalpies: dict[bool, list[float]] = {True: [], False: []}
    for each in frames:
        volume: float = each.get_volume()
        value = (free_energy_of(each) + PRESSURE_GPA * GPA_TO_EV_PER_ANGSTROM3 * volume) / ATOMS
        enthalpies[molecular_fraction_of(each) > SPLIT].append(value)
    low, high = (mean_estimate(np.array(enthalpies[molecular]), "eV/atom") for molecular in (True, False))
    return high.minus(low)


def told(value: Estimate) -> dict[str, float]:
    return {"value": round(value.value, 3), "error": round(value.error, 3)}


def labels_differ_by(warm: list[Atoms], cold: list[Atoms]) -> dict[str, Any]:
    """Return F(cold electrons) - F(warm ones) of the labels in meV/atom: mean and spread over frames."""
    found = np.array([(free_energy_of(c) - free_energy_of(w)) / len(w) for w, c in zip(warm, cold, strict=True)]) * 1e3
    forces = np.concatenate([(c.get_forces() - w.get_forces()).ravel() for w, c in zip(warm, cold, strict=True)])
    return {
        "frames": len(found),
        "mean_mev_per_atom": round(float(found.mean()), 3),
        "spread_mev_per_atom": round(float(found.std(ddof=1)), 3),
        "forces_rms_ev_per_angstrom": round(float(np.sqrt((forces**2).mean())), 4),
    }


def choose(labels: Path, number: int = 240, largest: int = 32) -> None:
    """Write some of the small frames, drawn with a fixed seed."""
    small = [each for each in ase.io.read(labels, ":") if len(each) <= largest]
    random.seed(2)
    random.shuffle(small)
    ase.io.write("warm.extxyz", small[:number])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warm", type=Path, nargs="?")
    parser.add_argument("cold", type=Path, nargs="?")
    parser.add_argument("--choose", type=Path, metavar="LABELS")
    parser.add_argument("--refits", type=int, default=4)
    parser.add_argument("--steps", type=int, default=50_000)
    parser.add_argument("--work", type=Path, default=Path("label-effect"), help="where networks and runs go")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.choose:
        choose(given.choose)
        return
    if given.warm is None or given.cold is None:
        parser.error("give the frames with warm and with cold labels")
    warm, cold = read_evaluated(given.warm), read_evaluated(given.cold)
    report: dict[str, Any] = {
        "statistics": STATISTICS,
        "date": datetime.now(UTC).date().isoformat(),
        "atoms": ATOMS,
        "pressure_gpa": PRESSURE_GPA,
        "temperature_k": TEMPERATURE_K,
        "steps": given.steps,
        "labels": labels_differ_by(warm, cold),
    }
    print(json.dumps(report), flush=True)
    networks = {}
    for name, frames, seed in [
        ("warm", warm, 1),
        ("cold", cold, 1),
        *((f"refit-{n}", warm, 1 + n) for n in range(1, given.refits + 1)),
    ]:
        engine = trained(frames, given.work / name, seed)
        run = snapshots(engine, given.work / f"run-{name}", given.steps)
        networks[name] = (engine, run)
        fraction = float(np.mean([molecular_fraction_of(each) for each in run]))
        print(json.dumps({"network": name, "molecular_fraction": round(fraction, 3)}), flush=True)
    first = networks["warm"]
    latent = enthalpy_step(first[1])
    found = effect_of_labels(
        "T_el = 100 K",
        both_phases(first, networks["cold"]),
        [both_phases(first, networks[f"refit-{n}"]) for n in range(1, given.refits + 1)],
        latent,
    )
    report |= {
        "enthalpy_mev_per_atom": told(latent.scaled(1000.0, "meV/atom")),
        "cold_less_warm_k": told(found.row.shift.value),
        "refits_k": [told(each) for each in found.refits],
        "shift_k": told(found.shift),
        "resolved": found.resolved,
        "sentence": found.sentence,
    }
    print(json.dumps(report, indent=1), flush=True)
    if given.out:
        write_atomically(given.out, json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
