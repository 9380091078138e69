"""Bennett's acceptance ratio between neighbouring Hamiltonians of one phase, and whether they overlap enough for it.

C. H. Bennett, J. Comput. Phys. 22, 245 (1976), https://doi.org/10.1016/0021-9991(76)90078-4. A free-energy difference
is known from the configurations that both Hamiltonians visit; how many those are is the question before all others.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from llpt.statistics import MINIMUM_EFFECTIVE_SAMPLES, Estimate, combined, mean_estimate, statistical_inefficiency
from llpt.statistics.reweighting import LEAST_OVERLAP, pymbar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from llpt.bridge.samples import DifferenceSamples


@dataclass(frozen=True)
class Overlap:
    """How much two neighbouring ensembles share.

    Args:
        share: off-diagonal element of the overlap matrix for equally many samples of both, 0 … 0.5.
        effective_samples: independent samples that carry the acceptance ratio, of the poorer side.
    """

    share: float
    effective_samples: float

    @property
    def suffices(self) -> bool:
        """Whether a free-energy difference may be read off the two."""
        return self.share >= LEAST_OVERLAP and self.effective_samples >= MINIMUM_EFFECTIVE_SAMPLES


def acceptance_ratio(states: Sequence[DifferenceSamples]) -> Estimate:
    """Return G(last) - G(first) of the cell in eV: the sum of the acceptance ratios of neighbouring states.

    With f the Fermi function, each step is ln(<f(C - x)>_upper / <f(x - C)>_lower) + C, x the difference of the reduced
    energies and C Bennett's optimal constant. The error follows from the means behind it: what each configuration
    contributes to the logarithms is a correlated series, whose mean has the error of ``mean_estimate``, with its
    degrees of freedom.

    Args:
        states: of one phase by rising coupling, two at least.
    """
    beta = states[0].beta_per_ev
    contributions = [np.zeros(state.difference_ev.size) for state in states]
    total = 0.0
    for index, (lower, upper) in enumerate(itertools.pairwise(states)):
        scale = beta * (upper.coupling - lower.coupling)
        step, of_lower, of_upper = _step(lower, upper, scale)
        total += step
        contributions[index] -= of_lower / of_lower.mean()
        contributions[index + 1] += of_upper / of_upper.mean()
    means = [mean_estimate(each, "") for each in contributions]
    independent = min(_independent(state.difference_ev) for state in states)
    return replace(combined(total / beta, [(mean, 1.0 / beta) for mean in means], "eV"), effective_samples=independent)


def _step(
    lower: DifferenceSamples, upper: DifferenceSamples, scale: float
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Return the reduced free-energy difference of two states, and the acceptance of every configuration of each."""
    x, y = scale * lower.difference_ev, scale * upper.difference_ev
    step = float(pymbar().bar(x, -y, compute_uncertainty=False)["Delta_f"])
    constant = step + math.log(y.size / x.size)
    return step, expit(constant - x), expit(y - constant)


def overlap(lower: DifferenceSamples, upper: DifferenceSamples) -> Overlap:
    """Return how much two neighbouring states share.

    Args:
        lower: samples of the state nearer the surrogate.
        upper: samples of the one nearer the reference.
    """
    scale = lower.beta_per_ev * (upper.coupling - lower.coupling)
    counts = (lower.difference_ev.size, upper.difference_ev.size)
    _, of_lower, of_upper = _step(lower, upper, scale)
    shared = sum(float((part * (1.0 - part)).sum()) for part in (of_lower, of_upper))
    carrying = [
        _kish(weights) * _independent(each.difference_ev) / each.difference_ev.size
        for weights, each in ((of_lower, lower), (of_upper, upper))
    ]
    return Overlap(share=0.5 * shared * sum(counts) / (counts[0] * counts[1]), effective_samples=min(carrying))


def _kish(weights: NDArray[np.float64]) -> float:
    """Return the number of samples that carry a sum of weights, (sum w)² / sum w²."""
    total = float((weights**2).sum())
    return float(weights.sum()) ** 2 / total if total > 0.0 else 0.0


def _independent(series: NDArray[np.float64]) -> float:
    """Return the number of independent samples in a series; 1 where it is too short to tell."""
    found = statistical_inefficiency(series)
    return 1.0 if math.isnan(found) else series.size / max(found, 1.0)


def exponential_effective_samples(samples: DifferenceSamples, *, towards: float) -> float:
    """Return the independent samples that carry a one-sided exponential average towards another coupling.

    Args:
        samples: of one state.
        towards: lambda of the state asked for.
    """
    exponent = -samples.beta_per_ev * (towards - samples.coupling) * samples.difference_ev
    return _kish(np.exp(exponent - exponent.max())) * _independent(exponent) / exponent.size
