"""Train on the published training data and report errors on held-out liquids; prints JSON.

Before anything else the frames with (index // 10) % 10 == 0 of the two liquid sets are held out. Usage:

    python benchmarks/training.py DATA_DIRECTORY OUTPUT_DIRECTORY [--seconds 3600] [--others 2000] [--every 1]
                                  [--functions-from DIRECTORY] [--set key=value ...]

``DATA_DIRECTORY`` holds the published ``*.extxyz.gz`` files, ``OUTPUT_DIRECTORY`` gets the network and its card. With
``--compare DIRECTORY`` a published potential is measured on the same held-out frames. The phase-differential bias is
also given on the liquids that were trained on, and on all liquids: the held-out ones make few blocks of trajectory.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from ase.io import read

from llpt.mlp import BehlerParrinello, TrainingProgress, TrainingSettings, measure_accuracy, read_labels, train
from llpt.mlp.features.maker import FeatureMaker
from llpt.mlp.quality.accuracy import summarise_bias
from llpt.mlp.quality.phases import measure_phase_bias

if TYPE_CHECKING:
    from ase import Atoms

    from llpt.mlp.potential.definition import PotentialDefinition
    from llpt.mlp.quality.accuracy import BiasSummary
    from llpt.mlp.quality.labels import LabelledFrame

LIQUIDS = ("rerun-h-nnp-gen8-nvt-traj", "rerun-H-highP-liquid")


def read_set(path: Path) -> list[Atoms]:
    with gzip.open(path, "rt") as handle:
        frames = read(io.StringIO(handle.read()), ":", format="extxyz")
    for frame in frames:
        frame.info["dataset"] = path.name.removesuffix(".extxyz.gz")
    return list(frames)


def read_all(directory: Path, others: int, seed: int, every: int) -> tuple[list[Atoms], list[Atoms]]:
    """Return training frames (of the liquids one in ``every``) and held-out frames.

    ``others`` frames are drawn from the sets that are not liquids.
    """
    training: list[Atoms] = []
    held_out: list[Atoms] = []
    rest: list[Atoms] = []
    for path in sorted(directory.glob("*.extxyz.gz")):
        frames = read_set(path)
        if path.name.removesuffix(".extxyz.gz") not in LIQUIDS:
            rest += frames
            continue
        for index, frame in enumerate(frames):
            frame.info["block"] = f"{frame.info['dataset']}/{index // 10}"
            if (index // 10) % 10 == 0:
                held_out.append(frame)
            elif index % every == 0:
                training.append(frame)
    chosen = np.random.default_rng(seed).permutation(len(rest))[:others]
    return training + [rest[index] for index in sorted(chosen)], held_out


def bias_on(definition: PotentialDefinition, frames: list[LabelledFrame]) -> BiasSummary:
    """Return the phase-differential bias of a network trained here, from energies alone."""
    maker = FeatureMaker(definition.functions, cutoff_type=definition.cutoff_type, moments=definition.moments)
    scaling, layers = definition.scaling, definition.network.layers
    errors = []
    for frame in frames:
        value = (maker.values(frame.positions, frame.cell) - scaling.offset) * scaling.factor + scaling.base
        for layer in layers[:-1]:
            value = np.tanh(value @ layer.weights + layer.biases)
        errors.append(float((value @ layers[-1].weights + layers[-1].biases).mean()) - frame.energy / frame.n_atoms)
    return summarise_bias(measure_phase_bias(frames, np.array(errors)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--others", type=int, default=2000)
    parser.add_argument("--every", type=int, default=1, help="train on one in so many liquids: neighbours are alike")
    parser.add_argument("--functions-from", type=Path, help="a potential whose symmetry functions are used")
    parser.add_argument("--compare", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="changes")
    options = parser.parse_args()
    changes: dict[str, Any] = {
        "symmetry_functions": 180,
        "moment_functions": 64,
        "hidden_nodes": (20, 20),
        "largest_cutoff_bohr": 10.0,
        "forces_per_frame": 32,
        "energy_scale_ev_per_atom": 0.007,
        "prior": 0.01,
        "opening_iterations": 8,
        "forces_first_iterations": 18,
        "iterations": 40,
        "patience": 20,
        "test_fraction": 0.0,
        "validation_fraction": 0.05,
        "max_seconds": options.seconds,
        "memory_limit_gib": 12.0,
    }
    if options.functions_from is not None:
        changes["functions_from"] = options.functions_from
    for change in options.changes:
        key, _, value = change.partition("=")
        changes[key] = json.loads(value)
    began = time.monotonic()
    settings = TrainingSettings.model_validate(changes)
    training, held_out = read_all(options.data, options.others, settings.seed, options.every)

    ended: dict[str, float] = {}

    def show(progress: TrainingProgress) -> None:
        ended[progress.stage] = progress.seconds
        if progress.stage != "features" or progress.done % 500 == 0:
            losses = f"{progress.training_loss:.4g} {progress.validation_loss:.4g}"
            print(
                f"{time.process_time():8.1f} s {progress.stage} {progress.done} {losses}", file=sys.stderr, flush=True
            )

    outcome = train(training, options.output, settings, held_out=held_out, on_progress=show)
    processor_seconds = time.process_time()  # all threads: a shared machine stretches the other clock
    card = outcome.cards[0]
    report: dict[str, Any] = {
        "seconds": time.monotonic() - began,
        "processor_seconds": processor_seconds,
        "seconds_until_the_end_of": ended,
        "training_frames": len(training),
        "iterations": card.iterations,
        "stopped": card.stopped,
        "weights": card.weights,
        "symmetry_functions": card.symmetry_functions,
        "settings": settings.model_dump(mode="json", exclude={"functions_from"}),
        "held_out": None if card.test is None else card.test.model_dump(),
    }
    labelled, _ = read_labels(held_out)
    liquids, _ = read_labels([frame for frame in training if frame.info["dataset"] in LIQUIDS])
    for name, frames in (("training", liquids), ("all", liquids + labelled)):
        report[f"phase_bias_{name}_liquids"] = bias_on(outcome.potentials[0].definition, frames).model_dump()
    if options.compare is not None:
        published = measure_accuracy(BehlerParrinello.load(options.compare), labelled)
        report["published"] = None if published is None else published.model_dump()
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
