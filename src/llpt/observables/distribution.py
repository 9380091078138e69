"""Moments of the density's distribution: susceptibility and Binder cumulant of one run."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from llpt.observables.need import Need
from llpt.observables.record import Quantity, sampled
from llpt.statistics import Estimate, bootstrap, is_stationary, variance_estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from llpt.observables.step_series import ThermodynamicSeries

SUSCEPTIBILITY = Quantity("density_susceptibility", "χ", "", "N Var(ρ)/<ρ>², spread of the density")
BINDER = Quantity("density_binder", "U", "", "Binder cumulant of the density")

SEED = 20210
MOST_SAMPLES = 5000


def density_susceptibility(series: ThermodynamicSeries) -> Estimate:
    """Return chi = N Var(rho) / <rho>^2, intensive away from a transition (k_B T rho_n kappa_T, rho_n = N/V).

    Its error is not known for a run whose density drifts.
    """
    relative = 1.0 / series.volume_angstrom3
    relative = relative / relative.mean()
    chi = variance_estimate(relative, "").scaled(float(series.n_atoms), "")
    return _known_if_steady(chi, relative)


def density_binder(series: ThermodynamicSeries) -> Estimate:
    """Return U = 1 - <d^4> / 3 <d^2>^2, d = rho - <rho>: 0 for a Gaussian, 2/3 for two sharp states of equal weight.

    Its error is not known for a run whose density drifts.
    """
    every = -(-len(series.volume_angstrom3) // MOST_SAMPLES)
    values = 1.0 / series.volume_angstrom3[::every]
    binder = bootstrap(values, cumulant, unit="", seed=SEED, resamples=100)
    return _known_if_steady(binder, values)


def _known_if_steady(moment: Estimate, values: NDArray[np.float64]) -> Estimate:
    """Return a moment of a series; with the error NaN where the series drifts, whose moments are those of the drift."""
    return moment if is_stationary(values) else replace(moment, error=math.nan)


def cumulant(values: NDArray[np.float64]) -> float:
    """Return 1 - <d^4> / 3 <d^2>^2 of samples; 0 where they do not vary."""
    squares = (values - values.mean()) ** 2
    second = float(squares.mean())
    return 1.0 - float((squares**2).mean()) / (3.0 * second**2) if second > 0.0 else 0.0


OBSERVABLES = (
    sampled(
        SUSCEPTIBILITY,
        lambda production: density_susceptibility(production.series),
        Need.VOLUME,
        Need.BREATHING_CELL,
        version=2,
    ),
    sampled(BINDER, lambda production: density_binder(production.series), Need.VOLUME, Need.BREATHING_CELL, version=2),
)
