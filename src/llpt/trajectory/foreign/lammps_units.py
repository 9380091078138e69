"""LAMMPS's systems of units: ``metal`` (eV, Å, ps, bar) and ``real`` (kcal/mol, Å, fs, atm; kcal of 4.184 kJ)."""

from __future__ import annotations

from dataclasses import dataclass

from llpt.units import ATMOSPHERE_TO_GPA, BAR_TO_GPA, KCAL_PER_MOL_TO_EV, PS_TO_FS


@dataclass(frozen=True, slots=True)
class UnitSystem:
    """Factors from one of LAMMPS's systems of units to llpt's.

    Args:
        energy: to eV.
        time: to fs.
        pressure: to GPa.
        default_timestep: the time step where the input sets none.
    """

    energy: float
    time: float
    pressure: float
    default_timestep: float


SYSTEMS = {
    "metal": UnitSystem(energy=1.0, time=PS_TO_FS, pressure=BAR_TO_GPA, default_timestep=0.001),
    "real": UnitSystem(energy=KCAL_PER_MOL_TO_EV, time=1.0, pressure=ATMOSPHERE_TO_GPA, default_timestep=1.0),
}
