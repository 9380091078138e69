"""VASP's text files: ``XDATCAR`` with ``OUTCAR`` where it is there, or ``OUTCAR`` alone; see ``vasp`` for the numbers.

``OUTCAR`` alone gives positions to 1e-5 Å, of the steps of which it prints forces.

With a machine-learned force field (ML_LMLFF) a step begins with what the field predicts, under headings with "ML";
where the electrons are solved as well, what they say follows, and it counts. The field's one energy is taken for F; it
repeats it as the energy without entropy, so that E is not known where the electrons are warm.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from ase.data import atomic_numbers

from llpt.errors import InputError
from llpt.trajectory.foreign.frame import ForeignFrame, ForeignTrajectory, check_kinds
from llpt.trajectory.foreign.text import CutOffError, Lines
from llpt.trajectory.foreign.vasp import SIGMA_ROUNDING, facts_of, told_beside
from llpt.units import KILOBAR_TO_GPA

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

MOST_ATOMS = 10_000_000
OUTCAR_HEADING = re.compile(r"\s*vasp\.\d")
LEARNED_FORCES = "TOTAL-FORCE (eV/Angst) (ML)"
ITERATION = re.compile(r"Iteration +(\d+)\( *(\d+)\)")
FINE_SHARE = 1e-3
"""A SIGMA that is printed with an error of a greater share is not what was computed with."""
MASS = re.compile(r"\d+\.\d\d")
SAME_ANGSTROM = 1e-3
"""OUTCAR gives positions to 1e-5 Å; atoms move some 1e-2 Å in a step."""


def open_xdatcar(path: Path, outcar: Path | None = None) -> ForeignTrajectory:
    """Open an ``XDATCAR``, with energies, forces, stress and settings from an ``OUTCAR`` where one is given.

    Raises:
        InputError: it is damaged or names no elements (VASP 4).
    """
    lines = Lines(path)
    lines.take("a title")
    _, symbols = _lattice(lines)
    atoms = np.array([atomic_numbers[symbol] for symbol in symbols], dtype=np.int64)
    plain = ForeignTrajectory(
        program="VASP", files=(path,), numbers=atoms, frames=lambda: (frame for _, frame in _xdatcar_frames(path))
    )
    if outcar is None:
        return plain
    tags = _outcar_tags(outcar)
    notes: list[str] = []
    _, masses, counts = _outcar_kinds(outcar)
    configurations = [number for (number, _), _ in zip(_xdatcar_frames(path), range(2), strict=False)]
    every = configurations[1] - configurations[0] if len(configurations) > 1 else 1
    return replace(
        plain,
        files=(path, outcar),
        frames=lambda: _noting(_joined(path, outcar, len(atoms)), notes),
        notes=notes,
        masses_u=np.repeat(masses, counts) if len(masses) == len(counts) and sum(counts) == len(atoms) else None,
        facts=facts_of(tags, outcar, every=every),
    )


def _lattice(lines: Lines) -> tuple[NDArray[np.float64], list[str]]:
    """Read scale and cell, and return the cell and the element of each atom."""
    scale = lines.number_in(lines.take("a scale").split(), 0, "the scale of the cell")
    if not scale:
        raise lines.wrong("the scale of the cell, which is not 0")
    cell = lines.rows(3, (0, 1, 2), "a cell vector")
    if scale < 0.0:  # the negative of the volume
        scale = float(np.cbrt(-scale / abs(np.linalg.det(cell))))
    cell = scale * cell
    symbols, counts = lines.take("elements").split(), lines.take("numbers of atoms").split()
    if not symbols or any(symbol not in atomic_numbers for symbol in symbols) or len(symbols) != len(counts):
        raise InputError(
            f"{lines.path} does not name its elements in line 6.", "Add the line of elements, as VASP 5 writes it."
        )
    if not all(count.isdecimal() and int(count) <= MOST_ATOMS for count in counts):
        raise lines.wrong("a line of numbers of atoms")
    return cell, [symbol for symbol, count in zip(symbols, counts, strict=True) for _ in range(int(count))]


def _xdatcar_frames(path: Path) -> Iterator[tuple[int, ForeignFrame]]:
    """Yield the number of each configuration and its frame; the lattice is repeated where the cell changes."""
    lines = Lines(path)
    cell = np.zeros((3, 3))
    kinds: list[str] = []
    first: list[str] = []
    place = 0
    for line in lines:
        if not line.startswith("Direct configuration"):
            cell, kinds = _lattice(lines)
            first = first or kinds
            continue
        number = lines.whole(line.rpartition("=")[2], "the number of a configuration")
        check_kinds(kinds, first, place, path)
        place += 1
        yield (
            number,
            ForeignFrame(lines.rows(len(kinds), (0, 1, 2), "a position") @ cell, cell.copy(), clock=float(number)),
        )


def is_outcar(text: str) -> bool:
    """Whether the beginning of a file is that of an ``OUTCAR``: a line such as ``vasp.6.4.2 20Jul23 (build …)``."""
    return OUTCAR_HEADING.match(text) is not None


def open_outcar(path: Path, *, elements: Sequence[str] = ()) -> ForeignTrajectory:
    """Open an ``OUTCAR`` of molecular dynamics alone.

    Args:
        path: the file.
        elements: of its kinds of atoms, where the lines of the potentials were taken out of it.

    Raises:
        InputError: it is damaged, is no molecular dynamics, or does not name its atoms.
    """
    numbers, masses = _outcar_atoms(path, elements)
    tags = _outcar_tags(path)
    notes: list[str] = []
    return ForeignTrajectory(
        program="VASP",
        files=(path,),
        numbers=numbers,
        frames=lambda: _noting(_outcar_frames(path, len(numbers)), notes),
        notes=notes,
        masses_u=masses,
        stride=1.0,
        facts=facts_of(tags, path, every=1),
    )


def _outcar_atoms(path: Path, elements: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return atomic number and mass of each atom, as the header of OUTCAR names its potentials."""
    symbols, masses, counts = _outcar_kinds(path)
    symbols = symbols or list(elements)
    known = symbols and all(symbol in atomic_numbers for symbol in symbols)
    if not known or len(symbols) != len(counts) or not 0 < sum(counts) <= MOST_ATOMS:
        raise InputError(
            f"{path} does not name its atoms.", "Give XDATCAR with it, vasprun.xml, or elements (--elements)."
        )
    if len(masses) != len(counts):
        raise InputError(f"{path} does not give the masses of its atoms.", "Give vasprun.xml.")
    return (
        np.repeat([atomic_numbers[symbol] for symbol in symbols], counts).astype(np.int64),
        np.repeat(masses, counts),
    )


