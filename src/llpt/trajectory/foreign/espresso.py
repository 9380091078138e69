"""Quantum ESPRESSO: what pw.x prints in ``calculation = 'md'`` and ``'vc-md'``.

"total energy" is F, "smearing contrib. (-TS)" is −T_el S, hence E = F + T_el S (with Fermi–Dirac smearing, and only
then, T_el = width/k_B). The stress is the virial part, compression positive. A frame is one self-consistent solution:
the kinetic energy that the dynamics prints after it belongs to it (seen in the constant "Ekin + Etot"), the positions
and the cell printed there already belong to the next. Positions are not folded back. The unit of time is the Rydberg
one, ħ/Ry, twice the Hartree unit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from ase.data import atomic_masses, atomic_numbers

from llpt.errors import InputError
from llpt.trajectory.facts import Facts
from llpt.trajectory.foreign.espresso_theory import theory_of_output
from llpt.trajectory.foreign.frame import ForeignFrame, ForeignTrajectory
from llpt.trajectory.foreign.text import CutOffError, Lines
from llpt.trajectory.stress import voigt
from llpt.units import (
    BOHR_TO_ANGSTROM,
    BOLTZMANN_EV_PER_K,
    RYDBERG_PER_BOHR3_TO_GPA,
    RYDBERG_PER_BOHR_TO_EV_PER_ANGSTROM,
    RYDBERG_TIME_TO_FS,
    RYDBERG_TO_EV,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SYMBOL = re.compile(r"[A-Z][a-z]?")
CHANGED = re.compile(r"velocity rescaling \((?:rescale|reduce)-T\)", re.IGNORECASE)
"""``ion_temperature`` of pw.x that multiplies or lowers the temperature every so many steps."""


def is_espresso(text: str) -> bool:
    """Whether the beginning of a file is that of pw.x."""
    return "Program PWSCF" in text


def open_espresso(path: Path) -> ForeignTrajectory:
    """Open the output of pw.x.

    Raises:
        InputError: it ends before its header does, or its elements are not named by their symbols.
    """
    header = _Header.read(Lines(path))
    temperature = step = annealed = None
    fixed = False
    lines = Lines(path)
    for number, line in enumerate(lines):
        if "Starting temperature" in line:
            temperature = _value(lines, line, "a temperature")
        elif "temperature is set once at start" in line:
            temperature = None  # that of the first velocities alone
        elif CHANGED.search(line) is not None:
            temperature, annealed = None, line.strip()
        elif "Geometry Optimization" in line:
            raise InputError(f"{path} is a relaxation, not molecular dynamics.", "Give runs of 'md' or 'vc-md'.")
        elif "Molecular Dynamics Calculation" in line:
            fixed = True
        elif "Time step  " in line and "a.u." in line:
            step = _value(lines, line, "a time step") * RYDBERG_TIME_TO_FS
        if "iteration =     2" in line or "it =     2" in line or number > 1_000_000:
            break
    return ForeignTrajectory(
        program="Quantum ESPRESSO",
        files=(path,),
        numbers=header.numbers,
        frames=lambda: _frames(path),
        masses_u=header.masses_u,
        stride=1.0,
        theory=theory_of_output(path),
        facts=Facts(
            temperature_k=temperature,
            annealed=annealed,
            electronic_temperature_k=header.electronic_temperature_k,
            frame_interval_fs=step,
            timestep_fs=step,
            constant_volume=True if fixed else None,
        ),
    )


@dataclass(slots=True)
class _Header:
    """What pw.x prints before the first self-consistent cycle."""

    alat_angstrom: float
    cell_angstrom: NDArray[np.float64]
    numbers: NDArray[np.int64]
    masses_u: NDArray[np.float64]
    positions_angstrom: NDArray[np.float64]
    electronic_temperature_k: float | None
    symbols: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, lines: Lines) -> _Header:
        """Read up to the first self-consistent cycle."""
        count, alat = 0, 0.0
        header = cls(0.0, np.zeros((0, 3)), np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros((0, 3)), None)
        masses: dict[str, float] = {}
        for line in lines:
            if "number of atoms/cell" in line:
                count = lines.whole(line.partition("=")[2], "a number of atoms", least=1)
            elif "celldm(1)=" in line:
                alat = _value(lines, line, "celldm(1)") * BOHR_TO_ANGSTROM
            elif "crystal axes:" in line:
                header.cell_angstrom = alat * lines.rows(3, (3, 4, 5), "a crystal axis")
            elif "atomic species   valence    mass" in line:
                masses = _species(lines)
            elif "positions (alat units)" in line:
                header.take_atoms(lines, count, alat, masses)
            elif "Fermi-Dirac smearing, width (Ry)=" in line:
                width_ev = lines.number_in([line.rpartition("=")[2]], 0, "a width of smearing") * RYDBERG_TO_EV
                header.electronic_temperature_k = width_ev / BOLTZMANN_EV_PER_K
            elif "Self-consistent Calculation" in line:
                break
        if not len(header.numbers) or not len(header.cell_angstrom):
            raise InputError(
                f"{lines.path} is cut before pw.x has printed its atoms.", "Give the whole output of the run."
            )
        return header

    def take_atoms(self, lines: Lines, count: int, alat: float, masses: dict[str, float]) -> None:
        """Take in the list of atoms, one row each."""
        self.alat_angstrom = alat
        self.symbols, places = [], []
        for _ in range(count):
            row = lines.take("a position")
            words, values = row.split(), row.rpartition("(")[2].rstrip(" )").split()
            if "tau(" not in row or len(values) != 3:
                raise lines.wrong(f"an atom, of {count}")
            self.symbols.append(words[1])
            places.append(lines.numbers(values, "a position"))
        if "tau(" in lines.take("the end of the atoms"):
            raise lines.wrong(f"the end of a list of {count} atoms")
        self.numbers = np.array([_number(symbol, lines.path) for symbol in self.symbols], dtype=np.int64)
        own = atomic_masses[self.numbers]
        self.masses_u = np.array(
            [masses.get(symbol, float(mass)) for symbol, mass in zip(self.symbols, own, strict=True)]
        )
        self.positions_angstrom = alat * np.array(places)


def _species(lines: Lines) -> dict[str, float]:
    """Return the masses of the kinds of atoms."""
    masses = {}
    while len(words := lines.take("a species").split()) > 3:
        masses[words[0]] = lines.number_in(words, 2, "a mass")
    return masses


def _value(lines: Lines, line: str, what: str) -> float:
    """Return the number after a line's first equals sign."""
    return lines.number_in(line.partition("=")[2].split(), 0, what)


