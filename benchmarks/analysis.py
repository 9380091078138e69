"""Numbers behind the claims of docs/analysis.md, printed as JSON.

python benchmarks/analysis.py coverage            # how often the 68 % interval holds the truth
python benchmarks/analysis.py tails [N]           # how often errors beyond 95, 97.5, 99.5 and 99.9 % occur (2000)
python benchmarks/analysis.py classifier [N]      # error rates on N random isobars (1000), and their figure
python benchmarks/analysis.py stream [FRAMES]     # time and memory for 2048 atoms, from memory (2000)
python benchmarks/analysis.py scalars [STEPS]     # rate of the scalar observables (1,000,000)
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from pymbar import timeseries
from scipy import signal

from llpt.observables import summarise_run
from llpt.statistics import mean_estimate
from llpt.trajectory import FrameBlock
from llpt.transition import locate
from llpt.transition.order import Order, Trial, draw_trial, order_of_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIGURE = Path(__file__).resolve().parents[1] / "docs" / "figures" / "classifier.png"
WARM_UP = 3000
FAMILIES: dict[str, Callable[[Any], Any]] = {
    "white, 200 samples": lambda random: random.normal(size=200),
    "white, 20 samples": lambda random: random.normal(size=20),
    "first order, 93 independent": lambda random: _process(random, 1000, [1.0, -np.exp(-1 / 5)]),
    "first order, 20 independent": lambda random: _process(random, 400, [1.0, -np.exp(-1 / 10)]),
    "first order, 15 independent": lambda random: _process(random, 6000, [1.0, -np.exp(-1 / 200)]),
    "oscillating, damped": lambda random: _process(random, 6000, _oscillator(100.0, 100.0)),
    "oscillating, hardly damped": lambda random: _process(random, 6000, _oscillator(40.0, 300.0)),
    "fast and slow": lambda random: (
        _process(random, 7000, [1.0, -np.exp(-1 / 3)]) + 0.05 * _process(random, 7000, [1.0, -np.exp(-1 / 200)])
    ),
    "anticorrelated": lambda random: _process(random, 500, [1.0, 0.5]),
}


def _process(random: Any, length: int, denominator: list[float]) -> Any:
    return signal.lfilter([1.0], denominator, random.normal(size=length + WARM_UP))[WARM_UP:]


def _oscillator(period: float, decay: float) -> list[float]:
    radius = float(np.exp(-1.0 / decay))
    return [1.0, -2.0 * radius * float(np.cos(2.0 * np.pi / period)), radius**2]


def coverage(series: int = 2000) -> dict[str, dict[str, float]]:
    """Return, by family, how often value ± error holds the truth, here and by pymbar's inefficiency."""
    found = {}
    for name, draw in FAMILIES.items():
        random = np.random.default_rng(1)
        held, held_by_pymbar, resolved = 0, 0, 0
        for _ in range(series):
            values = draw(random)
            estimate = mean_estimate(values, "")
            resolved += estimate.resolved
            held += estimate.resolved and abs(estimate.value) < estimate.error
            inefficiency = timeseries.statistical_inefficiency(values)
            held_by_pymbar += abs(values.mean()) < values.std() * np.sqrt(inefficiency / len(values))
        found[name] = {"llpt": held / resolved, "pymbar": held_by_pymbar / series, "resolved": resolved / series}
    return found


def tails(series: int) -> dict[str, dict[str, float]]:
    """Return, by family and independent samples, how often the truth lies beyond a one-sided quantile, in per cent.

    Slow modes of equal length lie alone, under an oscillation and under a fast mode of twice their amplitude.
    """
    found = {}
    for independent in (5, 8, 12, 20, 40, 200):
        for name, fast in SLOW_UNDER.items():
            random = np.random.default_rng(7)
            estimates = [mean_estimate(_slow(random, independent, fast), "") for _ in range(series)]
            known = [estimate for estimate in estimates if estimate.resolved]
            row = {
                f"beyond {100.0 * confidence:g} %": 50.0
                * float(np.mean([abs(each.value) > each.half_width(confidence) for each in known]))
                for confidence in (0.95, 0.975, 0.995, 0.999)
            }
            held = 100.0 * float(np.mean([abs(each.value) < each.error for each in known]))
            found[f"{independent} {name}"] = {"known": 100.0 * len(known) / series, "within 68 %": held, **row}
    return found


