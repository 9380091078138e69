"""What is stated of a run is compared with its frames: the one place where both ways in have it checked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError
from llpt.trajectory.foreign.bounds import (
    CONTRADICTED_SIGMAS,
    HOTTEST_K,
    allowed_temperatures,
    free_electrons_ev_per_angstrom3,
    pressure_of_one_frame,
    series_mean,
)
from llpt.trajectory.foreign.measuring import FAR, MINIMUM_CHANGES, MINIMUM_COMPONENTS
from llpt.trajectory.foreign.statements import FactCheck
from llpt.trajectory.foreign.steadiness import outliers, state_changes, unworked
from llpt.units import BOLTZMANN_EV_PER_K, EV_PER_ANGSTROM3_TO_GPA, U_PER_ANGSTROM3_TO_G_PER_CM3

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from llpt.statistics import Estimate
    from llpt.trajectory.facts import Facts
    from llpt.trajectory.foreign.measuring import Measurements
    from llpt.trajectory.frame import StepRecord

TEMPERATURE_SHARE = 0.02
"""A finite time step and few degrees of freedom shift a temperature by as much, and nothing is wrong for it."""
PRESSURE_SHARE, PRESSURE_GPA = 0.02, 0.5
"""What a barostat may be off by (discretisation, a stress with or without a correction) and still be right."""
TIMESTEP_ABOVE, TIMESTEP_BELOW = 1.15, 0.7
"""Frames far apart make the measured time step too short, never too long: hydrogen's vibrations are undersampled."""
KINETIC_SHARE = 0.02
"""Masses are rounded (VASP: 0.8 % of hydrogen). The motion of the centre may be in one energy only, and is 1/N."""
WORK_ABOVE, WORK_BELOW = 1.3, 0.75
ALLOWED_COLD_GAP_EV_PER_ATOM = 1e-3
HIGHEST_K, HIGHEST_EV_PER_ATOM = 1e7, 1e7
ABOVE_FREE_ELECTRONS = 10.0
"""So many times the pressure of free electrons is none that atoms can have, bound and attracted as they are."""
ALWAYS_POSSIBLE_GPA = 1000.0
"""Less is never refused; 10 GPa and more, read from kbar or GPa as from eV/Å³, come out above it."""
FEWEST_FLUCTUATING = 5
ROUNDING_GPA = 1e-6
"""Atoms at rest have a pressure that goes up and down by rounding alone."""
STEADY_VOLUME = 0.1
REPEATED_SHARE = 0.1
"""More frames than these that stand twice are no accident: proposals that were not taken, or atoms at rest."""


@dataclass(frozen=True, slots=True)
class MeasuredFact:
    """One number measured on the frames.

    Args:
        name: for people, e.g. ``T``.
        value: measured; NaN where the frames do not tell.
        error: 68 %; NaN where it is not known.
        unit: text.
        stated: value of it; None where none is stated.
    """

    name: str
    value: float
    error: float
    unit: str
    stated: float | None = None

    @property
    def words(self) -> str:
        """The finding in words, e.g. ``T 903 ± 4 K (stated: 900)``."""
        stated = f" (stated: {self.stated:g})" if self.stated is not None else ""
        if math.isnan(self.value):
            return f"{self.name} not measured{stated}"
        error = f" ± {self.error:.2g}" if math.isfinite(self.error) and self.error > 0.0 else ""
        return f"{self.name} {self.value:.4g}{error} {self.unit}{stated}"


