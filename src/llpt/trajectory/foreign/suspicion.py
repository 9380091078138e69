"""What is said of a run is held against what its frames say: the one place where both ways in have it checked."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError
from llpt.statistics import Estimate, mean_estimate
from llpt.trajectory.facts import Facts
from llpt.trajectory.foreign.measuring import FAR
from llpt.units import U_PER_ANGSTROM3_TO_G_PER_CM3

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from llpt.trajectory.foreign.measuring import Measurements

SAME = 1e-6
"""Two statements of one number that differ by more than this share of it contradict each other."""
SIGMAS = 5.0
"""A mean further than this from what is said contradicts it: one run in some 10⁶ would by chance."""
TEMPERATURE_SHARE = 0.02
PRESSURE_SHARE, PRESSURE_GPA = 0.02, 0.5
"""What a barostat may be off by (discretisation, a stress with or without a correction) and still be right."""
TIMESTEP_ABOVE, TIMESTEP_BELOW = 1.15, 0.7
"""Frames far apart make the measured time step too short, never too long: hydrogen's vibrations are undersampled."""
KINETIC_SHARE = 0.1
WORK_ABOVE, WORK_BELOW = 1.3, 0.75
COLD_GAP_EV_PER_ATOM = 1e-3
HIGHEST_K, HIGHEST_GPA, HIGHEST_EV_PER_ATOM = 1e7, 1e6, 1e7


class FactCheck(StrEnum):
    """What is checked; the name is also what ``--despite`` and ``despite`` take."""

    TEMPERATURE = "temperature"
    PRESSURE = "pressure"
    TIMESTEP = "timestep"
    ELECTRONS = "electrons"
    VELOCITIES = "velocities"
    ENERGY = "energy"
    GAP = "gap"


KEYWORDS = {
    "temperature_k": FactCheck.TEMPERATURE,
    "pressure_gpa": FactCheck.PRESSURE,
    "electronic_temperature_k": FactCheck.ELECTRONS,
    "frame_interval_fs": FactCheck.TIMESTEP,
}


def checks_of(names: Collection[str]) -> frozenset[FactCheck]:
    """Return checks by their names.

    Raises:
        InputError: one is not known.

    >>> sorted(checks_of(["gap", "energy"]))
    [<FactCheck.ENERGY: 'energy'>, <FactCheck.GAP: 'gap'>]
    """
    known = [each.value for each in FactCheck]
    for name in names:
        if name not in known:
            raise InputError(f"There is no check called {name}.", f"Known are {', '.join(known)}.")
    return frozenset(FactCheck(name) for name in names)


def check_statements(files: Facts, given: Facts, name: str, *, despite: Collection[FactCheck] = ()) -> None:
    """Refuse a person's word that contradicts the files'.

    Args:
        files: what the files say.
        given: what the person says.
        name: of the trajectory.
        despite: checks to leave out.

    Raises:
        InputError: they contradict each other.
    """
    for field in fields(Facts):
        known, stated = getattr(files, field.name), getattr(given, field.name)
        if field.name not in KEYWORDS or known is None or stated is None or KEYWORDS[field.name] in despite:
            continue
        if abs(known - stated) > SAME * abs(known):
            keyword, check = field.name.replace("frame_interval", "timestep"), KEYWORDS[field.name]
            raise InputError(
                f"{name} says {keyword} = {known:g}, not {stated:g}.",
                f"Leave {keyword} out, or say despite = {check} (--despite {check}) if the file is wrong.",
            )


@dataclass(frozen=True, slots=True)
class MeasuredFact:
    """One number that the frames say.

    Args:
        name: for people, e.g. ``T``.
        value: measured.
        error: 68 %; NaN where it is not known.
        unit: text.
        stated: of it; None where nobody said anything.
    """

    name: str
    value: float
    error: float
    unit: str
    stated: float | None = None

    @property
    def words(self) -> str:
        """The finding in words, e.g. ``T 903 ± 4 K (stated: 900)``."""
        error = f" ± {self.error:.2g}" if math.isfinite(self.error) and self.error > 0.0 else ""
        stated = f" (stated: {self.stated:g})" if self.stated is not None else ""
        return f"{self.name} {self.value:.4g}{error} {self.unit}{stated}"


def findings(measured: Measurements, facts: Facts, mass_u: float, *, discard: int = 0) -> list[MeasuredFact]:
    """Return what the frames say, beside what was said of them.

    Args:
        measured: what was measured.
        facts: what files and person say together.
        mass_u: of all atoms.
        discard: first frames left out.
    """
    found = []
    for name, series, unit, stated in (
        ("T", measured.temperature_k, "K", facts.temperature_k),
        ("P", measured.pressure_gpa, "GPa", facts.pressure_gpa),
    ):
        estimate = _mean(series, discard, unit)
        if estimate is not None:
            found.append(MeasuredFact(name, estimate.value, estimate.error, unit, stated))
    volume = _mean(measured.volume_angstrom3, discard, "")
    if volume is not None:
        density = mass_u / volume.value * U_PER_ANGSTROM3_TO_G_PER_CM3
        found.append(MeasuredFact("ρ", density, density * volume.error / volume.value, "g/cm³"))
    interval = measured.interval_fs()
    if interval is not None:
        found.append(MeasuredFact("time from frame to frame", interval, math.nan, "fs", facts.frame_interval_fs))
    gap = _mean(measured.energy_gap_ev, discard, "")
    if gap is not None and gap.value and measured.n_atoms:
        found.append(MeasuredFact("E − F", gap.value / measured.n_atoms, math.nan, "eV/atom"))
    return found


