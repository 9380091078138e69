"""What runs made elsewhere say of the study that they could be part of, read before there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from ase.data import atomic_masses, chemical_symbols

from llpt.errors import InputError
from llpt.trajectory.foreign import open_foreign
from llpt.trajectory.foreign.folders import FoundRun, find_runs
from llpt.trajectory.foreign.text import CutOffError
from llpt.trajectory.foreign.vasp_theory import VaspTheory, vasp_theory
from llpt.units import U_PER_ANGSTROM3_TO_G_PER_CM3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from llpt.trajectory.foreign.frame import ForeignFrame

SAME_VOLUME = 1e-6
NEITHER = "Give a folder of runs, or a potential: its SPEC, or its file or directory."


@dataclass(frozen=True)
class ExistingRun:
    """One run made elsewhere.

    Args:
        name: its folder.
        program: who wrote it.
        atoms: number of atoms.
        elements: their chemical symbols.
        temperature_k: the thermostat's temperature.
        pressure_gpa: the barostat's pressure; None at constant volume.
        density_gcc: density of the first frame.
        electronic_temperature_k: None where the files do not say, or the electrons are cold.
        timestep_fs: of the dynamics; None where the files do not say.
        steps: MD steps from its first to its last frame.
        theory: what VASP computed; empty for other programs.
    """

    name: str
    program: str
    atoms: int
    elements: frozenset[str]
    temperature_k: float
    pressure_gpa: float | None
    density_gcc: float
    electronic_temperature_k: float | None
    timestep_fs: float | None
    steps: int
    theory: VaspTheory


@dataclass(frozen=True)
class ExistingRuns:
    """The runs of a folder.

    Args:
        runs: those that could be read.
        left_out: sentences on the others.
    """

    runs: tuple[ExistingRun, ...]
    left_out: tuple[str, ...]


def existing_runs(path: Path, on_run: Callable[[int, int, str], None] = lambda *_: None) -> ExistingRuns:
    """Read every run in a folder, from first to last frame.

    Args:
        path: the folder, or a file that is one run.
        on_run: called before each run is read, with runs behind, runs in all, and its name.

    Raises:
        InputError: there is no run that could be read.
    """
    try:
        found = find_runs(path)
    except InputError as error:
        raise InputError(error.cause, NEITHER) from error
    runs, left_out = [], []
    for number, run in enumerate(found):
        on_run(number, len(found), run.name)
        try:
            runs.append(_read(run))
        except InputError as error:
            left_out.append(f"{run.name}: {error.cause}")
    if not runs:
        why = f" {left_out[0]}" if left_out else ""
        raise InputError(f"{path} holds no run that can be read.{why}", NEITHER)
    return ExistingRuns(tuple(runs), tuple(left_out))


def _read(found: FoundRun) -> ExistingRun:
    """Return what a run says.

    Raises:
        InputError: it cannot be read, or its temperature is not given.
    """
    if found.problem:
        raise InputError(found.problem, "Import its runs one by one.")
    source = open_foreign(found.files)
    if source.beads > 1:
        raise InputError(
            f"It is a path integral of {source.beads} beads.", "Give classical runs, and set beads yourself."
        )
    facts = source.facts
    temperature = found.temperature_k if facts.temperature_k is None else facts.temperature_k
    if temperature is None:
        raise InputError("The thermostat's temperature is not given.", "Name its folder T900.")
    first, last, frames = _ends(source.frames())
    if first is None or last is None or frames < 2:
        raise InputError("It holds fewer than two frames.", "Give runs of molecular dynamics.")
    constant = abs(_volume(last) / _volume(first) - 1.0) < SAME_VOLUME
    mass_u = float(atomic_masses[source.numbers].sum())
    interval, timestep = facts.frame_interval_fs, facts.timestep_fs
    every = 1 if not interval or not timestep else max(1, round(interval / timestep))
    pressure = found.pressure_gpa if facts.pressure_gpa is None else facts.pressure_gpa
    if not constant and pressure is None:
        raise InputError("The barostat's pressure is not given.", "Name its folder P200.")
    return ExistingRun(
        name=found.name,
        program=source.program,
        atoms=len(source.numbers),
        elements=frozenset(chemical_symbols[number] for number in source.numbers),
        temperature_k=temperature,
        pressure_gpa=None if constant else pressure,
        density_gcc=mass_u / _volume(first) * U_PER_ANGSTROM3_TO_G_PER_CM3,
        electronic_temperature_k=facts.electronic_temperature_k or None,
        timestep_fs=timestep,
        steps=(frames - 1) * every,
        theory=vasp_theory(found.files) if source.program == "VASP" else VaspTheory(),
    )


def _ends(frames: Iterator[ForeignFrame]) -> tuple[ForeignFrame | None, ForeignFrame | None, int]:
    """Return first frame, last frame and their number; a file that was cut ends where it was cut."""
    first: ForeignFrame | None = None
    last: ForeignFrame | None = None
    count = 0
    try:
        for frame in frames:
            first = frame if first is None else first
            last = frame
            count += 1
    except CutOffError:
        pass
    return first, last, count


def _volume(frame: ForeignFrame) -> float:
    return float(abs(np.linalg.det(frame.cell_angstrom)))
