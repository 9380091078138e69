"""Criteria that take the place of a step in a curve for the transition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.transition.criterion import Criterion, Standing
from llpt.transition.place import Located
from llpt.transition.step import fit_step

if TYPE_CHECKING:
    from llpt.transition.isobar import Isobar


def place_of_step(isobar: Isobar, curve: str, rises: bool | None) -> Located:
    """Return the place of the step in a curve; a step with the wrong sign is reported, and not resolved.

    Args:
        isobar: without solid points.
        curve: name of the observable.
        rises: whether the step goes up on heating; None takes either.
    """
    fit = fit_step(isobar.curve(curve))
    if fit.resolved and rises is not None and (fit.height.value > 0.0) is not rises:
        direction = "rises" if fit.height.value > 0.0 else "falls"
        return Located.nowhere(f"The {curve} {direction} on heating at {fit.location}, the wrong way.", fit)
    if not fit.resolved:
        return Located.nowhere(fit.reason, fit)
    return Located(fit.location, resolved=True, reason=fit.reason, step=fit)


DENSITY_JUMP = Criterion(
    "density jump",
    estimator="place of the step in rho(T) (llpt.transition.step)",
    curve="density",
    locate=place_of_step,
    rises_on_heating=True,
    follows_density=True,
    standing=Standing.DECIDING,
    figure_order=0,
)
HEAT_CAPACITY_MAXIMUM = Criterion(
    "heat capacity maximum",
    estimator="place of the step in H(T), i.e. of the peak of dH/dT (llpt.transition.step)",
    curve="enthalpy",
    locate=place_of_step,
    rises_on_heating=True,
    standing=Standing.DECIDING,
    figure_order=1,
)
FIRST_PEAK_LOSS = Criterion(
    "first-peak loss",
    estimator="place of the step in the prominence of the first peak of g(r) (llpt.transition.step)",
    curve="rdf_peak_prominence",
    locate=place_of_step,
    rises_on_heating=False,
    figure_order=2,
)
DIFFUSION_ONSET = Criterion(
    "diffusion onset",
    estimator="place of the step in the diffusion coefficient (llpt.transition.step)",
    curve="diffusion",
    locate=place_of_step,
    rises_on_heating=True,
)
