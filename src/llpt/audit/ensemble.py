"""Is a run of the ensemble that it claims? Its kinetic energy, its volume, and pairs of neighbouring states are asked.

In the canonical ensemble the kinetic energy of n degrees of freedom has the mean n k_B T / 2 and the variance
n (k_B T)² / 2, whatever the forces. Two runs at one temperature and two pressures, or at one pressure and two
temperatures, sample distributions whose ratio is known: ln p₂/p₁ = −(β₂ − β₁) H at one pressure, with the enthalpy
H = E + PV, and −β (P₂ − P₁) V at one temperature (Shirts, J. Chem. Theory Comput. 9, 909, 2013,
doi:10.1021/ct300688p). The slope is found by maximum likelihood and compared with what it must be. Where the electrons
have the temperature of the ions, E is the internal energy, since ∂(βF)/∂β = E.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from llpt.statistics import Estimate, mean_estimate, statistical_inefficiency, variance_estimate
from llpt.units import BOLTZMANN_EV_PER_K, EV_PER_ANGSTROM3_TO_GPA

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SIGMAS = 3.0
TEMPERATURE_SHARE = 0.02
"""A finite time step and few degrees of freedom shift a temperature by as much and no ensemble is wrong for it."""
FEWEST = 20
"""So many independent samples on each side, or a slope is not asked for."""
NEWTON_STEPS = 50


class EnsembleOutcome(StrEnum):
    """What a check came to."""

    HOLDS = "as it must be"
    FAILS = "is not of this ensemble"
    OPEN = "not resolved"


@dataclass(frozen=True, slots=True)
class EnsembleCheck:
    """One thing that an ensemble demands of runs.

    Args:
        what: e.g. ``variance of the kinetic energy``.
        measured: in units of what it must be: 1 is right.
        outcome: whether it is.
    """

    what: str
    measured: Estimate
    outcome: EnsembleOutcome


def kinetic_energy_checks(
    kinetic_energy_ev: ArrayLike, *, temperature_k: float, degrees_of_freedom: int
) -> tuple[EnsembleCheck, EnsembleCheck]:
    """Return whether mean and variance of a kinetic energy are those of the canonical ensemble.

    Args:
        kinetic_energy_ev: at every step, shape (n,).
        temperature_k: the thermostat's temperature.
        degrees_of_freedom: 3 N − 3 where the centre of mass rests.
    """
    thermal = BOLTZMANN_EV_PER_K * temperature_k
    values = np.asarray(kinetic_energy_ev, dtype=float) / (0.5 * degrees_of_freedom * thermal)
    mean = mean_estimate(values, "")
    variance = variance_estimate(values * math.sqrt(degrees_of_freedom / 2.0), "")
    return (
        EnsembleCheck("mean of the kinetic energy", mean, _outcome(mean, TEMPERATURE_SHARE)),
        EnsembleCheck("variance of the kinetic energy", variance, _outcome(variance, 0.0)),
    )


def pressure_pair_check(
    volumes_angstrom3: tuple[ArrayLike, ArrayLike], *, pressures_gpa: tuple[float, float], temperature_k: float
) -> EnsembleCheck:
    """Return whether the volumes of two runs at one temperature differ as their pressures demand.

    Args:
        volumes_angstrom3: of the two runs, at every step.
        pressures_gpa: the barostat's.
        temperature_k: of both.
    """
    difference = (pressures_gpa[1] - pressures_gpa[0]) / EV_PER_ANGSTROM3_TO_GPA
    expected = -difference / (BOLTZMANN_EV_PER_K * temperature_k)
    return _pair("volumes of two pressures", volumes_angstrom3, expected)


def temperature_pair_check(
    enthalpies_ev: tuple[ArrayLike, ArrayLike], *, temperatures_k: tuple[float, float]
) -> EnsembleCheck:
    """Return whether the enthalpies of two runs at one pressure differ as their temperatures demand.

    Args:
        enthalpies_ev: E + P V of the cell, kinetic part left out, P that of the barostat; E alone at one volume.
        temperatures_k: the thermostat's.
    """
    one, other = (1.0 / (BOLTZMANN_EV_PER_K * kelvin) for kelvin in temperatures_k)
    return _pair("enthalpies of two temperatures", enthalpies_ev, -(other - one))


def _pair(what: str, series: tuple[ArrayLike, ArrayLike], expected: float) -> EnsembleCheck:
    first, second = (_independent(values) for values in series)
    slope = Estimate.unknown("")
    if min(len(first), len(second)) >= FEWEST:
        found = log_ratio_slope(first, second)
        if found is not None:
            slope = Estimate(found[0] / expected, abs(found[1] / expected), "", float(min(len(first), len(second))))
    return EnsembleCheck(what, slope, _outcome(slope, 0.0))


def _independent(values: ArrayLike) -> NDArray[np.float64]:
    """Return every g-th sample, g of which are worth one."""
    series = np.asarray(values, dtype=float)
    inefficiency = statistical_inefficiency(series)
    return series[:: max(1, math.ceil(inefficiency))] if math.isfinite(inefficiency) else series[:0]


def log_ratio_slope(one: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[float, float] | None:
    """Return the slope of ln p_other(x)/p_one(x) on x by maximum likelihood, and its standard error.

    Args:
        one: independent samples.
        other: the same of the other distribution.

    Returns:
        Slope and error; None where the two do not overlap.
    """
    x = np.concatenate([one, other])
    centre, spread = x.mean(), x.std()
    if spread == 0.0:
        return None
    design = np.column_stack([np.ones(len(x)), (x - centre) / spread])
    belongs = np.concatenate([np.zeros(len(one)), np.ones(len(other))])
    weights = np.zeros(2)
    for _ in range(NEWTON_STEPS):
        probable = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -500.0, 500.0)))
        curvature = design.T @ (design * (probable * (1.0 - probable))[:, np.newaxis])
        if abs(float(np.linalg.det(curvature))) < 1e-12 * len(x):
            return None  # nothing of the one lies where the other is
        step = np.linalg.solve(curvature, design.T @ (belongs - probable))
        weights += step
        if float(np.abs(step).max()) < 1e-10:
            break
    error = math.sqrt(float(np.linalg.inv(curvature)[1, 1]))
    return float(weights[1] / spread), error / spread


def _outcome(measured: Estimate, allowed: float) -> EnsembleOutcome:
    if not measured.resolved:
        return EnsembleOutcome.OPEN
    off = abs(measured.value - 1.0) - allowed
    return EnsembleOutcome.HOLDS if off <= SIGMAS * measured.error else EnsembleOutcome.FAILS