def _mean(series: Sequence[float], discard: int, unit: str) -> Estimate | None:
    values = np.array(series[discard:], dtype=float)
    return mean_estimate(values, unit) if values.size and np.isfinite(values).all() else None


def hold_against(
    measured: Measurements, facts: Facts, name: str, *, discard: int = 0, despite: Collection[FactCheck] = ()
) -> None:
    """Refuse what contradicts the frames beyond the error of what they say.

    Args:
        measured: what was measured.
        facts: what files and person say together.
        name: of the trajectory.
        discard: first frames left out of averages.
        despite: checks to leave out.

    Raises:
        InputError: naming both numbers, and the check to leave out if the frames are right as they are.
    """
    for check, cause, remedy in _contradictions(measured, facts, name, discard):
        if check not in despite:
            raise InputError(cause, f"{remedy}, or say despite = {check} (--despite {check}) if it is right as it is.")


def _contradictions(measured: Measurements, facts: Facts, name: str, discard: int) -> list[tuple[FactCheck, str, str]]:
    """Return check, cause and the beginning of a remedy of every contradiction."""
    found = [*_temperature(measured, facts, name, discard), *_pressure(measured, facts, name, discard)]
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
    ratio = measured.kinetic.factor(1)
    if ratio is not None and abs(ratio - 1.0) > KINETIC_SHARE:
        found.append(
            (
                FactCheck.VELOCITIES,
                f"The velocities of {name} make {ratio:.3g} times the kinetic energy that the files give.",
                "Check the unit of velocities, the masses, and that the run has one bead",
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
    found += _electrons(measured, facts, name)
    place = measured.gap()
    if place is not None:
        cause = f"Before frame {place} of {name} the atoms move more than {FAR:g} times as far as around it: "
        cause += "frames are missing there, or two runs meet."
        found.append((FactCheck.GAP, cause, "Import what stands before and after as runs of their own"))
    return found


def _temperature(measured: Measurements, facts: Facts, name: str, discard: int) -> list[tuple[FactCheck, str, str]]:
    found, stated = _mean(measured.temperature_k, discard, "K"), facts.temperature_k
    if found is None or stated is None or measured.n_atoms < 2:
        return []
    canonical = stated * math.sqrt(2.0 / (3 * measured.n_atoms - 3))
    # a mean cannot be known better than from as many samples as there are frames
    best = canonical / math.sqrt(max(1, len(measured.temperature_k) - discard))
    error = max(found.error, best) if math.isfinite(found.error) else canonical
    if abs(found.value - stated) <= SIGMAS * error + TEMPERATURE_SHARE * stated:
        return []
    cause = f"The atoms of {name} move at {found.value:.4g} ± {error:.2g} K, not at {stated:g} K."
    return [
        (
            FactCheck.TEMPERATURE,
            cause,
            "Correct the temperature (--temperature-k) or discard its beginning (--discard)",
        )
    ]


def _pressure(measured: Measurements, facts: Facts, name: str, discard: int) -> list[tuple[FactCheck, str, str]]:
    pressure = _mean(measured.pressure_gpa, discard, "GPa")
    if pressure is None or facts.pressure_gpa is None or math.isnan(pressure.error):
        return []
    error = pressure.error
    allowed = SIGMAS * error + PRESSURE_SHARE * abs(facts.pressure_gpa) + PRESSURE_GPA
    if abs(pressure.value - facts.pressure_gpa) <= allowed:
        return []
    cause = f"The pressure of {name} is {pressure.value:.4g} ± {error:.2g} GPa, not {facts.pressure_gpa:g} GPa."
    return [(FactCheck.PRESSURE, cause, "Correct the pressure (--pressure-gpa) or discard its beginning (--discard)")]


def _electrons(measured: Measurements, facts: Facts, name: str) -> list[tuple[FactCheck, str, str]]:
    gaps = np.array([gap for gap in measured.energy_gap_ev if math.isfinite(gap)])
    if not gaps.size or facts.electronic_temperature_k is None:
        return []
    gap = float(gaps.mean()) / measured.n_atoms
    cold = facts.electronic_temperature_k == 0.0
    if gap < -COLD_GAP_EV_PER_ATOM or (cold and gap > COLD_GAP_EV_PER_ATOM):
        cause = f"E − F of {name} is {gap:.3g} eV per atom, which electrons at {facts.electronic_temperature_k:g} K "
        remedy = "Check the electrons' temperature (--electronic-temperature-k) and which energy is which (--energy-is)"
        return [(FactCheck.ELECTRONS, cause + "cannot have.", remedy)]
    return []


def check_possible(
    *, temperature_k: float, pressure_gpa: float, energy_ev: float, n_atoms: int, frame: int, name: str
) -> None:
    """Refuse a number that no matter has, before anything is done with it; NaN stands for what is not known.

    Raises:
        InputError: a number cannot be.
    """
    for what, value, highest, unit in (
        ("a temperature", temperature_k, HIGHEST_K, "K"),
        ("a pressure", abs(pressure_gpa), HIGHEST_GPA, "GPa"),
        ("an energy", abs(energy_ev) / n_atoms, HIGHEST_EV_PER_ATOM, "eV per atom"),
        ("a temperature", -temperature_k, 0.0, "K"),
    ):
        if value > highest:
            raise InputError(
                f"Frame {frame} of {name} has {what} of {abs(value):.3g} {unit}, which cannot be.",
                "Check the units of energies, velocities and stress (--units for LAMMPS).",
            )
