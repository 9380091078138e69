"""A point of the phase diagram, and the name of the line of states it lies on."""

from __future__ import annotations

from dataclasses import dataclass

from llpt.units import hydrogen_density_g_per_cm3, volume_per_atom_angstrom3


@dataclass(frozen=True)
class ThermodynamicState:
    """A point of the phase diagram: a temperature, and a pressure or a density.

    Args:
        line: the name of its isobar or isochore in paths, e.g. ``P200`` or ``rs1.38``.
        temperature_k: ionic temperature.
        pressure_gpa: pressure, None where the density is held.
        density_g_per_cm3: density, None where the pressure is held.
    """

    line: str
    temperature_k: float
    pressure_gpa: float | None
    density_g_per_cm3: float | None

    @classmethod
    def at_pressure(cls, pressure_gpa: float, temperature_k: float) -> ThermodynamicState:
        """Return a state on an isobar.

        >>> ThermodynamicState.at_pressure(200.0, 900.0).line
        'P200'
        """
        return cls(f"P{pressure_gpa:g}", temperature_k, pressure_gpa, None)

    @classmethod
    def at_density(cls, density_g_per_cm3: float, temperature_k: float, *, digits: int = 6) -> ThermodynamicState:
        """Return a state on an isochore.

        Args:
            density_g_per_cm3: the density.
            temperature_k: the temperature.
            digits: how many digits of the density stand in the line's name.
        """
        return cls(f"rho{density_g_per_cm3:.{digits}g}", temperature_k, None, density_g_per_cm3)

    @classmethod
    def at_wigner_seitz_radius(cls, rs: float, temperature_k: float) -> ThermodynamicState:
        """Return a state of hydrogen on an isochore given by its Wigner–Seitz radius.

        Args:
            rs: radius of the sphere that holds one electron, in bohr.
            temperature_k: the temperature.
        """
        density = hydrogen_density_g_per_cm3(volume_per_atom_angstrom3(rs))
        return cls(f"rs{rs:g}", temperature_k, None, density)
