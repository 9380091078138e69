"""From a folder tree to the runs in it: one run a folder, whoever wrote it."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError
from llpt.trajectory.facts import Facts
from llpt.trajectory.foreign import cp2k
from llpt.trajectory.foreign.detect import WHOLE_FRAMES, Program, open_foreign, program_of, sort_vasp, vasp_pieces
from llpt.trajectory.foreign.joining import WHAT, differing
from llpt.trajectory.foreign.lammps import is_dump
from llpt.trajectory.foreign.own import is_own
from llpt.trajectory.foreign.statements import alike
from llpt.trajectory.foreign.text import head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from llpt.trajectory.foreign.frame import ForeignTrajectory

CONVERSIONS = frozenset({Program.EXTENDED_XYZ, Program.ASE, Program.HDF5})
"""What a run of another program is often written out as once more, beside its own files."""
LAMMPS_RUN = 2
SAME_FRACTION = 2e-5
"""Files give fractional coordinates to 1e-5 Å or better; atoms move by more in a step."""
CALLED_LIKE = re.compile(
    r"(?:(?:OUTCAR|XDATCAR|vasprun|vaspout).*|.+-(?:pos|vel|frc)-\d+\.xyz|.+-\d+\.(?:ener|cell|stress)"
    r"|.+\.(?:pos|vel|for)_\d+\.(?:ext)?xyz|.+\.(?:traj|h5md|extxyz|dump|lammpstrj)|dump\..+|log\.lammps)"
    r"(?:\.(?:gz|bz2|xz))?"
)
"""Names by which programs and people call trajectories; whose content is none may be damaged or empty."""
CP2K_NAME = re.compile(r"(?P<project>.+?)(?:-(?:pos|vel|frc))?-\d+\.\w+")
_NUMBER = r"(\d+(?:\.\d+)?)"
_END = r"(?![A-Za-z0-9])"


def _state_of(letter: str, unit: str) -> re.Pattern[str]:
    """Return what finds a state in a folder's name; small letters count tries and parts too (``t4``, ``p1``)."""
    small = rf"{letter.lower()}[_=-]?(?:{_NUMBER}[ _-]?{unit}|(\d{{3,}}(?:\.\d+)?))"
    large = rf"{letter}[_=-]?{_NUMBER}(?:[ _-]?{unit})?"
    return re.compile(rf"(?<![A-Za-z])(?:{large}|{small}){_END}|(?<![\w.]){_NUMBER}[ _-]?{unit}{_END}")


TEMPERATURE_IN_NAME = _state_of("T", "K")
PRESSURE_IN_NAME = _state_of("P", "GPa")


