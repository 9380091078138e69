"""VASP: ``vasprun.xml``, or ``XDATCAR`` with ``OUTCAR`` where it is there.

``e_fr_energy`` (OUTCAR: "free energy TOTEN") is F, ``e_wo_entrp`` ("energy without entropy") is E; neither is the
σ → 0 value ``e_0_energy``. In some versions the final block of ``vasprun.xml`` repeats a wrong E, so E − F is taken
from the last electronic step (as ASE's reader does for σ → 0). Stress ("in kB", ``<varray name="stress">``) is the
virial part in kB, compression positive, without the target pressure; OUTCAR's "total pressure" adds the kinetic part,
its "external pressure" has the target subtracted (both seen in OUTCARs of VASP 5.4: −10.14 kB of stress, target 17.70,
kinetic 1.02: external −27.84, total −9.12). VASP's mass of hydrogen is 1.000 u. With ISMEAR = −1, T_el = SIGMA/k_B.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from xml.parsers.expat.errors import (
    XML_ERROR_NO_ELEMENTS,
    XML_ERROR_PARTIAL_CHAR,
    XML_ERROR_UNCLOSED_TOKEN,
    codes,
)

import numpy as np
from ase.data import atomic_numbers

from llpt.errors import InputError, first_line
from llpt.trajectory.facts import Facts
from llpt.trajectory.foreign.frame import ForeignFrame, ForeignTrajectory
from llpt.trajectory.foreign.text import UNREADABLE, CutOffError, Lines, open_bytes
from llpt.trajectory.stress import voigt
from llpt.units import BOLTZMANN_EV_PER_K

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

KILOBAR_TO_GPA = 0.1
FERMI_DIRAC = -1
ENDS = {codes[name] for name in (XML_ERROR_NO_ELEMENTS, XML_ERROR_UNCLOSED_TOKEN, XML_ERROR_PARTIAL_CHAR)}
"""What the XML parser says where a file ends too early; anything else is damage in its middle."""
RELAXATIONS = {1: "RMM-DIIS", 2: "conjugate gradients", 3: "damped dynamics"}
FREE_CELL = 3
MOST_ATOMS = 10_000_000
SAME_ANGSTROM = 1e-3
"""OUTCAR gives positions to 1e-5 Å; atoms move some 1e-2 Å in a step."""


# ------------------------------------------------------------------------------------------------- vasprun.xml


def open_vasprun(path: Path) -> ForeignTrajectory:
    """Open a ``vasprun.xml`` of a molecular-dynamics run (IBRION = 0).

    Raises:
        InputError: it is damaged, or holds no list of atoms.
    """
    tags: dict[str, float] = {}
    numbers: list[int] = []
    masses: list[float] = []
    for element in _elements(path, {"atominfo", "parameters", "incar", "calculation"}):
        if element.tag in {"incar", "parameters"}:
            tags = {**_numbers_in(element), **(tags if element.tag == "parameters" else {})}
        elif element.tag == "atominfo":
            numbers, masses = _atoms(element, path)
        elif numbers:
            break
    if not numbers:
        raise InputError(f"{path} holds no list of atoms.", "Give the vasprun.xml of a molecular-dynamics run.")
    return ForeignTrajectory(
        program="VASP",
        files=(path,),
        numbers=np.array(numbers, dtype=np.int64),
        frames=lambda: _vasprun_frames(path),
        masses_u=np.array(masses),
        facts=_facts(tags, path, every=1),
    )


def _elements(path: Path, wanted: set[str]) -> Iterator[Any]:
    """Yield whole elements of some names, forgetting each afterwards; a file that is cut raises CutOffError."""
    found = False
    stream = open_bytes(path)
    try:
        for event, element in ET.iterparse(stream, events=("start", "end")):  # noqa: S314 - the person's own file
            if event == "start":
                if not found:
                    root, found = element, True
            elif element.tag in wanted:
                yield element
                element.clear()
                root.clear()
    except ET.ParseError as error:
        if not found:
            raise InputError(f"{path} is not XML: {error}.", "Give the vasprun.xml that VASP wrote.") from error
        if error.code in ENDS:
            raise CutOffError(path, "an ionic step") from error
        raise InputError(
            f"{path} is damaged in line {error.position[0]}, and what follows cannot be read: {first_line(error)}.",
            "Give the two files of two runs one by one, or cut the file off before that line.",
        ) from error
    except EOFError as error:
        raise CutOffError(path, "an ionic step") from error
    except UNREADABLE as error:
        raise InputError(f"{path} cannot be read: {first_line(error)}.", "Give a readable file.") from error
    finally:
        stream.close()


def _numbers_in(element: Any) -> dict[str, float]:
    found = {}
    for item in element.iter("i"):
        try:
            found[item.attrib["name"]] = float(item.text)
        except (TypeError, ValueError):
            continue
    return found


def _atoms(element: Any, path: Path) -> tuple[list[int], list[float]]:
    try:
        rows = [[cell.text.strip() for cell in row] for row in element.iterfind("array[@name='atoms']/set/rc")]
        kinds = [[cell.text.strip() for cell in row] for row in element.iterfind("array[@name='atomtypes']/set/rc")]
        by_kind = {str(number): float(kind[2]) for number, kind in enumerate(kinds, start=1)}
        return [atomic_numbers[row[0]] for row in rows], [by_kind[row[1]] for row in rows]
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise InputError(f"{path} has no readable list of atoms.", "Give the file as VASP wrote it.") from error


def _facts(tags: Mapping[str, float], path: Path, *, every: int) -> Facts:
    """Return what the INCAR tags say; ``every`` is the number of steps from frame to frame.

    Raises:
        InputError: they say that it is no molecular dynamics.
    """
    if (minimiser := tags.get("IBRION")) in RELAXATIONS:
        raise InputError(
            f"{path} is a relaxation (IBRION = {minimiser:g}, {RELAXATIONS[int(minimiser)]}), not molecular dynamics.",
            "Give runs of IBRION = 0.",
        )
    begin, end = tags.get("TEBEG"), tags.get("TEEND", tags.get("TEBEG"))
    thermal = tags.get("ISMEAR") == FERMI_DIRAC and "SIGMA" in tags
    pressure = tags.get("PSTRESS", 0.0)
    return Facts(
        temperature_k=begin if begin and begin == end else None,
        pressure_gpa=pressure * KILOBAR_TO_GPA if pressure and tags.get("ISIF", 2) >= FREE_CELL else None,
        electronic_temperature_k=tags["SIGMA"] / BOLTZMANN_EV_PER_K if thermal else None,
        frame_interval_fs=tags["POTIM"] * every if tags.get("POTIM") else None,
        constant_volume=tags["ISIF"] < FREE_CELL if "ISIF" in tags else None,
    )


def _vasprun_frames(path: Path) -> Iterator[ForeignFrame]:
    limit: float | None = None
    for element in _elements(path, {"parameters", "calculation"}):
        if element.tag == "parameters":
            limit = _numbers_in(element).get("NELM", limit)
            continue
        structure = element.find("structure")
        energies = element.find("energy")
        if structure is None or energies is None:
            raise InputError(
                f"{path} has an ionic step without its structure or its energy.", "Check the file; it may be damaged."
            )
        cell = _array(structure.find("crystal/varray[@name='basis']"))
        final = _numbers_in(energies)
        steps = element.findall("scstep/energy")
        last = _numbers_in(steps[-1]) if steps else final
        free = final.get("e_fr_energy")
        gap = last["e_wo_entrp"] - last["e_fr_energy"] if {"e_wo_entrp", "e_fr_energy"} <= last.keys() else None
        unconverged = limit is not None and len(steps) >= limit
        forces, stress = element.find("varray[@name='forces']"), element.find("varray[@name='stress']")
        yield ForeignFrame(
            positions_angstrom=_array(structure.find("varray[@name='positions']")) @ cell,
            cell_angstrom=cell,
            forces_ev_per_angstrom=None if forces is None else _array(forces),
            free_energy_ev=free,
            internal_energy_ev=None if free is None or gap is None else free + gap,
            kinetic_energy_ev=final.get("kinetic"),
            conserved_ev=final.get("total"),
            unconverged=unconverged,
            stress_gpa=None if stress is None else -voigt(_array(stress)) * KILOBAR_TO_GPA,
        )


def _array(element: Any) -> NDArray[np.float64]:
    return np.array([[float(word) for word in row.text.split()] for row in element.iterfind("v")])


# ------------------------------------------------------------------------------------------- XDATCAR and OUTCAR


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
    configurations = [number for (number, _), _ in zip(_xdatcar_frames(path), range(2), strict=False)]
    every = configurations[1] - configurations[0] if len(configurations) > 1 else 1
    return replace(
        plain,
        files=(path, outcar),
        frames=lambda: _joined(path, outcar, len(atoms)),
        facts=_facts(tags, outcar, every=every),
    )


def _lattice(lines: Lines) -> tuple[NDArray[np.float64], list[str]]:
    """Read scale and cell, and return the cell and the element of each atom."""
    scale = lines.number_in(lines.take("a scale").split(), 0, "the scale of the cell")
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
    cell, count = np.zeros((3, 3)), 0
    for line in lines:
        if not line.startswith("Direct configuration"):
            cell, kinds = _lattice(lines)
            count = len(kinds)
            continue
        number = int(line.rpartition("=")[2])
        yield (
            number,
            ForeignFrame(lines.rows(count, (0, 1, 2), "a position") @ cell, cell.copy(), clock=float(number)),
        )


@dataclass(slots=True)
class _Step:
    """What OUTCAR says of one ionic step."""

    stress_gpa: NDArray[np.float64] | None = None
    positions: NDArray[np.float64] | None = None
    forces: NDArray[np.float64] | None = None
    free: float | None = None
    internal: float | None = None
    kinetic: float | None = None
    total: float | None = None


def _joined(xdatcar: Path, outcar: Path, n_atoms: int) -> Iterator[ForeignFrame]:
    """Pair every configuration of XDATCAR with the ionic step of its number in OUTCAR."""
    steps = enumerate(_outcar_steps(outcar, n_atoms), start=1)
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
        if step.positions is not None and _distance(frame, step.positions) > SAME_ANGSTROM:
            raise InputError(
                f"Configuration {number} of {xdatcar} is not what {outcar} computed in ionic step {number}.",
                "Give the two files of the same run, or XDATCAR alone.",
            )
        yield replace(
            frame,
            forces_ev_per_angstrom=step.forces,
            free_energy_ev=step.free,
            internal_energy_ev=step.internal,
            kinetic_energy_ev=step.kinetic,
            conserved_ev=step.total,
            stress_gpa=step.stress_gpa,
        )


def _distance(frame: ForeignFrame, positions_angstrom: NDArray[np.float64]) -> float:
    """Return the greatest distance between a frame's atoms and others, lattice vectors aside, in Å."""
    moved = (frame.positions_angstrom - positions_angstrom) @ np.linalg.inv(frame.cell_angstrom)
    return float(np.abs((moved - np.round(moved)) @ frame.cell_angstrom).max())