def findings(measured: Measurements, facts: Facts, mass_u: float, *, discard: int = 0) -> list[MeasuredFact]:
    """Return what is measured on the frames, beside what is stated of them.

    Args:
        measured: what was measured.
        facts: what files and person state together.
        mass_u: of all atoms.
        discard: first frames left out.
    """
    found = []
    for name, series, unit, stated in (
        ("T", measured.temperature_k, "K", facts.temperature_k),
        ("P", measured.pressure_gpa, "GPa", facts.pressure_gpa),
    ):
        estimate = series_mean(series, discard, unit)
        if estimate is not None:
            found.append(MeasuredFact(name, estimate.value, estimate.error, unit, stated))
    known = {fact.name for fact in found}
    if "T" not in known:
        motion = _motion(measured, facts, discard)
        if motion is None:
            found.insert(0, MeasuredFact("T", math.nan, math.nan, "K", facts.temperature_k))
        else:
            mean, dense = motion
            name = "T by displacements" if dense else "T by displacements, at least"
            found.insert(0, MeasuredFact(name, mean.value, mean.error, "K", facts.temperature_k))
    if "P" not in known and facts.pressure_gpa is not None:
        found.append(MeasuredFact("P", math.nan, math.nan, "GPa", facts.pressure_gpa))
    volume = series_mean(measured.volume_angstrom3, discard, "")
    if volume is not None:
        density = mass_u / volume.value * U_PER_ANGSTROM3_TO_G_PER_CM3
        found.append(MeasuredFact("ρ", density, density * volume.error / volume.value, "g/cm³"))
    interval = measured.interval_fs()
    if interval is not None:
        found.append(MeasuredFact("time from frame to frame", interval, math.nan, "fs", facts.frame_interval_fs))
    gap = series_mean(measured.energy_gap_ev, discard, "")
    electronic = facts.electronic_temperature_k
    if gap is not None and (gap.value or electronic):
        unit = "eV/atom" if electronic is None else f"eV/atom with a stated T_el of {electronic:g} K"
        found.append(MeasuredFact("E − F", gap.value / measured.n_atoms, math.nan, unit))
    elif electronic:
        found.append(MeasuredFact("T_el", math.nan, math.nan, "K", electronic))
    return found


def _motion(measured: Measurements, facts: Facts, discard: int) -> tuple[Estimate, bool] | None:
    """Return the temperature by displacements and whether it is measured or a lower bound; None where nothing tells."""
    kelvin, dense = measured.motion_k(facts.frame_interval_fs or math.nan)
    found = series_mean(kelvin.tolist(), discard, "K")
    return None if found is None else (found, dense)


def hold_against(
    measured: Measurements, facts: Facts, name: str, *, discard: int = 0, despite: Collection[FactCheck] = ()
) -> None:
    """Refuse what contradicts the frames beyond the error of what is measured on them.

    Args:
        measured: what was measured.
        facts: what files and person state together.
        name: of the trajectory.
        discard: first frames left out of averages.
        despite: checks to leave out.

    Raises:
        InputError: naming both numbers, and the check to leave out if the frames are right as they are.
    """
    for check, cause, remedy in _contradictions(measured, facts, name, discard):
        if check not in despite:
            raise InputError(cause, f"{remedy}, or give despite = {check} (--despite {check}) if it is right as it is.")


