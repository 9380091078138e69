"""Do the errors of free-energy differences hold in their tails, where few independent labels are behind them?

    python benchmarks/bridge_tails.py [TRIES]    # of each case (1000); prints a table

Two Hamiltonians of one free energy whose Delta is Gaussian, each a series of labels, independent or with memory, worth
5 to 20 independent ones. "normal" takes the same errors as if they were known exactly.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from llpt import units
from llpt.bridge import DifferenceSamples, FreeEnergyMethod, free_energy_difference

if TYPE_CHECKING:
    from llpt.statistics import Estimate

TEMPERATURE_K = 1000.0
BETA = 1.0 / (units.BOLTZMANN_EV_PER_K * TEMPERATURE_K)
SERIES = ((8, 0.0), (12, 0.0), (20, 0.0), (50, 0.7), (70, 0.7), (200, 0.9))
"""Labels, and how much of one the next remembers."""
SPREADS = {(0.0, 1.0): (0.5, 1.0, 2.0), (0.0,): (0.3, 0.9)}
"""Standard deviations of beta Delta, by the couplings that were sampled."""
FAR, USUAL = float(norm.cdf(3.09)), 0.975
FEWEST = 100
"""Results of one method that make a row."""


def labels(random: np.random.Generator, coupling: float, count: int, memory: float, spread: float) -> DifferenceSamples:
    """Return one ensemble's labels; the free energy is the same for both."""
    series = random.normal(size=count)
    for index in range(1, count):
        series[index] = memory * series[index - 1] + math.sqrt(1.0 - memory**2) * series[index]
    return DifferenceSamples(((0.5 - coupling) * spread**2 + spread * series) / BETA, 64, TEMPERATURE_K, coupling)


def beyond(found: list[Estimate], confidence: float, *, normal: bool) -> float:
    """Return the share of results that lie beyond the interval of a confidence, in %."""
    widths = [each.standard_error * norm.ppf(confidence) if normal else each.half_width(confidence) for each in found]
    return 100.0 * float(np.mean([abs(each.value) > width for each, width in zip(found, widths, strict=True)]))


def main() -> None:
    """Print the table."""
    tries = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print("| free energy by | labels | memory | spread | results | beyond 3.09 | normal | beyond 95 % | normal |")
    print("|---|---|---|---|---|---|---|---|---|")
    for couplings, spreads in SPREADS.items():
        for count, memory in SERIES:
            for spread in spreads:
                by: dict[FreeEnergyMethod, list[Estimate]] = {}
                for seed in range(tries):
                    random = np.random.default_rng(seed)
                    found = free_energy_difference([labels(random, each, count, memory, spread) for each in couplings])
                    if found.value.resolved:
                        by.setdefault(found.method, []).append(found.value)
                for method, values in by.items():
                    if len(values) < FEWEST:
                        continue
                    shares = [
                        beyond(values, level, normal=normal) for level in (FAR, USUAL) for normal in (False, True)
                    ]
                    told = " | ".join(f"{share:.1f} %" for share in shares)
                    print(f"| {method} | {count} | {memory:g} | {spread:g} | {len(values)} | {told} |", flush=True)


if __name__ == "__main__":
    main()
