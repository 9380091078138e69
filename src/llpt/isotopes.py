"""The isotopes of hydrogen: nuclei of another mass in the same potential."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast

from llpt.units import HYDROGEN_ATOMIC_NUMBER

if TYPE_CHECKING:
    import ase


class Isotope(StrEnum):
    """What the hydrogen atoms of a run are, where they are not natural hydrogen (1.008 u)."""

    D = "D"
    """Deuterium."""
    T = "T"
    """Tritium."""

    @property
    def mass_u(self) -> float:
        """Mass of the neutral atom in u (AME2020: Wang et al., Chin. Phys. C 45, 030003, 2021)."""
        return {Isotope.D: 2.014101777844, Isotope.T: 3.01604928132}[self]


def with_isotope(atoms: ase.Atoms, isotope: Isotope | None) -> ase.Atoms:
    """Return a copy whose hydrogen atoms have the mass of an isotope; velocities, where there are any, stay.

    Args:
        atoms: the structure.
        isotope: None leaves the masses as they are.
    """
    copy: Any = atoms.copy()
    if isotope is not None:
        masses, velocities = copy.get_masses(), copy.get_velocities()
        masses[copy.numbers == HYDROGEN_ATOMIC_NUMBER] = isotope.mass_u
        copy.set_masses(masses)
        if "momenta" in copy.arrays:
            copy.set_velocities(velocities)
    return cast("ase.Atoms", copy)
