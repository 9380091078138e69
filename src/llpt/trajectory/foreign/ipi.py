"""i-PI: its xyz files of positions (and velocities, forces) and its table of properties.

Every xyz comment names what the file holds, its unit and the cell (``# CELL(abcABC): … positions{angstrom}
cell{angstrom}``, or by ``format='ase'`` extended XYZ with ``ipi_comment="… positions{ase} cell{ase}"``), every column
of the table its unit; without braces the unit is atomic. ``potential`` is what the forces derive from, F.
``pressure_md`` and ``stress_md`` contain the kinetic part, compression positive. Positions are not folded back.

Of a path integral there is a file of positions for each bead (``pos_0``, ``pos_1`` …, whatever stands for ``pos``),
and each comment tells its bead; all are read as one run, also where one of them is given. Its kinetic energy and
pressure are the quantum estimators ``kinetic_cv`` and ``pressure_cv`` of the table; velocities and forces, which are
those of single beads, are left out, and so is what is no positions, velocities or forces (centroids).
"""

from __future__ import annotations

import contextlib
import glob
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from ase.data import atomic_numbers
from ase.geometry import cellpar_to_cell

from llpt.errors import InputError
from llpt.trajectory.facts import Facts, held_or_ramp
from llpt.trajectory.foreign.frame import ForeignFrame, ForeignTrajectory, check_kinds
from llpt.trajectory.foreign.ipi_units import (
    FORCE_IN_EV_PER_ANGSTROM,
    LENGTH_IN_ANGSTROM,
    PREFIXES,
    PROPERTIES,
    VELOCITY_IN_ANGSTROM_PER_FS,
)
from llpt.trajectory.foreign.pairing import Rows, side_by_side
from llpt.trajectory.foreign.reading import NoTrajectoryError
from llpt.trajectory.foreign.text import CutOffError, Lines, head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

COMMENT = re.compile(
    r"(?:#\s*CELL\(abcABC\):(?P<lengths>.*?)|Lattice=\"(?P<lattice>[^\"]*)\".*?ipi_comment=\"\s*)"
    r"Step:\s*(?P<step>\d+)(?:\s+Bead:\s*(?P<bead>\d+))?.*?(?P<kind>\w+)\{(?P<unit>[^}]*)\}"
)
BEAD_OF_NAME = re.compile(r"_(\d+)(?=\.\w+$)")
CELL_UNIT = re.compile(r"\bcell\{([^}]*)\}")
COLUMN = re.compile(r"#\s*(?:column\s+(\d+)|cols\.\s+(\d+)-\s*(\d+))\s*-->\s*(\w+)(?:\([^)]*\))?(?:\{([^}]*)\})?")

STRESS_COLUMNS = (0, 1, 2, 5, 4, 3)
"""i-PI writes a symmetric tensor as xx, yy, zz, xy, xz, yz."""
COUNTS_ALL = (
    "The kinetic energy is i-PI's kinetic_cv, which counts 3N degrees of freedom: "
    "with the centre of mass at rest it is 3/2 k_B T too large for the whole cell."
)
SAME_TEMPERATURE = 1e-6
"""Tables give eight digits."""
STRIDES = "Let every stride divide that of the positions, or leave the file out."
FILES = {"positions": LENGTH_IN_ANGSTROM, "velocities": VELOCITY_IN_ANGSTROM_PER_FS, "forces": FORCE_IN_EV_PER_ANGSTROM}


def is_ipi_xyz(text: str) -> bool:
    """Whether the beginning of a file is that of an xyz file of i-PI, its extended XYZ among them."""
    first = "\n".join(text.splitlines()[:2])
    return "# CELL(abcABC):" in first or 'ipi_comment="' in first


def is_properties(text: str) -> bool:
    """Whether the beginning of a file is that of a table of properties of i-PI."""
    return COLUMN.match(text.split("\n", 1)[0].strip()) is not None


