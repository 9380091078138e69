"""How many bands a plane-wave program is given: a first guess, and more until the last is empty."""

from __future__ import annotations

import logging
from math import ceil, pi
from typing import TYPE_CHECKING, TypeVar

from llpt.dft.settings import EMPTY_BAND
from llpt.errors import EngineError, InputError
from llpt.units import ANGSTROM_TO_BOHR, KELVIN_TO_HARTREE

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)
Computed = TypeVar("Computed")

LARGEST_GROWTHS = 8
"""So often bands are added."""


def estimate_bands(atoms: int, volume_angstrom3: float, electronic_temperature_k: float) -> int:
    """Return a first number of bands: those of a free-electron gas up to 14 k_B T above its Fermi energy, and a few.

    E_F = (3π² n)^(2/3) / 2 (Hartree), and N(E) ∝ E^(3/2).

    Args:
        atoms: number of atoms, one electron each.
        volume_angstrom3: of the cell, > 0.
        electronic_temperature_k: T of the electrons, >= 0.
    """
    density = atoms / (volume_angstrom3 * ANGSTROM_TO_BOHR**3)
    fermi_ha = 0.5 * (3.0 * pi**2 * density) ** (2.0 / 3.0)
    reach = 1.0 + 14.0 * electronic_temperature_k * KELVIN_TO_HARTREE / fermi_ha
    return ceil(0.5 * atoms * reach**1.5) + 4


def check_bands(bands: int | str, atoms: int) -> None:
    """Check that a number of bands can hold the electrons of hydrogen atoms, two in each.

    Args:
        bands: number of bands, or ``auto``, which always can.
        atoms: number of atoms, each with one electron.

    Raises:
        InputError: it cannot.
    """
    if isinstance(bands, int) and 2 * bands < atoms:
        raise InputError(
            f"bands={bands} cannot hold the electrons of {atoms} atoms.",
            f"Give at least {atoms // 2 + 1} bands, or bands=auto.",
        )


def until_empty(
    compute: Callable[[int], tuple[Computed, float]], bands: int, *, program: str, automatic: bool
) -> Computed:
    """Compute, and where bands are added add some and compute again, until the last is empty.

    Args:
        compute: takes a number of bands, returns what came out and the occupation (0 to 1) of the last band.
        bands: the first number of bands.
        program: what computes, for messages.
        automatic: whether bands are added; else what comes first is returned.

    Raises:
        EngineError: the last band is occupied still after ``LARGEST_GROWTHS`` additions.
    """
    for _ in range(LARGEST_GROWTHS):
        result, occupation = compute(bands)
        if not automatic or occupation <= EMPTY_BAND:
            return result
        more = int(1.3 * bands) + 2
        logger.info("%s: the last of %d bands is occupied by %.1e; %d now", program, bands, occupation, more)
        bands = more
    raise EngineError(
        f"{program} still occupies the last of its bands by {occupation:.1e}; {bands} would be the next number tried.",
        "Give the number of bands, or check electronic_temperature_k.",
    )
