"""One state or two: the distribution of the density, and of a mixed field, at the transition.

The runs around the transition are joined by MBAR; T* is where the variance of the density is greatest. Two peaks of
p(rho) with a barrier ln(p_peak / p_valley) between them are two phases; the barrier of a first-order transition grows
with N (as N^(2/3)), that of a critical point does not (it is about 0.8 at any size in the Ising class), a crossover
has one peak. The mixed field rho + s u (Bruce and Wilding, Phys. Rev. Lett. 68, 193, 1992) is that in which
the two phases lie farthest apart: s is chosen for the least kurtosis, which is 1 for two sharp states of equal weight
and 3 for a Gaussian (Pena and Prieto, J. Am. Stat. Assoc. 96, 1433, 2001). The least skewness would not do: the
mixture in which two phases coincide has none. Nothing is concluded where neighbouring runs share no configurations: a
gap between two runs looks like a barrier and may be a coarse grid.

Two states closer than about four times the spread of one of them show one peak. One peak thus speaks for a crossover
only where a jump as high as the change that the ladder shows would have been ``SHOWN`` spreads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.statistics import Estimate
from llpt.statistics.reweighting import LEAST_OVERLAP
from llpt.transition.confidence import CONFIDENCE
from llpt.transition.evidence import Evidence, EvidenceKind, Order

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from llpt.transition.order.reweighting import Reweighting

FEWEST_SAMPLES = 50.0
ABOVE_CRITICAL = 1.0
ONE_PEAK = 0.3
TEMPERATURES = 61
GRID = 256
RESAMPLES = 100
LEAST_SHARE = 0.02
SHOWN = 4.0
"""Two equal Gaussians this many of their spreads apart have a barrier of 1.3 and a cumulant of 0.43."""


@dataclass(frozen=True)
class Distribution:
    """The distribution of a quantity at T*.

    Args:
        temperature_k: T*.
        values: of the quantity, shape (grid,).
        probability: per unit of the quantity, shape (grid,).
        barrier: ln(lower peak / valley), 0 with one peak.
        mixing: s of the mixed field; 0 for the density itself.
        separation: a jump of the density as high as the ladder's change, over the spread of one state; 0 where that
            change is not known.
        susceptibility: N Var(rho) / <rho>^2 at T*.
        cumulant: Binder's, of the density at T*.
        effective_samples: behind the distribution.
        least_overlap: of neighbouring runs.
    """

    temperature_k: float
    values: NDArray[np.float64]
    probability: NDArray[np.float64]
    barrier: Estimate
    mixing: float
    separation: float
    susceptibility: Estimate
    cumulant: Estimate
    effective_samples: float
    least_overlap: float


def distribution_at_transition(
    runs: Reweighting, *, pressure_gpa: float, jump_g_per_cm3: float = 0.0, mixed: bool = False, seed: int = 0
) -> Distribution:
    """Return the distribution of the density, or of the mixed field, where the variance of the density is greatest.

    Args:
        runs: the joined runs of an isobar around the transition.
        pressure_gpa: its pressure.
        jump_g_per_cm3: what the density changes by at least across the transition, >= 0; 0 where that is not known.
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
    mixing = _greatest_separation(density, runs.internal_energy_ev_per_atom, weights) if mixed else 0.0
    field = density + mixing * runs.internal_energy_ev_per_atom
    width = _bandwidth(field, weights)
    grid = np.linspace(field.min() - 3.0 * width, field.max() + 3.0 * width, GRID)
    kernel = _kernel(field, grid, width)
    random = np.random.default_rng(seed)
    replicas = []
    for _ in range(RESAMPLES):
        replica = weights * random.multinomial(len(field), np.full(len(field), 1.0 / len(field)))
        replica = replica / replica.sum()
        replicas.append((_barrier(kernel @ replica), *_moments(density, replica)))
    barrier, variance, cumulant = np.std(replicas, axis=0)
    probability = kernel @ weights
    found = (_barrier(probability), *_moments(density, weights))
    samples = runs.effective_samples(place, pressure_gpa)
    return Distribution(
        temperature_k=place,
        values=grid,
        probability=probability,
        barrier=Estimate(found[0], float(barrier), "k_B T", samples),
        mixing=mixing,
        separation=jump_g_per_cm3 / _spread_of_one(runs),
        susceptibility=Estimate(runs.n_atoms * found[1], runs.n_atoms * float(variance), "", samples),
        cumulant=Estimate(found[2], float(cumulant), "", samples),
        effective_samples=samples,
        least_overlap=runs.least_overlap(),
    )


def histogram_evidence(distributions: Mapping[int, Distribution], kind: EvidenceKind) -> Evidence:
    """Return what the barriers say, by number of atoms.

    First order: the barrier of the largest size is proven to exceed ``ABOVE_CRITICAL``, or barriers grow with size
    beyond their errors. Crossover: the largest size has one peak, with at least ``FEWEST_SAMPLES`` samples behind it,
    where two states as far apart as the change is high would have shown two.

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
    width = barrier.half_width(CONFIDENCE)
    if barrier.value - width > ABOVE_CRITICAL:
        return Evidence(kind, Order.FIRST_ORDER, barrier, meaning, f"{text}: two states.")
    if len(sizes) > 1:
        growth = barrier.minus(sound[sizes[0]].barrier)
        if growth.value > growth.half_width(CONFIDENCE) and barrier.value > width:
            return Evidence(kind, Order.FIRST_ORDER, barrier, meaning, f"{text}, and it grows with size: two states.")
    if barrier.value + width < ONE_PEAK and largest.effective_samples >= FEWEST_SAMPLES:
        if largest.separation < SHOWN:
            reason = f"{text}, {too_close(largest.separation)}"
            return Evidence(kind, Order.NOT_RESOLVED, barrier, meaning, reason)
        return Evidence(kind, Order.CROSSOVER, barrier, meaning, f"{text}: one state.")
    return Evidence(kind, Order.NOT_RESOLVED, barrier, meaning, f"{text}: neither one state nor two is proven.")


def too_close(separation: float) -> str:
    """Return why one peak does not tell one state from two."""
    return (
        f"but a jump as high as the whole change would be {separation:.1f} spreads of one state, and {SHOWN:g} are "
        "needed to show: more atoms."
    )


def _variance(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    mean = float(weights @ values)
    return float(weights @ (values - mean) ** 2)


def _moments(density: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[float, float]:
    """Return Var(rho) / <rho>^2 and Binder's cumulant."""
    mean = float(weights @ density)
    squares = (density - mean) ** 2
    second = float(weights @ squares)
    return second / mean**2, 1.0 - float(weights @ squares**2) / (3.0 * second**2) if second > 0.0 else 0.0


def _spread_of_one(runs: Reweighting) -> float:
    """Return the spread of the density in the runs at either end, the greater of the two, in g/cm^3."""
    mass = float(runs.density_g_per_cm3[0] * runs.states[0].volume_angstrom3[0])
    return max(float((mass / state.volume_angstrom3).std()) for state in (runs.states[0], runs.states[-1]))


def _greatest_separation(
    density: NDArray[np.float64], energy: NDArray[np.float64], weights: NDArray[np.float64]
) -> float:
    """Return the s of the field rho + s u of least kurtosis, of as much energy as density at most."""
    scale = math.sqrt(_variance(density, weights) / max(_variance(energy, weights), 1e-300))
    trials = np.linspace(-1.0, 1.0, 41) * scale
    return float(max(trials, key=lambda trial: _moments(density + trial * energy, weights)[1]))


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
