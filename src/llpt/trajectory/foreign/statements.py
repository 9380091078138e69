"""What is stated of a run, by its files and by a person, is held against itself; and the names of all checks."""

from __future__ import annotations

from dataclasses import fields
from enum import StrEnum
from typing import TYPE_CHECKING

from llpt.errors import InputError, listed
from llpt.trajectory.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

SAME = 1e-6
"""Two statements of one number that differ by more than this share of it contradict each other."""


class FactCheck(StrEnum):
    """What is checked; the name is also what ``--despite`` and ``despite`` take."""

    TEMPERATURE = "temperature"
    PRESSURE = "pressure"
    TIMESTEP = "timestep"
    ELECTRONS = "electrons"
    VELOCITIES = "velocities"
    ENERGY = "energy"
    GAP = "gap"
    VOLUME = "volume"
    DRIFT = "drift"
    OUTLIER = "outlier"
    REPEAT = "repeat"


KEYWORDS = {
    "temperature_k": FactCheck.TEMPERATURE,
    "pressure_gpa": FactCheck.PRESSURE,
    "electronic_temperature_k": FactCheck.ELECTRONS,
    "frame_interval_fs": FactCheck.TIMESTEP,
}


def checks_of(names: str | Collection[str]) -> frozenset[FactCheck]:
    """Return checks by their names, or the one of a single name.

    Raises:
        InputError: one is not known.

    >>> sorted(checks_of(["gap", "energy"]))
    [<FactCheck.ENERGY: 'energy'>, <FactCheck.GAP: 'gap'>]
    """
    known = [each.value for each in FactCheck]
    names = [names] if isinstance(names, str) else listed(names, "names no checks", f"Known are {', '.join(known)}.")
    for name in names:
        if name not in known:
            raise InputError(f"There is no check called {name}.", f"Known are {', '.join(known)}.")
    return frozenset(FactCheck(name) for name in names)


def check_one_state(files: Facts, name: str, *, despite: Collection[FactCheck] = ()) -> None:
    """Refuse a run whose files state that its temperature or pressure is changed on the way.

    Args:
        files: what the files state.
        name: of the trajectory.
        despite: checks to leave out.

    Raises:
        InputError: they do.
    """
    if files.annealed is not None and FactCheck.DRIFT not in despite:
        raise InputError(
            f"The temperature of {name} is changed on the way, by {files.annealed}: no equilibrium run.",
            "Give runs of one state, or despite = drift (--despite drift) if it is right as it is.",
        )
    for what, ramp, unit in (
        ("thermostat", files.temperature_ramp_k, "K"),
        ("barostat", files.pressure_ramp_gpa, "GPa"),
    ):
        if ramp is not None and FactCheck.DRIFT not in despite:
            raise InputError(
                f"The {what} of {name} goes from {ramp[0]:g} to {ramp[1]:g} {unit}: no equilibrium run.",
                "Give runs of one state, or despite = drift (--despite drift) if it is right as it is.",
            )


def check_beside(
    files: Facts, beside: Sequence[tuple[str, Facts]], name: str, *, despite: Collection[FactCheck] = ()
) -> None:
    """Refuse a run of which two files, or two parts of a file, state different things.

    Args:
        files: what its files state.
        beside: what others state of it, each with its name.
        name: of the trajectory.
        despite: checks to leave out.

    Raises:
        InputError: they contradict each other.
    """
    for place, others in beside:
        for what, known, stated, check in _differences(files, others):
            if check not in despite:
                raise InputError(
                    f"{name} states {what} = {known:g}, {place} {stated:g}.",
                    f"Give the files of one run, or despite = {check} (--despite {check}) if the first is right.",
                )


def alike(one: Facts, other: Facts, name: str) -> bool:
    """Whether two that both state something, or both do not, state the same, as far as it is printed.

    Args:
        one: what is stated.
        other: what is stated elsewhere.
        name: field of ``Facts``.
    """
    here, there = getattr(one, name), getattr(other, name)
    if here is None or there is None or isinstance(here, bool):
        return bool(here is there)
    rounding = (
        max(one.electronic_rounding_k, other.electronic_rounding_k) if name == "electronic_temperature_k" else 0.0
    )
    return bool(abs(here - there) <= max(rounding, SAME * abs(here)))


def _differences(files: Facts, given: Facts) -> Iterator[tuple[str, float, float, FactCheck]]:
    """Yield keyword, both numbers and check of everything that both state differently."""
    for field in fields(Facts):
        known, stated = getattr(files, field.name), getattr(given, field.name)
        if field.name not in KEYWORDS or known is None or stated is None:
            continue
        if not alike(files, given, field.name):
            yield field.name.replace("frame_interval", "timestep"), known, stated, KEYWORDS[field.name]


def check_statements(files: Facts, given: Facts, name: str, *, despite: Collection[FactCheck] = ()) -> None:
    """Refuse a person's word that contradicts the files', and a run whose files state no one state.

    Args:
        files: what the files state.
        given: what the person gives.
        name: of the trajectory.
        despite: checks to leave out.

    Raises:
        InputError: they contradict each other, or the thermostat or barostat is changed on the way.
    """
    check_one_state(files, name, despite=despite)
    for keyword, known, stated, check in _differences(files, given):
        if check not in despite:
            raise InputError(
                f"{name} states {keyword} = {known:g}, not {stated:g}.",
                f"Leave {keyword} out, or give despite = {check} (--despite {check}) if the file is wrong.",
            )
