"""Shear viscosity by Green and Kubo, from the stress of every step.

eta = (Omega / k_B T) int_0^inf <P_ab(0) P_ab(t)> dt for any off-diagonal component of the pressure tensor, kinetic and
virial part together. An isotropic fluid has five equivalent ones (Daivis and Evans, J. Chem. Phys. 100, 541, 1994; Alfè
and Gillan, Phys. Rev. Lett. 81, 5161, 1998): xy, xz, yz, (xx - yy)/2 and (2zz - xx - yy)/(2 sqrt 3). All have a mean of
zero. A global thermostat and an isotropic barostat leave them alone; a Langevin thermostat does not, and what follows
is then the viscosity of the fluid with friction.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from llpt import units
from llpt.errors import InputError
from llpt.observables.need import Need
from llpt.observables.record import Quantity, Reasoned, sampled
from llpt.statistics import autocorrelation_integral

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from llpt.observables.production import Production

LEAST_CORRELATION = 0.5
"""Of neighbouring samples; with less the trapezium rule is off by more than 4 % for an exponential decay."""
VISCOSITY = Quantity("viscosity", "η", "Pa s", "shear viscosity", power=-3)


def anisotropies(stress: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the five equivalent anisotropic components of a stress.

    Args:
        stress: xx, yy, zz, yz, xz, xy, shape (steps, 6).

    Returns:
        Shape (5, steps), in the unit of the stress; each has the variance of an off-diagonal component.
    """
    xx, yy, zz, yz, xz, xy = stress.T
    return np.stack([xy, xz, yz, 0.5 * (xx - yy), (2.0 * zz - xx - yy) / (2.0 * math.sqrt(3.0))])


def shear_viscosity(
    stress_gpa: NDArray[np.float64], *, volume_angstrom3: float, temperature_k: float, interval_fs: float
) -> Reasoned:
    """Return the shear viscosity from the stress of equally spaced steps.

    Args:
        stress_gpa: kinetic and virial part together (its sign does not matter), shape (steps, 6).
        volume_angstrom3: of the cell.
        temperature_k: T.
        interval_fs: time between samples.
    """
    if not np.isfinite(stress_gpa).all():
        return Reasoned.unknown(VISCOSITY.unit, "The stress of this run is not known at every step.")
    components = anisotropies(stress_gpa)
    variance = float((components**2).mean())
    if variance == 0.0:
        return Reasoned.unknown(
            VISCOSITY.unit, "The stress of this run never shears: its engine gives only a pressure."
        )
    correlation = float((components[:, 1:] * components[:, :-1]).mean()) / variance
    if correlation < LEAST_CORRELATION:
        return Reasoned.unknown(
            VISCOSITY.unit,
            f"Neighbouring samples of the stress, {interval_fs:g} fs apart, have a correlation of {correlation:.2f}; "
            f"{LEAST_CORRELATION} is asked for: its decay is not seen.",
        )
    try:
        integral = autocorrelation_integral(components, interval_fs, "GPa^2 fs")
    except InputError as error:
        return Reasoned.unknown(VISCOSITY.unit, error.cause)
    volume_m3, integral_pa2_s = volume_angstrom3 * 1e-30, 1e18 * 1e-15
    found = integral.scaled(volume_m3 * integral_pa2_s / (units.BOLTZMANN_J_PER_K * temperature_k), VISCOSITY.unit)
    if found.resolved and found.value > 2.0 * found.error:
        return Reasoned(found, "")
    return Reasoned(found, f"The run is too short for the time its stress remembers itself ({found}).")


def total_stress_gpa(scalars: xr.Dataset) -> NDArray[np.float64] | None:
    """Return the stress of every step, kinetic and virial part together, shape (steps, 6); None where one is missing.

    Args:
        scalars: of a run (``FrameSource.scalars``).
    """
    if "stress_gpa" not in scalars or "kinetic_stress_gpa" not in scalars:
        return None
    return np.asarray(scalars["stress_gpa"].to_numpy() + scalars["kinetic_stress_gpa"].to_numpy(), dtype=np.float64)


def _viscosity(production: Production) -> Reasoned:
    """Return the shear viscosity from the stress of every step, or why there is none."""
    stress = total_stress_gpa(production.scalars)
    if stress is None:
        return Reasoned.unknown(VISCOSITY.unit, "The run does not hold the kinetic part of its stress.")
    return shear_viscosity(
        stress,
        volume_angstrom3=float(production.series.volume_angstrom3.mean()),
        temperature_k=production.temperature_k,
        interval_fs=production.source.timestep_fs,
    )


SHEAR_VISCOSITY = sampled(VISCOSITY, _viscosity, Need.REAL_TIME, Need.SET_TEMPERATURE, Need.TIMES)
