"""Frames as ASE has them: lists of ``ase.Atoms``, ASE's own trajectory files, and what it reads of extended XYZ.

``energy``, ``free_energy``, ``stress`` (virial part, eV/Å³), ``forces`` and ``momenta`` are taken where they are there.
``free_energy`` is F. A lone ``energy`` may be E or F. Beside an F that differs from it, ASE's calculators mean by
``energy`` the extrapolation to cold electrons, which is neither: it is taken for E only where a frame holds the
``entropy``, as those of this package do, or where somebody says that it is. ``velocities`` that stand beside no momenta
are taken in ASE's unit, sqrt(eV/u), as ASE writes them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
from ase.io.trajectory import Trajectory as AseTrajectory
from ase.io.trajectory import TrajectoryReader

from llpt.errors import InputError
from llpt.structure import label_of, six_components, with_computed_labels, with_labels_called
from llpt.trajectory.facts import Facts
from llpt.trajectory.foreign.frame import ForeignFrame, ForeignTrajectory
from llpt.trajectory.foreign.text import DAMAGE, CutOffError
from llpt.units import ASE_VELOCITY_TO_ANGSTROM_PER_FS, EV_PER_ANGSTROM3_TO_GPA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ase import Atoms

CLOCKS = ("step", "md_step", "time", "time_ps")
"""Keys of a frame, in small letters, under which programs write a number that grows along a run."""
UNITS = re.compile(r"(energy|force|stress|virial|length|position)s?[-_ ]units?", re.IGNORECASE)
OF_ASE = {"energy": {"ev"}, "force": {"ev/a", "ev/ang", "ev/angstrom", "ev/å"}}
OF_ASE |= {"stress": {"ev/a^3", "ev/a3", "ev/ang^3", "ev/angstrom^3", "ev/å^3", "ev/å³"}, "virial": {"ev"}}
OF_ASE |= {"length": {"a", "ang", "angstrom", "å"}, "position": {"a", "ang", "angstrom", "å"}}
TRAJECTORY_MAGIC = b"- of Ulm"


def open_atoms(frames: Sequence[Atoms], *, keys: Mapping[str, str] | None = None) -> ForeignTrajectory:
    """Open structures in memory, or an ASE trajectory that is open, as the frames of one run.

    Args:
        frames: the structures. A calculator that computes is asked once for each, as ASE asks it: one that all share
            has the results of the last one alone.
        keys: see ``from_atoms``.

    Raises:
        InputError: there is none, one has no periodic cell, or a calculator fails.
    """
    if isinstance(frames, list | tuple):
        frames = [_computed(atoms, number) for number, atoms in enumerate(frames)]
    return from_atoms(lambda: frames, program="ASE atoms in memory", keys=keys)


def _computed(atoms: Atoms, number: int) -> Atoms:
    try:
        return with_computed_labels(atoms)
    except Exception as error:  # a calculator raises whatever it likes
        raise InputError(
            f"The calculator of frame {number} fails on it, {type(error).__name__}: {error}.",
            "Mend it, or leave energies and forces out: atoms.calc = None.",
        ) from error


def open_ase_trajectory(path: Path, *, keys: Mapping[str, str] | None = None) -> ForeignTrajectory:
    """Open a ``.traj`` file of ASE.

    Args:
        path: the file.
        keys: see ``from_atoms``.

    Raises:
        InputError: it cannot be read, or its frames have no periodic cell.
    """

    def frames() -> Iterator[Atoms]:
        try:
            with AseTrajectory(str(path)) as opened:
                yield from opened
        except DAMAGE as error:
            raise InputError(
                f"{path} is damaged: it cannot be read as a trajectory of ASE.", "Restore it from a copy."
            ) from error

    return from_atoms(frames, program="ASE", files=(path,), keys=keys)


def is_atoms(given: object) -> bool:
    """Whether something is a sequence of structures: a list or tuple of them, or an open trajectory of ASE."""
    return isinstance(given, TrajectoryReader) or (
        isinstance(given, list | tuple) and all(hasattr(item, "get_chemical_symbols") for item in given)
    )


def from_atoms(
    frames: Callable[[], Iterable[Atoms]],
    *,
    program: str,
    files: tuple[Path, ...] = (),
    energy_is_internal: bool = False,
    keys: Mapping[str, str] | None = None,
) -> ForeignTrajectory:
    """Return structures as the frames of one run.

    Args:
        frames: gives them in order, from the first one each time it is called.
        program: who wrote them.
        files: the files they are read from.
        energy_is_internal: whether ``energy`` is E wherever an F stands beside it.
        keys: what ``energy``, ``free_energy``, ``forces`` and ``stress`` are called in the frames, where somebody says
            so: such a label is taken from under that name alone.

    Raises:
        InputError: there is none, one has no periodic cell, or lacks a key.
    """
    name = str(files[0]) if files else program

    def checked() -> Iterator[Atoms]:
        species: Any = None
        begun: float | None = None
        for number, given in enumerate(frames()):
            atoms = with_labels_called(given, keys, where=f"Frame {number} of {name}") if keys else given
            _check_cell(atoms, number, name)
            _check_units(atoms, number, name)
            now: Any = atoms
            electronic = _number(atoms, "electronic_temperature_k")
            begun, species = (electronic, now.numbers) if species is None else (begun, species)
            if not np.array_equal(now.numbers, species):
                raise InputError(
                    f"Frame {number} of {name} holds other atoms, or in another order, than the first.",
                    "Give runs with a fixed list of atoms.",
                )
            if electronic != begun:
                raise InputError(
                    f"Frame {number} of {name} has electrons at {_kelvin(electronic)}, the first at {_kelvin(begun)}.",
                    "Import what stands before it and from it on as runs of their own.",
                )
            yield atoms

    beginning = checked()
    first = next(beginning, None)
    try:
        second = next(beginning, None)
    except CutOffError:
        second = None
    if first is None:
        raise InputError(f"{name} holds no frame.", "Give the frames of one run.")
    times = [_number(atoms, "time_fs") for atoms in (first, second) if atoms is not None]
    interval = times[1] - times[0] if len(times) > 1 and times[0] is not None and times[1] is not None else None
    untyped: Any = first
    known = energy_is_internal or "entropy" in untyped.info
    clock = _clock_of(first, second)
    equal = _equal(first)
    return ForeignTrajectory(
        program=program,
        files=files,
        numbers=np.array(untyped.numbers, dtype=np.int64),
        frames=lambda: (
            _frame(atoms, energy_is_internal=known or (equal and _equal(atoms)), clock=clock) for atoms in checked()
        ),
        masses_u=np.array(untyped.get_masses(), dtype=float),
        facts=Facts(
            electronic_temperature_k=_number(first, "electronic_temperature_k"), frame_interval_fs=interval or None
        ),
    )


def _check_cell(atoms: Any, number: int, name: str) -> None:
    if not (atoms.pbc.all() and atoms.cell.rank == 3):
        raise InputError(
            f"Frame {number} of {name} has no periodic cell.",
            'Set cell and pbc of the atoms; in extended XYZ, write Lattice="…" into each comment line.',
        )


def _check_units(atoms: Any, number: int, name: str) -> None:
    """Refuse a frame that names another unit than the one that numbers of its kind of file have."""
    for key, value in atoms.info.items():
        match = UNITS.fullmatch(str(key))
        if match is not None and str(value).strip().lower() not in OF_ASE[match[1].lower()]:
            raise InputError(
                f"Frame {number} of {name} says {key} = {value}.",
                "Give energies in eV, lengths in Å, forces in eV/Å and stress in eV/Å³.",
            )


def _kelvin(value: float | None) -> str:
    return "a temperature that is not stated" if value is None else f"{value:g} K"


def _number(atoms: Any, name: str) -> float | None:
    value = atoms.info.get(name)
    return float(value) if isinstance(value, int | float | np.number) else None


def _clock_of(first: Any, second: Any | None) -> str | None:
    """Return the key under which frames give their step or time; None where they give neither.

    A number that does not change although the atoms move is none.

    Args:
        first: the first frame.
        second: the next one, where there is one.
    """
    for name in CLOCKS:
        key = next((each for each in first.info if str(each).lower() == name), None)
        if key is None or _number(first, key) is None:
            continue
        if second is None or _number(second, key) != _number(first, key):
            return str(key)
        if np.array_equal(first.positions, second.positions):  # a frame that stands twice
            return str(key)
    return None


def _frame(atoms: Any, *, energy_is_internal: bool, clock: str | None) -> ForeignFrame:
    energy, free = label_of(atoms, "energy"), label_of(atoms, "free_energy")
    stress, forces = label_of(atoms, "stress"), label_of(atoms, "forces")
    velocities = None
    if "momenta" in atoms.arrays or "velocities" in atoms.arrays:
        own = atoms.get_velocities() if "momenta" in atoms.arrays else atoms.arrays["velocities"]
        velocities = np.asarray(own) * ASE_VELOCITY_TO_ANGSTROM_PER_FS
    internal = None
    if free is not None and energy is not None and energy_is_internal:
        internal = float(energy)
    return ForeignFrame(
        positions_angstrom=np.array(atoms.positions),
        cell_angstrom=np.array(atoms.cell[:]),
        velocities_angstrom_per_fs=velocities,
        forces_ev_per_angstrom=None if forces is None else np.array(forces, dtype=float),
        internal_energy_ev=internal,
        free_energy_ev=None if free is None else float(free),
        energy_ev=None if energy is None or internal is not None else float(energy),
        temperature_k=_number(atoms, "temperature_k"),
        pressure_gpa=_number(atoms, "pressure_gpa"),
        stress_gpa=None if stress is None else six_components(stress) * EV_PER_ANGSTROM3_TO_GPA,
        time_fs=_number(atoms, "time_fs"),
        clock=None if clock is None else _number(atoms, clock),
    )


def _equal(atoms: Atoms) -> bool:
    """Whether a frame's two energies are the same, as of a potential without electrons."""
    return bool(label_of(atoms, "energy") == label_of(atoms, "free_energy"))