SLOW_UNDER: dict[str, Callable[[Any], Any] | None] = {
    "alone": None,
    "under an oscillation": lambda random: _process(random, SLOW_LENGTH, _oscillator(40.0, 60.0)),
    "under a fast mode": lambda random: _process(random, SLOW_LENGTH, [1.0, -np.exp(-1 / 5)]),
}
SLOW_LENGTH = 2000


def _slow(random: Any, independent: int, fast: Callable[[Any], Any] | None) -> Any:
    memory = float(np.exp(-2.0 * independent / SLOW_LENGTH))
    slow = _process(random, SLOW_LENGTH, [1.0, -memory]) * np.sqrt(1.0 - memory**2)
    if fast is None:
        return slow
    other = fast(random)
    return 0.5 * slow + other / other.std()


def classifier(count: int) -> dict[str, Any]:
    """Return the confusion of the classifier and draw it."""
    began = time.perf_counter()
    trials = [draw_trial(seed) for seed in range(count)]
    found = [order_of_line(locate(trial.isobar), back=locate(trial.back)).order for trial in trials]
    confusion = Counter((str(trial.truth), str(order)) for trial, order in zip(trials, found, strict=True))
    truths = Counter(str(trial.truth) for trial in trials)
    wrong = {
        "crossover called first order": confusion["crossover", "first order"] / truths["crossover"],
        "first order called crossover": confusion["first order", "crossover"] / truths["first order"],
    }
    frozen = Counter(str(order) for trial, order in zip(trials, found, strict=True) if trial.frozen)
    draw_classifier(trials, found)
    return {
        "isobars": count,
        "confusion": {f"{truth} -> {order}": number for (truth, order), number in sorted(confusion.items())},
        "wrong": wrong,
        "of the crossovers, those that freeze in": dict(frozen),
        "seconds": time.perf_counter() - began,
    }


def draw_classifier(trials: list[Trial], found: list[Order]) -> None:
    """Draw which order was stated against width over spacing and noise over jump."""
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    colours = {Order.FIRST_ORDER: "#D55E00", Order.CROSSOVER: "#0072B2", Order.NOT_RESOLVED: "#BBBBBB"}
    figure, axes = plt.subplots(1, 2, figsize=(7.0, 3.2), sharey=True, layout="constrained")
    for panel, truth in zip(axes, (Order.FIRST_ORDER, Order.CROSSOVER), strict=True):
        for stated in (Order.NOT_RESOLVED, Order.FIRST_ORDER, Order.CROSSOVER):
            chosen = [t for t, order in zip(trials, found, strict=True) if t.truth is truth and order is stated]
            share = len(chosen) / max(sum(t.truth is truth for t in trials), 1)
            panel.loglog(
                [t.width_k / t.spacing_k for t in chosen],
                [t.noise / t.jump for t in chosen],
                ".",
                color=colours[stated],
                markersize=4,
                label=f"stated: {stated} ({100 * share:.1f} %)",
            )
        panel.set(title=f"truth: {truth}", xlabel="width / spacing of the grid")
        panel.legend(fontsize=7, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.08))
    axes[0].set_ylabel("error of the density / its jump")
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(FIGURE, dpi=150)


