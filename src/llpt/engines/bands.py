"""How many bands a plane-wave program is given: a first guess, and more until the last is empty."""

from __future__ import annotations

from math import ceil, pi

from llpt.units import ANGSTROM_TO_BOHR, KELVIN_TO_HARTREE

EMPTY = 1e-6
"""The last band counts as empty below this occupation (bands are added until it does)."""
LARGEST_GROWTHS = 8
"""So often bands are added."""


def more_bands(bands: int) -> int:
    """Return the next number of bands to try."""
    return int(1.3 * bands) + 2


def estimate_bands(atoms: int, volume_angstrom3: float, electronic_temperature_k: float) -> int:
    """Return a first number of bands: those of a free-electron gas up to 14 k_B T above its Fermi energy, and a few.

    E_F = (3π² n)^(2/3) / 2 (Hartree), and N(E) ∝ E^(3/2).
    """
    density = atoms / (volume_angstrom3 * ANGSTROM_TO_BOHR**3)
    fermi_ha = 0.5 * (3.0 * pi**2 * density) ** (2.0 / 3.0)
    reach = 1.0 + 14.0 * electronic_temperature_k * KELVIN_TO_HARTREE / fermi_ha
    return ceil(0.5 * atoms * reach**1.5) + 4
