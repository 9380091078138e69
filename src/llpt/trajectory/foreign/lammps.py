"""LAMMPS: text dumps of ``dump custom`` and the log of the run.

A dump gives positions (x y z, xu yu zu, xs ys zs or xsu ysu zsu), and where they are there velocities, forces and
masses; the log gives the thermodynamic columns (Step, PotEng, KinEng, Temp, Press, Pxx …) and the masses of types.
``PotEng`` is what the forces derive from, F. ``Press`` and ``Pxx`` … contain the kinetic part, compression positive.
Units are those of ``units metal`` (eV, Å, ps, bar) or ``units real`` (kcal/mol, Å, fs, atm; kcal of 4.184 kJ), which
only the log names. Atom types become elements by the dump's ``element`` column or by what the caller says.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from ase.data import atomic_masses, atomic_numbers

from llpt.errors import InputError
from llpt.isotopes import Isotope
from llpt.trajectory.facts import Facts
from llpt.trajectory.foreign.frame import ISOTOPE_SHARE, ForeignFrame, ForeignTrajectory, check_kinds
from llpt.trajectory.foreign.lammps_log import WORDS, Log, LogRun, read_log, rows_from
from llpt.trajectory.foreign.lammps_units import SYSTEMS, UnitSystem
from llpt.trajectory.foreign.pairing import Rows, side_by_side
from llpt.trajectory.foreign.text import Lines
from llpt.units import HYDROGEN_ATOMIC_NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

TRICLINIC_ROWS = 3
POSITIONS = (("xu", "yu", "zu"), ("xsu", "ysu", "zsu"), ("x", "y", "z"), ("xs", "ys", "zs"))
SOME_ATOMS = "The ids in the dump are not 1 to its number of atoms: it may hold a part of them, the log's energies all."
DIVIDING = "Let `thermo` divide the stride of the dump, or import the dump alone."
ISOTOPES_U = {each.value: each.mass_u for each in Isotope}
STRESS_COLUMNS = ("Pxx", "Pyy", "Pzz", "Pyz", "Pxz", "Pxy")


def is_dump(text: str) -> bool:
    """Whether the beginning of a file is that of a dump."""
    return text.lstrip().startswith(("ITEM: TIMESTEP", "ITEM: UNITS"))


def is_log(text: str) -> bool:
    """Whether the beginning of a file is that of a log of LAMMPS."""
    return text.lstrip().startswith("LAMMPS (")


def open_lammps(
    dump: Path, log: Path | None = None, *, elements: Sequence[str] = (), units: str | None = None
) -> ForeignTrajectory:
    """Open a dump, with a log where one is given.

    Args:
        dump: a text file of ``dump custom`` or ``dump atom``.
        log: the log of the same run.
        elements: elements of the atom types 1, 2, …; not needed where the dump has a column of elements.
        units: ``metal`` or ``real``; not needed where the log says so.

    Raises:
        InputError: the elements or the units are not known, or the files are damaged.
    """
    known = None if log is None else read_log(log)
    name = (None if known is None else known.units) or units or ""
    if units is not None and name != units:
        raise InputError(f"{log} is in units {name}, not {units}.", f"Give {name} as its units, or leave them out.")
    if name not in SYSTEMS:
        raise InputError(
            f"The units of {dump} are {name or 'not known'}.",
            f"Give lammps_units (--units), {' or '.join(SYSTEMS)}, or the log.",
        )
    system = SYSTEMS[name]
    begun = [frame for frame, _ in zip(_dump(dump, system), range(2), strict=False)]
    if not begun:
        raise InputError(f"{dump} holds no frame.", "Give the dump of a run.")
    facts, run = Facts(), None
    if known is not None and (run := known.run_of(dump, [each.step for each in begun])) is not None:
        facts = run.facts(system, known.path)
        stride = begun[-1].step - begun[0].step
        facts = replace(facts, frame_interval_fs=(facts.timestep_fs or 0.0) * stride or None)
    ids = begun[0].ids
    symbols = [_symbol(kind, elements, dump) for kind in begun[0].kinds]
    return ForeignTrajectory(
        program="LAMMPS",
        files=(dump, log) if log is not None else (dump,),
        numbers=np.array([_number(symbol) for symbol in symbols], dtype=np.int64),
        frames=lambda: _frames(dump, known, run, system),
        masses_u=_masses(begun[0], symbols, {} if run is None else run.masses),
        facts=facts,
        notes=() if ids == list(range(1, len(ids) + 1)) else (SOME_ATOMS,),
    )


def _symbol(kind: str, elements: Sequence[str], path: Path) -> str:
    """Return the symbol of an atom by its element or its type."""
    if not kind.isdigit():
        return kind
    if not 0 < int(kind) <= len(elements):
        raise InputError(
            f"{path} does not say which element type {kind} is.",
            "Types count from 1: give an element for each (--elements), e.g. H.",
        )
    return elements[int(kind) - 1]


def _number(symbol: str) -> int:
    """Return an atomic number; D and T are hydrogen."""
    if symbol in ISOTOPES_U:
        return HYDROGEN_ATOMIC_NUMBER
    if symbol not in atomic_numbers:
        raise InputError(f"{symbol} is no element.", "Give symbols such as H as elements.")
    return int(atomic_numbers[symbol])


def _masses(begun: _DumpFrame, symbols: Sequence[str], by_type: Mapping[str, float]) -> NDArray[np.float64] | None:
    """Return the masses of the dump, else those of its log, else of named isotopes; None where nothing tells them all.

    Args:
        begun: the first frame.
        symbols: of its atoms.
        by_type: what the log says of types of atoms.

    Raises:
        InputError: an isotope is named that has another mass.
    """
    told = begun.masses_u
    if told is None and begun.types and all(each in by_type for each in begun.types):
        told = np.array([by_type[each] for each in begun.types])
    if told is None:
        if not ISOTOPES_U.keys() & set(symbols):
            return None
        return np.array([ISOTOPES_U.get(each, float(atomic_masses[_number(each)])) for each in symbols])
    for symbol, mass in zip(symbols, told, strict=True):
        if abs(mass / ISOTOPES_U.get(symbol, mass) - 1.0) > ISOTOPE_SHARE:
            raise InputError(
                f"The atoms that are called {symbol} have a mass of {mass:g} u in the files.",
                "Name the element that was simulated (--elements), H or D.",
            )
    return told


class _DumpFrame(NamedTuple):
    """A frame of a dump, atoms in the order of their ids: step, id and type or element of every atom, and the rest.

    Types and masses, shape (n,), are known where the dump has a column of them.
    """

    step: int
    ids: list[int]
    kinds: list[str]
    types: list[str]
    masses_u: NDArray[np.float64] | None
    frame: ForeignFrame


def _dump(path: Path, system: UnitSystem) -> Iterator[_DumpFrame]:
    """Yield every frame."""
    lines = Lines(path)
    step, count = 0, 0
    cell, origin = np.zeros((3, 3)), np.zeros(3)
    first: _DumpFrame | None = None
    number = 0
    for line in lines:
        if line.startswith("ITEM: TIMESTEP"):
            step = lines.whole(lines.take("a step"), "a step")
        elif line.startswith("ITEM: NUMBER OF ATOMS"):
            count = lines.whole(lines.take("a number of atoms"), "a number of atoms", least=1)
        elif line.startswith("ITEM: BOX BOUNDS"):
            cell, origin = _box(lines, line)
        elif line.startswith("ITEM: ATOMS"):
            columns = line.split()[2:]
            rows = [lines.take("a frame").split() for _ in range(count)]
            if any(len(row) != len(columns) for row in rows):
                raise lines.wrong("an atom with all columns of the dump")
            now = _atoms(lines, columns, rows, (cell, origin), system, step=step)
            first = now if first is None else first
            if now.ids != first.ids:
                raise InputError(
                    f"Frame {number} of {path} holds other ids than the first.", "Give a fixed list of atoms."
                )
            check_kinds(now.kinds, first.kinds, number, path)
            number += 1
            yield now


def _box(lines: Lines, line: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return cell and origin; of a tilted box LAMMPS gives the bounding box."""
    if re.search(r"\b[fsm]{1,2}\b", line.partition("BOUNDS")[2]):
        raise InputError(f"{lines.path} has a box that is not periodic.", "Only periodic cells can be analysed.")
    if "abc origin" in line:
        table = lines.rows(TRICLINIC_ROWS, (0, 1, 2, 3), "a vector of the box")
        return table[:, :3], table[:, 3]
    if "xy xz yz" not in line:
        bounds = lines.rows(TRICLINIC_ROWS, (0, 1), "a bound of the box")
        return np.diag(bounds[:, 1] - bounds[:, 0]), bounds[:, 0]
    table = lines.rows(TRICLINIC_ROWS, (0, 1, 2), "a bound of the box")
    xy, xz, yz = table[:, 2]
    low = table[:, 0] - [min(0.0, xy, xz, xy + xz), min(0.0, yz), 0.0]
    high = table[:, 1] - [max(0.0, xy, xz, xy + xz), max(0.0, yz), 0.0]
    lengths = high - low
    return np.array([[lengths[0], 0.0, 0.0], [xy, lengths[1], 0.0], [xz, yz, lengths[2]]]), low


