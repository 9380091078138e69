"""Numbers that the files of a run give twice are held against each other, frame by frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError
from llpt.trajectory.foreign.frame import kinetic_energy_ev
from llpt.trajectory.foreign.statements import FactCheck
from llpt.units import BOLTZMANN_EV_PER_K, EV_PER_ANGSTROM3_TO_GPA

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from numpy.typing import NDArray

    from llpt.trajectory.foreign.frame import ForeignFrame

VOLUME_DIGITS = 1e-3
COUNTED_DEGREES = 3
"""Programs count 3N - 3 degrees of freedom or 3N, and leave the motion of the centre in the energy or out: by so many
of 3N - 3 the temperature of one kinetic energy differs (i-PI: 11 % of 8 atoms)."""
PRINTED_SHARE, PRINTED_K = 0.01, 0.5
"""Temperatures and energies are printed with three digits or more, or to a whole kelvin."""
PRESSURE_DIGITS, PRESSURE_DIGITS_GPA = 0.01, 0.1


def check_agreement(
    frame: ForeignFrame, masses_u: NDArray[np.float64], number: int, name: str, *, despite: Collection[FactCheck] = ()
) -> None:
    """Refuse a frame whose numbers contradict each other.

    Temperature and kinetic energy may count 3N or 3N − 3 degrees of freedom.

    Args:
        frame: as the files give it.
        masses_u: masses of the dynamics, shape (n,).
        number: of the frame, from 0.
        name: of the trajectory.
        despite: checks to leave out.

    Raises:
        InputError: naming both numbers.
    """
    for check, what in _contradicted(frame, masses_u):
        if check not in despite:
            raise InputError(
                f"Frame {number} of {name} {what}.",
                f"Give files of one run, undamaged, or despite = {check} (--despite {check}) if it is right as it is.",
            )


def _contradicted(frame: ForeignFrame, masses_u: NDArray[np.float64]) -> Iterator[tuple[FactCheck, str]]:
    """Yield a check, and what of a frame contradicts itself, in words."""
    volume, told = abs(float(np.linalg.det(frame.cell_angstrom))), frame.volume_angstrom3
    if told is not None and not abs(told - volume) <= VOLUME_DIGITS * volume:
        yield FactCheck.VOLUME, f"states a volume of {told:.6g} Å³, its cell has {volume:.6g} Å³"
    kelvin, kinetic, source = frame.temperature_k, frame.kinetic_energy_ev, "kinetic energy"
    if kinetic is None and frame.velocities_angstrom_per_fs is not None:
        kinetic, source = kinetic_energy_ev(frame.velocities_angstrom_per_fs, masses_u), "velocities"
    degrees = 3 * len(masses_u)
    if kelvin is not None and kinetic is not None and degrees > 3 and frame.bead_positions_angstrom is None:
        own = 2.0 * kinetic / ((degrees - 3) * BOLTZMANN_EV_PER_K)
        if not abs(kelvin - own) <= _counted_share(degrees) * own + PRINTED_K:
            yield FactCheck.TEMPERATURE, f"states a temperature of {kelvin:.6g} K, its {source} {own:.6g} K"
    if kinetic is None and kelvin is not None:
        kinetic = 0.5 * degrees * BOLTZMANN_EV_PER_K * kelvin
    if frame.pressure_gpa is None or frame.bead_positions_angstrom is not None:
        return
    if frame.total_stress_gpa is not None:
        pressure, moving, source = -float(frame.total_stress_gpa[:3].mean()), 0.0, "stress"
    elif frame.stress_gpa is not None and kinetic is not None:
        moving = 2.0 * kinetic / (3.0 * volume) * EV_PER_ANGSTROM3_TO_GPA
        pressure, source = moving - float(frame.stress_gpa[:3].mean()), "stress and the motion of its atoms"
    else:
        return
    allowed = PRESSURE_DIGITS * abs(pressure) + PRESSURE_DIGITS_GPA + _counted_share(degrees) * moving
    if not abs(frame.pressure_gpa - pressure) <= allowed:
        yield (
            FactCheck.PRESSURE,
            f"states a pressure of {frame.pressure_gpa:.6g} GPa, its {source} {pressure:.6g} GPa",
        )


def _counted_share(degrees: int) -> float:
    """Return the share by which a temperature may differ from that of its kinetic energy, for how it is counted.

    Args:
        degrees: 3N.
    """
    return COUNTED_DEGREES / max(1, degrees - 3) + PRINTED_SHARE