def _outcar_kinds(path: Path) -> tuple[list[str], list[float], list[int]]:
    """Return symbol, mass and number of atoms of each potential, as far as the header of OUTCAR tells."""
    symbols: list[str] = []
    masses: list[float] = []
    counts: list[int] = []
    lines = Lines(path)
    before = ""
    for line in lines:
        if "VRHFIN =" in line:
            symbols.append(line.split("=")[1].split(":")[0].strip())
        elif "ions per type =" in line:
            counts = [int(word) for word in line.split("=")[1].split() if word.isdecimal()]
        elif "POMASS =" in line and "ZVAL" not in line:  # of the potentials together, after any POMASS of INCAR
            masses = [*(masses if before == "POMASS" else []), *_masses(lines, line)]
        before = line.split("=")[0].strip()
        if "Iteration" in line:
            break
    return symbols, masses, counts


def _masses(lines: Lines, line: str) -> list[float]:
    """Return the masses in a line of OUTCAR; columns of six characters leave no blank before 100 u and more."""
    text = line.split("=")[1]
    words = MASS.findall(text) if MASS.sub("", text).strip() == "" else text.split()
    return lines.numbers(words, "a line of masses")


def _noting(frames: Iterator[tuple[ForeignFrame, bool]], notes: list[str]) -> Iterator[ForeignFrame]:
    """Yield frames, and note at their end how many of them a machine-learned force field made."""
    notes.clear()
    count, predicted = 0, 0
    try:
        for frame, learned in frames:
            count, predicted = count + 1, predicted + learned
            yield frame
    finally:
        if predicted:
            notes.append(
                f"In {predicted} of {count} steps energy, forces and stress are those of VASP's machine-learned force "
                "field; the electrons were not solved."
            )