def _contradictions(measured: Measurements, facts: Facts, name: str, discard: int) -> list[tuple[FactCheck, str, str]]:
    """Return check, cause and the beginning of a remedy of every contradiction."""
    found: list[tuple[FactCheck, str, str]] = list(outliers(measured, facts, name, discard))
    found += [*_temperature(measured, facts, name, discard), *_pressure(measured, facts, name, discard)]
    found += _fluctuation(measured, facts, name, discard)
    found += _velocities(measured, name)
    interval, stated = measured.interval_fs(), facts.frame_interval_fs
    if (
        interval is not None
        and stated is not None
        and math.isfinite(stated)
        and not TIMESTEP_BELOW < interval / stated < TIMESTEP_ABOVE
    ):
        found.append(
            (
                FactCheck.TIMESTEP,
                f"The frames of {name} are {interval:.3g} fs apart by their motion, not {stated:g} fs.",
                "Give the time from frame to frame (--timestep-fs), not from step to step",
            )
        )
    work = measured.work_ratio()
    if work is not None and not WORK_BELOW < work < WORK_ABOVE:
        found.append(
            (
                FactCheck.ENERGY,
                f"The energy of {name} changes {work:.3g} times as much as its forces do work.",
                "Check the units of energy and forces, and that the energy is that of all atoms",
            )
        )
    if measured.by_force.opposed(MINIMUM_COMPONENTS):
        cause = f"The atoms of {name} are accelerated against their forces."
        found.append((FactCheck.ENERGY, cause, "Check the sign of the forces: a gradient of the energy is no force"))
    elif measured.by_work.opposed(MINIMUM_CHANGES):
        cause = f"The energy of {name} rises where its forces do work, and falls where work is done against them."
        found.append((FactCheck.ENERGY, cause, "Check the signs of energy and forces"))
    found += _electrons(measured, facts, name)
    place, twice = measured.gap(), measured.returned()
    uneven = measured.uneven() if place is None and not measured.n_repeated else None
    if measured.n_repeated <= max(1.0, REPEATED_SHARE * len(measured.volume_angstrom3)):
        twice = measured.repeated()
    if twice is not None:
        cause = f"Frame {twice[0]} of {name} is frame {twice[1]} again: its pieces overlap."
        found.append((FactCheck.GAP, cause, "Leave out what stands twice"))
    if place is not None:
        cause = f"Before frame {place} of {name} the atoms move more than {FAR:g} times as far as around it: "
        cause += "frames are missing there, or two runs meet."
        found.append((FactCheck.GAP, cause, "Import what stands before and after as runs of their own"))
    if uneven is not None:
        cause = f"To frame {uneven} of {name} the atoms move another time than to the others, by their velocities: "
        cause += "frames are missing there, or two runs meet."
        found.append((FactCheck.GAP, cause, "Import what stands before and after as runs of their own"))
    if not any(check is FactCheck.GAP for check, *_ in found):  # where frames are missing, steps are longer for that
        found += [*_displacements(measured, facts, name, discard), *unworked(measured, name)]
    return [*found, *state_changes(measured, facts, name, discard)]


def _displacements(measured: Measurements, facts: Facts, name: str, discard: int) -> list[tuple[FactCheck, str, str]]:
    """Tell displacements that do not fit the temperature in the files, where velocities and forces tell nothing."""
    stated, found = facts.frame_interval_fs, _interval_by_temperature_fs(measured, facts, discard)
    if stated is None or found is None or measured.interval_fs() is not None:
        return []
    if TIMESTEP_BELOW < found / stated < TIMESTEP_ABOVE or _by_chance(measured, facts, discard):
        return []
    cause = f"The atoms of {name} move as far from frame to frame as those of their temperature do "
    cause += f"in {found:.3g} fs, not in {stated:g} fs."
    return [(FactCheck.TIMESTEP, cause, "Correct the time from frame to frame (--timestep-fs)")]


def _by_chance(measured: Measurements, facts: Facts, discard: int) -> bool:
    """Whether so few frames may move with another temperature than they have at the frames."""
    motion, kelvin = _motion(measured, facts, discard), series_mean(measured.temperature_k, discard, "K")
    if motion is None or kelvin is None:
        return True
    allowed = allowed_temperatures(
        kelvin.value,
        3 * measured.n_atoms - 3,
        error_k=math.hypot(motion[0].error, kelvin.error),
        frames=len(measured.temperature_k) - discard,
    )
    return allowed.lowest_k <= motion[0].value <= allowed.highest_k


def _interval_by_temperature_fs(measured: Measurements, facts: Facts, discard: int) -> float | None:
    """Return the time between frames in which atoms of the temperature in the files move as far as they do.

    None where the files give no temperature, or displacements are only a lower bound and within it.
    """
    motion = _motion(measured, facts, discard)
    kelvin = series_mean(measured.temperature_k, discard, "K")
    if motion is None or kelvin is None or facts.frame_interval_fs is None or not kelvin.value > 0.0:
        return None
    (found, dense), interval = motion, facts.frame_interval_fs
    by_temperature = interval * math.sqrt(found.value / kelvin.value)
    return by_temperature if dense or by_temperature > interval else None


