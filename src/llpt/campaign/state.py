"""A point of the phase diagram, and the name of the line of states it lies on."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from llpt.units import hydrogen_density_g_per_cm3, volume_per_atom_angstrom3

_RADIUS = "rs"
_LINE = re.compile(r"(?P<held>T|P|rs|rho)(?P<number>-?[0-9.]+(?:e[+-]\d+)?)")
_WORDS_OF_LINES = {"T": "{} K", "P": "{} GPa", "rs": "r_s = {}", "rho": "{} g/cm³"}


@dataclass(frozen=True)
class ThermodynamicState:
    """A point of the phase diagram: a temperature, and a pressure or a density; and along which line it is visited.

    Args:
        condition: the name of its pressure or density in paths, e.g. ``P200`` or ``rs1.38``.
        temperature_k: ionic temperature.
        pressure_gpa: pressure, None where the density is held.
        density_g_per_cm3: density, None where the pressure is held.
        on_isotherm: whether its line of states holds the temperature; else it is an isobar or an isochore.
    """

    condition: str
    temperature_k: float
    pressure_gpa: float | None
    density_g_per_cm3: float | None
    on_isotherm: bool = False

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
        return cls(f"{_RADIUS}{rs:g}", temperature_k, None, density)

    def along_isotherm(self) -> ThermodynamicState:
        """Return the same state on the isotherm through it.

        >>> state = ThermodynamicState.at_wigner_seitz_radius(1.38, 1000.0).along_isotherm()
        >>> state.line, state.rung
        ('T1000', 'rs1.38')
        """
        return replace(self, on_isotherm=True)

    @property
    def radius_bohr(self) -> float | None:
        """The Wigner–Seitz radius that is held; None where the state was given otherwise.

        >>> ThermodynamicState.at_wigner_seitz_radius(1.38, 1000.0).radius_bohr
        1.38
        """
        return float(self.condition.removeprefix(_RADIUS)) if self.condition.startswith(_RADIUS) else None

    @property
    def temperature_name(self) -> str:
        """The name of its temperature in paths, e.g. ``T900``."""
        return f"T{self.temperature_k:g}"

    @property
    def line(self) -> str:
        """The name of its line of states in paths: of what is held."""
        return self.temperature_name if self.on_isotherm else self.condition

    @property
    def rung(self) -> str:
        """The name of its place on that line in paths."""
        return self.condition if self.on_isotherm else self.temperature_name

    @property
    def coordinate(self) -> float:
        """Its place on that line: the temperature, on an isotherm the pressure in GPa or the density in g/cm³."""
        if not self.on_isotherm:
            return self.temperature_k
        held = self.density_g_per_cm3 if self.pressure_gpa is None else self.pressure_gpa
        assert held is not None
        return held


def is_isotherm(line: str) -> bool:
    """Return whether the name of a line of states is that of an isotherm.

    >>> is_isotherm("T1000"), is_isotherm("P200"), is_isotherm("rs1.38")
    (True, False, False)
    """
    return line.startswith("T")


def words_of_line(line: str) -> str:
    """Return what people call a line of states.

    >>> words_of_line("P200"), words_of_line("T1000"), words_of_line("rs1.38")
    ('200 GPa', '1000 K', 'r_s = 1.38')
    """
    found = _LINE.fullmatch(line)
    return _WORDS_OF_LINES[found["held"]].format(found["number"]) if found else line