def open_ipi(paths: Sequence[Path]) -> ForeignTrajectory:
    """Open the files of one run: xyz of positions, and where they are there velocities, forces and properties.

    Raises:
        InputError: there are no positions, two files hold the same thing, a unit is unknown, or steps do not meet.
    """
    by_kind: dict[str, list[Path]] = {}
    notes: tuple[str, ...] = ()
    for path in paths:
        text = head(path)
        if _is_structure(text):
            notes += (f"{path.name} tells no step of a run: left out.",)
            continue
        kind = "properties" if is_properties(text) else _comment(path, text)["kind"]
        if kind == "properties" or kind in FILES:
            by_kind.setdefault(kind, []).append(path)
        else:
            notes += (f"{path.name} holds {kind}: left out.",)
    if not by_kind and all(_is_structure(head(path)) for path in paths):
        raise NoTrajectoryError(f"{paths[0].name} tells no step of a run.", "Give a trajectory of two frames or more.")
    if "positions" not in by_kind:
        raise InputError("Among the files of i-PI there are no positions.", "Give the xyz file of positions too.")
    beads = _all_beads(by_kind.pop("positions"))
    for kind, found in by_kind.items():
        if len(found) > 1 and (len(beads) == 1 or kind == "properties"):
            raise InputError(f"{found[0]} and {found[1]} both hold {kind}.", "Give one file of each kind.")
    if len(beads) > 1:
        notes = (f"{len(beads)} beads were read as one path integral.", *notes)
        if any("kinetic_cv" in head(path) for path in by_kind.get("properties", ())):
            notes += (COUNTS_ALL,)
        single = {kind: by_kind.pop(kind) for kind in ("velocities", "forces") if kind in by_kind}
        notes += tuple(
            f"The {kind} in {found[0].name} are of a single bead: left out." for kind, found in single.items()
        )
    return _opened(beads, {kind: found[0] for kind, found in by_kind.items()}, notes)


def _is_structure(text: str) -> bool:
    """Whether this is a whole structure that tells no step of a run, as the one that a run begins with."""
    lines = text.splitlines()
    whole = lines[0].strip().isdecimal() and 0 < int(lines[0]) <= len(lines) - 2 if lines else False
    return whole and is_ipi_xyz(text) and "Step:" not in lines[1]


def _opened(beads: Sequence[Path], by_kind: Mapping[str, Path], notes: tuple[str, ...]) -> ForeignTrajectory:
    """Return what reads the positions of all beads and, beside them, one file of each other kind."""
    facts = Facts()
    if "properties" in by_kind:
        times = dict(_times(by_kind["properties"], beads[0]))
        values = [times[step] for step in sorted(times)]
        temperature, ramp = _held_temperature(by_kind["properties"])
        facts = Facts(
            temperature_k=temperature,
            temperature_ramp_k=ramp,
            frame_interval_fs=values[1] - values[0] if len(values) > 1 else None,
        )
    return ForeignTrajectory(
        program="i-PI",
        files=(*beads, *by_kind.values()),
        numbers=next(_xyz(beads[0], "positions")).numbers,
        frames=lambda: _frames({"positions": beads[0], **by_kind}, beads[1:]),
        facts=facts,
        notes=notes,
        beads=len(beads),
    )


def _all_beads(positions: Sequence[Path]) -> list[Path]:
    """Return the files of positions of all beads in their order, those that lie beside a given one included.

    Raises:
        InputError: several files are not beads of one run, or a bead is missing.
    """
    first, told = positions[0], _bead(positions[0])
    found: dict[int, Path] = {}
    alike = ""
    if match := BEAD_OF_NAME.search(first.name):
        start, stop = match.span(1)
        alike = f"{glob.escape(first.name[:start])}*{glob.escape(first.name[stop:])}"
        numbers = {
            path: path.name[start : len(path.name) - len(first.name) + stop] for path in first.parent.glob(alike)
        }
        found = {int(number): path for path, number in numbers.items() if number.isdecimal()}
        found = {number: path for number, path in found.items() if _bead(path) == number}
    if len(positions) == 1 and first not in found.values():  # a person named it
        if told:
            raise InputError(
                f"{first} is bead {told} of a path integral.",
                "Put the files of all beads side by side, by the names that i-PI gave them.",
            )
        return [first]
    strangers = [path for path in positions if path not in found.values()]
    if strangers:
        other = next((path for path in strangers if path != first), positions[-1])
        raise InputError(f"{first} and {other} are not beads of one run.", "Import each run on its own.")
    lacking = sorted(set(range(len(found))) - found.keys())
    if lacking:
        raise InputError(
            f"Bead {lacking[0]} of {first.with_name(alike)} is missing.",
            "Put the files of all beads side by side.",
        )
    return [found[number] for number in sorted(found)]