@dataclass(frozen=True, slots=True)
class FoundRun:
    """A run in a folder tree.

    Args:
        name: its folder, below where the search began; with its file where the folder holds several runs.
        files: its files, pieces in their order; one run directory of llpt.
        problem: why the files cannot be taken for one run, a sentence; empty where they can.
        left_out: files beside them that are called like those of a program and do not hold what these do.
        beside: files of the program beside them that hold frames that these hold, and are not read.
    """

    name: str
    files: tuple[Path, ...]
    problem: str = ""
    left_out: tuple[Path, ...] = ()
    beside: tuple[Path, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the files beside it, a sentence each."""
        found = [f"{file.name} does not begin as its name says, and was left out." for file in self.left_out]
        if self.beside:
            names = ", ".join(file.name for file in self.beside)
            found.append(f"Left out beside {self.files[0].name}, which has their frames: {names}.")
        return tuple(found)

    @property
    def temperature_k(self) -> float | None:
        """The temperature that its folders' names say, e.g. ``T900`` or ``900K``; the innermost counts."""
        return _last(TEMPERATURE_IN_NAME, self.name)

    @property
    def pressure_gpa(self) -> float | None:
        """The pressure that its folders' names say, e.g. ``P200`` or ``200GPa``; the innermost counts."""
        return _last(PRESSURE_IN_NAME, self.name)


def _last(pattern: re.Pattern[str], name: str) -> float | None:
    found = [next(filter(None, groups)) for groups in pattern.findall(name)]
    return float(found[-1]) if found else None


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Return a key that sorts names as people count: ``run2`` before ``run10``.

    >>> sorted(["run10", "run2"], key=natural)
    ['run2', 'run10']
    """
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name) if part)


def find_runs(
    path: Path,
    opener: Callable[[Sequence[Path]], ForeignTrajectory] = open_foreign,
    *,
    apart_from: Path | None = None,
    on_folder: Callable[[Path], None] = lambda _: None,
) -> list[FoundRun]:
    """Return the runs in a folder and the folders below it, in the order of their names.

    A folder holds one run. Several files of whole frames (vasprun.xml, pw.x output …) in one folder are its pieces
    where they say the same of temperature, pressure, electrons and time step, and are put in the order in which each
    begins where another ends; else each is a run of its own. Where a program's own files lie beside extended XYZ, ASE
    or H5MD, those are taken for a copy and left out. Links to folders are not followed.

    Args:
        path: the folder, or a file, which is a run of its own.
        opener: opens the files of one run.
        apart_from: a folder that is passed by with all below it, such as the study that the runs go into.
        on_folder: called with each folder before it is looked at.

    Raises:
        InputError: there is no such path.
    """
    if not path.exists():
        raise InputError(f"There is no {path}.", "Give a folder of runs, or the files of one.")
    if not path.is_dir():
        return [FoundRun(path.name, (path,))]
    found: list[FoundRun] = []
    for here, folders, files in _walk(path, apart_from):
        on_folder(here)
        name = str(here.relative_to(path)) if here != path else path.resolve().name
        if is_own(here):
            folders.clear()
            found.append(FoundRun(name, (here,)))
            continue
        found += _in_folder(here, files, name, opener)
    return found


def _in_folder(
    here: Path, files: Sequence[str], name: str, opener: Callable[[Sequence[Path]], ForeignTrajectory]
) -> list[FoundRun]:
    """Return the runs of one folder."""
    by_program, unlike = _by_program(here, files)
    runs = []
    for program, of_program in by_program.items():
        prefix = name if len(by_program) == 1 else f"{name} ({program})"
        runs += _runs_of(program, of_program, prefix, opener)
    if unlike and not runs:
        names = ", ".join(file.name for file in unlike)
        runs = [FoundRun(name, tuple(unlike), f"{names} does not begin as a file of this name does.")]
    return [replace(run, left_out=tuple(file for file in unlike if file not in run.files)) for run in runs]


def _by_program(here: Path, files: Sequence[str]) -> tuple[dict[Program, list[Path]], list[Path]]:
    """Return the files of one folder that make runs, by their program, and those that are only called like such."""
    by_program: dict[Program, list[Path]] = {}
    unlike: list[Path] = []
    for file in sorted((each for each in files if not each.startswith(".")), key=natural):
        program = program_of(here / file)
        if program is not None:
            by_program.setdefault(program, []).append(here / file)
        elif CALLED_LIKE.fullmatch(file):
            unlike.append(here / file)
    if len(by_program) > 1:
        own = {program: files for program, files in by_program.items() if program not in CONVERSIONS}
        by_program = own or by_program
    if Program.IPI in by_program:  # what moves the atoms; the others only gave it forces
        by_program = {Program.IPI: by_program[Program.IPI]}
    return by_program, unlike


def _walk(path: Path, apart_from: Path | None) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Yield each folder with the names of folders and files in it; folders that are taken off are not gone into."""
    passed_by = None if apart_from is None else apart_from.resolve()
    for place, folders, files in os.walk(path):
        here = Path(place)
        if here.resolve() == passed_by:
            folders.clear()
            continue
        folders[:] = sorted((each for each in folders if not each.startswith(".")), key=natural)
        yield here, folders, files


def _runs_of(
    program: Program, files: list[Path], name: str, opener: Callable[[Sequence[Path]], ForeignTrajectory]
) -> list[FoundRun]:
    """Return the runs that the files of one program in one folder make."""
    if program in WHOLE_FRAMES:
        return _pieces([(path,) for path in files], name, opener)
    match program:
        case Program.VASP:
            return _vasp(files, name, opener)
        case Program.LAMMPS:
            return _lammps(files, name)
        case Program.CP2K:
            return _cp2k(files, name)
        case _:
            return [FoundRun(name, tuple(files))]


def _vasp(files: list[Path], name: str, opener: Callable[[Sequence[Path]], ForeignTrajectory]) -> list[FoundRun]:
    """Return the runs of VASP: text beside vasprun.xml is a piece where it holds frames of its own, else left out."""
    vaspruns, xdatcars, outcars = sort_vasp(files)
    others = vasp_pieces(xdatcars, outcars)
    whole: list[tuple[Path, ...]] = [(path,) for path in vaspruns]
    if not whole or not others:
        return _pieces(whole or others, name, opener)
    taken = {_atoms(piece, opener) for piece in whole}
    for piece in others:
        atoms = _atoms(piece, opener)
        if atoms is not None and None not in taken and atoms not in taken:
            why = f"{piece[0].name} holds other atoms than {vaspruns[0].name}: two runs in one folder."
            return [FoundRun(name, tuple(files), why)]
    own = _not_in(others, whole, opener)
    beside = tuple(path for piece in others if piece not in own for path in piece)
    runs = _pieces([*whole, *own], name, opener)
    return [replace(run, beside=beside if number == 0 else ()) for number, run in enumerate(runs)]


def _not_in(
    pieces: Sequence[tuple[Path, ...]],
    others: Sequence[tuple[Path, ...]],
    opener: Callable[[Sequence[Path]], ForeignTrajectory],
) -> list[tuple[Path, ...]]:
    """Return the pieces whose first frame no other holds; one without a whole frame is not among them."""
    left = {}
    for piece in pieces:
        begin = next(_fractions(piece, opener), None)
        if begin is not None:
            left[piece] = begin
    for other in others:
        for fractions in _fractions(other, opener):
            left = {piece: begin for piece, begin in left.items() if _distance(begin, fractions) > SAME_FRACTION}
            if not left:
                return []
    return list(left)


def _fractions(
    files: Sequence[Path], opener: Callable[[Sequence[Path]], ForeignTrajectory]
) -> Iterator[NDArray[np.float64]]:
    """Yield the fractional coordinates of every whole frame that can be read."""
    with suppress(InputError):  # what is wrong is told when the run is read
        for frame in opener(files).frames():
            if not np.linalg.det(frame.cell_angstrom):
                return
            yield frame.positions_angstrom @ np.linalg.inv(frame.cell_angstrom)


def _atoms(files: Sequence[Path], opener: Callable[[Sequence[Path]], ForeignTrajectory]) -> bytes | None:
    """Return the atoms of files as bytes that can be compared; None where they cannot be read."""
    try:
        return opener(files).numbers.tobytes()
    except InputError:
        return None


def _lammps(files: list[Path], name: str) -> list[FoundRun]:
    dumps = [file for file in files if is_dump(head(file))]
    if len(dumps) > 1 or len(files) > LAMMPS_RUN:
        return [FoundRun(name, tuple(files), f"It holds {len(files)} dumps and logs of LAMMPS: import each by hand.")]
    return [FoundRun(name, tuple(files))] if dumps else []


def _cp2k(files: list[Path], name: str) -> list[FoundRun]:
    """Return one run for each project; an output belongs to the only one there is."""
    projects: dict[str, list[Path]] = {}
    outputs = []
    for file in files:
        match = CP2K_NAME.fullmatch(file.name)
        if cp2k.kind_of(file, head(file)) == "output" or match is None:
            outputs.append(file)
        else:
            projects.setdefault(match["project"], []).append(file)
    if len(projects) == 1:
        return [FoundRun(name, (*next(iter(projects.values())), *outputs))]
    return [FoundRun(f"{name}/{project}", tuple(of_project)) for project, of_project in projects.items()]


def _pieces(
    pieces: Sequence[tuple[Path, ...]], name: str, opener: Callable[[Sequence[Path]], ForeignTrajectory]
) -> list[FoundRun]:
    """Return files that each hold whole frames, or sets of such, as the pieces of one run, or as runs of their own."""
    if len(pieces) == 1:
        return [FoundRun(name, pieces[0])]
    groups: list[_Group] = []
    for piece in pieces:
        try:
            source = opener(piece)
            here = _Group(source.numbers.tobytes(), source.facts, dict(source.theory), [piece])
        except InputError:
            here = _Group(piece, Facts(), {}, [piece])  # what is wrong with it is told when it is read
        if not any(group.took(here) for group in groups):
            groups.append(here)
    found = []
    for group in groups:
        ordered = pieces_in_order(group.pieces, opener) if len(group.pieces) > 1 else group.pieces
        files = tuple(path for piece in ordered for path in piece)
        found.append(FoundRun(name if len(groups) == 1 else f"{name}/{group.pieces[0][0].name}", files))
    return found


@dataclass
class _Group:
    """Pieces of one run: their atoms, what they state alike, and what some of them name of their theory."""

    atoms: object
    facts: Facts
    theory: dict[str, str]
    pieces: list[tuple[Path, ...]]

    def took(self, other: _Group) -> bool:
        """Take another in, where nothing that the two state differs."""
        if other.atoms != self.atoms or not all(alike(other.facts, self.facts, name) for name in WHAT):
            return False
        if differing(other.theory, self.theory) is not None:
            return False
        self.theory |= other.theory
        self.pieces += other.pieces
        return True


def pieces_in_order(
    pieces: Iterable[tuple[Path, ...]], opener: Callable[[Sequence[Path]], ForeignTrajectory]
) -> list[tuple[Path, ...]]:
    """Return the pieces of one run in the order in which each begins nearest to where another ends.

    Args:
        pieces: the files of each.
        opener: opens one.
    """
    ends = {piece: _ends(_fractions(piece, opener)) for piece in pieces}
    left = [piece for piece, found in ends.items() if found is not None]
    unread = [piece for piece, found in ends.items() if found is None]
    if not left:
        return unread

    def gap(before: tuple[Path, ...], after: tuple[Path, ...]) -> float:
        one, other = ends[before], ends[after]
        return np.inf if one is None or other is None else _distance(one[1], other[0])

    # the first piece is the one that begins where no other ends
    first = max(left, key=lambda piece: min((gap(other, piece) for other in left if other != piece), default=0.0))
    ordered = [first]
    left.remove(first)
    while left:
        following = min(left, key=lambda piece: gap(ordered[-1], piece))
        ordered.append(following)
        left.remove(following)
    return ordered + unread


def _ends(frames: Iterator[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the first and the last frame; None where there is none."""
    first = next(frames, None)
    last = first
    for frame in frames:
        last = frame
    return None if first is None or last is None else (first, last)


def _distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    moved = one - other
    return float(np.abs(moved - np.round(moved)).mean())
