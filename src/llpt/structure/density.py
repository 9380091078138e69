"""Density of dense hydrogen: words for it, and a rough equation of state to start a run from."""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.interpolate import RectBivariateSpline

from llpt.errors import InputError
from llpt.units import (
    BOLTZMANN_EV_PER_K,
    EV_PER_ANGSTROM3_TO_GPA,
    HYDROGEN_MASS_U,
    U_PER_ANGSTROM3_TO_G_PER_CM3,
    hydrogen_density_g_per_cm3,
    volume_per_atom_angstrom3,
)

PRESSURES_GPA = (50.0, 100.0, 150.0, 200.0, 250.0, 300.0, 350.0, 400.0)
TEMPERATURES_K = (250.0, 400.0, 500.0, 600.0, 700.0, 800.0, 900.0, 1000.0)
VOLUMES_ANGSTROM3 = (
    (3.105, 3.134, 3.150, 3.164, 3.179, 3.202, 3.221, 3.230),
    (2.333, 2.346, 2.355, 2.368, 2.379, 2.388, 2.395, 2.403),
    (1.977, 1.990, 1.996, 1.998, 2.003, 2.007, 2.008, 2.006),
    (1.750, 1.753, 1.754, 1.753, 1.751, 1.746, 1.730, 1.724),
    (1.581, 1.584, 1.582, 1.577, 1.564, 1.559, 1.559, 1.559),
    (1.456, 1.458, 1.453, 1.442, 1.441, 1.441, 1.442, 1.447),
    (1.364, 1.360, 1.349, 1.350, 1.352, 1.354, 1.355, 1.355),
    (1.287, 1.282, 1.276, 1.277, 1.279, 1.282, 1.283, 1.285),
)
"""Volume per atom (Å³) of the published PBE potential of Cheng et al. (Nature 585, 217, 2020), 1728 atoms, mean of
cooling and heating ramps, at PRESSURES_GPA (rows) and TEMPERATURES_K (columns); digitised, ±0.005 Å³."""

MAXIMUM_TEMPERATURE_K = 3000.0
THERMAL_PRESSURE_FACTOR = 1.3
"""Above 1000 K the pressure at constant volume is taken to grow by this many n k_B T: ideal ions and a little more."""


def volume_per_atom(*, density_g_per_cm3: float | None = None, wigner_seitz_radius: float | None = None) -> float:
    """Return the volume per hydrogen atom in Å³ from one of two ways to state it.

    Args:
        density_g_per_cm3: mass density, > 0.
        wigner_seitz_radius: r_s in bohr, > 0.

    Raises:
        InputError: none or both were given, or the value is not a positive number.

    >>> round(volume_per_atom(wigner_seitz_radius=1.40), 4)
    1.7032
    """
    if (density_g_per_cm3 is None) == (wigner_seitz_radius is None):
        raise InputError(
            "A density is stated once: as density_g_per_cm3 or as wigner_seitz_radius.", "Give exactly one of the two."
        )
    value = density_g_per_cm3 if density_g_per_cm3 is not None else wigner_seitz_radius
    if value is None or not np.isfinite(value) or value <= 0:
        raise InputError(f"A density of {value} is not a positive number.", "Give a density above zero.")
    if density_g_per_cm3 is not None:
        return HYDROGEN_MASS_U * U_PER_ANGSTROM3_TO_G_PER_CM3 / density_g_per_cm3
    return volume_per_atom_angstrom3(value)


def starting_density_g_per_cm3(pressure_gpa: float, temperature_k: float) -> float:
    """Return a rough density of fluid hydrogen, good to a few per cent: where an NPT run starts, never a result.

    Up to 1000 K a spline through published volumes of a PBE-trained potential (VOLUMES_ANGSTROM3), whose pressures lie
    within the range 50–400 GPa. Above, V(P, T) = V(P - P_th, 1000 K) with the thermal pressure
    P_th = 1.3 n k_B (T - 1000 K), n = 1/V(P, 1000 K).

    Args:
        pressure_gpa: 50 to 400 GPa.
        temperature_k: 250 to 3000 K.

    Returns:
        Density in g/cm³.

    Raises:
        InputError: outside this range.
    """
    if not PRESSURES_GPA[0] <= pressure_gpa <= PRESSURES_GPA[-1]:
        raise InputError(
            f"No starting density is known at {pressure_gpa:g} GPa.",
            f"Stay within {PRESSURES_GPA[0]:g} to {PRESSURES_GPA[-1]:g} GPa, or give the start as a file or a density.",
        )
    if not TEMPERATURES_K[0] <= temperature_k <= MAXIMUM_TEMPERATURE_K:
        raise InputError(
            f"No starting density is known at {temperature_k:g} K.",
            f"Stay within {TEMPERATURES_K[0]:g} to {MAXIMUM_TEMPERATURE_K:g} K, or give a file or a density.",
        )
    table = _table()
    volume = float(np.exp(table(np.log(pressure_gpa), min(temperature_k, TEMPERATURES_K[-1]))[0, 0]))
    excess_k = temperature_k - TEMPERATURES_K[-1]
    if excess_k > 0:
        thermal_gpa = THERMAL_PRESSURE_FACTOR / volume * BOLTZMANN_EV_PER_K * excess_k * EV_PER_ANGSTROM3_TO_GPA
        cold_gpa = max(pressure_gpa - thermal_gpa, 0.8 * PRESSURES_GPA[0])
        slope = float(table(np.log(pressure_gpa), TEMPERATURES_K[-1], dx=1)[0, 0])
        volume *= float(np.exp(slope * (np.log(cold_gpa) - np.log(pressure_gpa))))
    return hydrogen_density_g_per_cm3(volume)


@cache
def _table() -> RectBivariateSpline:
    """Return the spline of log V over log P and T.

    log V is nearly linear in log P: the spline cannot oscillate, and extends a little below 50 GPa.
    """
    return RectBivariateSpline(np.log(PRESSURES_GPA), TEMPERATURES_K, np.log(VOLUMES_ANGSTROM3), kx=2, ky=1)
