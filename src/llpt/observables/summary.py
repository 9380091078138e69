"""Everything that is averaged over one run, in one labelled data set."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import h5netcdf
import numpy as np
import xarray as xr

from llpt.files import write_atomically
from llpt.observables import distribution, fluctuations, thermodynamics
from llpt.observables.frame_averages import average_frames, regular_steps
from llpt.observables.transport import Transport, corrected_diffusion
from llpt.observables.viscosity import UNIT, shear_viscosity, total_stress_gpa
from llpt.statistics import Estimate, detect_equilibration

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llpt.observables.source import FrameSource

KEPT_SAMPLES = 2000
SUMMARY_FORMAT = 4
"""Counts what a summary holds; one that was kept with another number is made anew."""


def summarise_run(
    trajectory: FrameSource,
    *,
    discard_steps: int,
    temperature_k: float,
    pressure_gpa: float | None,
    peak_window_angstrom: tuple[float, float] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> xr.Dataset:
    """Return every scalar observable of a run with its error, g(r) and the mean-squared displacement.

    Each scalar observable is three variables without dimension, ``name``, ``name_error`` (68 %, NaN where the run is
    too short to know) and ``name_effective_samples``, with the attribute ``unit``:

    ``temperature`` (K), ``pressure``, ``pressure_uncorrected`` (GPa), ``density`` (g/cm^3), ``volume`` (Å³/atom),
    ``enthalpy``, ``enthalpy_from_free_energy``, ``electronic_entropy_term``, ``internal_energy``, ``free_energy``
    (eV/atom); ``heat_capacity_total`` (k_B/atom; C_P at constant pressure, C_V at constant volume), the sum of
    ``heat_capacity`` (by fluctuations) and, where T_el = T, ``electronic_heat_capacity`` (see
    ``llpt.observables.fluctuations``); at constant pressure ``thermal_expansion`` (1/K), ``compressibility`` (1/GPa),
    ``density_susceptibility`` (N Var(rho)/<rho>^2), ``density_binder``; ``viscosity`` (Pa s, with the attribute
    ``reason`` where it is not determined); from frames, where there are at least two: ``rdf_peak_height``,
    ``rdf_peak_prominence``, ``rdf_minimum``, ``coordination``, ``diffusion`` and ``diffusion_infinite``, that of an
    infinite cell (cm^2/s, the latter with ``reason`` as well), ``q4``, ``q6``, ``solid_fraction``, ``stretch_share``,
    and for pure hydrogen ``molecular_fraction``, ``molecular_fraction_lifetime``.

    Variables with dimensions: ``rdf(r)``, ``running_coordination`` over ``distance`` (Å), with ``…_error``;
    ``rdf_peak_height_running``, ``rdf_minimum_running``, ``coordination_running`` over ``elapsed`` (fs), the same
    numbers from the first tenth of the run, two tenths, …, with ``…_error``; ``msd(lag)``, ``msd_error(lag)``,
    ``msd_origins(origin, lag)`` over ``lag`` (fs), six origins as in the seed; ``msd_all(lag)`` over all origins;
    ``bond_survival(bond_time)`` (fs); ``vacf(vacf_lag)``, ``vdos(frequency)`` (THz); ``structure_factor(k)``;
    ``sample_volume``, ``sample_internal_energy``, ``sample_free_energy``, ``sample_kinetic_energy`` (``sample``), per
    atom, at most ``KEPT_SAMPLES`` of them. Plain numbers: ``msd_exponent``, ``rdf_peak_position``,
    ``rdf_minimum_position`` (Å).

    Attributes: ``n_atoms, mass_u, temperature_k, pressure_gpa`` (NaN at constant volume), ``timestep_fs, discard_steps,
    n_steps, production_fs, equilibration_step`` (found by itself, from the density or else the energy),
    ``constant_volume`` (0 or 1), ``format``.

    Args:
        trajectory: the run.
        discard_steps: steps with a smaller number are left out.
        temperature_k: the thermostat's temperature.
        pressure_gpa: the barostat's pressure; None at constant volume.
        peak_window_angstrom: where the first peak of g(r) is sought; default the H2 bond for hydrogen, everything for
            other systems.
        on_progress: called with (frames read, frames to read) after each block.

    Raises:
        InputError: nothing is left after the discarded steps.
        StorageError: the trajectory is damaged.
    """
    scalars = trajectory.scalars()
    series = thermodynamics.thermodynamic_series(
        trajectory, discard_steps=discard_steps, pressure_gpa=pressure_gpa, scalars=scalars
    )
    estimates = thermodynamic_estimates(series, temperature_k)
    steps = len(series.volume_angstrom3)
    summary = xr.Dataset(
        attrs={
            "n_atoms": trajectory.n_atoms,
            "mass_u": float(trajectory.mass_u),
            "temperature_k": float(temperature_k),
            "pressure_gpa": math.nan if pressure_gpa is None else float(pressure_gpa),
            "timestep_fs": float(trajectory.timestep_fs),
            "discard_steps": int(discard_steps),
            "n_steps": int(scalars["step"][-1]),
            "production_fs": float((steps - 1) * trajectory.timestep_fs),
            "equilibration_step": _equilibration_step(scalars),
            "constant_volume": int(series.constant_volume),
            "format": SUMMARY_FORMAT,
        }
    )
    steps_of_frames = regular_steps(trajectory.frame_steps[trajectory.frame_steps >= discard_steps])
    if len(steps_of_frames) >= 2:
        curves = average_frames(
            trajectory,
            estimates,
            steps_of_frames=steps_of_frames,
            volumes_angstrom3=series.volume_angstrom3,
            window=peak_window_angstrom,
            on_progress=on_progress,
        )
        summary = summary.merge(curves, combine_attrs="override")
    summary = summary.merge(_samples(series, discard_steps), combine_attrs="override")
    viscosity = _viscosity(scalars.sel(step=slice(discard_steps, None)), series, temperature_k, trajectory.timestep_fs)
    transport = {"viscosity": viscosity}
    if "diffusion" in estimates:
        cell = summary["mean_cell"].to_numpy()
        transport["diffusion_infinite"] = corrected_diffusion(
            estimates["diffusion"], viscosity, temperature_k=temperature_k, cell_angstrom=cell
        )
    for name, estimate in (estimates | {name: found.estimate for name, found in transport.items()}).items():
        put_estimate(summary, name, estimate)
    for name, found in transport.items():
        summary[name].attrs["reason"] = found.reason
    return summary


def estimate_of(summary: xr.Dataset, name: str) -> Estimate:
    """Return one scalar observable of a summary as an ``Estimate``.

    Raises:
        KeyError: the summary has no such observable.
    """
    return Estimate(
        float(summary[name]),
        float(summary[f"{name}_error"]),
        str(summary[name].attrs["unit"]),
        float(summary[f"{name}_effective_samples"]),
    )


def save_summary(summary: xr.Dataset, path: Path) -> None:
    """Write a summary to a netCDF file.

    Raises:
        StorageError: the disk refuses.
    """
    content = io.BytesIO()
    with h5netcdf.File(content, "w") as file:
        summary.dump_to_store(xr.backends.H5NetCDFStore(file))
    write_atomically(path, content.getvalue())


def load_summary(path: Path) -> xr.Dataset:
    """Read a summary written by ``save_summary`` into memory."""
    with xr.open_dataset(path, engine="h5netcdf") as file:
        return file.load()


def thermodynamic_estimates(series: thermodynamics.ThermodynamicSeries, temperature_k: float) -> dict[str, Estimate]:
    """Return what the scalars of a run alone give: the first names that ``summarise_run`` lists."""
    estimates = {
        "temperature": thermodynamics.temperature(series),
        "pressure": thermodynamics.pressure(series),
        "pressure_uncorrected": thermodynamics.pressure_uncorrected(series),
        "density": thermodynamics.density(series),
        "volume": thermodynamics.volume_per_atom(series),
        "enthalpy": thermodynamics.enthalpy(series),
        "enthalpy_from_free_energy": thermodynamics.enthalpy_from_free_energy(series),
        "electronic_entropy_term": thermodynamics.electronic_entropy_term(series),
        "internal_energy": thermodynamics.internal_energy(series),
        "free_energy": thermodynamics.free_energy(series),
        "electronic_heat_capacity": fluctuations.electronic_heat_capacity(series, temperature_k),
        "heat_capacity_total": fluctuations.total_heat_capacity(series, temperature_k),
    }
    if series.constant_volume:
        estimates["heat_capacity"] = fluctuations.heat_capacity_constant_volume(series, temperature_k)
    else:
        estimates["heat_capacity"] = fluctuations.heat_capacity_constant_pressure(series, temperature_k)
        estimates["thermal_expansion"] = fluctuations.thermal_expansion(series, temperature_k)
        estimates["compressibility"] = fluctuations.isothermal_compressibility(series, temperature_k)
        estimates["density_susceptibility"] = distribution.density_susceptibility(series)
        estimates["density_binder"] = distribution.density_binder(series)
    return estimates


def _viscosity(
    scalars: xr.Dataset, series: thermodynamics.ThermodynamicSeries, temperature_k: float, interval_fs: float
) -> Transport:
    """Return the shear viscosity from the stress of every step, or why there is none."""
    stress = total_stress_gpa(scalars)
    if stress is None:
        return Transport.unknown(UNIT, "The run does not hold the kinetic part of its stress.")
    volume = float(series.volume_angstrom3.mean())
    return shear_viscosity(stress, volume_angstrom3=volume, temperature_k=temperature_k, interval_fs=interval_fs)


def _samples(series: thermodynamics.ThermodynamicSeries, discard_steps: int) -> xr.Dataset:
    """Return at most ``KEPT_SAMPLES`` equally spaced samples: what histograms and reweighting start from."""
    every = -(-len(series.volume_angstrom3) // KEPT_SAMPLES)
    columns = {
        "sample_volume": (series.volume_angstrom3, "Å³/atom"),
        "sample_internal_energy": (series.internal_energy_ev, "eV/atom"),
        "sample_free_energy": (series.free_energy_ev, "eV/atom"),
        "sample_kinetic_energy": (series.kinetic_energy_ev, "eV/atom"),
    }
    steps = discard_steps + np.arange(0, len(series.volume_angstrom3), every)
    return xr.Dataset(
        {
            name: ("sample", values[::every] / series.n_atoms, {"unit": unit})
            for name, (values, unit) in columns.items()
        },
        coords={"sample": steps},
    )


def _equilibration_step(scalars: xr.Dataset) -> int:
    """Return the step from which on volume (or, where it is fixed, potential energy) looks stationary."""
    volume = scalars["volume_angstrom3"].to_numpy()
    values = volume if np.ptp(volume) > 1e-9 * volume[0] else scalars["free_energy_ev"].to_numpy()
    if np.isnan(values).all():
        return 0
    return int(scalars["step"][detect_equilibration(values)])


def put_estimate(summary: xr.Dataset, name: str, estimate: Estimate) -> None:
    """Put a scalar with its error and number of samples into a summary; ``estimate_of`` reads it back."""
    summary[name] = ((), estimate.value, {"unit": estimate.unit})
    summary[f"{name}_error"] = ((), estimate.error, {"unit": estimate.unit})
    summary[f"{name}_effective_samples"] = ((), estimate.effective_samples, {"unit": ""})
