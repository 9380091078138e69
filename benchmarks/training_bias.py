"""What the phase-differential bias term costs in forces: one network fitted on with the term and without; prints JSON.

From one trained network, two fits of the same number of steps on the same frames go on, alike but for the term. Usage:

    python benchmarks/training_bias.py DATA_DIRECTORY MODEL_DIRECTORY [--every 3] [--steps 8] [--forces 24]

``MODEL_DIRECTORY`` is what ``benchmarks/training.py`` wrote; the frames held out there are held out here.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from training import read_all

from llpt.mlp import BehlerParrinello, read_labels
from llpt.mlp.features.maker import FeatureMaker
from llpt.mlp.features.mixing import NetworkInputs, mixing_matrix
from llpt.mlp.fitting.assembly import take_apart
from llpt.mlp.fitting.levenberg_marquardt import FitLimits, FitState, Objective, fit
from llpt.mlp.fitting.residuals import WeightLayout, predict
from llpt.mlp.quality.accuracy import summarise_bias
from llpt.mlp.quality.phases import measure_phase_bias
from llpt.mlp.training.card import read_card
from llpt.mlp.training.preparation import make_batches
from llpt.units import EV_TO_HARTREE, HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM, HARTREE_TO_EV

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.mlp.fitting.residuals import FeatureBatch
    from llpt.mlp.quality.labels import LabelledFrame


def errors_of(
    layout: WeightLayout, vector: torch.Tensor, batches: Sequence[FeatureBatch], frames: list[LabelledFrame]
) -> dict[str, Any]:
    """Return errors on frames of one shape, in the order of their batches."""
    parts = [predict(layout, vector.float(), batch) for batch in batches]
    forces = torch.cat([part.slopes - batch.targets for part, batch in zip(parts, batches, strict=True)])
    energies = torch.cat([part.energies - batch.energies for part, batch in zip(parts, batches, strict=True)])
    errors = energies.double().numpy()
    bias = summarise_bias(measure_phase_bias(frames, errors))
    datasets = np.array([frame.dataset for frame in frames])
    for name in np.unique(datasets):
        errors[datasets == name] -= errors[datasets == name].mean()
    by_block: dict[str, list[float]] = {}
    for frame, square in zip(frames, forces.pow(2).mean(dim=1).tolist(), strict=True):
        by_block.setdefault(frame.block, []).append(square * HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM**2)
    return {
        "frames": len(frames),
        "force_rmse_ev_per_angstrom": float(forces.pow(2).mean().sqrt()) * HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM,
        "energy_rmse_mev_per_atom": float(np.sqrt(np.mean(errors**2))) * HARTREE_TO_EV * 1000.0,
        "phase_bias": bias.model_dump(),
        "force_squares_by_block": {name: sum(squares) / len(squares) for name, squares in by_block.items()},
    }


def paired_change(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    """Return the change of the force error from one fit to the other, eV/Å, and its error over blocks."""
    first, second = np.array(list(one.values())), np.array([other[name] for name in one])
    scale = 2.0 * np.sqrt(first.mean())
    change = (second - first) / scale
    return {"ev_per_angstrom": float(change.mean()), "error": float(change.std(ddof=1) / np.sqrt(len(change)))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--every", type=int, default=3, help="fit on one in so many liquids")
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--forces", type=int, default=24, help="atoms of each frame whose forces are fitted")
    options = parser.parse_args()
    definition = BehlerParrinello.load(options.model).definition
    card = read_card(options.model)
    settings = card.settings
    training, held_out = (read_labels(part)[0] for part in read_all(options.data, 0, settings.seed, options.every))
    maker = FeatureMaker(definition.functions, cutoff_type=definition.cutoff_type, moments=definition.moments)
    raw = np.concatenate([maker.values(frame.positions, frame.cell) for frame in training])
    scaling = definition.scaling
    inputs = NetworkInputs(scaling, mixing_matrix((raw - scaling.offset) * scaling.factor))
    names = sorted({frame.dataset for frame in training})
    last = float(definition.network.layers[-1].biases[0])
    batches, tests = (
        make_batches(
            part, maker, inputs, count=options.forces, constants=dict.fromkeys(names, last), settings=settings,
            on_frame=lambda: None,
        )
        for part in (training, held_out)
    )  # fmt: skip
    sizes = (definition.network.n_inputs, *settings.hidden_nodes, 1)
    layout = WeightLayout(sizes=sizes, n_datasets=len(names))
    start = take_apart(layout, definition.network, inputs, constant=last)
    constants = layout.constants(start)
    for place, name in enumerate(names):
        constants[place] = card.datasets[name].constant_ev_per_atom * EV_TO_HARTREE
    scale = (settings.phase_bias_scale_ev_per_atom or 0.001) * EV_TO_HARTREE
    report: dict[str, Any] = {"every": options.every, "steps": options.steps, "forces_per_frame": options.forces}
    for label, weight in (("with", 1.0 / scale), ("without", 0.0)):
        objective = Objective(layout=layout, batches=batches, bias_weight=weight, prior=settings.prior)
        limits = FitLimits(iterations=options.steps, patience=options.steps, deadline=None)
        state = fit(objective, [], FitState(start.clone()), limits=limits)
        print(label, [round(step.training_loss, 4) for step in state.history], file=sys.stderr, flush=True)
        report[label] = {
            "training": errors_of(layout, state.vector, batches, training),
            "held_out": errors_of(layout, state.vector, tests, held_out),
        }
    for part in ("training", "held_out"):
        squares = [report[label][part].pop("force_squares_by_block") for label in ("without", "with")]
        report[f"force_change_by_the_term_{part}"] = paired_change(*squares)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
