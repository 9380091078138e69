"""Density, volume, enthalpy, temperature and pressure: averages of what every step recorded.

rho = M / <V>. H = <E_kin> + <E> + P <V>, per atom, with E the *internal* energy of the electrons and ions. Beside it
stand H built from the free energy F = E - T_el S, which is all that a surrogate has, and their difference T_el S. P
is the pressure that the barostat was set to; at constant volume it is the sampled mean, and the error of <P> V is part
of that of H. A number whose series is proven to drift keeps its value, and its error is NaN: nothing is judged by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from llpt import units
from llpt.observables.need import Need
from llpt.observables.record import Axis, Observable, Quantity, StepObservable, sampled
from llpt.statistics import Estimate, combined, mean_estimate, steady

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from llpt.observables.production import Production
    from llpt.observables.record import ObservedValues
    from llpt.observables.step_series import ThermodynamicSeries

PER_ATOM = "eV/atom"
TEMPERATURE = Quantity("temperature", "T", "K", "sampled temperature", averaged_over_time=True)
PRESSURE = Quantity("pressure", "P", "GPa", "sampled pressure", tabled=True, averaged_over_time=True)
UNCORRECTED_PRESSURE = Quantity(
    "pressure_uncorrected", "P", "GPa", "sampled pressure without the finite-basis correction", averaged_over_time=True
)
DENSITY = Quantity("density", "ρ", "g/cm^3", "density", tabled=True, drawn=True, averaged_over_time=True)
VOLUME = Quantity("volume", "V", "Å³/atom", "volume", averaged_over_time=True)
ENTHALPY = Quantity(
    "enthalpy", "H", PER_ATOM, "enthalpy, from the internal energy E", tabled=True, averaged_over_time=True
)
ENTHALPY_FROM_FREE_ENERGY = Quantity(
    "enthalpy_from_free_energy",
    "H_F",
    PER_ATOM,
    "enthalpy with the free energy F in the place of E",
    averaged_over_time=True,
)
ENTROPY_TERM = Quantity(
    "electronic_entropy_term",
    "T_el S",
    PER_ATOM,
    "electronic temperature times entropy, E - F",
    averaged_over_time=True,
)
INTERNAL_ENERGY = Quantity(
    "internal_energy", "E", PER_ATOM, "internal energy without the kinetic energy", averaged_over_time=True
)
FREE_ENERGY = Quantity("free_energy", "F", PER_ATOM, "free energy of the electrons", averaged_over_time=True)

KEPT_SAMPLES = 2000
SAMPLE = Axis("sample", "step", "")


def available_mean(series: NDArray[np.float64], unit: str) -> Estimate:
    """Return the mean of a series; value and error NaN where an imported run does not have it at any step.

    The error alone is NaN where the series drifts.

    Raises:
        InputError: it is there at some steps only.
    """
    if np.isnan(series).all():
        return Estimate.unknown(unit)
    return steady(mean_estimate(series, unit), series)


def density(series: ThermodynamicSeries) -> Estimate:
    """Return the mass density rho = M / <V> in g/cm³."""
    volume = available_mean(series.volume_angstrom3, "Å³")
    value = series.mass_u * units.U_PER_ANGSTROM3_TO_G_PER_CM3 / volume.value
    return combined(value, [(volume, -value / volume.value)], DENSITY.unit)


def mean_volume_per_atom(series: ThermodynamicSeries) -> Estimate:
    """Return <V> / N in Å³ per atom."""
    return available_mean(series.volume_angstrom3 / series.n_atoms, VOLUME.unit)


def enthalpy(series: ThermodynamicSeries) -> Estimate:
    """Return H / N in eV per atom, from the internal energy."""
    return available_mean(series.enthalpy_ev / series.n_atoms, PER_ATOM)


def enthalpy_from_free_energy(series: ThermodynamicSeries) -> Estimate:
    """Return H / N in eV per atom with F in the place of E: what a surrogate trained on F can be compared with."""
    return available_mean(series.enthalpy_from_free_energy_ev / series.n_atoms, PER_ATOM)


def electronic_entropy_term(series: ThermodynamicSeries) -> Estimate:
    """Return T_el S / N = (E - F) / N in eV per atom."""
    return available_mean((series.internal_energy_ev - series.free_energy_ev) / series.n_atoms, PER_ATOM)


def internal_energy(series: ThermodynamicSeries) -> Estimate:
    """Return <E> / N in eV per atom, without the kinetic energy."""
    return available_mean(series.internal_energy_ev / series.n_atoms, PER_ATOM)


def free_energy(series: ThermodynamicSeries) -> Estimate:
    """Return <F> / N in eV per atom."""
    return available_mean(series.free_energy_ev / series.n_atoms, PER_ATOM)


def temperature(series: ThermodynamicSeries) -> Estimate:
    """Return the sampled temperature in K, to be compared with the thermostat's."""
    return available_mean(series.temperature_k, TEMPERATURE.unit)


