"""Everything that is averaged over one run, in one labelled data set."""

from __future__ import annotations

import io
import math
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import h5netcdf
import h5py
import numpy as np
import xarray as xr

from llpt.files import write_atomically
from llpt.hdf5 import refuse_other_files
from llpt.observables.averaging import average_run, failure
from llpt.observables.production import Production
from llpt.observables.record import ERROR, SAMPLES, FileObservable, Reasoned
from llpt.observables.registry import all_observables
from llpt.statistics import STATISTICS, Estimate, detect_equilibration

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from llpt.observables.averaging import Averages
    from llpt.observables.record import Axis
    from llpt.observables.registry import Registry
    from llpt.observables.source import FrameSource

SUMMARY_FORMAT = 4
"""Counts how a summary is laid out; one that was kept with another number is made anew.

What stands in it has versions of its own: see ``llpt.observables.kept``.
"""
VERSIONS = "observables"
"""Attribute of a summary: the observables that were asked for, each with its version."""
FAILED = "failed"
"""Attribute of a summary: why observables of other packages are not in it, one sentence a line."""
DEGREES = "degrees_of_freedom"
"""Attribute of an error: how well it is known (``Estimate.degrees_of_freedom``)."""
STATISTICS_VERSION = "statistics"
"""Attribute of a summary: the version of the statistics that its errors come from."""

BEADS = "beads"
"""Attribute of a summary of a path integral: the number of its beads."""

DIMENSIONS = "DIMENSION_LIST"
NETCDF_ATTRIBUTES = frozenset(
    {DIMENSIONS, "CLASS", "NAME", "REFERENCE_LIST", "_Netcdf4Dimid", "_Netcdf4Coordinates", "_NCProperties"}
)
"""By which netCDF marks its variables in HDF5, beside the attributes that they were given."""
ONLY_A_DIMENSION = b"This is a netCDF dimension but not a netCDF variable"

Variable = tuple[tuple[Hashable, ...], Any, dict[str, Any]]
"""Dimensions, values and attributes."""


