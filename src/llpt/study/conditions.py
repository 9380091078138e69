"""How a run kept to its conditions: mean temperature, pressure and density, and the drift of what is conserved."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from llpt.statistics import Estimate, mean_estimate
from llpt.study.outcome import RunConditions
from llpt.trajectory.stored import StoredFrames
from llpt.units import U_PER_ANGSTROM3_TO_G_PER_CM3

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LEAST_STEPS = 8
"""Fewer steps tell nothing."""


def conditions_of(run_directory: Path, *, discard: int, atoms: int) -> RunConditions:
    """Return how a run on disk kept to its conditions.

    Args:
        run_directory: its directory.
        discard: first steps left out.
        atoms: number of atoms.

    Raises:
        StorageError: a segment is damaged.
    """
    frames = StoredFrames(run_directory)
    scalars = frames.scalars()
    kept = scalars["step"] >= discard
    if kept.sum() < LEAST_STEPS:
        return RunConditions()
    temperature = _mean(scalars["temperature_k"][kept], "K")
    pressure = _mean(scalars["pressure_gpa"][kept], "GPa")
    mass_u = float(frames.system.masses_u.sum())
    density = _mean(mass_u * U_PER_ANGSTROM3_TO_G_PER_CM3 / scalars["volume_angstrom3"][kept], "g/cm^3")
    return RunConditions(
        temperature_k=_finite(temperature.value),
        temperature_error_k=_finite(temperature.error),
        pressure_gpa=_finite(pressure.value),
        pressure_error_gpa=_finite(pressure.error),
        density_g_per_cm3=_finite(density.value),
        density_error_g_per_cm3=_finite(density.error),
        drift_mev_per_atom_ps=_drift(scalars["time_fs"][kept], scalars["conserved_ev"][kept], atoms),
    )


def _mean(values: NDArray[np.float64], unit: str) -> Estimate:
    return mean_estimate(values, unit) if np.isfinite(values).all() else Estimate.unknown(unit)


def _drift(time_fs: NDArray[np.float64], conserved_ev: NDArray[np.float64], atoms: int) -> float | None:
    """Return the slope of a straight line through the conserved quantity in meV per atom and ps."""
    if not np.isfinite(conserved_ev).all():
        return None
    time_ps = (time_fs - time_fs.mean()) / 1000.0
    slope = float(time_ps @ conserved_ev / (time_ps @ time_ps))
    return _finite(1000.0 * slope / atoms)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
