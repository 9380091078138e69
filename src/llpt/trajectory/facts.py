"""What is known of a simulation as a whole, beside its frames."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.ensembles import Ensemble
from llpt.errors import InputError, StorageError
from llpt.run_file import RunFile, read_run_file

if TYPE_CHECKING:
    from pathlib import Path

    from llpt.trajectory.frame import System

POSSIBLE = {
    "temperature_k": (0.0, 1e5, "the thermostat's temperature in K, above 0 and at most 1e5"),
    "pressure_gpa": (-1e4, 1e4, "the barostat's pressure in GPa, within 1e4 of 0"),
    "electronic_temperature_k": (0.0, 1e6, "the electrons' temperature in K, 0 to 1e6"),
    "frame_interval_fs": (0.0, 1e6, "the time from frame to frame in fs, above 0 and at most 1e6"),
}
"""Lowest and highest of what a person may state of a run, and the same in words."""
POSITIVE = frozenset({"temperature_k", "frame_interval_fs"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What files, or a person, state of a simulation; None where they do not.

    Args:
        temperature_k: the thermostat's temperature; None where it is changed on the way.
        temperature_ramp_k: the thermostat's temperature at the beginning and at the end, where the two differ.
        annealed: what else changes the temperature on the way, in words; None where nothing is said to.
        pressure_gpa: the barostat's pressure; None where it is changed on the way.
        pressure_ramp_gpa: the barostat's pressure at the beginning and at the end, where the two differ.
        electronic_temperature_k: T_el of Fermi–Dirac occupations; 0 where there are no electrons.
        electronic_rounding_k: by how much T_el may be another, for the few digits that it is printed with.
        frame_interval_fs: time between two frames; of our own runs, between two steps.
        timestep_fs: time step of the dynamics.
        constant_volume: whether there was no barostat.
        missing: scalars (of ``StepRecord``) and arrays of a run made elsewhere that its files do not give.
        no_energy_because: why energies are missing although the files give one, in sentences; None elsewhere.
    """

    temperature_k: float | None = None
    temperature_ramp_k: tuple[float, float] | None = None
    annealed: str | None = None
    pressure_gpa: float | None = None
    pressure_ramp_gpa: tuple[float, float] | None = None
    electronic_temperature_k: float | None = None
    electronic_rounding_k: float = 0.0
    frame_interval_fs: float | None = None
    timestep_fs: float | None = None
    constant_volume: bool | None = None
    missing: tuple[str, ...] = ()
    no_energy_because: str | None = None


def held_or_ramp(begin: float | None, end: float | None) -> tuple[float | None, tuple[float, float] | None]:
    """Return what is held all along, or the two ends of a ramp; neither where one end is not known.

    Args:
        begin: at the beginning.
        end: at the end.

    >>> held_or_ramp(300.0, 300.0), held_or_ramp(300.0, 900.0)
    ((300.0, None), (None, (300.0, 900.0)))
    """
    if begin is None or end is None:
        return None, None
    return (begin, None) if begin == end else (None, (begin, end))


def stated(
    *,
    temperature_k: float | None = None,
    pressure_gpa: float | None = None,
    electronic_temperature_k: float | None = None,
    frame_interval_fs: float | None = None,
) -> Facts:
    """Return what a person states of a run, each number checked; None where nothing is stated.

    Args:
        temperature_k: the thermostat's temperature, above 0.
        pressure_gpa: the barostat's pressure.
        electronic_temperature_k: T_el; 0 without electrons.
        frame_interval_fs: time between two frames, above 0.

    Raises:
        InputError: one is no number, or none that a run can have.

    >>> stated(temperature_k=900).temperature_k
    900.0
    """
    return Facts(
        temperature_k=_possible("temperature_k", temperature_k),
        pressure_gpa=_possible("pressure_gpa", pressure_gpa),
        electronic_temperature_k=_possible("electronic_temperature_k", electronic_temperature_k),
        frame_interval_fs=_possible("frame_interval_fs", frame_interval_fs),
    )


def _possible(name: str, value: float | None) -> float | None:
    if value is None:
        return None
    low, high, words = POSSIBLE[name]
    keyword = name.replace("frame_interval", "timestep")
    option = keyword.replace("_", "-")
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not low <= number <= high or (name in POSITIVE and number == 0.0):
        raise InputError(f"{keyword} = {value} cannot be.", f"Give {words} (--{option}).")
    return number


def facts_of_run(directory: Path, system: System) -> Facts:
    """Return what a run directory states in ``run.json`` and in the header of its trajectory.

    Raises:
        InputError: ``run.json`` is damaged.
    """
    try:
        record = read_run_file(directory, RunFile) or RunFile()
    except StorageError as error:
        raise InputError(error.cause, "Restore it from a copy.") from error
    settings = record.settings
    electronic_k = system.attributes.get("electronic_temperature_k")
    return Facts(
        temperature_k=settings.temperature_k,
        pressure_gpa=settings.pressure_gpa,
        electronic_temperature_k=None if electronic_k is None else float(electronic_k),
        frame_interval_fs=system.timestep_fs,
        timestep_fs=system.timestep_fs,
        constant_volume=None if settings.ensemble is None else settings.ensemble is not Ensemble.NPT,
        missing=record.missing,
    )