def pressure(series: ThermodynamicSeries) -> Estimate:
    """Return the sampled pressure in GPa, to be compared with the barostat's."""
    return available_mean(series.pressure_gpa, PRESSURE.unit)


def pressure_uncorrected(series: ThermodynamicSeries) -> Estimate:
    """Return the sampled pressure in GPa without the finite-basis correction."""
    return available_mean(series.pressure_uncorrected_gpa, UNCORRECTED_PRESSURE.unit)


def samples(production: Production) -> ObservedValues:
    """Return at most ``KEPT_SAMPLES`` equally spaced samples: what histograms and reweighting start from.

    Energies of a path integral are NaN: they are no Boltzmann weights of its configurations, as reweighting takes them.
    """
    series = production.series
    every = -(-len(series.volume_angstrom3) // KEPT_SAMPLES)
    steps = production.discard_steps + np.arange(0, len(series.volume_angstrom3), every)
    energies = [series.internal_energy_ev, series.free_energy_ev, series.kinetic_energy_ev]
    if production.beads > 1:
        energies = [np.full_like(each, np.nan) for each in energies]
    return {
        quantity.name: xr.DataArray(column[::every] / series.n_atoms, {SAMPLE.name: steps}, SAMPLE.name)
        for quantity, column in zip(
            SAMPLES.quantities,
            (series.volume_angstrom3, *energies),
            strict=True,
        )
    }


def _of_series(quantity: Quantity, estimate: Callable[[ThermodynamicSeries], Estimate], *needs: Need) -> Observable:
    return sampled(quantity, lambda production: estimate(production.series), *needs, version=2)


SAMPLES = StepObservable(
    name="samples",
    quantities=tuple(
        Quantity(
            f"sample_{name}",
            symbol,
            unit,
            f"{name.replace('_', ' ')} at some steps",
            axes=(SAMPLE,),
            has_error=False,
            needs=frozenset({need}),
        )
        for name, symbol, unit, need in (
            ("volume", VOLUME.symbol, VOLUME.unit, Need.VOLUME),
            ("internal_energy", INTERNAL_ENERGY.symbol, PER_ATOM, Need.INTERNAL_ENERGY),
            ("free_energy", FREE_ENERGY.symbol, PER_ATOM, Need.FREE_ENERGY),
            ("kinetic_energy", "E_kin", PER_ATOM, Need.KINETIC_ENERGY),
        )
    ),
    estimate=samples,
)

OBSERVABLES = (
    _of_series(TEMPERATURE, temperature, Need.TEMPERATURE, Need.CLASSICAL_NUCLEI),
    _of_series(PRESSURE, pressure, Need.PRESSURE),
    _of_series(UNCORRECTED_PRESSURE, pressure_uncorrected, Need.UNCORRECTED_PRESSURE),
    _of_series(DENSITY, density, Need.VOLUME),
    _of_series(VOLUME, mean_volume_per_atom, Need.VOLUME),
    _of_series(ENTHALPY, enthalpy, Need.KINETIC_ENERGY, Need.INTERNAL_ENERGY, Need.APPLIED_PRESSURE),
    _of_series(
        ENTHALPY_FROM_FREE_ENERGY,
        enthalpy_from_free_energy,
        Need.KINETIC_ENERGY,
        Need.FREE_ENERGY,
        Need.APPLIED_PRESSURE,
    ),
    _of_series(ENTROPY_TERM, electronic_entropy_term, Need.INTERNAL_ENERGY, Need.FREE_ENERGY),
    _of_series(INTERNAL_ENERGY, internal_energy, Need.INTERNAL_ENERGY),
    _of_series(FREE_ENERGY, free_energy, Need.FREE_ENERGY),
)
