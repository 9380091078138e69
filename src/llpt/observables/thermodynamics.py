"""Density, volume, enthalpy, temperature and pressure: averages of what every step recorded.

rho = M / <V>. H = <E_kin> + <E> + P <V>, per atom, with E the *internal* energy of the electrons and ions. Beside it
stand H built from the free energy F = E - T_el S, which is all that a surrogate has, and their difference T_el S. P
is the pressure that the barostat was set to; at constant volume it is the sampled mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from llpt import units
from llpt.errors import InputError
from llpt.observables.record import Axis, Need, Observable, Quantity, StepObservable, sampled
from llpt.statistics import Estimate, mean_estimate

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from llpt.observables.production import Production
    from llpt.observables.record import Findings
    from llpt.observables.source import FrameSource

PER_ATOM = "eV/atom"
TEMPERATURE = Quantity("temperature", "T", "K", "sampled temperature")
PRESSURE = Quantity("pressure", "P", "GPa", "sampled pressure", tabled=True)
UNCORRECTED_PRESSURE = Quantity(
    "pressure_uncorrected", "P", "GPa", "sampled pressure without the finite-basis correction"
)
DENSITY = Quantity("density", "ρ", "g/cm^3", "density", tabled=True, drawn=True)
VOLUME = Quantity("volume", "V", "Å³/atom", "volume")
ENTHALPY = Quantity("enthalpy", "H", PER_ATOM, "enthalpy, from the internal energy E", tabled=True)
ENTHALPY_FROM_FREE_ENERGY = Quantity(
    "enthalpy_from_free_energy", "H_F", PER_ATOM, "enthalpy with the free energy F in the place of E"
)
ENTROPY_TERM = Quantity("electronic_entropy_term", "T_el S", PER_ATOM, "electronic temperature times entropy, E - F")
INTERNAL_ENERGY = Quantity("internal_energy", "E", PER_ATOM, "internal energy without the kinetic energy")
FREE_ENERGY = Quantity("free_energy", "F", PER_ATOM, "free energy of the electrons")

KEPT_SAMPLES = 2000
SAMPLE = Axis("sample", "step", "")


@dataclass(frozen=True, slots=True)
class ThermodynamicSeries:
    """Per-step series of one run after the discarded part, all of shape (steps,).

    Args:
        n_atoms: number of atoms.
        mass_u: mass of the cell.
        volume_angstrom3: volume of the cell.
        kinetic_energy_ev: kinetic energy of the cell.
        internal_energy_ev: E of the cell.
        free_energy_ev: F of the cell.
        entropy_ev_per_k: electronic entropy S of the cell.
        temperature_k: instantaneous temperature.
        pressure_gpa: instantaneous total pressure, as the barostat saw it.
        pressure_uncorrected_gpa: without the finite-basis correction.
        applied_pressure_gpa: P of the enthalpy: the barostat's, or the sampled mean at constant volume.
        constant_volume: whether the volume never changed.
    """

    n_atoms: int
    mass_u: float
    volume_angstrom3: NDArray[np.float64]
    kinetic_energy_ev: NDArray[np.float64]
    internal_energy_ev: NDArray[np.float64]
    free_energy_ev: NDArray[np.float64]
    entropy_ev_per_k: NDArray[np.float64]
    temperature_k: NDArray[np.float64]
    pressure_gpa: NDArray[np.float64]
    pressure_uncorrected_gpa: NDArray[np.float64]
    applied_pressure_gpa: float
    constant_volume: bool

    @property
    def electronic_temperature_k(self) -> float:
        """T_el = <E - F> / <S>; NaN without electronic entropy."""
        entropy = float(self.entropy_ev_per_k.mean())
        return float((self.internal_energy_ev - self.free_energy_ev).mean()) / entropy if entropy else math.nan

    @property
    def enthalpy_ev(self) -> NDArray[np.float64]:
        """H of the cell at each step, E_kin + E + P V."""
        return self.kinetic_energy_ev + self.internal_energy_ev + self._pressure_volume_ev

    @property
    def enthalpy_from_free_energy_ev(self) -> NDArray[np.float64]:
        """The same with F in the place of E."""
        return self.kinetic_energy_ev + self.free_energy_ev + self._pressure_volume_ev

    @property
    def _pressure_volume_ev(self) -> NDArray[np.float64]:
        return self.applied_pressure_gpa * units.GPA_TO_EV_PER_ANGSTROM3 * self.volume_angstrom3


def available_mean(series: NDArray[np.float64], unit: str) -> Estimate:
    """Return the mean of a series; value and error NaN where an imported run does not have it at any step.

    Raises:
        InputError: it is there at some steps only.
    """
    if np.isnan(series).all():
        return Estimate.unknown(unit)
    return mean_estimate(series, unit)


def thermodynamic_series(
    source: FrameSource,
    *,
    discard_steps: int,
    pressure_gpa: float | None,
    scalars: xr.Dataset | None = None,
) -> ThermodynamicSeries:
    """Read the scalars of a run and cut off its first steps.

    Args:
        source: the run.
        discard_steps: steps with a smaller number than this are left out.
        pressure_gpa: what the barostat was set to; None at constant volume.
        scalars: ``source.scalars()`` where it has been read already.

    Raises:
        InputError: nothing is left after the discarded steps.
    """
    table = source.scalars() if scalars is None else scalars
    kept = table.isel(step=slice(int(np.searchsorted(table["step"].to_numpy(), discard_steps)), None))
    if kept.sizes["step"] == 0:
        raise InputError(
            f"The run ends at step {int(table['step'][-1])}, before the {discard_steps} steps to discard are over.",
            "Continue the run, or discard fewer steps.",
        )

    def column(name: str) -> NDArray[np.float64]:
        if name not in kept:
            return np.full(kept.sizes["step"], math.nan)
        return np.asarray(kept[name].to_numpy(), dtype=np.float64)

    pressure = column("pressure_gpa")
    volume = column("volume_angstrom3")
    return ThermodynamicSeries(
        n_atoms=source.n_atoms,
        mass_u=source.mass_u,
        volume_angstrom3=volume,
        kinetic_energy_ev=column("kinetic_energy_ev"),
        internal_energy_ev=column("internal_energy_ev"),
        free_energy_ev=column("free_energy_ev"),
        entropy_ev_per_k=column("entropy_ev_per_k"),
        temperature_k=column("temperature_k"),
        pressure_gpa=pressure,
        pressure_uncorrected_gpa=column("pressure_uncorrected_gpa"),
        applied_pressure_gpa=float(pressure.mean()) if pressure_gpa is None else pressure_gpa,
        constant_volume=bool(np.ptp(volume) <= 1e-9 * volume[0]),
    )


def density(series: ThermodynamicSeries) -> Estimate:
    """Return the mass density rho = M / <V> in g/cm³."""
    volume = mean_estimate(series.volume_angstrom3, "Å³")
    value = series.mass_u * units.U_PER_ANGSTROM3_TO_G_PER_CM3 / volume.value
    return Estimate(value, value * volume.error / volume.value, DENSITY.unit, volume.effective_samples)


def volume_per_atom(series: ThermodynamicSeries) -> Estimate:
    """Return <V> / N in Å³ per atom."""
    return mean_estimate(series.volume_angstrom3 / series.n_atoms, VOLUME.unit)


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


def samples(production: Production) -> Findings:
    """Return at most ``KEPT_SAMPLES`` equally spaced samples: what histograms and reweighting start from."""
    series = production.series
    every = -(-len(series.volume_angstrom3) // KEPT_SAMPLES)
    steps = production.discard_steps + np.arange(0, len(series.volume_angstrom3), every)
    return {
        quantity.name: xr.DataArray(column[::every] / series.n_atoms, {SAMPLE.name: steps}, SAMPLE.name)
        for quantity, column in zip(
            SAMPLES.quantities,
            (series.volume_angstrom3, series.internal_energy_ev, series.free_energy_ev, series.kinetic_energy_ev),
            strict=True,
        )
    }


def _of_series(quantity: Quantity, estimate: Callable[[ThermodynamicSeries], Estimate], *needs: Need) -> Observable:
    return sampled(quantity, lambda production: estimate(production.series), *needs)


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
    _of_series(TEMPERATURE, temperature, Need.TEMPERATURE),
    _of_series(PRESSURE, pressure, Need.PRESSURE),
    _of_series(UNCORRECTED_PRESSURE, pressure_uncorrected, Need.UNCORRECTED_PRESSURE),
    _of_series(DENSITY, density, Need.VOLUME),
    _of_series(VOLUME, volume_per_atom, Need.VOLUME),
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
