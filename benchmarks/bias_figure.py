"""Draw what the phase-differential bias is a slope of: energy errors of networks on the held-out published liquids.

    python benchmarks/bias_figure.py DATA_DIRECTORY FIGURE NAME=DIRECTORY [NAME=DIRECTORY ...]

The frames are those that ``benchmarks/training.py`` holds out; each set's mean error is taken off. One panel for each
network; the line has the slope of the bias. Prints the biases as JSON.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from training import LIQUIDS, read_all

from llpt.mlp import BehlerParrinello, measure_phase_bias, molecular_fraction, read_labels
from llpt.mlp.quality.accuracy import summarise_bias
from llpt.units import HARTREE_TO_EV


def main() -> None:
    import matplotlib.pyplot as plt  # noqa: PLC0415 - slow to import

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("figure", type=Path)
    parser.add_argument("networks", nargs="+", metavar="NAME=DIRECTORY")
    options = parser.parse_args()
    frames, _ = read_labels(read_all(options.data, others=0, seed=1, every=1)[1])
    fractions = np.array([molecular_fraction(frame.positions, frame.cell) for frame in frames])
    sets = np.array([frame.dataset for frame in frames])
    count = len(options.networks)
    figure, panels = plt.subplots(
        1, count, figsize=(3.4 * count, 2.9), sharey=True, squeeze=False, constrained_layout=True
    )
    report = {}
    for panel, given in zip(panels[0], options.networks, strict=True):
        name, _, directory = given.partition("=")
        model = BehlerParrinello.load(directory)
        errors = np.array([(model.evaluate(f.positions, f.cell).energy_ha - f.energy) / f.n_atoms for f in frames])
        bias = summarise_bias(measure_phase_bias(frames, errors))
        for dataset in LIQUIDS:
            errors[sets == dataset] -= errors[sets == dataset].mean()
        shown = errors * HARTREE_TO_EV * 1000.0
        for dataset, marker in zip(LIQUIDS, "os", strict=True):
            chosen = sets == dataset
            panel.plot(
                fractions[chosen], shown[chosen], marker, ms=3.5, alpha=0.7, label=dataset.removeprefix("rerun-")
            )
        title = f"{name}: rms {np.sqrt(np.mean(shown**2)):.1f} meV/atom"
        if bias.molecular_mev_per_atom is not None:
            ends = np.array([fractions.min(), fractions.max()])
            panel.plot(ends, bias.molecular_mev_per_atom * (ends - fractions.mean()), "k-", lw=1.0)
            title += f"\nbias {bias.molecular_mev_per_atom:.1f} ± {bias.error_mev_per_atom:.1f} meV/atom"
        panel.set_title(title, fontsize=9)
        panel.set_xlabel("molecular fraction")
        report[name] = bias.model_dump()
    panels[0][0].set_ylabel("energy error (meV/atom)")
    panels[0][-1].legend(frameon=False, fontsize=7, loc="upper left")
    options.figure.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(options.figure, dpi=160)
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
