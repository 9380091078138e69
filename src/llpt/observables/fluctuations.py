"""Response functions from fluctuations: heat capacities, thermal expansion, compressibility.

At constant pressure (Allen and Tildesley, Computer Simulation of Liquids, 2nd ed., section 2.5), with H the
instantaneous E_kin + E + P V of the whole cell:

    C_P = Var(H) / k_B T^2,   alpha = Cov(V, H) / k_B T^2 <V>,   kappa_T = Var(V) / k_B T <V>;

at constant volume C_V = Var(E_kin + E) / k_B T^2. H is built from the internal energy E even though F drives the
dynamics: d(F / k_B T)/dT = -E / k_B T^2 at fixed positions. Where the electronic temperature follows the ionic one, E
itself changes with T at fixed positions and C_P (or C_V) gains <dE/dT_el>, which fluctuations at one T do not hold:
``electronic_heat_capacity`` estimates it, ``total_heat_capacity`` is the sum, with the error that both have together.

Quantum nuclei: alpha and kappa_T are as they stand here, H being built with the centroid virial estimator of the
kinetic energy (at fixed V it differs from the derivative of the path integral's weight by what averages to zero). The
heat capacities are not: that estimator depends on T itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from llpt import units
from llpt.observables.need import Need
from llpt.observables.record import Quantity, sampled
from llpt.observables.thermodynamics import available_mean
from llpt.statistics import Estimate, covariance_estimate, steady, variance_estimate

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from llpt.observables.record import Observable
    from llpt.observables.step_series import ThermodynamicSeries

PER_ATOM = "k_B/atom"
ELECTRONIC_HEAT_CAPACITY = Quantity(
    "electronic_heat_capacity", "C_el", PER_ATOM, "part of the electrons in the heat capacity, where T_el = T"
)
TOTAL_HEAT_CAPACITY = Quantity("heat_capacity_total", "C_P", PER_ATOM, "heat capacity, part of the electrons included")
HEAT_CAPACITY = Quantity("heat_capacity", "C_P", PER_ATOM, "heat capacity from fluctuations; C_V at constant volume")
THERMAL_EXPANSION = Quantity("thermal_expansion", "α", "1/K", "thermal expansion")
COMPRESSIBILITY = Quantity("compressibility", "κ_T", "1/GPa", "isothermal compressibility")

SAME_TEMPERATURE = 0.01
"""Electrons are as hot as the ions where the two temperatures differ by less than this share."""


def heat_capacity_constant_pressure(series: ThermodynamicSeries, temperature_k: float) -> Estimate:
    """Return C_P from the fluctuations of the enthalpy, in k_B per atom.

    Args:
        series: an NPT run.
        temperature_k: the thermostat's temperature.
    """
    return _heat_capacity(_variance(series.enthalpy_ev), temperature_k, series.n_atoms)


def heat_capacity_constant_volume(series: ThermodynamicSeries, temperature_k: float) -> Estimate:
    """Return C_V from the fluctuations of the energy, in k_B per atom, of an NVT run."""
    energy = series.kinetic_energy_ev + series.internal_energy_ev
    return _heat_capacity(_variance(energy), temperature_k, series.n_atoms)


def electronic_heat_capacity(series: ThermodynamicSeries, temperature_k: float) -> Estimate:
    """Return <dE/dT_el> at fixed positions in k_B per atom, to leading order in T_el: the electronic entropy itself.

    dE/dT_el = T_el dS/dT_el, and S is proportional to T_el at low temperature (Sommerfeld), so that it equals S. It is
    part of C_P and C_V only where T_el = T: zero where T_el was held at another temperature, because then the
    Hamiltonian does not change with T.
    """
    return available_mean(_electronic_series(series, temperature_k), PER_ATOM)


def total_heat_capacity(series: ThermodynamicSeries, temperature_k: float) -> Estimate:
    """Return C_P (C_V at constant volume) in k_B per atom: fluctuations plus <dE/dT_el> where T_el = T.

    Both parts are means over the same steps, (H - <H>)² / N (k_B T)² and S / N k_B. The error is that of the mean of
    their sum as one series, so that what makes both large at the same steps is counted.

    Args:
        series: of a run.
        temperature_k: the thermostat's temperature.
    """
    energy = series.kinetic_energy_ev + series.internal_energy_ev if series.constant_volume else series.enthalpy_ev
    electronic = _electronic_series(series, temperature_k)
    if np.isnan(energy).all() or np.isnan(electronic).all():
        return Estimate.unknown(PER_ATOM)
    variance = _variance(energy)
    squares = (energy - energy.mean()) ** 2
    unbiased = squares * (variance.value / squares.mean()) if squares.any() else squares
    scale = (units.BOLTZMANN_EV_PER_K * temperature_k) ** 2 * series.n_atoms
    total = available_mean(unbiased / scale + electronic, PER_ATOM)
    error = total.error if np.isfinite(variance.error) else np.nan
    samples = min(total.effective_samples, variance.effective_samples)
    return Estimate(total.value, error, PER_ATOM, samples, total.degrees_of_freedom)


def _electronic_series(series: ThermodynamicSeries, temperature_k: float) -> NDArray[np.float64]:
    """Return S / N k_B at each step where the electrons are as hot as the ions, else zero."""
    electronic = series.electronic_temperature_k
    if np.isfinite(electronic) and abs(electronic - temperature_k) > SAME_TEMPERATURE * temperature_k:
        return np.zeros_like(series.entropy_ev_per_k)
    return series.entropy_ev_per_k / (series.n_atoms * units.BOLTZMANN_EV_PER_K)


def thermal_expansion(series: ThermodynamicSeries, temperature_k: float) -> Estimate:
    """Return alpha = (1/V) dV/dT at constant P, in 1/K; negative where the density rises on heating."""
    if np.isnan(series.enthalpy_ev).all():
        return Estimate.unknown(THERMAL_EXPANSION.unit)
    covariance = covariance_estimate(series.volume_angstrom3, series.enthalpy_ev, "Å³ eV")
    covariance = steady(steady(covariance, series.volume_angstrom3), series.enthalpy_ev)
    scale = units.BOLTZMANN_EV_PER_K * temperature_k**2 * float(series.volume_angstrom3.mean())
    return covariance.scaled(1.0 / scale, THERMAL_EXPANSION.unit)


def isothermal_compressibility(series: ThermodynamicSeries, temperature_k: float) -> Estimate:
    """Return kappa_T = -(1/V) dV/dP at constant T, in 1/GPa."""
    variance = steady(variance_estimate(series.volume_angstrom3, "Å⁶"), series.volume_angstrom3)
    scale = units.BOLTZMANN_EV_PER_K * temperature_k * float(series.volume_angstrom3.mean())
    return variance.scaled(units.GPA_TO_EV_PER_ANGSTROM3 / scale, COMPRESSIBILITY.unit)


def _variance(energy_ev: NDArray[np.float64]) -> Estimate:
    """Return the variance of an energy; NaN where an imported run does not have it."""
    if np.isnan(energy_ev).all():
        return Estimate.unknown("eV^2")
    return steady(variance_estimate(energy_ev, "eV^2"), energy_ev)


def _heat_capacity(variance: Estimate, temperature_k: float, n_atoms: int) -> Estimate:
    return variance.scaled(1.0 / (units.BOLTZMANN_EV_PER_K * temperature_k) ** 2 / n_atoms, PER_ATOM)


def _heat_capacity_of(series: ThermodynamicSeries, temperature_k: float) -> Estimate:
    of = heat_capacity_constant_volume if series.constant_volume else heat_capacity_constant_pressure
    return of(series, temperature_k)


def _of_series(
    quantity: Quantity, estimate: Callable[[ThermodynamicSeries, float], Estimate], *needs: Need
) -> Observable:
    return sampled(
        quantity,
        lambda production: estimate(production.series, production.temperature_k),
        Need.SET_TEMPERATURE,
        *needs,
        version=2,
    )


OBSERVABLES = (
    _of_series(ELECTRONIC_HEAT_CAPACITY, electronic_heat_capacity, Need.ENTROPY),
    _of_series(
        TOTAL_HEAT_CAPACITY,
        total_heat_capacity,
        Need.CLASSICAL_NUCLEI,
        Need.KINETIC_ENERGY,
        Need.INTERNAL_ENERGY,
        Need.ENTROPY,
    ),
    _of_series(HEAT_CAPACITY, _heat_capacity_of, Need.CLASSICAL_NUCLEI, Need.KINETIC_ENERGY, Need.INTERNAL_ENERGY),
    _of_series(
        THERMAL_EXPANSION,
        thermal_expansion,
        Need.KINETIC_ENERGY,
        Need.INTERNAL_ENERGY,
        Need.APPLIED_PRESSURE,
        Need.BREATHING_CELL,
    ),
    _of_series(COMPRESSIBILITY, isothermal_compressibility, Need.VOLUME, Need.BREATHING_CELL),
)