def _outcar_frames(path: Path, n_atoms: int) -> Iterator[tuple[ForeignFrame, bool]]:
    """Yield frames, each with whether a machine-learned force field made it."""
    for number, step in _numbered(_outcar_steps(path, n_atoms, alone=True)):
        if step.positions is None:
            continue
        if step.cell is None:
            raise InputError(f"{path} gives no cell before ionic step {number}.", "Give XDATCAR with it.")
        yield _with_step(ForeignFrame(step.positions, step.cell, clock=float(number)), step), step.learned


@dataclass(slots=True)
class _Step:
    """What OUTCAR says of one ionic step."""

    cell: NDArray[np.float64] | None = None
    number: int | None = None
    stress_gpa: NDArray[np.float64] | None = None
    positions: NDArray[np.float64] | None = None
    forces: NDArray[np.float64] | None = None
    free: float | None = None
    internal: float | None = None
    kinetic: float | None = None
    total: float | None = None
    learned: bool = False
    unconverged: bool = False

    @property
    def begun(self) -> bool:
        """Whether anything is known of it but its cell."""
        return any(each is not None for each in (self.positions, self.free, self.kinetic, self.total))

    @property
    def only_predicted(self) -> bool:
        """Whether nothing but the machine-learned force field has spoken, as it does before the electrons are asked."""
        return self.learned and self.kinetic is None and self.total is None


def _numbered(steps: Iterator[_Step]) -> Iterator[tuple[int, _Step]]:
    """Yield the ionic steps of OUTCAR with their numbers; a step of a force field alone has none and is counted."""
    number, learned = 0, False
    for step in steps:
        learned = learned or step.learned
        number = number + 1 if learned or step.number is None else step.number
        yield number, step


def _joined(xdatcar: Path, outcar: Path, n_atoms: int) -> Iterator[tuple[ForeignFrame, bool]]:
    """Pair every configuration of XDATCAR with the ionic step of its number in OUTCAR."""
    steps = _numbered(_outcar_steps(outcar, n_atoms))
    done, step = 0, _Step()
    configurations = _xdatcar_frames(xdatcar)
    for number, frame in configurations:
        while done < number:
            following = next(steps, None)
            if following is None and done == number - 1 and done > 0 and next(configurations, None) is None:
                raise CutOffError(outcar, "an ionic step")  # a job that was killed between the two files
            if following is None:
                raise InputError(
                    f"{outcar} ends at ionic step {done}, but {xdatcar} goes on to {number}.",
                    "Give the two files of the same run, or XDATCAR alone.",
                )
            done, step = following
        if done != number:
            raise InputError(
                f"{outcar} has no ionic step {number}, of which {xdatcar} has the positions.",
                "Give the two files of the same run, or XDATCAR alone.",
            )
        if step.positions is not None and _distance(frame, step.positions) > SAME_ANGSTROM:
            raise InputError(
                f"Configuration {number} of {xdatcar} is not what {outcar} computed in ionic step {number}.",
                "Give the two files of the same run, or XDATCAR alone.",
            )
        yield _with_step(frame, step), step.learned


def _with_step(frame: ForeignFrame, step: _Step) -> ForeignFrame:
    """Return a frame with what OUTCAR says of its ionic step."""
    return replace(
        frame,
        forces_ev_per_angstrom=step.forces,
        free_energy_ev=step.free,
        internal_energy_ev=step.internal,
        kinetic_energy_ev=step.kinetic,
        conserved_ev=step.total,
        unconverged=step.unconverged,
        learned=step.learned,
        stress_gpa=step.stress_gpa,
    )


def _distance(frame: ForeignFrame, positions_angstrom: NDArray[np.float64]) -> float:
    """Return the greatest distance between a frame's atoms and others, lattice vectors aside, in Å."""
    moved = (frame.positions_angstrom - positions_angstrom) @ np.linalg.inv(frame.cell_angstrom)
    return float(np.abs((moved - np.round(moved)) @ frame.cell_angstrom).max())