def summarise_run(
    trajectory: FrameSource,
    *,
    discard_steps: int,
    temperature_k: float,
    pressure_gpa: float | None,
    peak_window_angstrom: tuple[float, float] | None = None,
    only: Collection[str] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> xr.Dataset:
    """Return every observable of a run (``llpt.observables.registry``) as one data set.

    Each sampled number is three variables without dimension, ``name``, ``name_error`` (68 %, NaN where the run is too
    short to know; its attribute ``degrees_of_freedom`` says how well it is known) and ``name_effective_samples``, with
    the attribute ``unit``; one whose estimator says why it is not determined carries that sentence as the attribute
    ``reason``. A plain number is one variable. An array has named dimensions, most with coordinates, and perhaps a
    ``name_error`` and ``name_effective_samples``. ``describe_observables`` lists them all.

    What the run cannot give is not there: nothing from frames where there are fewer than two, no compressibility at
    constant volume, no molecules but of hydrogen, no vibrations without velocities. A number whose scalars the run
    does not have (imported without energies, say) is NaN.

    Attributes: ``n_atoms, mass_u, temperature_k, pressure_gpa`` (NaN at constant volume), ``timestep_fs, discard_steps,
    n_steps, production_fs, equilibration_step`` (found by itself, from the density or else the energy),
    ``constant_volume`` (0 or 1), ``format``, ``statistics`` (version), ``observables`` (what was asked for, with
    versions), of a path integral ``beads`` and, only where an observable of another package could not be used,
    ``failed`` (why).

    Args:
        trajectory: the run.
        discard_steps: steps with a smaller number are left out.
        temperature_k: the thermostat's temperature.
        pressure_gpa: the barostat's pressure; None at constant volume.
        peak_window_angstrom: where the first peak of g(r) is sought; default the H2 bond for hydrogen, everything for
            other systems.
        only: names of observables or quantities; those they are made from come with them. None takes all.
        on_progress: called with (frames read, frames to read) after each block.

    Raises:
        InputError: nothing is left after the discarded steps, or ``only`` names what is not known.
        StorageError: the trajectory is damaged.
    """
    observables = all_observables() if only is None else all_observables().giving(only)
    scalars = trajectory.scalars()
    production = Production.of(
        trajectory,
        scalars=scalars,
        discard_steps=discard_steps,
        temperature_k=temperature_k,
        pressure_gpa=pressure_gpa,
        peak_window_angstrom=peak_window_angstrom,
    )
    averages = average_run(production, observables, on_progress=on_progress)
    return summary_of_averages(averages, production, observables, scalars)


def summary_of_averages(
    averages: Averages,
    production: Production,
    observables: Registry,
    scalars: xr.Dataset,
) -> xr.Dataset:
    """Return averages as a summary: arrays and plain numbers first, then sampled numbers, each in the registry's order.

    Args:
        averages: what came out of the run.
        production: the part of the run that was averaged.
        observables: what was asked for.
        scalars: of the whole run.
    """
    source, pressure = production.source, production.pressure_gpa
    steps = len(production.series.volume_angstrom3)
    asked = [each for each in observables if each.name not in averages.failed]
    variables: dict[str, Variable] = {}
    coordinates: dict[str, Variable] = {}
    quantities = observables.quantities
    for name, found in averages.found.items():
        quantity = quantities[name if name in quantities else name.removesuffix(ERROR).removesuffix(SAMPLES)]
        if isinstance(found, xr.DataArray):
            unit = "" if name.endswith(SAMPLES) else quantity.unit
            variables[name] = (found.dims, found.to_numpy(), {"unit": unit})
            coordinates |= {axis.name: _coordinate(found, axis) for axis in quantity.axes if axis.name in found.coords}
        elif not isinstance(found, Estimate | Reasoned):
            variables[name] = ((), float(found), {"unit": quantity.unit})
    for name, found in averages.found.items():
        if isinstance(found, Estimate):
            variables |= _sampled(name, found)
        elif isinstance(found, Reasoned):
            variables |= _sampled(name, found.estimate)
            variables[name][2]["reason"] = found.reason
    attributes = {
        "n_atoms": source.n_atoms,
        "mass_u": float(source.mass_u),
        "temperature_k": float(production.temperature_k),
        "pressure_gpa": math.nan if pressure is None else float(pressure),
        "timestep_fs": float(source.timestep_fs),
        "discard_steps": int(production.discard_steps),
        "n_steps": int(scalars["step"][-1]),
        "production_fs": float((steps - 1) * source.timestep_fs),
        "equilibration_step": _equilibration_step(scalars),
        "constant_volume": int(production.series.constant_volume),
        "format": SUMMARY_FORMAT,
        STATISTICS_VERSION: STATISTICS,
        VERSIONS: ", ".join(f"{each.name} {each.version}" for each in asked if not isinstance(each, FileObservable)),
    }
    if production.beads > 1:
        attributes[BEADS] = production.beads
    if averages.failed:
        attributes[FAILED] = "\n".join(averages.failed.values())
    return xr.Dataset(variables, coords=coordinates, attrs=attributes)


def estimate_of(summary: xr.Dataset, name: str) -> Estimate:
    """Return one scalar observable of a summary as an ``Estimate``.

    Raises:
        KeyError: the summary has no such observable.
    """
    return Estimate(
        float(summary[name]),
        float(summary[f"{name}{ERROR}"]),
        str(summary[name].attrs["unit"]),
        float(summary[f"{name}{SAMPLES}"]),
        float(summary[f"{name}{ERROR}"].attrs.get(DEGREES, math.inf)),
    )


def sampled_names(summary: xr.Dataset) -> list[str]:
    """Return the names of the sampled numbers of a summary, in its order: what ``estimate_of`` can be asked for."""
    names = (str(name).removesuffix(SAMPLES) for name in summary if str(name).endswith(SAMPLES))
    return [name for name in names if f"{name}{ERROR}" in summary and not summary[name].dims]


def put_estimate(summary: xr.Dataset, name: str, estimate: Estimate) -> None:
    """Put a scalar with its error and number of samples into a summary; ``estimate_of`` reads it back.

    Args:
        summary: what is added to.
        name: of the variable.
        estimate: the scalar.
    """
    for variable, content in _sampled(name, estimate).items():
        summary[variable] = content


def with_files(summary: xr.Dataset, run_directory: Path) -> xr.Dataset:
    """Return a summary with what other commands (``llpt optics``) left in the run's directory, if anything.

    Args:
        summary: of the run; it is added to.
        run_directory: of the run.

    Raises:
        StorageError: a file of the package's own commands is damaged.
    """
    observables = all_observables()
    for each in observables:
        if not isinstance(each, FileObservable):
            continue
        try:
            found = each.read(run_directory)
        except Exception as error:
            if each.name not in observables.foreign:
                raise
            summary.attrs[FAILED] = "\n".join([*failures(summary), failure(each, error)])
            continue
        for name, estimate in found.items():
            put_estimate(summary, name, estimate)
    return summary


def failures(summary: xr.Dataset) -> list[str]:
    """Return why observables of other packages are not in a summary, one sentence each."""
    return [line for line in str(summary.attrs.get(FAILED, "")).splitlines() if line]


def save_summary(summary: xr.Dataset, path: Path) -> None:
    """Write a summary to a netCDF file.

    Raises:
        StorageError: the disk refuses.
    """
    write_atomically(path, as_netcdf(summary))


def as_netcdf(dataset: xr.Dataset) -> bytes:
    """Return a netCDF file in memory: HDF5 ends the process when a disk fills under it (``llpt.files``)."""
    content = io.BytesIO()
    with h5netcdf.File(content, "w") as file:
        dataset.dump_to_store(xr.backends.H5NetCDFStore(file))
    return content.getvalue()


def load_summary(path: Path) -> xr.Dataset:
    """Read a summary written by ``save_summary`` into memory.

    By h5py itself: a summary has more than a hundred numbers, and xarray's way to each takes milliseconds.

    Raises:
        StorageError: numbers of it lie in another file.
    """
    variables: dict[str, Variable] = {}
    with h5py.File(path, "r") as stored:
        for name, item in stored.items():
            if item is None:  # a link that leads nowhere
                continue
            refuse_other_files(item, path)
            if isinstance(item, h5py.Dataset) and not item.attrs.get("NAME", b"").startswith(ONLY_A_DIMENSION):
                is_text = h5py.check_string_dtype(item.dtype) is not None
                values = np.asarray(item.asstr()[()], dtype=str) if is_text else item[()]
                variables[name] = (_dimensions(name, item, stored), values, _attributes(item))
        return xr.decode_cf(xr.Dataset(variables, attrs=_attributes(stored)))


def _dimensions(name: str, item: h5py.Dataset, stored: h5py.File) -> tuple[str, ...]:
    if not item.ndim:
        return ()
    if DIMENSIONS not in item.attrs:  # it is one itself
        return (name,)
    return tuple(stored[references[0]].name.removeprefix("/") for references in item.attrs[DIMENSIONS])


def _attributes(item: h5py.Dataset | h5py.File) -> dict[str, Any]:
    """Return the attributes of a variable or of the file; netCDF stores a number as an array of one."""
    found = {name: item.attrs[name] for name in item.attrs if name not in NETCDF_ATTRIBUTES}
    return {name: value[0] if np.shape(value) == (1,) else value for name, value in found.items()}


def _sampled(name: str, estimate: Estimate) -> dict[str, Variable]:
    """Return the three variables of a sampled number."""
    return {
        name: ((), estimate.value, {"unit": estimate.unit}),
        f"{name}{ERROR}": ((), estimate.error, {"unit": estimate.unit, DEGREES: estimate.degrees_of_freedom}),
        f"{name}{SAMPLES}": ((), estimate.effective_samples, {"unit": ""}),
    }


def _coordinate(found: xr.DataArray, axis: Axis) -> Variable:
    return ((axis.name,), found.coords[axis.name].to_numpy(), {"unit": axis.unit} if axis.unit else {})


def _equilibration_step(scalars: xr.Dataset) -> int:
    """Return the step from which on volume (or, where it is fixed, potential energy) looks stationary."""
    volume = scalars["volume_angstrom3"].to_numpy()
    values = volume if np.ptp(volume) > 1e-9 * volume[0] else scalars["free_energy_ev"].to_numpy()
    if np.isnan(values).all():
        return 0
    return int(scalars["step"][detect_equilibration(values)])
