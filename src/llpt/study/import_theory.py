"""Runs of one label are one engine: of one theory, as far as their files say what they were computed with.

Functional, cutoff and potentials must be the same. k-points may follow the size of the cell, and the electrons'
temperature that of the ions: what follows neither is said.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.campaign import short_name
from llpt.errors import InputError
from llpt.trajectory.foreign.joining import differing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llpt.study.imported import ImportedRun
    from llpt.trajectory import Facts
    from llpt.trajectory.foreign import ForeignTrajectory

SAME_T_EL = 1e-3
"""Programs write the width of their smearing with four digits or more."""
OTHER_LABEL = "Give it another label (--label): an engine has one theory."


def _of_cell(theory: Mapping[str, str], *, wanted: bool) -> dict[str, str]:
    """Return what of a theory depends on the cell, or what does not."""
    return {name: value for name, value in theory.items() if ("k-points" in name) is wanted}


def check_one_theory(source: ForeignTrajectory, label: str, runs: Sequence[ImportedRun]) -> None:
    """Refuse a run that was computed with another theory than those of its label.

    Args:
        source: the trajectory.
        label: what its engine is called.
        runs: those that are there.

    Raises:
        InputError: both say what they were computed with, and it is not the same.
    """
    for run in (each for each in runs if each.label == label):
        found = differing(_of_cell(source.theory, wanted=False), _of_cell(dict(run.theory), wanted=False))
        if found is not None:
            raise InputError(
                f'{source.name} was computed with {found[0]}, {run.path} of the label "{label}" with {found[1]}.',
                OTHER_LABEL,
            )


def check_repeat(run: ImportedRun, others: Sequence[ImportedRun]) -> None:
    """Refuse a repeat whose electrons have another temperature: its averages would be joined with the others'.

    Args:
        run: a run.
        others: those that are there.

    Raises:
        InputError: they have.
    """
    for other in others:
        if other.model_copy(update={"repeat": run.repeat}).path != run.path:
            continue
        here, there = run.electronic_temperature_k, other.electronic_temperature_k
        if not _same(here, there):
            raise InputError(
                f"Its electrons are at {here:g} K, those of its repeat {short_name(other.path)} at {there:g} K.",
                OTHER_LABEL,
            )


def rounding_told(facts: Facts, electronic_temperature_k: float | None) -> tuple[str, ...]:
    """Say that T_el is taken from a file that prints it with too few digits.

    Args:
        facts: what the files state.
        electronic_temperature_k: what the run is taken with.
    """
    if not facts.electronic_rounding_k or electronic_temperature_k is None:
        return ()
    if electronic_temperature_k != facts.electronic_temperature_k:
        return ()
    how = f"{electronic_temperature_k:.0f} K to within {facts.electronic_rounding_k:.0f} K only"
    return (f"Its files print SIGMA with so few digits that T_el is {how}: give --electronic-temperature-k.",)


def theory_told(run: ImportedRun, others: Sequence[ImportedRun]) -> tuple[str, ...]:
    """Return what the electrons of a run do not share with other runs of its label, a sentence each.

    Args:
        run: the run.
        others: runs of the study.
    """
    of_label = [other for other in others if other.label == run.label and other.path != run.path]
    told = []
    for other in of_label:
        here, there = (_of_cell(dict(each.theory), wanted=True) for each in (run, other))
        found = differing(here, there) if other.atoms == run.atoms else None
        if found is not None:
            told.append(f"It was computed with {found[0]}, {short_name(other.path)} of its size with {found[1]}.")
            break
    known = [each for each in (*of_label, run) if each.electronic_temperature_k is not None]
    warm = run.electronic_temperature_k
    unlike = next((each for each in known if not _same(each.electronic_temperature_k, warm)), None)
    if unlike is not None and not all(_same(each.electronic_temperature_k, each.temperature_k) for each in known):
        told.append(
            f"Its electrons are at {warm:g} K, those of {short_name(unlike.path)} at "
            f"{unlike.electronic_temperature_k:g} K: neither at one temperature nor each at that of its ions."
        )
    return tuple(told)


def _same(one: float | None, other: float | None) -> bool:
    return one is None or other is None or math.isclose(one, other, rel_tol=SAME_T_EL, abs_tol=SAME_T_EL)