def _outcar_tags(path: Path) -> dict[str, float]:
    """Return the settings that OUTCAR lists before the first ionic step."""
    wanted = {"IBRION", "TEBEG", "TEEND", "ISMEAR", "SIGMA", "POTIM", "PSTRESS", "ISIF"}
    wanted |= {"MDALGO", "SMASS", "ANDERSEN_PROB"}
    tags: dict[str, float] = {}
    for line in Lines(path):
        if "Iteration" in line or "TOTAL-FORCE" in line:
            break
        words = line.replace("=", " = ").replace(";", " ").replace(",", " ").split()
        for name, sign, value in zip(words, words[1:], words[2:], strict=False):
            if name in wanted and sign == "=" and name not in tags:
                try:
                    tags[name] = float(value)
                except ValueError:
                    continue
                half = 0.5 * 10.0 ** -len(value.partition(".")[2])
                if name == "SIGMA" and half > FINE_SHARE * tags[name]:
                    tags[SIGMA_ROUNDING] = half + 1e-12
    return told_beside(path, tags)


def _outcar_steps(path: Path, n_atoms: int, *, alone: bool = False) -> Iterator[_Step]:
    """Yield what OUTCAR says of each ionic step; in MD a step ends with its line ETOTAL, else with its energies.

    Args:
        path: the file.
        n_atoms: number of atoms.
        alone: whether no XDATCAR tells which steps there are: one that ends too early is damage then, or the end.
    """
    lines = Lines(path)
    step, last_line, now, done = _Step(), "energy  without entropy=", "", 0
    limit = math.inf
    for line in lines:
        begins = ITERATION.search(line) if "Iteration" in line else None
        if begins is not None and begins[1] != now:
            if alone and step.begun and not step.only_predicted:
                raise _lacking(path, now or "1")
            now = begins[1]
            step.number = int(now)
        if begins is not None:  # until a line says that the electrons have converged, the last one allowed is too late
            step.unconverged = int(begins[2]) >= limit
        elif alone and LEARNED_FORCES in line and step.begun:
            raise _lacking(path, str(done + 1))
        if "IBRION =" in line and line.split("=")[1].split()[0] == "0":
            last_line = "total energy   ETOTAL"
        if "NELM   =" in line:
            limit = lines.number_in(line.split("=")[1].replace(";", " ").split(), 0, "a number of electronic steps")
        _take(step, lines, line, n_atoms)
        if last_line in line and step.free is not None:
            yield step
            done += 1
            step = _Step(cell=step.cell)  # printed anew where it changes
    if alone and step.begun:
        raise CutOffError(path, "an ionic step")


def _lacking(path: Path, step: str) -> InputError:
    return InputError(f"{path} lacks a line of ionic step {step}.", "Give vasprun.xml, or XDATCAR with it.")


def _take(step: _Step, lines: Lines, line: str, n_atoms: int) -> None:
    """Take in what a line of OUTCAR begins."""
    if "direct lattice vectors" in line and "reciprocal lattice vectors" in line:
        step.cell = lines.rows(3, (0, 1, 2), "a cell vector")
    elif line.startswith("  in kB"):
        values = lines.numbers(line.split()[2:8], "a line of the stress")
        if len(values) < 6:
            raise lines.wrong("a line of the stress, of six numbers")
        xx, yy, zz, xy, yz, zx = values
        step.stress_gpa = -np.array([xx, yy, zz, yz, zx, xy]) * KILOBAR_TO_GPA
    elif "aborting loop" in line:
        step.unconverged = "EDIFF is reached" not in line
    elif "TOTAL-FORCE" in line:
        lines.take("forces")
        table = lines.rows(n_atoms, range(6), "a position and a force")
        step.positions, step.forces = table[:, :3], table[:, 3:]
        step.learned = LEARNED_FORCES in line
    elif "free  energy   TOTEN" in line or "free  energy ML TOTEN" in line:
        step.learned, step.internal = "ML" in line, None
        step.free = lines.number_in(line.split("=")[1].split(), 0, "an energy")
    elif "energy  without entropy=" in line and step.free is not None and not step.learned:
        step.internal = lines.number_in(line.split("=")[1].split(), 0, "an energy")
    elif "kinetic energy EKIN   =" in line or "kinetic Energy EKIN   =" in line:
        step.kinetic = lines.number_in(line.split("=")[1].split(), 0, "an energy")
    elif "total energy   ETOTAL" in line:
        step.total = lines.number_in(line.split("=")[1].split(), 0, "an energy")
