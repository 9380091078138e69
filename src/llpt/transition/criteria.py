"""Where the transition is, by each criterion of the seed, and how far the criteria lie apart."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from llpt.statistics import Estimate
from llpt.transition.maximum import Located, find_crossing, find_maximum
from llpt.transition.step import StepFit, fit_step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.transition.isobar import Isobar

HALF = 0.5
METALLIC_S_PER_CM = 2000.0
"""dc conductivity at which the fluid counts as a metal (van de Bund, Wiebe, Ackland, Phys. Rev. Lett. 126, 225701,
2021; the minimum metallic conductivity of Nellis, Weir, Mitchell, Phys. Rev. B 59, 3434, 1999)."""


class Criterion(StrEnum):
    """A definition of the transition temperature on an isobar."""

    DENSITY_JUMP = "density jump"
    DENSITY_MAXIMUM = "density maximum"
    HEAT_CAPACITY_MAXIMUM = "heat capacity maximum"
    FIRST_PEAK_LOSS = "first-peak loss"
    MOLECULAR_HALF = "molecular fraction 1/2"
    DIFFUSION_ONSET = "diffusion onset"
    CONDUCTIVITY_ONSET = "conductivity onset"
    EXPANSION_EXTREMUM = "expansion extremum"


ESTIMATORS = {
    Criterion.DENSITY_JUMP: "place of the step in rho(T) (llpt.transition.step)",
    Criterion.DENSITY_MAXIMUM: "local parabola through rho(T) at its greatest (llpt.transition.maximum)",
    Criterion.HEAT_CAPACITY_MAXIMUM: "place of the step in H(T), i.e. of the peak of dH/dT (llpt.transition.step)",
    Criterion.FIRST_PEAK_LOSS: "place of the step in the prominence of the first peak of g(r) (llpt.transition.step)",
    Criterion.MOLECULAR_HALF: "where the lifetime-based molecular fraction passes 1/2 (llpt.transition.maximum)",
    Criterion.DIFFUSION_ONSET: "place of the step in the diffusion coefficient (llpt.transition.step)",
    Criterion.CONDUCTIVITY_ONSET: "where the dc conductivity passes 2000 S/cm, linear in its logarithm",
    Criterion.EXPANSION_EXTREMUM: "local parabola through the expansion coefficient from fluctuations at its extremum",
}

STEP_OBSERVABLES = {
    Criterion.DENSITY_JUMP: "density",
    Criterion.HEAT_CAPACITY_MAXIMUM: "enthalpy",
    Criterion.FIRST_PEAK_LOSS: "rdf_peak_prominence",
    Criterion.DIFFUSION_ONSET: "diffusion",
}

RISES_ON_HEATING = {
    Criterion.DENSITY_JUMP: True,
    Criterion.HEAT_CAPACITY_MAXIMUM: True,
    Criterion.FIRST_PEAK_LOSS: False,
    Criterion.DIFFUSION_ONSET: True,
}
"""The sign of each step when molecules dissociate; rho *rises* on heating through the transition of hydrogen."""


@dataclass(frozen=True)
class CriterionResult:
    """A transition temperature by one criterion.

    Args:
        criterion: which.
        temperature_k: T ± error, NaN where not resolved.
        resolved: whether it is known.
        reason: one sentence: what was found, or why nothing was.
        estimator: how.
        step: the fit behind a step criterion.
    """

    criterion: Criterion
    temperature_k: Estimate
    resolved: bool
    reason: str
    estimator: str
    step: StepFit | None = None


@dataclass(frozen=True)
class Separation:
    """How far two criteria lie apart.

    Args:
        first: a criterion.
        second: another.
        difference_k: temperature of the first minus that of the second. Both come from the same runs; their errors are
            added as if independent, which is generous where they are correlated positively.
    """

    first: Criterion
    second: Criterion
    difference_k: Estimate


def criteria(isobar: Isobar, *, density_rises: bool = True) -> dict[Criterion, CriterionResult]:
    """Return the transition temperature of an isobar by every criterion; solid points take no part.

    A step with the wrong sign (a density that falls) is reported as such and is not resolved as a transition.
    The molecular fraction is the lifetime-based one, or the instantaneous one where that is not there.

    Args:
        isobar: of one engine, size and pressure.
        density_rises: whether the density rises on heating through the transition, as at the dissociation of hydrogen;
            False for melting or boiling.
    """
    fluid = isobar.fluid()
    if fluid is None:
        reason = "Every run of the isobar is a solid."
        return {criterion: _unresolved(criterion, reason) for criterion in Criterion}
    results = {}
    for criterion in Criterion:
        if criterion in STEP_OBSERVABLES:
            rises = density_rises if criterion is Criterion.DENSITY_JUMP else RISES_ON_HEATING[criterion]
            results[criterion] = _by_step(criterion, fluid, rises=rises)
        elif criterion is Criterion.EXPANSION_EXTREMUM:
            results[criterion] = _located(criterion, _expansion_extremum(fluid, density_rises=density_rises))
        elif criterion is Criterion.CONDUCTIVITY_ONSET:
            results[criterion] = _located(criterion, _conductivity_onset(fluid))
        elif criterion is Criterion.DENSITY_MAXIMUM:
            results[criterion] = _located(criterion, find_maximum(fluid.curve("density")))
        else:
            lifetime = fluid.curve("molecular_fraction_lifetime").resolved()
            curve = lifetime if len(lifetime) > 1 else fluid.curve("molecular_fraction")
            results[criterion] = _located(criterion, find_crossing(curve, HALF))
    return results


def separations(results: Mapping[Criterion, CriterionResult]) -> list[Separation]:
    """Return the differences in kelvin between every two resolved criteria."""
    resolved = [result for result in results.values() if result.resolved]
    return [
        Separation(first.criterion, second.criterion, first.temperature_k.minus(second.temperature_k))
        for first, second in itertools.combinations(resolved, 2)
    ]


def _by_step(criterion: Criterion, isobar: Isobar, *, rises: bool) -> CriterionResult:
    fit = fit_step(isobar.curve(STEP_OBSERVABLES[criterion]))
    if fit.resolved and (fit.height.value > 0.0) is not rises:
        direction = "rises" if fit.height.value > 0.0 else "falls"
        reason = f"The {STEP_OBSERVABLES[criterion]} {direction} on heating at {fit.location_k}, the wrong way."
        return _unresolved(criterion, reason, fit)
    if not fit.resolved:
        return _unresolved(criterion, fit.reason, fit)
    return CriterionResult(criterion, fit.location_k, True, fit.reason, ESTIMATORS[criterion], fit)


def _expansion_extremum(isobar: Isobar, *, density_rises: bool) -> Located:
    """Return where alpha = (1/V) dV/dT is most negative (the density rises), or greatest (it falls)."""
    curve = isobar.curve("thermal_expansion")
    located = find_maximum(replace(curve, values=-curve.values) if density_rises else curve)
    known = curve.resolved()
    if not len(known):
        return located
    index = int(np.argmin(known.values) if density_rises else np.argmax(known.values))
    estimate = known.estimate(index)
    sign = "undecided in sign" if abs(estimate.value) < 2.0 * estimate.error else f"{'+-'[estimate.value < 0.0]}"
    word = "least" if density_rises else "greatest"
    found = f"The expansion coefficient is {word} at {known.temperatures_k[index]:g} K, {estimate} (sign: {sign})."
    return replace(located, reason=f"{found} {located.reason}")


def _conductivity_onset(isobar: Isobar) -> Located:
    """Return where ln sigma_dc passes that of ``METALLIC_S_PER_CM``."""
    curve = isobar.curve("dc_conductivity")
    positive = curve.values > 0.0
    if not positive.any():
        unknown = Estimate.unknown("K")
        return Located(unknown, resolved=False, reason="No run has a dc conductivity (llpt optics computes it).")
    return find_crossing(curve.logarithm(), math.log(METALLIC_S_PER_CM))


def _located(criterion: Criterion, located: Located) -> CriterionResult:
    return CriterionResult(
        criterion, located.temperature_k, located.resolved, located.reason, ESTIMATORS[criterion], None
    )


def _unresolved(criterion: Criterion, reason: str, fit: StepFit | None = None) -> CriterionResult:
    unknown = Estimate.unknown("K")
    return CriterionResult(criterion, unknown, False, reason, ESTIMATORS[criterion], fit)