@dataclass(frozen=True, slots=True)
class _XyzFrame:
    """One frame of one xyz file."""

    step: int
    numbers: NDArray[np.int64]
    cell_angstrom: NDArray[np.float64]
    values: NDArray[np.float64]


def _comment(path: Path, text: str) -> re.Match[str]:
    """Return what the comment of the first frame tells."""
    match = COMMENT.search(text.splitlines()[1]) if len(text.splitlines()) > 1 else None
    if match is None:
        raise InputError(
            f"{path} is no file of i-PI with positions, velocities, forces or properties.",
            "Give the files of xyz and the table of properties.",
        )
    return match


def _bead(path: Path) -> int | None:
    """Return which bead the positions in a file are of; None where it holds no positions of i-PI."""
    text = head(path)
    if not is_ipi_xyz(text):
        return None
    comment = _comment(path, text)
    return int(comment["bead"] or 0) if comment["kind"] == "positions" else None


def _factor(table: Mapping[str, float], unit: str, path: Path) -> float:
    """Return the factor from a unit, with a prefix or without, to llpt's; no unit is the atomic one."""
    name = unit.lower() or "atomic_unit"
    for prefix, power in PREFIXES.items():
        if name.startswith(prefix) and name.removeprefix(prefix) in table:
            return power * table[name.removeprefix(prefix)]
    raise InputError(f"{path} is in {unit}, which is not known here.", f"Known units: {', '.join(table)}.")


def _xyz(path: Path, kind: str) -> Iterator[_XyzFrame]:
    lines = Lines(path)
    kinds: list[int] | None = None
    for place, line in enumerate(lines):
        count = lines.whole(line, "a number of atoms", least=1)
        comment = lines.take("a comment")
        match, cell_unit = COMMENT.search(comment), CELL_UNIT.search(comment)
        if match is None or match["kind"] != kind:
            raise lines.wrong(f"the comment of a frame of {kind}")
        length = _factor(LENGTH_IN_ANGSTROM, cell_unit[1] if cell_unit else "", path)
        factor = _factor(FILES[kind], match["unit"], path)
        # Extended XYZ writes positions first, of zero in a file of something else.
        first = 1 if match["lattice"] is None or kind == "positions" else 4
        rows = [lines.take("a frame").split() for _ in range(count)]
        try:
            cell = _cell(match, length)
            numbers = np.array([atomic_numbers[row[0]] for row in rows])
            values = np.array([[float(word) for word in row[first : first + 3]] for row in rows]) * factor
        except (KeyError, ValueError) as error:
            raise lines.wrong("an atom") from error
        if values.shape != (count, 3):
            raise CutOffError(path, "a frame")
        kinds = numbers.tolist() if kinds is None else kinds
        check_kinds(numbers.tolist(), kinds, place, path)
        yield _XyzFrame(int(match["step"]), numbers, cell, values)


def _cell(comment: re.Match[str], factor: float) -> NDArray[np.float64]:
    """Return the cell vectors as rows in Å; ``factor`` makes Å of its lengths."""
    if comment["lattice"] is not None:
        return np.array([float(word) for word in comment["lattice"].split()]).reshape(3, 3) * factor
    parameters = np.array([float(word) for word in comment["lengths"].split()])
    parameters[:3] *= factor
    return np.asarray(cellpar_to_cell(parameters))


def _rows(path: Path) -> Iterator[dict[str, NDArray[np.float64]]]:
    """Yield the rows of a table of properties, those we know, in our units."""
    columns: dict[str, tuple[slice, float]] = {}
    lines = Lines(path)
    for line in lines:
        if line.lstrip().startswith("#"):
            match = COLUMN.match(line.strip())
            if match and match[4] in PROPERTIES:
                start, stop = int(match[1] or match[2]) - 1, int(match[1] or match[3])
                columns[match[4]] = (slice(start, stop), _factor(PROPERTIES[match[4]], match[5] or "", path))
            continue
        words = line.split()
        try:
            yield {
                name: np.array([float(word) for word in words[place]]) * factor
                for name, (place, factor) in columns.items()
            }
        except ValueError as error:
            raise lines.wrong("a row of numbers") from error


