"""VASP: ``vasprun.xml``, and what its files have in common (``vasp_text``: ``XDATCAR`` and ``OUTCAR``).

``e_fr_energy`` (OUTCAR: "free energy TOTEN") is F, ``e_wo_entrp`` ("energy without entropy") is E; neither is the
σ → 0 value ``e_0_energy``. In some versions the final block of ``vasprun.xml`` repeats a wrong E, so E − F is taken
from the last electronic step (as ASE's reader does for σ → 0). Stress ("in kB", ``<varray name="stress">``) is the
virial part in kB, compression positive, without the target pressure; OUTCAR's "total pressure" adds the kinetic part,
its "external pressure" has the target subtracted (both seen in OUTCARs of VASP 5.4: −10.14 kB of stress, target 17.70,
kinetic 1.02: external −27.84, total −9.12). VASP's mass of hydrogen is 1.000 u. With ISMEAR = −1, T_el = SIGMA/k_B.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any
from xml.parsers.expat.errors import (
    XML_ERROR_NO_ELEMENTS,
    XML_ERROR_PARTIAL_CHAR,
    XML_ERROR_UNCLOSED_TOKEN,
    codes,
)

import numpy as np
from ase.data import atomic_numbers

from llpt.errors import InputError
from llpt.trajectory.facts import Facts, held_or_ramp
from llpt.trajectory.foreign.frame import ForeignFrame, ForeignTrajectory
from llpt.trajectory.foreign.text import UNREADABLE, CutOffError, DamageError, open_bytes, told, why_unreadable
from llpt.trajectory.stress import voigt
from llpt.units import BOLTZMANN_EV_PER_K, KILOBAR_TO_GPA

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

FERMI_DIRAC = -1
ENDS = {codes[name] for name in (XML_ERROR_NO_ELEMENTS, XML_ERROR_UNCLOSED_TOKEN, XML_ERROR_PARTIAL_CHAR)}
"""What the XML parser says where a file ends too early; anything else is damage in its middle."""
MOLECULAR_DYNAMICS = 0
"""IBRION, also where it is not given and there are ionic steps (VASP's default)."""
OTHERS = {
    -1: "single points",
    1: "a relaxation",
    2: "a relaxation",
    3: "a relaxation",
    5: "displacements for phonons",
    6: "displacements for phonons",
    7: "phonons by perturbation theory",
    8: "phonons by perturbation theory",
    11: "structures from its input",
    12: "structures from a plugin",
    40: "a reaction path",
    44: "a search for a saddle point",
}
SIGMA_ROUNDING = "half of the last digit of SIGMA"
"""Beside the tags of an ``OUTCAR``, in eV, where that is more than a temperature may be off."""
HELD_BY_MASS = frozenset({0, 2})
"""MDALGO: with these SMASS = -3 means that no thermostat is there."""
ANDERSEN = 1
NO_THERMOSTAT = -3
METHODS = {1: ", RMM-DIIS", 2: ", conjugate gradients", 3: ", damped dynamics", 44: ", improved dimer"}
FREE_CELL = 3
OWN_NAMES = frozenset({"vasprun.xml", "OUTCAR"})
"""What VASP calls its files; an INCAR beside others may be that of another piece of the run."""


def open_vasprun(path: Path) -> ForeignTrajectory:
    """Open a ``vasprun.xml`` of a molecular-dynamics run (IBRION = 0).

    Raises:
        InputError: it is damaged, or holds no list of atoms.
    """
    tags: dict[str, float] = {}
    asked: dict[str, float] = {}
    numbers: list[int] = []
    masses: list[float] = []
    for element in elements_of(path, {"atominfo", "parameters", "incar", "calculation"}):
        if element.tag in {"incar", "parameters"}:
            tags = {**_numbers_in(element), **(tags if element.tag == "parameters" else {})}
            asked = _numbers_in(element) if element.tag == "parameters" else asked
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
        facts=facts_of(tags, path, every=1),
        beside=stated_beside(path, tags, ("its parameters", asked)),
    )


