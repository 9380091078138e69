"""The free-energy difference of two Hamiltonians in one phase: exact where they overlap, bracketed wherever they are.

With Delta = F_r - U_s and beta = 1/k_B T, at one (N, P, T) and in one phase:

- exact: Delta G = -k_B T ln <exp(-beta Delta)>_s = k_B T ln <exp(beta Delta)>_r, best combined by Bennett's acceptance
  ratio (``llpt.bridge.overlap``);
- bracket (Gibbs-Bogoliubov; Feynman, Phys. Rev. 97, 660, 1955): <Delta>_r <= Delta G <= <Delta>_s, at any overlap.
  Its width is k_B T times the Jeffreys divergence J of the two ensembles;
- midpoint: Delta G is the integral of f(lambda) = <Delta>_lambda from 0 to 1 (Kirkwood), f' = -beta Var(Delta). The
  trapezoid with its end correction (Euler and Maclaurin) is
  (f_0 + f_1)/2 + beta (Var_r - Var_s)/12, right to third order in Delta. It stands only where the series does: the
  bracket's width must be what the variances predict, J = beta² (Var_s + Var_r)/2.

Both runs must stay in the same region of configurations; samples of a run that crosses to the other phase say nothing.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from llpt.bridge.overlap import acceptance_ratio, exponential_effective_samples, overlap
from llpt.bridge.samples import REFERENCE, SURROGATE, by_coupling
from llpt.statistics import (
    MINIMUM_EFFECTIVE_SAMPLES,
    Estimate,
    combined,
    mean_estimate,
    variance_estimate,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.bridge.samples import DifferenceSamples

ONE_SIDED_SAMPLES = 40.0
"""Independent samples that must carry a one-sided exponential average. With fewer its error bar is not one: of series
with memory that are worth 9, one in five takes itself for 20 (``benchmarks/bridge_tails.py``)."""
CUMULANT_SPREAD = 1.0
"""Largest standard deviation of beta Delta for which the second cumulant of one side may stand alone."""
SERIES_TOLERANCE = 0.25
"""Largest disagreement of J with the variances, relative to J, for which the midpoint stands."""
SMALL_DIVERGENCE = 0.5
"""J below which the two ensembles are so near that any disagreement of J with the variances is of no account."""


class FreeEnergyMethod(StrEnum):
    """How a free-energy difference was found."""

    ACCEPTANCE_RATIO = "Bennett's acceptance ratio"
    EXPONENTIAL = "one-sided exponential average"
    CUMULANT = "one-sided second cumulant"
    MIDPOINT = "midpoint of the bracket, third order"
    NONE = "not determined"


@dataclass(frozen=True)
class PhaseDifference:
    """G_r - G_s of one phase.

    Args:
        atoms: of the cell.
        temperature_k: T.
        value: Delta G of the cell in eV; error NaN where nothing determines it, the value then being the middle of the
            bracket (NaN without one).
        method: how it was found.
        lower: <Delta>_r, the lower end of the bracket, in eV; unknown without the reference's own samples.
        upper: <Delta>_s, the upper end, in eV; unknown without the surrogate's own samples.
        jeffreys_per_atom: J per atom, a pure number >= 0 but for noise; unknown with one side only.
        overlap: smallest overlap of neighbouring states, 0 … 0.5; NaN with one side only.
        reason: one sentence: why this method, or why none.
    """

    atoms: int
    temperature_k: float
    value: Estimate
    method: FreeEnergyMethod
    lower: Estimate
    upper: Estimate
    jeffreys_per_atom: Estimate
    overlap: float
    reason: str

    @property
    def per_atom_mev(self) -> Estimate:
        """Delta G in meV/atom."""
        return self.value.scaled(1000.0 / self.atoms, "meV/atom")


def free_energy_difference(samples: Sequence[DifferenceSamples]) -> PhaseDifference:
    """Return Delta G = G_r - G_s of one phase from all that was sampled in it.

    Args:
        samples: Delta from runs of one or more Hamiltonians (couplings), of one size and temperature, in one phase.

    Raises:
        InputError: no samples, or samples of different sizes or temperatures, or one coupling twice.
    """
    states = by_coupling(list(samples))
    ends = {state.coupling: state for state in states}
    surrogate, reference = ends.get(SURROGATE), ends.get(REFERENCE)
    upper = _mean(surrogate)
    lower = _mean(reference)
    if surrogate is None or reference is None:
        return _one_sided(states[0] if len(states) == 1 else None, states, lower, upper)
    pairs = [overlap(*pair) for pair in itertools.pairwise(states)]
    divergence = upper.minus(lower).scaled(states[0].beta_per_ev / states[0].atoms, "")
    shares = min(each.share for each in pairs)
    suffices = all(each.suffices for each in pairs)
    value, method = acceptance_ratio(states), FreeEnergyMethod.ACCEPTANCE_RATIO
    reason = f"Neighbouring ensembles overlap ({shares:.2g} of 0.5 at least)."
    if not (suffices and value.resolved):
        few = f"What carries the acceptance ratio is worth fewer than {MINIMUM_EFFECTIVE_SAMPLES:g} independent samples"
        why = few if suffices else "The ensembles share too few configurations"
        value, reason = _midpoint(surrogate, reference, lower, upper, why)
        method = FreeEnergyMethod.MIDPOINT if value.resolved else FreeEnergyMethod.NONE
    return PhaseDifference(
        states[0].atoms, states[0].temperature_k, value, method, lower, upper, divergence, shares, reason
    )


def _mean(state: DifferenceSamples | None) -> Estimate:
    return Estimate.unknown("eV") if state is None else mean_estimate(state.difference_ev, "eV")


def _one_sided(
    state: DifferenceSamples | None, states: Sequence[DifferenceSamples], lower: Estimate, upper: Estimate
) -> PhaseDifference:
    """Return what one end of the path alone says: an exponential average where enough samples carry it."""
    first = states[0]
    value, method = Estimate.unknown("eV"), FreeEnergyMethod.NONE
    missing = "surrogate" if first.coupling != SURROGATE else "reference"
    reason = f"The {missing}'s own ensemble was not sampled: the bracket has one end."
    if state is not None and state.coupling in {SURROGATE, REFERENCE}:
        sign = -1.0 if state.coupling == SURROGATE else 1.0
        carrying = exponential_effective_samples(state, towards=REFERENCE if sign < 0.0 else SURROGATE)
        spread = state.beta_per_ev * float(state.difference_ev.std(ddof=1))
        if carrying >= ONE_SIDED_SAMPLES:
            value, method = _exponential(state, sign, carrying), FreeEnergyMethod.EXPONENTIAL
            reason = f"{carrying:.0f} independent samples carry the exponential average."
        else:
            value, method = _cumulant(state, sign), FreeEnergyMethod.CUMULANT
            reason += (
                f" Its exponential average rests on {carrying:.2g} independent samples, {ONE_SIDED_SAMPLES:g} are "
                f"needed; the spread of beta Delta is {spread:.2g}, {CUMULANT_SPREAD:g} at most for two cumulants."
            )
        if not value.resolved:
            reason = (
                f"Its snapshots are worth fewer than {MINIMUM_EFFECTIVE_SAMPLES:g} independent ones; the spread of "
                f"beta Delta is {spread:.2g}."
            )
        if not value.resolved or (method is FreeEnergyMethod.CUMULANT and spread > CUMULANT_SPREAD):
            value, method = Estimate.unknown("eV"), FreeEnergyMethod.NONE
    divergence = Estimate.unknown("")
    return PhaseDifference(first.atoms, first.temperature_k, value, method, lower, upper, divergence, math.nan, reason)


def _exponential(state: DifferenceSamples, sign: float, carrying: float) -> Estimate:
    """Return sign k_B T ln <exp(sign beta Delta)>, its error from that of the mean."""
    exponent = sign * state.beta_per_ev * state.difference_ev
    top = float(exponent.max())
    mean = mean_estimate(np.exp(exponent - top), "")
    value = sign * (top + math.log(mean.value)) / state.beta_per_ev
    degrees = min(mean.degrees_of_freedom, carrying - 1.0)
    deviation = mean.standard_error / mean.value / state.beta_per_ev
    return Estimate.of_deviation(value, deviation, "eV", carrying, degrees)


def _cumulant(state: DifferenceSamples, sign: float) -> Estimate:
    """Return <Delta> + sign beta Var / 2; the third cumulant, as measured and as noise may hide it, is in the error."""
    beta = state.beta_per_ev
    mean, spread = mean_estimate(state.difference_ev, "eV"), variance_estimate(state.difference_ev, "eV^2")
    away = state.difference_ev - mean.value
    joint = mean_estimate(state.difference_ev + 0.5 * sign * beta * away**2, "eV")  # both cumulants, their covariance
    hidden = float(away.std()) ** 3 * math.sqrt(6.0 / max(mean.effective_samples, 1.0))
    third = beta**2 * math.hypot(float((away**3).mean()), hidden) / 6.0
    deviation = math.hypot(joint.standard_error, third)  # both known as badly as the spread is
    value = mean.value + 0.5 * sign * beta * spread.value
    return Estimate.of_deviation(value, deviation, "eV", mean.effective_samples, joint.degrees_of_freedom)


def _midpoint(
    surrogate: DifferenceSamples, reference: DifferenceSamples, lower: Estimate, upper: Estimate, why: str
) -> tuple[Estimate, str]:
    """Return the corrected middle of the bracket where the series behind it holds, and why or why not.

    Args:
        surrogate: its samples.
        reference: its samples.
        lower: <Delta>_r.
        upper: <Delta>_s.
        why: there is no acceptance ratio.
    """
    beta = surrogate.beta_per_ev
    middle = 0.5 * (lower.value + upper.value)
    spread_s, spread_r = (variance_estimate(each.difference_ev, "eV^2") for each in (surrogate, reference))
    samples = min(lower.effective_samples, upper.effective_samples)
    if not (lower.resolved and upper.resolved and spread_s.resolved and spread_r.resolved):
        few = f"fewer than {MINIMUM_EFFECTIVE_SAMPLES:g} independent samples"
        return Estimate(middle, math.nan, "eV", samples), f"{why}, and one has {few}."
    divergence = beta * (upper.value - lower.value)
    predicted = 0.5 * beta**2 * (spread_s.value + spread_r.value)
    unsure = math.hypot(
        beta * math.hypot(lower.error, upper.error), 0.5 * beta**2 * math.hypot(spread_s.error, spread_r.error)
    )
    disagreement = abs(divergence - predicted)
    if unsure > 0.5 * predicted + SMALL_DIVERGENCE:
        few = f"J is {divergence:.3g} and by their spreads {predicted:.3g}, each known to {unsure:.2g} only"
        return Estimate(middle, math.nan, "eV", samples), f"{why}; {few}."
    if disagreement > max(SERIES_TOLERANCE * predicted, SMALL_DIVERGENCE) + 2.0 * unsure:
        reason = (
            f"{why}, and J = {divergence:.3g} where their spreads predict "
            f"{predicted:.3g}: the series behind the midpoint does not hold. Sample Hamiltonians between the two."
        )
        return Estimate(middle, math.nan, "eV", samples), reason
    correction = beta * (spread_r.value - spread_s.value) / 12.0
    left_out = math.hypot(correction, disagreement / (12.0 * beta))
    parts = [
        (lower, 0.5),
        (upper, 0.5),
        (spread_s, -beta / 12.0),
        (spread_r, beta / 12.0),
        (_bound(left_out, "eV"), 1.0),
    ]
    reason = f"{why}; J = {divergence:.3g} agrees with their spreads ({predicted:.3g})."
    return replace(combined(middle + correction, parts, "eV"), effective_samples=samples), reason


def _bound(size: float, unit: str) -> Estimate:
    """Return what a series leaves out: it was not sampled, and no Student's factor widens it."""
    return Estimate(0.0, size, unit, math.inf)