def _outcar_tags(path: Path) -> dict[str, float]:
    """Return the settings that OUTCAR lists before the first ionic step."""
    wanted = {"IBRION", "TEBEG", "TEEND", "ISMEAR", "SIGMA", "POTIM", "PSTRESS", "ISIF"}
    tags: dict[str, float] = {}
    for line in Lines(path):
        if "Iteration" in line:
            break
        words = line.replace("=", " = ").replace(";", " ").replace(",", " ").split()
        for name, sign, value in zip(words, words[1:], words[2:], strict=False):
            if name in wanted and sign == "=" and name not in tags:
                try:
                    tags[name] = float(value)
                except ValueError:
                    continue
    return tags


def _outcar_steps(path: Path, n_atoms: int) -> Iterator[_Step]:
    """Yield what OUTCAR says of each ionic step; in MD a step ends with its line ETOTAL, else with its energies."""
    lines = Lines(path)
    step, last_line = _Step(), "energy  without entropy="
    for line in lines:
        if "IBRION =" in line and line.split("=")[1].split()[0] == "0":
            last_line = "total energy   ETOTAL"
        _take(step, lines, line, n_atoms)
        if last_line in line and step.free is not None:
            yield step
            step = _Step()


def _take(step: _Step, lines: Lines, line: str, n_atoms: int) -> None:
    """Take in what a line of OUTCAR begins."""
    if line.startswith("  in kB"):
        xx, yy, zz, xy, yz, zx = (float(word) for word in line.split()[2:8])
        step.stress_gpa = -np.array([xx, yy, zz, yz, zx, xy]) * KILOBAR_TO_GPA
    elif "TOTAL-FORCE" in line:
        lines.take("forces")
        table = lines.rows(n_atoms, range(6), "a position and a force")
        step.positions, step.forces = table[:, :3], table[:, 3:]
    elif "free  energy   TOTEN" in line:
        step.free = lines.number_in(line.split("=")[1].split(), 0, "an energy")
    elif "energy  without entropy=" in line and step.free is not None:
        step.internal = lines.number_in(line.split("=")[1].split(), 0, "an energy")
    elif "kinetic energy EKIN   =" in line or "kinetic Energy EKIN   =" in line:
        step.kinetic = lines.number_in(line.split("=")[1].split(), 0, "an energy")
    elif "total energy   ETOTAL" in line:
        step.total = lines.number_in(line.split("=")[1].split(), 0, "an energy")