def _velocities(measured: Measurements, name: str) -> list[tuple[FactCheck, str, str]]:
    """Tell velocities that fit neither the kinetic energy in the files nor the motion that forces make."""
    found = []
    ratio = measured.kinetic.factor(1)
    if ratio is not None and abs(ratio - 1.0) > KINETIC_SHARE + 1.0 / measured.n_atoms:
        cause = f"The velocities of {name} make {ratio:.3g} times the kinetic energy that the files give."
        found.append(
            (FactCheck.VELOCITIES, cause, "Check the unit of velocities, the masses, and that the run has one bead")
        )
    if measured.by_velocity.opposed(MINIMUM_COMPONENTS):
        cause = f"The atoms of {name} move against their velocities: its frames stand in the opposite order."
        found.append((FactCheck.VELOCITIES, cause, "Give the frames in their order in time"))
    by_velocity, by_force = measured.by_velocity.factor(MINIMUM_COMPONENTS), measured.interval_by_force_fs()
    if by_velocity is None or by_force is None or TIMESTEP_BELOW < by_velocity / by_force < TIMESTEP_ABOVE:
        return found
    cause = (
        f"The frames of {name} are {by_velocity:.3g} fs apart by their velocities, {by_force:.3g} fs by their forces."
    )
    found.append((FactCheck.VELOCITIES, cause, "Check the units of velocities and forces, and the masses"))
    return found


def _temperature(measured: Measurements, facts: Facts, name: str, discard: int) -> list[tuple[FactCheck, str, str]]:
    found, stated = series_mean(measured.temperature_k, discard, "K"), facts.temperature_k
    both_sides, how = True, ""
    remedy = "Correct the temperature (--temperature-k) or discard its beginning (discard_steps, --discard)"
    if found is None and (motion := _motion(measured, facts, discard)) is not None:
        found, both_sides = motion
        how = "by their displacements " if both_sides else "by their displacements at least "
        remedy = "Correct the temperature (--temperature-k) or the time from frame to frame (--timestep-fs)"
    if found is None or stated is None or measured.n_atoms < 2:
        return []
    frames = len(measured.temperature_k) - discard
    allowed = allowed_temperatures(stated, 3 * measured.n_atoms - 3, error_k=found.error, frames=frames)
    share = TEMPERATURE_SHARE * stated
    if found.value <= allowed.highest_k + share and (found.value >= allowed.lowest_k - share or not both_sides):
        return []
    value = f"{found.value:.4g} ± {allowed.error_k:.2g} K"
    return [(FactCheck.TEMPERATURE, f"The atoms of {name} move {how}at {value}, not at {stated:g} K.", remedy)]


def _pressure(measured: Measurements, facts: Facts, name: str, discard: int) -> list[tuple[FactCheck, str, str]]:
    pressure = series_mean(measured.pressure_gpa, discard, "GPa")
    if pressure is None or facts.pressure_gpa is None:
        return []
    # no mean is known worse than from one frame, whatever a short series says of its error
    error = pressure_of_one_frame(measured, facts, discard)
    if math.isfinite(pressure.error):
        error = min(pressure.error, error)
    allowed = CONTRADICTED_SIGMAS * error + PRESSURE_SHARE * abs(facts.pressure_gpa) + PRESSURE_GPA
    if abs(pressure.value - facts.pressure_gpa) <= allowed:
        return []
    cause = f"The pressure of {name} is {pressure.value:.4g} ± {error:.2g} GPa, not {facts.pressure_gpa:g} GPa."
    remedy = "Correct the pressure (--pressure-gpa) or discard its beginning (discard_steps, --discard)"
    return [(FactCheck.PRESSURE, cause, remedy)]