@dataclass
class Endless:
    """A fluid of molecules that is made up block by block as it is read."""

    n_frames: int
    n_atoms: int = 2048
    timestep_fs: float = 0.3
    every: int = 5

    @property
    def mass_u(self) -> float:
        """Mass of the cell."""
        return 1.008 * self.n_atoms

    @property
    def masses_u(self) -> Any:
        """Masses."""
        return np.full(self.n_atoms, 1.008)

    @property
    def numbers(self) -> Any:
        """Atomic numbers."""
        return np.ones(self.n_atoms, dtype=int)

    @property
    def frame_steps(self) -> Any:
        """Steps of the frames."""
        return np.arange(self.n_frames) * self.every

    def scalars(self) -> xr.Dataset:
        """Return white noise for every scalar."""
        steps = np.arange(self.n_frames * self.every)
        energies = ("internal_energy_ev", "free_energy_ev", "kinetic_energy_ev", "conserved_ev", "entropy_ev_per_k")
        others = ("temperature_k", "volume_angstrom3", "pressure_gpa", "pressure_uncorrected_gpa")
        random = np.random.default_rng(1)
        return xr.Dataset(
            {
                name: ("step", 1.7 * self.n_atoms * (1.0 + 0.001 * random.normal(size=steps.size)))
                for name in (*energies, *others)
            },
            coords={"step": steps, "time_fs": ("step", steps * self.timestep_fs)},
        )

    def blocks(self, size: int = 256, *, start_step: int = 0, every: int = 1) -> Iterator[FrameBlock]:
        """Yield molecules at fixed random places that jiggle."""
        random = np.random.default_rng(2)
        edge = (1.7 * self.n_atoms) ** (1.0 / 3.0)
        half = self.n_atoms // 2
        middle = random.uniform(size=(half, 3)) * edge
        axis = np.array([0.37, 0.0, 0.0])
        base = np.concatenate([middle - axis, middle + axis])
        chosen = np.flatnonzero(self.frame_steps >= start_step)[::every]
        for first in range(0, len(chosen), size):
            rows = chosen[first : first + size]
            moved = random.normal(scale=0.03, size=(len(rows), self.n_atoms, 3))
            yield FrameBlock(
                steps=self.frame_steps[rows],
                times_fs=self.frame_steps[rows] * self.timestep_fs,
                positions_angstrom=base + moved,
                velocities_angstrom_per_fs=moved,
                cells_angstrom=np.broadcast_to(edge * np.eye(3), (len(rows), 3, 3)),
                forces_ev_per_angstrom=moved,
            )


def stream(frames: int) -> dict[str, Any]:
    """Return time per frame and peak memory of the whole summary of 2048 atoms."""
    source = Endless(frames)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    processor = time.process_time()
    began = time.perf_counter()
    summarise_run(source, discard_steps=0, temperature_k=1000.0, pressure_gpa=200.0)
    seconds = time.perf_counter() - began
    processor = time.process_time() - processor
    began = time.perf_counter()
    for _ in source.blocks(400):
        pass
    making = time.perf_counter() - began
    return {
        "atoms": source.n_atoms,
        "frames": frames,
        "seconds": seconds,
        "of which making the frames": making,
        "milliseconds per frame": 1e3 * (seconds - making) / frames,
        "processor milliseconds per frame": 1e3 * processor / frames,
        "peak memory GiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
        "memory before GiB": before / 1024**2,
    }


def scalars(steps: int) -> dict[str, float]:
    """Return the rate at which the scalar observables of a long run are averaged."""
    source = Endless(1, every=steps)
    table = source.scalars()
    megabytes = table.nbytes / 1e6
    source.scalars = lambda: table  # type: ignore[method-assign]  # not to time the making of noise
    began, processor = time.perf_counter(), time.process_time()
    summarise_run(source, discard_steps=0, temperature_k=1000.0, pressure_gpa=200.0)
    seconds, processor = time.perf_counter() - began, time.process_time() - processor
    return {
        "steps": steps,
        "megabytes": megabytes,
        "seconds": seconds,
        "processor seconds": processor,
        "MB/s of processor time": megabytes / processor,
    }


def main() -> None:
    """Run one benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["coverage", "tails", "classifier", "stream", "scalars"])
    parser.add_argument("count", type=int, nargs="?")
    given = parser.parse_args()
    defaults = {"coverage": 2000, "tails": 2000, "classifier": 1000, "stream": 2000, "scalars": 1_000_000}
    commands = {"coverage": coverage, "tails": tails, "classifier": classifier, "stream": stream, "scalars": scalars}
    chosen = commands[given.what]
    print(json.dumps(chosen(given.count or defaults[given.what]), indent=1))


if __name__ == "__main__":
    main()