def stated_beside(
    path: Path, tags: Mapping[str, float], *parts: tuple[str, Mapping[str, float]]
) -> tuple[tuple[str, Facts], ...]:
    """Return what the INCAR beside a file that has VASP's own name states, and other parts of the file.

    Args:
        path: the file.
        tags: what it states.
        parts: name and tags of other parts of it.

    Raises:
        InputError: one of them says that it is no molecular dynamics.
    """
    incar = path.with_name("INCAR")
    if path.name in OWN_NAMES and incar.is_file():
        parts += ((str(incar), incar_tags(incar)),)
    # what a part leaves out is what the file states: one number alone makes no statement (TEBEG without TEEND)
    return tuple(
        (name, facts_of({**tags, **found}, path, every=1)) for name, found in parts if found.items() - tags.items()
    )


def told_beside(path: Path, tags: Mapping[str, float]) -> dict[str, float]:
    """Return what an ``OUTCAR`` says with what it leaves out from the INCAR beside it.

    Older versions print nothing of the thermostat, and two decimals of SIGMA: at 900 K a T_el of 928 K.

    Args:
        path: the file.
        tags: what it states.
    """
    incar = path.with_name("INCAR")
    found = incar_tags(incar) if path.name in OWN_NAMES and incar.is_file() else {}
    whole = {name: found[name] for name in ("MDALGO", "ANDERSEN_PROB") if name in found} | dict(tags)
    if SIGMA_ROUNDING in whole and abs(found.get("SIGMA", math.inf) - whole["SIGMA"]) <= whole[SIGMA_ROUNDING]:
        whole["SIGMA"] = found["SIGMA"]
        del whole[SIGMA_ROUNDING]
    return whole


def incar_tags(path: Path) -> dict[str, float]:
    """Return the numbers of an INCAR by their tags."""
    found = {}
    with told(str(path)):
        text = path.read_text(errors="replace")
    for line in text.splitlines():
        for part in re.split("[#!]", line)[0].split(";"):
            tag, _, value = (each.strip() for each in part.partition("="))
            with contextlib.suppress(ValueError, IndexError):
                found[tag.upper()] = float(value.split()[0])
    return found


def elements_of(path: Path, wanted: set[str]) -> Iterator[Any]:
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
            raise InputError(f"{path} is not XML.", "Give the vasprun.xml that VASP wrote.") from error
        if error.code in ENDS:
            raise CutOffError(path, "an ionic step") from error
        line = error.position[0]
        after = _steps_after(path, line)
        raise DamageError(
            f"{path} is damaged in line {line}, and what follows cannot be read, the beginnings of {after} ionic steps "
            "among it.",
            "Give the two files of two runs one by one, or cut the file off before that line.",
        ) from error
    except EOFError as error:
        raise CutOffError(path, "an ionic step") from error
    except UNREADABLE as error:
        raise InputError(f"{path} cannot be read: {why_unreadable(error)}.", "Give a readable file.") from error
    finally:
        stream.close()


def _steps_after(path: Path, line: int) -> int:
    """Return how many ionic steps begin after a line."""
    with open_bytes(path) as stream:
        return sum(text.count(b"<calculation>") for text in itertools.islice(stream, line, None))


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


def facts_of(tags: Mapping[str, float], path: Path, *, every: int) -> Facts:
    """Return what the INCAR tags say; ``every`` is the number of steps from frame to frame.

    Args:
        tags: values by name.
        path: of the file, for messages.
        every: number of steps from frame to frame, >= 1.

    Raises:
        InputError: they say that it is no molecular dynamics.
    """
    motion = tags.get("IBRION", MOLECULAR_DYNAMICS)
    if motion != MOLECULAR_DYNAMICS:
        what, how = OTHERS.get(int(motion), "something else"), METHODS.get(int(motion), "")
        raise InputError(
            f"{path} holds {what} (IBRION = {motion:g}{how}), not molecular dynamics.", "Give runs of IBRION = 0."
        )
    begin, end = tags.get("TEBEG"), tags.get("TEEND", tags.get("TEBEG"))
    temperature, ramp = (None, None) if _without_thermostat(tags) else held_or_ramp(begin, end)
    thermal = tags.get("ISMEAR") == FERMI_DIRAC and "SIGMA" in tags
    pressure = tags.get("PSTRESS", 0.0)
    return Facts(
        temperature_k=temperature or None,
        temperature_ramp_k=ramp,
        pressure_gpa=pressure * KILOBAR_TO_GPA if pressure and tags.get("ISIF", 2) >= FREE_CELL else None,
        electronic_temperature_k=tags["SIGMA"] / BOLTZMANN_EV_PER_K if thermal else None,
        electronic_rounding_k=tags.get(SIGMA_ROUNDING, 0.0) / BOLTZMANN_EV_PER_K if thermal else 0.0,
        frame_interval_fs=tags["POTIM"] * every if tags.get("POTIM") else None,
        timestep_fs=tags.get("POTIM") or None,
        constant_volume=tags["ISIF"] < FREE_CELL if "ISIF" in tags else None,
    )


