"""One state or two: the distribution of the density, and of a mixed field, at the transition.

The runs around the transition are joined by MBAR; T* is where the variance of the density is greatest. Two peaks of
p(rho) with a barrier ln(p_peak / p_valley) between them are two phases; the barrier of a first-order transition grows
with N (as N^(2/3)), that of a critical point does not (it is about 0.8 at any size in the Ising class), a crossover
has one peak. The mixed field rho + s u (Wilding and Bruce, J. Phys.: Condens. Matter 4, 3087, 1992) takes out the
asymmetry of the two phases: s is chosen for the least skewness. Nothing is concluded where neighbouring runs share no
configurations: a gap between two runs looks like a barrier and may be a coarse grid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.statistics import Estimate
from llpt.transition.order.evidence import Evidence, EvidenceKind, Order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from llpt.transition.order.reweighting import Reweighting

LEAST_OVERLAP = 0.03
FEWEST_SAMPLES = 50.0
ABOVE_CRITICAL = 1.0
ONE_PEAK = 0.3
SIGMAS = 2.05
TEMPERATURES = 61
GRID = 256
RESAMPLES = 100
LEAST_SHARE = 0.02


@dataclass(frozen=True)
class Distribution:
    """The distribution of a quantity at T*.

    Args:
        temperature_k: T*.
        values: of the quantity, shape (grid,).
        probability: per unit of the quantity, shape (grid,).
        barrier: ln(lower peak / valley), 0 with one peak.
        mixing: s of the mixed field; 0 for the density itself.
        effective_samples: behind the distribution.
        least_overlap: of neighbouring runs.
    """

    temperature_k: float
    values: NDArray[np.float64]
    probability: NDArray[np.float64]
    barrier: Estimate
    mixing: float
    effective_samples: float
    least_overlap: float


def distribution_at_transition(
    runs: Reweighting, *, pressure_gpa: float, mixed: bool = False, seed: int = 0
) -> Distribution:
    """Return the distribution of the density, or of the mixed field, where the variance of the density is greatest.

    Args:
        runs: the joined runs of an isobar around the transition.
        pressure_gpa: its pressure.
        mixed: whether to take the mixed field in the place of the density.
        seed: of the bootstrap behind the error of the barrier.
    """
    density = runs.density_g_per_cm3
    temperatures = np.linspace(
        min(state.temperature_k for state in runs.states),
        max(state.temperature_k for state in runs.states),
        TEMPERATURES,
    )
    variances = [_variance(density, runs.weights(float(value), pressure_gpa)) for value in temperatures]
    place = float(temperatures[int(np.argmax(variances))])
    weights = runs.weights(place, pressure_gpa)
    mixing = _least_skew(density, runs.internal_energy_ev_per_atom, weights) if mixed else 0.0
    field = density + mixing * runs.internal_energy_ev_per_atom
    width = _bandwidth(field, weights)
    grid = np.linspace(field.min() - 3.0 * width, field.max() + 3.0 * width, GRID)
    kernel = _kernel(field, grid, width)
    probability = kernel @ weights
    random = np.random.default_rng(seed)
    replicas = []
    for _ in range(RESAMPLES):
        counts = random.multinomial(len(field), np.full(len(field), 1.0 / len(field)))
        replica = weights * counts
        replicas.append(_barrier(kernel @ (replica / replica.sum())))
    samples = runs.effective_samples(place, pressure_gpa)
    barrier = Estimate(_barrier(probability), float(np.std(replicas)), "k_B T", samples)
    return Distribution(place, grid, probability, barrier, mixing, samples, runs.least_overlap())


def histogram_evidence(distributions: Mapping[int, Distribution], kind: EvidenceKind) -> Evidence:
    """Return what the barriers say, by number of atoms.

    First order: the barrier of the largest size is proven to exceed ``ABOVE_CRITICAL``, or barriers grow with size
    beyond their errors. Crossover: the largest size has one peak, with at least ``FEWEST_SAMPLES`` samples behind it.

    Args:
        distributions: at the transition, by number of atoms.
        kind: ``HISTOGRAM`` or ``MIXED_FIELD``.
    """
    meaning = "barrier between the peaks, largest size"
    sound = {size: found for size, found in distributions.items() if found.least_overlap >= LEAST_OVERLAP}
    if not sound:
        unknown = Estimate.unknown("k_B T")
        reason = "Neighbouring runs share no configurations; temperatures between them are needed."
        return Evidence(kind, Order.NOT_RESOLVED, unknown, meaning, reason)
    sizes = sorted(sound)
    largest = sound[sizes[-1]]
    barrier = largest.barrier
    text = (
        f"At {largest.temperature_k:.0f} K and {sizes[-1]} atoms the barrier is "
        f"{barrier.value:.2f} ± {barrier.error:.2f} k_B T"
    )
    if barrier.value - SIGMAS * barrier.error > ABOVE_CRITICAL:
        return Evidence(kind, Order.FIRST_ORDER, barrier, meaning, f"{text}: two states.")
    if len(sizes) > 1:
        growth = barrier.minus(sound[sizes[0]].barrier)
        if growth.value > SIGMAS * growth.error and barrier.value > SIGMAS * barrier.error:
            return Evidence(kind, Order.FIRST_ORDER, barrier, meaning, f"{text}, and it grows with size: two states.")
    if barrier.value + SIGMAS * barrier.error < ONE_PEAK and largest.effective_samples >= FEWEST_SAMPLES:
        return Evidence(kind, Order.CROSSOVER, barrier, meaning, f"{text}: one state.")
    return Evidence(kind, Order.NOT_RESOLVED, barrier, meaning, f"{text}: neither one state nor two is proven.")


def _variance(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    mean = float(weights @ values)
    return float(weights @ (values - mean) ** 2)


def _least_skew(density: NDArray[np.float64], energy: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    scale = math.sqrt(_variance(density, weights) / max(_variance(energy, weights), 1e-300))
    trials = np.linspace(-1.0, 1.0, 41) * scale
    skews = []
    for trial in trials:
        field = density + trial * energy
        deviation = field - float(weights @ field)
        spread = math.sqrt(float(weights @ deviation**2))
        skews.append(abs(float(weights @ deviation**3)) / max(spread, 1e-300) ** 3)
    return float(trials[int(np.argmin(skews))])


def _bandwidth(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return Silverman's width for the number of effective samples, from the quartiles if they are closer."""
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    quartiles = values[order][np.searchsorted(cumulative, [0.25, 0.75])]
    spread = min(math.sqrt(_variance(values, weights)), float(quartiles[1] - quartiles[0]) / 1.34 or math.inf)
    return 0.9 * spread * float(1.0 / (weights**2).sum()) ** -0.2


def _kernel(values: NDArray[np.float64], grid: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Return Gaussians of one width around every value, shape (grid, values)."""
    kernel = np.exp(-0.5 * ((grid[:, None] - values[None]) / width) ** 2)
    return np.asarray(kernel / (width * math.sqrt(2.0 * math.pi)))


def _barrier(probability: NDArray[np.float64]) -> float:
    """Return the greatest ln(lower of two peaks / valley between them) whose both sides hold a share of the weight."""
    total = probability.sum()
    left_peak = np.maximum.accumulate(probability)
    right_peak = np.maximum.accumulate(probability[::-1])[::-1]
    share = np.cumsum(probability) / total
    valid = (share > LEAST_SHARE) & (share < 1.0 - LEAST_SHARE)
    if not valid.any():
        return 0.0
    heights = np.log(np.minimum(left_peak, right_peak)[valid] / np.maximum(probability[valid], 1e-300))
    return float(heights.max())
