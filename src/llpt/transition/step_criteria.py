"""Criteria that take the place of a step in a curve for the transition."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from llpt.ladder_path import LadderPath
from llpt.statistics import Estimate
from llpt.transition.criterion import Criterion, Standing
from llpt.transition.curve import LineKind
from llpt.transition.evidence import EvidenceKind
from llpt.transition.isotherm import HEAT
from llpt.transition.place import Located
from llpt.transition.step import fit_step

if TYPE_CHECKING:
    from llpt.transition.line import LineOfStates
    from llpt.transition.step import StepFit


def place_of_step(states: LineOfStates, curve: str, rises: bool | None) -> Located:
    """Return the place of the step in a curve; a step with the wrong sign is reported, and not resolved.

    Args:
        states: without solid points.
        curve: name of the observable.
        rises: whether the step goes up on heating or compression; None takes either.
    """
    fit = _with_shared_error(fit_step(states.curve(curve)), states.shared_error(curve))
    if fit.resolved and rises is not None and (fit.height.value > 0.0) is not rises:
        direction = "rises" if fit.height.value > 0.0 else "falls"
        way = LadderPath.HEATING.walked(isothermally=states.kind.holds_temperature)
        reason = f"The {curve} {direction} on {way} at {fit.location}, the wrong way."
        return Located.nowhere(reason, fit, unit=states.along.unit)
    if not fit.resolved:
        return Located.nowhere(fit.reason, fit, unit=states.along.unit)
    return Located(fit.location, resolved=True, reason=fit.reason, step=fit)


def _with_shared_error(fit: StepFit, error: float) -> StepFit:
    shared = Estimate(0.0, error, fit.height.unit, math.inf)
    return replace(fit, height=fit.height.minus(shared)) if error else fit


DENSITY_JUMP = Criterion(
    "density jump",
    estimator="place of the step in rho(T), on an isotherm in ln rho(ln P) (llpt.transition.step)",
    curve="density",
    locate=place_of_step,
    rises_on_heating=True,
    follows_density=True,
    standing=Standing.DECIDING,
    kinds=frozenset({LineKind.ISOBAR, LineKind.ISOTHERM}),
    evidence=EvidenceKind.DENSITY_WIDTH,
    one_place=True,
    figure_order=0,
)
HEAT_CAPACITY_MAXIMUM = Criterion(
    "heat capacity maximum",
    estimator="place of the step in H(T), i.e. of the peak of dH/dT (llpt.transition.step)",
    curve="enthalpy",
    locate=place_of_step,
    rises_on_heating=True,
    standing=Standing.DECIDING,
    evidence=EvidenceKind.ENTHALPY_WIDTH,
    one_place=True,
    figure_order=1,
)
ENTROPY_STEP = Criterion(
    "entropy step",
    estimator="place of the step in T S(P) = H - int V dP along an isotherm (llpt.transition.isotherm)",
    curve=HEAT,
    locate=place_of_step,
    rises_on_heating=True,
    standing=Standing.DECIDING,
    kinds=frozenset({LineKind.ISOTHERM}),
    one_place=True,
)
ENERGY_STEP = Criterion(
    "energy step",
    estimator="place of the step in E(T) at constant volume, i.e. of the peak of C_V (llpt.transition.step)",
    curve="internal_energy",
    locate=place_of_step,
    rises_on_heating=True,
    standing=Standing.DECIDING,
    kinds=frozenset({LineKind.ISOCHORE}),
)
PRESSURE_STEP = Criterion(
    "pressure step",
    estimator="place of the step in P(T) at constant volume (llpt.transition.step)",
    curve="pressure",
    locate=place_of_step,
    rises_on_heating=False,
    follows_density=True,
    standing=Standing.DECIDING,
    kinds=frozenset({LineKind.ISOCHORE}),
)
FIRST_PEAK_LOSS = Criterion(
    "first-peak loss",
    estimator="place of the step in the prominence of the first peak of g(r) (llpt.transition.step)",
    curve="rdf_peak_prominence",
    locate=place_of_step,
    rises_on_heating=False,
    kinds=frozenset(LineKind),
    places_otherwise=True,
    decides_last_on=frozenset({LineKind.DENSITY_ISOTHERM}),  # a fluid without two phases has no plateau of the pressure
    evidence=EvidenceKind.FIRST_PEAK_WIDTH,
    one_place=True,
    figure_order=2,
)
DIFFUSION_ONSET = Criterion(
    "diffusion onset",
    estimator="place of the step in the diffusion coefficient (llpt.transition.step)",
    curve="diffusion",
    locate=place_of_step,
    rises_on_heating=True,
    kinds=frozenset(LineKind),
    places_otherwise=True,
)