def _without_thermostat(tags: Mapping[str, float]) -> bool:
    """Whether nothing holds the temperature, so that TEBEG is that of the first velocities alone.

    SMASS = -3 is its default. Langevin's thermostat leaves it there, and then every file names its MDALGO; where none
    does it is 0.
    """
    algorithm = tags.get("MDALGO", 0.0)
    if algorithm == ANDERSEN:
        return tags.get("ANDERSEN_PROB") == 0.0
    return algorithm in HELD_BY_MASS and tags.get("SMASS") == NO_THERMOSTAT


def _vasprun_frames(path: Path) -> Iterator[ForeignFrame]:
    limit: float | None = None
    done = 0
    for element in elements_of(path, {"parameters", "calculation"}):
        if element.tag == "parameters":
            limit = _numbers_in(element).get("NELM", limit)
            continue
        structure = element.find("structure")
        energies = element.find("energy")
        if structure is None or energies is None:
            raise InputError(
                f"{path} has an ionic step without its structure or its energy.", "Check the file; it may be damaged."
            )
        done += 1
        cell = _array(structure.find("crystal/varray[@name='basis']"), path, done)
        final = _numbers_in(energies)
        steps = element.findall("scstep/energy")
        last = _numbers_in(steps[-1]) if steps else final
        free = final.get("e_fr_energy")
        gap = last["e_wo_entrp"] - last["e_fr_energy"] if {"e_wo_entrp", "e_fr_energy"} <= last.keys() else None
        unconverged = limit is not None and len(steps) >= limit
        forces, stress = element.find("varray[@name='forces']"), element.find("varray[@name='stress']")
        volume = structure.find("crystal/i[@name='volume']")
        yield ForeignFrame(
            volume_angstrom3=None if volume is None else _number(volume, path, done),
            positions_angstrom=_array(structure.find("varray[@name='positions']"), path, done) @ cell,
            cell_angstrom=cell,
            forces_ev_per_angstrom=None if forces is None else _array(forces, path, done),
            free_energy_ev=free,
            internal_energy_ev=None if free is None or gap is None else free + gap,
            kinetic_energy_ev=final.get("kinetic"),
            conserved_ev=final.get("total"),
            unconverged=unconverged,
            stress_gpa=None if stress is None else -voigt(_array(stress, path, done)) * KILOBAR_TO_GPA,
        )


def _number(element: Any, path: Path, step: int) -> float:
    """Return a number of an ionic step."""
    try:
        return float(element.text)
    except (TypeError, ValueError) as error:
        raise DamageError(
            f"{path}: {element.get('name')} of ionic step {step} is no number.",
            "Check the file; it may be damaged there.",
        ) from error


def _array(element: Any, path: Path, step: int) -> NDArray[np.float64]:
    """Return a table of an ionic step."""
    try:
        table = np.array([[float(word) for word in row.text.split()] for row in element.iterfind("v")])
    except (ValueError, AttributeError) as error:  # stars, rows of another length, no table at all
        name = "a table" if element is None else element.get("name", "a table")
        raise DamageError(
            f"{path}: {name} of ionic step {step} is no table of numbers.", "Check the file; it may be damaged there."
        ) from error
    return table