def _number(symbol: str, path: Path) -> int:
    match = SYMBOL.match(symbol)
    if match is None or match[0] not in atomic_numbers:
        raise InputError(f"{path} calls an atom {symbol}.", "Let the labels of ATOMIC_SPECIES begin with the element.")
    return int(atomic_numbers[match[0]])


def _frames(path: Path) -> Iterator[ForeignFrame]:
    lines = Lines(path)
    header = _Header.read(lines)
    here = (header.cell_angstrom, header.positions_angstrom)
    following = here
    solved, smeared = _Solution(), header.electronic_temperature_k is not None
    unconverged = False
    for line in lines:
        if "convergence NOT achieved" in line:
            unconverged = True
        begins = line.startswith("!") and "total energy" in line
        if begins == (solved.free_ev is not None) and (begins or _is_end(line)):
            raise lines.wrong("a line that can stand here: a step without its beginning or its end")
        if begins:
            here = following
            solved = _Solution(free_ev=_energy(lines, line))
        elif line.startswith("CELL_PARAMETERS"):
            following = (_cell(lines, line), following[1])
        elif line.startswith("ATOMIC_POSITIONS"):
            positions = _positions(lines, line, header.symbols, following[0], header.alat_angstrom)
            following = (following[0], positions)
        elif solved.free_ev is not None:
            solved.take(lines, line, len(header.numbers))
        # md ends a step with its constant, after the positions; vc-md prints the positions last
        ended = "Ekin + Etot (const)" in line or (line.startswith("ATOMIC_POSITIONS") and solved.kinetic_ev is not None)
        if ended and solved.free_ev is not None:
            yield replace(solved.frame(*here, smeared=smeared), unconverged=unconverged)
            solved, unconverged = _Solution(), False
    if solved.free_ev is not None:
        raise CutOffError(path, "a step")


def _is_end(line: str) -> bool:
    """Whether this is the kinetic energy with which a step ends, of md or of vc-md."""
    return "Ekin + Etot (const)" in line or (" Ekin = " in line and "Etot =" in line)