def _fluctuation(measured: Measurements, facts: Facts, name: str, discard: int) -> list[tuple[FactCheck, str, str]]:
    """Tell pressures that go up and down by more than any matter's do: of a stress in a larger unit.

    A steady drift is no fluctuation; bonds may add to what free electrons would do.
    """
    values = np.array(measured.pressure_gpa[discard:], dtype=float)
    volumes = np.array(measured.volume_angstrom3[discard:], dtype=float)
    if len(values) < FEWEST_FLUCTUATING or not np.isfinite(values).all():
        return []
    if np.ptp(volumes) > STEADY_VOLUME * volumes.mean():
        return []
    time = np.linspace(-1.0, 1.0, len(values))
    residue = values - values.mean() - time * (time @ values) / (time @ time)
    spread = math.sqrt(float(residue @ residue) / (len(values) - 2))
    bound = pressure_of_one_frame(measured, facts, discard, bonds=True)
    if spread <= CONTRADICTED_SIGMAS * bound + ROUNDING_GPA:
        return []
    cause = (
        f"The pressure of {name} goes up and down by {spread:.3g} GPa, where that of atoms could by {bound:.2g} GPa."
    )
    return [(FactCheck.PRESSURE, cause, "Give the stress in the unit of its kind of file (extended XYZ: eV/Å³)")]


def _electrons(measured: Measurements, facts: Facts, name: str) -> list[tuple[FactCheck, str, str]]:
    gaps = np.array([gap for gap in measured.energy_gap_ev if math.isfinite(gap)])
    if not gaps.size or facts.electronic_temperature_k is None:
        return []
    gap = float(gaps.mean()) / measured.n_atoms
    cold = facts.electronic_temperature_k == 0.0
    if gap < -ALLOWED_COLD_GAP_EV_PER_ATOM or (cold and gap > ALLOWED_COLD_GAP_EV_PER_ATOM):
        cause = f"E − F of {name} is {gap:.3g} eV per atom, which electrons at {facts.electronic_temperature_k:g} K "
        remedy = "Check the electrons' temperature (--electronic-temperature-k) and which energy is which (--energy-is)"
        return [(FactCheck.ELECTRONS, cause + "cannot have.", remedy)]
    return []


def check_possible(
    record: StepRecord, *, numbers: NDArray[np.int64], name: str, despite: Collection[FactCheck] = ()
) -> None:
    """Refuse a number that no matter has, before anything is done with it; NaN stands for what is not known.

    The highest pressure is ``ABOVE_FREE_ELECTRONS`` times that of all electrons, were they free, and of an ideal gas of
    electrons and nuclei: attraction and binding make that of matter less. ``ALWAYS_POSSIBLE_GPA`` is let pass anywhere.

    Args:
        record: of a frame.
        numbers: atomic numbers, shape (n,).
        name: of the trajectory.
        despite: checks to leave out.

    Raises:
        InputError: a number cannot be.
    """
    electrons, volume = int(numbers.sum()), record.volume_angstrom3
    kelvin = HOTTEST_K if math.isnan(record.temperature_k) else record.temperature_k
    ideal = (electrons + len(numbers)) * BOLTZMANN_EV_PER_K * kelvin / volume
    highest = ABOVE_FREE_ELECTRONS * free_electrons_ev_per_angstrom3(electrons, volume) + ideal
    highest_gpa = max(ALWAYS_POSSIBLE_GPA, highest * EV_PER_ANGSTROM3_TO_GPA)
    pressure = record.pressure_gpa
    if math.isnan(pressure):  # without the kinetic part
        pressure = -float(record.stress_gpa[:3].mean())
    if FactCheck.PRESSURE in despite:
        highest_gpa = math.inf
    for what, value, most, unit in (
        ("a temperature", record.temperature_k, HIGHEST_K, "K"),
        ("a pressure", abs(pressure), highest_gpa, "GPa"),
        ("an energy", abs(record.free_energy_ev) / len(numbers), HIGHEST_EV_PER_ATOM, "eV per atom"),
        ("a temperature", -record.temperature_k, 0.0, "K"),
    ):
        if value > most:
            override = " or give despite = pressure (--despite pressure)" if "pressure" in what else ""
            raise InputError(
                f"Frame {record.step} of {name} has {what} of {abs(value):.3g} {unit}, which cannot be.",
                f"Check the units of energies, velocities and stress (--units for LAMMPS){override}.",
            )