def _atoms(
    lines: Lines,
    columns: Sequence[str],
    rows: list[list[str]],
    box: tuple[NDArray[np.float64], NDArray[np.float64]],
    system: UnitSystem,
    *,
    step: int,
) -> _DumpFrame:
    """Return a frame, its atoms sorted by their ids."""
    place = {name: index for index, name in enumerate(columns)}
    if "id" not in place:
        raise InputError(f"{lines.path} has no column id.", "Dump the ids: LAMMPS changes the order of its atoms.")
    ids = [lines.whole(row[place["id"]], "an atom whose id is a whole number") for row in rows]
    if len(set(ids)) < len(ids):
        twice = next(each for each in ids if ids.count(each) > 1)
        raise InputError(
            f"In the frame of {lines.path} that ends in line {lines.number} the atom with id {twice} stands twice.",
            "Give a dump in which every atom has an id of its own.",
        )
    rows = [row for _, row in sorted(zip(ids, rows, strict=True), key=lambda pair: pair[0])]
    kind = place.get("element", place.get("type"))
    if kind is None:
        raise InputError(f"{lines.path} has no column type or element.", "Dump one of them.")
    cell, origin = box

    def vectors(names: Sequence[str]) -> NDArray[np.float64] | None:
        if any(name not in place for name in names):
            return None
        return np.array([lines.numbers([row[place[name]] for name in names], "a frame of numbers") for row in rows])

    found = [(names, vectors(names)) for names in POSITIONS]
    names, values = next(((names, values) for names, values in found if values is not None), ("", None))
    if values is None:
        raise InputError(f"{lines.path} has no positions.", "Dump x y z, xu yu zu or xs ys zs.")
    positions = values @ cell if names[0].startswith("xs") else values - origin
    velocities, forces = vectors(("vx", "vy", "vz")), vectors(("fx", "fy", "fz"))
    mass = vectors(("mass",))
    return _DumpFrame(
        step,
        sorted(ids),
        [row[kind] for row in rows],
        [row[place["type"]] for row in rows] if "type" in place else [],
        None if mass is None else mass[:, 0],
        ForeignFrame(
            clock=float(step),
            positions_angstrom=positions,
            cell_angstrom=cell,
            velocities_angstrom_per_fs=None if velocities is None else velocities / system.time,
            forces_ev_per_angstrom=None if forces is None else forces * system.energy,
        ),
    )


