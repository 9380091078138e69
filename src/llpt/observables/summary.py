"""Everything that is averaged over one run, in one labelled data set.

The frames are read once, block by block, and handed to every analysis that needs them; memory does not grow with the
length of the run beyond ``RDF_FRAMES`` curves and ``DISPLACEMENT_FRAMES`` configurations in single precision. Where
fewer frames than there are make the error of an average no larger (g(r), order, S(k) of a large cell), evenly spaced
ones are taken.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import numpy as np
import xarray as xr

from llpt.observables import distribution, fluctuations, thermodynamics
from llpt.observables.displacement import Displacements
from llpt.observables.molecules import Molecules
from llpt.observables.pair_correlation import MOLECULAR_WINDOW_ANGSTROM, PairCorrelation, greatest_radius_angstrom
from llpt.observables.solid_order import SolidOrder
from llpt.observables.structure_factor import StructureFactor
from llpt.observables.velocity import VelocityCorrelation
from llpt.statistics import Estimate, detect_equilibration
from llpt.trajectory import FrameBlock

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from llpt.observables.source import FrameSource

RDF_FRAMES = 1000
RDF_ATOMS = 600_000
ORDER_ATOMS = 100_000
KEPT_SAMPLES = 2000
ORDER_FRAMES = 100
STRUCTURE_FRAMES = 10
DISPLACEMENT_FRAMES = 2000
BLOCK_BYTES = 64 * 1024**2
HYDROGEN = 1


class Accumulator(Protocol):
    """An analysis that takes in frames block by block."""

    def add(self, block: FrameBlock) -> None:
        """Take in a block of frames."""


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
    (eV/atom); at constant pressure ``heat_capacity`` (C_P by fluctuations, k_B/atom), ``thermal_expansion`` (1/K),
    ``compressibility`` (1/GPa), ``density_susceptibility`` (N Var(rho)/<rho>^2), ``density_binder``; at constant
    volume ``heat_capacity`` (C_V); ``electronic_heat_capacity`` (k_B/atom, to be added where T_el = T, see
    ``llpt.observables.fluctuations``); from frames, where there are at least two: ``rdf_peak_height``,
    ``rdf_peak_prominence``, ``rdf_minimum``, ``coordination``, ``diffusion`` (cm^2/s), ``q4``, ``q6``,
    ``solid_fraction``, ``stretch_share`` and for pure hydrogen ``molecular_fraction``,
    ``molecular_fraction_lifetime``.

    Variables with dimensions: ``rdf(r)``, ``rdf_error(r)`` over ``r`` (Å); ``msd(lag)``, ``msd_error(lag)``,
    ``msd_origins(origin, lag)`` over ``lag`` (fs), six origins as in the seed; ``msd_all(lag)`` over all origins;
    ``bond_survival(bond_time)`` (fs); ``vacf(vacf_lag)``, ``vdos(frequency)`` (THz); ``structure_factor(k)``;
    ``sample_volume``, ``sample_internal_energy``, ``sample_free_energy``, ``sample_kinetic_energy`` (``sample``), per
    atom, at most ``KEPT_SAMPLES`` of them. Plain numbers: ``msd_exponent``, ``rdf_peak_position``,
    ``rdf_minimum_position`` (Å).

    Attributes: ``n_atoms, mass_u, temperature_k, pressure_gpa`` (NaN at constant volume), ``timestep_fs, discard_steps,
    n_steps, production_fs, equilibration_step`` (found by itself, from the density or else the energy),
    ``constant_volume`` (0 or 1).

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
        }
    )
    steps_of_frames = regular_steps(trajectory.frame_steps[trajectory.frame_steps >= discard_steps])
    if len(steps_of_frames) >= 2:
        curves = _from_frames(
            trajectory,
            estimates,
            steps_of_frames=steps_of_frames,
            volumes_angstrom3=series.volume_angstrom3,
            window=peak_window_angstrom,
            on_progress=on_progress,
        )
        summary = summary.merge(curves, combine_attrs="override")
    summary = summary.merge(_samples(series, discard_steps), combine_attrs="override")
    for name, estimate in estimates.items():
        put_estimate(summary, name, estimate)
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
    """Write a summary to a netCDF file, aside first and then in place."""
    aside = path.with_name(f".{path.name}.aside")
    summary.to_netcdf(aside, engine="h5netcdf")
    aside.replace(path)


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


def _from_frames(
    trajectory: FrameSource,
    estimates: dict[str, Estimate],
    *,
    steps_of_frames: NDArray[np.int64],
    volumes_angstrom3: NDArray[np.float64],
    window: tuple[float, float] | None,
    on_progress: Callable[[int, int], None] | None,
) -> xr.Dataset:
    """Read the frames once; put the scalar results into ``estimates`` and return the curves."""
    hydrogen = bool((trajectory.numbers == HYDROGEN).all())
    start = int(steps_of_frames[0])
    frames = len(steps_of_frames)
    first = next(iter(trajectory.blocks(1, start_step=start)))
    interval = float(steps_of_frames[1] - steps_of_frames[0]) * trajectory.timestep_fs
    rdf = PairCorrelation(greatest_radius_angstrom(first.cells_angstrom[0], volumes_angstrom3))
    displacements = Displacements(trajectory.masses_u)
    velocities = VelocityCorrelation(trajectory.masses_u, interval)
    order = SolidOrder() if hydrogen else SolidOrder(bond_angstrom=0.0)
    factor = StructureFactor(first.cells_angstrom[0])
    molecules = Molecules(trajectory.n_atoms) if hydrogen else None
    thinned: dict[Accumulator, int] = {
        rdf: min(RDF_FRAMES, RDF_ATOMS // trajectory.n_atoms + 1),
        displacements: DISPLACEMENT_FRAMES,
        order: min(ORDER_FRAMES, ORDER_ATOMS // trajectory.n_atoms + 1),
        factor: STRUCTURE_FRAMES,
    }
    everything: list[Accumulator] = [velocities] if molecules is None else [velocities, molecules]
    size = max(1, BLOCK_BYTES // (trajectory.n_atoms * 9 * 8))
    seen = 0
    for read in trajectory.blocks(size, start_step=start):
        block = _chosen(read, np.isin(read.steps, steps_of_frames))
        for accumulator in everything:
            accumulator.add(block)
        for accumulator, most in thinned.items():
            accumulator.add(_every(block, -(-frames // most), seen))
        seen += len(block.times_fs)
        if on_progress is not None:
            on_progress(seen, frames)
    curves = _pair_correlation(rdf, estimates, window or (MOLECULAR_WINDOW_ANGSTROM if hydrogen else None))
    curves.update(_displacement(displacements, estimates))
    curves.update(_vibrations(velocities, estimates))
    curves.update(
        xr.Dataset(
            {"structure_factor": ("k", factor.mean(), {"unit": ""})},
            coords={"k": ("k", factor.k_per_angstrom, {"unit": "1/Å"})},
        )
    )
    estimates["q4"], estimates["q6"], estimates["solid_fraction"] = order.q4(), order.q6(), order.solid_fraction()
    if molecules is not None:
        curves.update(_molecular(molecules, estimates))
    return curves


def _pair_correlation(
    rdf: PairCorrelation, estimates: dict[str, Estimate], window: tuple[float, float] | None
) -> xr.Dataset:
    if window is None:
        peak = rdf.first_peak(
            window_angstrom=(0.0, float(rdf.r_angstrom[-1])), minimum_below_angstrom=float(rdf.r_angstrom[-1])
        )
    else:
        peak = rdf.first_peak(window_angstrom=window)
    estimates["rdf_peak_height"] = peak.height
    estimates["rdf_peak_prominence"] = peak.prominence
    estimates["rdf_minimum"] = peak.minimum
    estimates["coordination"] = peak.coordination
    bins = rdf.estimates()
    return xr.Dataset(
        {
            "rdf": ("r", [bin_.value for bin_ in bins], {"unit": ""}),
            "rdf_error": ("r", [bin_.error for bin_ in bins], {"unit": ""}),
            "rdf_peak_position": ((), peak.position_angstrom, {"unit": "Å"}),
            "rdf_minimum_position": ((), peak.minimum_position_angstrom, {"unit": "Å"}),
        },
        coords={"r": ("r", rdf.r_angstrom, {"unit": "Å"})},
    )


def _displacement(displacements: Displacements, estimates: dict[str, Estimate]) -> xr.Dataset:
    curves = displacements.from_origins()
    lags, values = displacements.all_origins()
    length = min(len(lags), len(curves.lags_fs))
    estimates["diffusion"] = displacements.diffusion()
    coordinate = {"lag": ("lag", lags[:length], {"unit": "fs"})}
    return xr.Dataset(
        {
            "msd": ("lag", curves.mean_angstrom2[:length], {"unit": "Å²"}),
            "msd_error": ("lag", curves.error_angstrom2[:length], {"unit": "Å²"}),
            "msd_origins": (("origin", "lag"), curves.curves_angstrom2[:, :length], {"unit": "Å²"}),
            "msd_all": ("lag", values[:length], {"unit": "Å²"}),
            "msd_exponent": ((), displacements.exponent(), {"unit": ""}),
        },
        coords=coordinate,
    )


def _vibrations(velocities: VelocityCorrelation, estimates: dict[str, Estimate]) -> xr.Dataset:
    found = velocities.result()
    if found is None:
        return xr.Dataset()
    estimates["stretch_share"] = found.stretch_share
    return xr.Dataset(
        {
            "vacf": ("vacf_lag", found.autocorrelation, {"unit": ""}),
            "vdos": ("frequency", found.density_of_states, {"unit": "1/THz"}),
        },
        coords={
            "vacf_lag": ("vacf_lag", found.lags_fs, {"unit": "fs"}),
            "frequency": ("frequency", found.frequencies_thz, {"unit": "THz"}),
        },
    )


def _molecular(molecules: Molecules, estimates: dict[str, Estimate]) -> xr.Dataset:
    estimates["molecular_fraction"] = molecules.instantaneous_fraction()
    estimates["molecular_fraction_lifetime"] = molecules.lifetime_fraction()
    times, survival = molecules.lifetimes().survival()
    return xr.Dataset(
        {"bond_survival": ("bond_time", survival, {"unit": ""})},
        coords={"bond_time": ("bond_time", times, {"unit": "fs"})},
    )


def regular_steps(frame_steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the steps of equally spaced frames, by the commonest spacing; a frame out of turn is dropped."""
    if len(frame_steps) < 3:
        return frame_steps
    spacings, counts = np.unique(np.diff(frame_steps), return_counts=True)
    spacing = spacings[np.argmax(counts)]
    origin = frame_steps[int(np.argmax(np.diff(frame_steps) == spacing))]
    return np.asarray(frame_steps[(frame_steps - origin) % spacing == 0])


def _every(block: FrameBlock, every: int, seen: int) -> FrameBlock:
    """Return every k-th frame of a block, counted from the first frame of the run; ``seen`` came before the block."""
    return block if every == 1 else _chosen(block, np.arange(seen, seen + len(block.steps)) % every == 0)


def _chosen(block: FrameBlock, chosen: NDArray[np.bool_]) -> FrameBlock:
    if chosen.all():
        return block
    return FrameBlock(
        steps=block.steps[chosen],
        times_fs=block.times_fs[chosen],
        positions_angstrom=block.positions_angstrom[chosen],
        velocities_angstrom_per_fs=block.velocities_angstrom_per_fs[chosen],
        cells_angstrom=block.cells_angstrom[chosen],
        forces_ev_per_angstrom=block.forces_ev_per_angstrom[chosen],
    )


def put_estimate(summary: xr.Dataset, name: str, estimate: Estimate) -> None:
    """Put a scalar with its error and number of samples into a summary; ``estimate_of`` reads it back."""
    summary[name] = ((), estimate.value, {"unit": estimate.unit})
    summary[f"{name}_error"] = ((), estimate.error, {"unit": estimate.unit})
    summary[f"{name}_effective_samples"] = ((), estimate.effective_samples, {"unit": ""})