def _by_step(path: Path) -> Iterator[tuple[int, dict[str, NDArray[np.float64]]]]:
    for row in _rows(path):
        if "step" not in row or not len(row["step"]):
            raise InputError(f"{path} has no column of steps.", "Write `step` among the properties, or leave it out.")
        yield round(float(row["step"][0])), row


def _times(properties: Path, positions: Path) -> Iterator[tuple[int, float]]:
    """Yield step and time of the first two frames of positions."""
    wanted = [frame.step for frame, _ in zip(_xyz(positions, "positions"), range(2), strict=False)]
    for step, row in _by_step(properties):
        if step in wanted and "time" in row:
            yield step, float(row["time"][0])
        if step >= wanted[-1]:
            return


def _held_temperature(properties: Path) -> tuple[float | None, tuple[float, float] | None]:
    """Return the ensemble's temperature, or the first two that differ, as of replicas that exchange theirs.

    Neither where the table has no such column.
    """
    begin: float | None = None
    with contextlib.suppress(CutOffError):  # told when the frames are read
        for row in _rows(properties):
            if not len(row.get("ensemble_temperature", ())):
                return None, None
            now = float(row["ensemble_temperature"][0])
            begin = now if begin is None else begin
            if abs(now - begin) > SAME_TEMPERATURE * abs(begin):
                return held_or_ramp(begin, now)
    return (begin if begin is not None and begin > 0.0 else None), None


def _frames(by_kind: Mapping[str, Path], more_beads: Sequence[Path]) -> Iterator[ForeignFrame]:
    others: dict[str, Iterator[tuple[int, Any]]] = {}
    for kind in ("velocities", "forces"):
        if kind in by_kind:
            others[kind] = ((frame.step, frame) for frame in _xyz(by_kind[kind], kind))
    if "properties" in by_kind:
        others["properties"] = _by_step(by_kind["properties"])
    rows = {kind: Rows(by_kind[kind], each, remedy=STRIDES, what=f"no {kind}") for kind, each in others.items()}
    beads = [
        Rows(
            path, ((frame.step, frame.values) for frame in _xyz(path, "positions")), remedy=STRIDES, what="no positions"
        )
        for path in more_beads
    ]

    def frame_of(frame: _XyzFrame) -> ForeignFrame:
        found = {kind: each.at(frame.step) for kind, each in rows.items()}
        velocities, forces = found.get("velocities"), found.get("forces")
        for kind, other in (("velocities", velocities), ("forces", forces)):
            if other is not None and not np.array_equal(other.numbers, frame.numbers):
                raise InputError(
                    f"{by_kind[kind]} holds other atoms, or in another order, than {by_kind['positions']}.",
                    "Give the files of one run.",
                )
        ring = [each.at(frame.step) for each in beads]
        plain = ForeignFrame(
            positions_angstrom=frame.values,
            cell_angstrom=frame.cell_angstrom,
            clock=float(frame.step),
            velocities_angstrom_per_fs=None if velocities is None else velocities.values,
            forces_ev_per_angstrom=None if forces is None else forces.values,
            bead_positions_angstrom=np.array([frame.values, *ring]) if ring else None,
        )
        return _with_properties(plain, found["properties"]) if "properties" in found else plain

    yield from side_by_side(_xyz(by_kind["positions"], "positions"), frame_of)


def _with_properties(frame: ForeignFrame, row: Mapping[str, NDArray[np.float64]]) -> ForeignFrame:
    def scalar(name: str) -> float | None:
        return float(row[name][0]) if name in row and len(row[name]) else None

    told = replace(frame, free_energy_ev=scalar("potential"), conserved_ev=scalar("conserved"), time_fs=scalar("time"))
    if frame.bead_positions_angstrom is not None:
        return replace(told, kinetic_energy_ev=scalar("kinetic_cv"), pressure_gpa=scalar("pressure_cv"))
    total = None
    if "stress_md" in row:
        total = -row["stress_md"][list(STRESS_COLUMNS)]
    return replace(
        told,
        kinetic_energy_ev=scalar("kinetic_md"),
        temperature_k=scalar("temperature"),
        pressure_gpa=scalar("pressure_md"),
        total_stress_gpa=total,
    )