def _frames(dump: Path, log: Log | None, run: LogRun | None, system: UnitSystem) -> Iterator[ForeignFrame]:
    if log is None:
        yield from (each.frame for each in _dump(dump, system))
        return
    path = log.path
    rows = Rows(path, rows_from(log, run), remedy=DIVIDING, what="no thermodynamic output")
    begun: Facts | None = None

    def frame_of(dumped: _DumpFrame) -> ForeignFrame:
        nonlocal begun
        now, row = rows.at(dumped.step)
        facts = now.facts(system, path)
        begun = facts if begun is None else begun
        if facts != begun:
            differing = next(words for name, words in WORDS.items() if getattr(facts, name) != getattr(begun, name))
            raise InputError(
                f"At step {dumped.step} {dump} goes on into run {now.number} of {path}, where {differing} is another.",
                "Dump each run into a file of its own, or cut the dump there.",
            )
        count = len(dumped.ids) if now.per_atom else 1
        potential, kinetic = _energies(row)
        total = None
        if all(name in row for name in STRESS_COLUMNS):
            total = -np.array([row[name] for name in STRESS_COLUMNS]) * system.pressure
        return replace(
            dumped.frame,
            free_energy_ev=None if potential is None else potential * count * system.energy,
            kinetic_energy_ev=None if kinetic is None else kinetic * count * system.energy,
            temperature_k=row.get("Temp"),
            pressure_gpa=row["Press"] * system.pressure if "Press" in row else None,
            volume_angstrom3=row.get("Volume"),
            total_stress_gpa=total,
        )

    yield from side_by_side(_dump(dump, system), frame_of)


def _energies(row: Mapping[str, float]) -> tuple[float | None, float | None]:
    """Return potential and kinetic energy; LAMMPS prints pair, molecular and total energy where it is told nothing."""
    potential, kinetic = row.get("PotEng"), row.get("KinEng")
    if potential is None and "E_pair" in row:
        potential = row["E_pair"] + row.get("E_mol", 0.0)
    if kinetic is None and potential is not None and "TotEng" in row:
        kinetic = row["TotEng"] - potential
    return potential, kinetic