def _energy(lines: Lines, line: str) -> float:
    """Return the energy after a line's last equals sign, in eV."""
    return lines.number_in(line.rpartition("=")[2].split(), 0, "an energy") * RYDBERG_TO_EV


@dataclass(slots=True)
class _Solution:
    """What belongs to one self-consistent solution."""

    free_ev: float | None = None
    minus_ts_ev: float | None = None
    kinetic_ev: float | None = None
    conserved_ev: float | None = None
    step: float | None = None
    forces: NDArray[np.float64] | None = None
    stress_gpa: NDArray[np.float64] | None = None

    def take(self, lines: Lines, line: str, count: int) -> None:
        """Take in what a line begins."""
        if "smearing contrib. (-TS)" in line:
            self.minus_ts_ev = _energy(lines, line)
        elif "Entering Dynamics" in line:  # md: "iteration = 1", vc-md: "it = 1   time = …"
            self.step = _value(lines, line, "the number of a step")
        elif "Forces acting on atoms" in line:
            self.forces = _forces(lines, count)
        elif "total   stress  (Ry/bohr**3)" in line:
            self.stress_gpa = -voigt(lines.rows(3, (0, 1, 2), "a stress")) * RYDBERG_PER_BOHR3_TO_GPA
        elif "kinetic energy (Ekin)" in line:
            self.kinetic_ev = _energy(lines, line)
        elif "Ekin + Etot (const)" in line:
            self.conserved_ev = _energy(lines, line)
        elif " Ekin = " in line and "Etot =" in line:  # vc-md; its Etot holds the cell's kinetic energy and P V too
            self.kinetic_ev = lines.number_in(line.split("=")[1].split(), 0, "an energy") * RYDBERG_TO_EV
            self.conserved_ev = _energy(lines, line)

    def frame(self, cell: NDArray[np.float64], positions: NDArray[np.float64], *, smeared: bool) -> ForeignFrame:
        """Return the frame it belongs to; of smeared electrons whose entropy is not told, E is not known."""
        minus_ts = self.minus_ts_ev if smeared else self.minus_ts_ev or 0.0
        return ForeignFrame(
            positions_angstrom=positions,
            cell_angstrom=cell,
            forces_ev_per_angstrom=self.forces,
            free_energy_ev=self.free_ev,
            internal_energy_ev=None if self.free_ev is None or minus_ts is None else self.free_ev - minus_ts,
            kinetic_energy_ev=self.kinetic_ev,
            conserved_ev=self.conserved_ev,
            stress_gpa=self.stress_gpa,
            clock=self.step,
        )


def _forces(lines: Lines, count: int) -> NDArray[np.float64]:
    lines.take("forces")
    rows = []
    for _ in range(count):
        words = lines.take("a force").partition("=")[2].split()
        if len(words) < 3:
            raise lines.wrong("a force")
        rows.append(lines.numbers(words[:3], "a force"))
    return np.array(rows) * RYDBERG_PER_BOHR_TO_EV_PER_ANGSTROM


def _cell(lines: Lines, line: str) -> NDArray[np.float64]:
    factor = 1.0
    if "alat" in line:
        factor = lines.number_in(line.partition("=")[2].strip(" )").split(), 0, "alat") * BOHR_TO_ANGSTROM
    elif "bohr" in line:
        factor = BOHR_TO_ANGSTROM
    return factor * lines.rows(3, (0, 1, 2), "a cell vector")


def _positions(
    lines: Lines, line: str, symbols: Sequence[str], cell_angstrom: NDArray[np.float64], alat_angstrom: float
) -> NDArray[np.float64]:
    rows: list[list[float]] = []
    for symbol in symbols:
        words = lines.take("a position").split()
        if len(words) < 4 or words[0] != symbol:
            raise lines.wrong(f"atom {len(rows) + 1} of {len(symbols)}, of kind {symbol}")
        rows.append(lines.numbers(words[1:4], "a position"))
    after = lines.take("the end of the positions").split()
    if len(after) > 3 and after[0] in symbols:
        raise lines.wrong(f"the end of a list of {len(symbols)} atoms")
    values = np.array(rows)
    if "crystal" in line:
        return values @ cell_angstrom
    factors = {"angstrom": 1.0, "bohr": BOHR_TO_ANGSTROM, "alat": alat_angstrom}
    return values * next((factor for unit, factor in factors.items() if unit in line), alat_angstrom)
