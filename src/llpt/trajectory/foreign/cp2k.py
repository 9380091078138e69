"""CP2K: ``PROJECT-pos-1.xyz`` with ``-vel-1.xyz``, ``-frc-1.xyz``, ``.ener``, ``.cell``, ``.stress`` and the output.

The E of a comment and "Pot." of ``.ener`` is the total energy of CP2K, with the electronic entropic energy −T_el S in
it: F. The output lists the entropic energy of every step, hence E = F + T_el S, and T_el. Velocities are in atomic
units, forces in hartree/bohr, energies in hartree. ``.stress`` is the *total* in bar, compression positive: its trace
exceeds that of the analytical stress in the output by 2 E_kin/V (checked with CP2K 2023.1). Positions are not folded.
Where there is no ``.cell``, the cell is that of the output ("CELL| Vector a [angstrom]"), if its ensemble holds it.
Outputs before version 8 write ``MD|`` for ``MD_PAR|`` and "STEP NUMBER =" for "MD| Step number".
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from ase.data import atomic_numbers

from llpt.errors import InputError
from llpt.trajectory.facts import Facts
from llpt.trajectory.foreign.frame import ForeignFrame, ForeignTrajectory, check_kinds
from llpt.trajectory.foreign.pairing import Rows, side_by_side
from llpt.trajectory.foreign.text import CutOffError, Lines, head
from llpt.trajectory.stress import voigt
from llpt.units import (
    ATOMIC_VELOCITY_TO_ANGSTROM_PER_FS,
    BAR_TO_GPA,
    HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM,
    HARTREE_TO_EV,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

COMMENT = re.compile(r"i\s*=\s*(\d+).*?time\s*=\s*([-\d.]+).*?E\s*=\s*([-+\d.Ee]+)")
RELAXED = re.compile(r"\s*i\s*=\s*\d+,\s*E\s*=")
"""The comment of a frame of an optimisation, which has no time."""
XYZ_FACTORS = {"pos": 1.0, "vel": ATOMIC_VELOCITY_TO_ANGSTROM_PER_FS, "frc": HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM}
TABLES = {"# Step Nr. Time[fs] Kin.[a.u.]": "ener", "# Step Time [fs] Ax [Angstrom]": "cell"}
TABLES |= {"# Step Time [fs] xx [bar]": "stress"}
FACTS = {"time step [fs]": "timestep", "temperature [k]": "temperature", "pressure [bar]": "pressure"}
FACTS |= {"electronic temperature [k]:": "electronic", "annealing ion factor": "annealing"}
FACTS |= {"temperature tolerance [k]": "tolerance"}
COLUMNS = {"ener": 4, "cell": 9, "stress": 9}
"""How many numbers of a row are read, after step and time."""
AS_OFTEN = "Let CP2K print it as often as the positions, or leave the file out."
POTENTIAL = 2
CELL_NUMBERS = 9
"""Of a row of ``.cell``, which the volume may follow."""
SAME_ENERGY_EV = 1e-5
"""``.ener`` has the energy of the comments to 1e-9 hartree."""
WITHOUT_THERMOSTAT = frozenset({"NVE", "NPE_I", "NPE_F"})
"""Ensembles whose temperature is that of the first velocities alone, unless it is scaled back to a tolerance."""
FIXED_CELL = frozenset({"NVE", "NVT", "LANGEVIN", "ISOKIN", "NVT_ADIABATIC"})
CELL_VECTOR = re.compile(r"CELL\|\s+Vector ([abc]) \[angstrom\]:((?:\s+[-+\d.Ee]+){3})")
FUNCTIONAL = re.compile(r"\s*FUNCTIONAL\|\s+(\S+):\s*$")
STEP = re.compile(r"\s*(?:MD\| Step number|STEP NUMBER\s*=)\s+(\d+)\s*")
BEGINNING = ("MD_INI| Potential energy", "INITIAL POTENTIAL ENERGY")


class _XyzStep(NamedTuple):
    """A frame of an xyz file: step, elements, time, energy and its array."""

    step: int
    kinds: list[str]
    time_fs: float
    energy_ev: float
    values: NDArray[np.float64]


def kind_of(path: Path, text: str) -> str | None:
    """Return which file of CP2K this is (pos, vel, frc, ener, cell, stress, output, relaxation), or None."""
    lines = text.splitlines()
    first = " ".join(lines[0].split()) if lines else ""
    for start, kind in TABLES.items():
        if first.startswith(start):
            return kind
    if len(lines) > 1 and COMMENT.search(lines[1]):
        found = re.search(r"-(pos|vel|frc)-", path.name)
        return found[1] if found else "pos"
    if len(lines) > 1 and lines[0].strip().isdecimal() and RELAXED.match(lines[1]):
        return "relaxation"
    return "output" if "CP2K|" in text else None


def open_cp2k(paths: Sequence[Path]) -> ForeignTrajectory:
    """Open the files of one run.

    Raises:
        InputError: positions or the cell are missing, or two files hold the same thing.
    """
    files: dict[str, Path] = {}
    for path in paths:
        kind = kind_of(path, head(path))
        if kind is None:
            raise InputError(f"{path} is no file of CP2K that is known here.", "Leave it out.")
        if kind == "relaxation":
            raise InputError(f"{path} is a relaxation by CP2K, no molecular dynamics.", "Give the files of a run.")
        if kind in files:
            raise InputError(f"{files[kind]} and {path} are of the same kind.", "Give one file of each kind.")
        files[kind] = path
    if "pos" not in files:
        raise InputError("Among the files of CP2K there are no positions.", "Give PROJECT-pos-1.xyz too.")
    held = _held_cell(files["output"]) if "cell" not in files and "output" in files else None
    if "cell" not in files and held is None:
        raise InputError(
            "Among the files of CP2K there is no cell, and its xyz files carry none.",
            "Give PROJECT-1.cell too (MOTION/PRINT/CELL); of a run at constant volume the output does as well.",
        )
    steps = _xyz(files["pos"], "pos")
    (_, symbols, *_), second = next(steps), next(steps, None)
    facts = _facts(files["output"]) if "output" in files else {}
    theory = _theory(files["output"]) if "output" in files else {}
    interval = None if second is None else second[2] - next(_xyz(files["pos"], "pos"))[2]
    return ForeignTrajectory(
        program="CP2K",
        files=tuple(files.values()),
        numbers=np.array([_number(symbol, files["pos"]) for symbol in symbols], dtype=np.int64),
        frames=lambda: _frames(files, held),
        theory=theory,
        facts=Facts(
            temperature_k=_held_temperature(facts),
            annealed=_annealed(facts),
            pressure_gpa=facts["pressure"] * BAR_TO_GPA if "pressure" in facts else None,
            electronic_temperature_k=facts.get("electronic"),
            frame_interval_fs=interval or None,
            timestep_fs=facts.get("timestep"),
            constant_volume=True if held is not None else None,
        ),
    )


def _held_cell(path: Path) -> NDArray[np.float64] | None:
    """Return the cell that the output names, where the ensemble holds it; None where it does not."""
    vectors: dict[str, list[float]] = {}
    fixed = False
    lines = Lines(path)
    for line in lines:
        match = CELL_VECTOR.search(line)
        if match is not None and match[1] not in vectors:
            vectors[match[1]] = lines.numbers(match[2].split(), "a vector of the cell")
        elif "MD" in line and "ensemble type" in line.lower():
            fixed = line.split()[-1].upper() in FIXED_CELL
        if STEP.match(line):
            break
    return np.array([vectors[name] for name in "abc"]) if fixed and len(vectors) == len("abc") else None


def _number(symbol: str, path: Path) -> int:
    name = symbol.rstrip("0123456789_")
    if name not in atomic_numbers:
        raise InputError(f"{path} calls an atom {symbol}.", "Let the kinds of CP2K begin with their element.")
    return int(atomic_numbers[name])


def _facts(path: Path) -> dict[str, float]:
    """Return what the output says before the first step of dynamics."""
    found: dict[str, float] = {}
    lines = Lines(path)
    for line in lines:
        of_dynamics = line.lstrip().startswith(("MD_PAR|", "MD|"))
        for text, name in FACTS.items():
            if text in line.lower() and (of_dynamics or name == "electronic"):
                found.setdefault(name, lines.number_in(line.split(), -1, f"a line of the {text.rstrip(':')}"))
        if of_dynamics and "ensemble type" in line.lower():
            found["held"] = float(line.split()[-1].upper() not in WITHOUT_THERMOSTAT)
        if STEP.match(line):
            break
    return found


def _theory(path: Path) -> dict[str, str]:
    """Return what the output says of functional, cutoff and k-points; at the print level LOW it says nothing."""
    functionals: list[str] = []
    found: dict[str, str] = {}
    for line in Lines(path):
        functional = FUNCTIONAL.match(line)
        if functional is not None and functional[1] not in functionals:
            functionals.append(functional[1].lower())
        elif "QS| Density cutoff [a.u.]:" in line:
            found["cutoff"] = f"{line.split()[-1]} hartree"
        elif "BRILLOUIN| K-Point grid" in line:
            found["k-points"] = "x".join(line.split()[-3:])
        if STEP.match(line):
            break
    return ({"functional": " ".join(functionals)} if functionals else {}) | found


def _held_temperature(facts: Mapping[str, float]) -> float | None:
    """Return the temperature that is held all along; None where nothing holds it."""
    held = facts.get("held", 1.0) or facts.get("tolerance")
    return facts.get("temperature") if held and _annealed(facts) is None else None


def _annealed(facts: Mapping[str, float]) -> str | None:
    """Return in words by what the velocities are multiplied at every step; None where by nothing."""
    factor = facts.get("annealing", 1.0)
    return None if factor == 1.0 else f"a factor of {factor:g} on its velocities at every step (ANNEALING)"


def _xyz(path: Path, kind: str) -> Iterator[_XyzStep]:
    """Yield every frame."""
    lines = Lines(path)
    first: list[str] | None = None
    for number, line in enumerate(lines):
        count = lines.whole(line, "a number of atoms", least=1)
        match = COMMENT.search(lines.take("a comment"))
        if match is None:
            raise lines.wrong("a comment with i, time and E")
        rows = [lines.take("a frame").split() for _ in range(count)]
        if any(len(row) < 4 for row in rows):
            raise lines.wrong(f"the end of a frame of {count} atoms")
        values = np.array([lines.numbers(row[1:4], "an atom") for row in rows]) * XYZ_FACTORS[kind]
        kinds = [row[0] for row in rows]
        first = kinds if first is None else first
        check_kinds(kinds, first, number, path)
        time_fs, energy = lines.numbers(match.groups()[1:], "a comment with i, time and E")
        yield _XyzStep(int(match[1]), kinds, time_fs, energy * HARTREE_TO_EV, values)


def _table(path: Path, kind: str) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield step and columns of every row of a table, the columns of step and time left out."""
    lines = Lines(path)
    for line in lines:
        if not line.lstrip().startswith("#") and line.strip():
            words = line.split()
            if len(words) < COLUMNS[kind] + 2:
                raise lines.wrong(f"a row of {COLUMNS[kind]} numbers after step and time")
            yield lines.whole(words[0], "a step"), np.array(lines.numbers(words[2:], "a row of numbers"))


def _entropic(path: Path) -> Iterator[tuple[int, float]]:
    """Yield step and −T_el S in eV, the last one printed before the step's summary."""
    last: float | None = None
    lines = Lines(path)
    for line in lines:
        if "Electronic entropic energy:" in line:
            last = lines.number_in(line.split(), -1, "an electronic entropic energy") * HARTREE_TO_EV
        elif last is not None and line.lstrip().startswith(BEGINNING):
            yield 0, last
        elif last is not None and (match := STEP.match(line)):
            yield int(match[1]), last


def _unconverged(path: Path) -> set[int]:
    """Return the steps whose electrons the output says not to have converged."""
    found: set[int] = set()
    failed = False
    with contextlib.suppress(CutOffError):  # the output of a run that was killed
        for line in Lines(path):
            if "SCF run" in line and "converged" in line:
                failed = "NOT converged" in line
            elif failed and line.lstrip().startswith(BEGINNING):
                found.add(0)
            elif failed and (match := STEP.match(line)):
                found.add(int(match[1]))
    return found


def _other_run(path: Path, positions: Path, what: str) -> InputError:
    return InputError(f"{path} {what} than {positions}.", "Give the files of one run.")


def _frames(files: Mapping[str, Path], held: NDArray[np.float64] | None) -> Iterator[ForeignFrame]:
    others: dict[str, Iterator[tuple[int, Any]]] = {}
    for kind in ("vel", "frc"):
        if kind in files:
            others[kind] = ((each.step, each) for each in _xyz(files[kind], kind))
    for kind in ("cell", "ener", "stress"):
        if kind in files:
            others[kind] = _table(files[kind], kind)
    smeared = "output" in files and next(_entropic(files["output"]), None) is not None
    if smeared:
        others["output"] = _entropic(files["output"])
    rows = {kind: Rows(files[kind], each, remedy=AS_OFTEN) for kind, each in others.items()}
    unconverged = _unconverged(files["output"]) if "output" in files else set()

    def frame_of(now: _XyzStep) -> ForeignFrame:
        found = {kind: each.at(now.step) for kind, each in rows.items()}
        ener, velocities, forces = (found.get(kind) for kind in ("ener", "vel", "frc"))
        for kind, other in (("vel", velocities), ("frc", forces)):
            if other is not None and other.kinds != now.kinds:
                raise _other_run(files[kind], files["pos"], "holds other atoms, or in another order,")
        if ener is not None and abs(float(ener[POTENTIAL]) * HARTREE_TO_EV - now.energy_ev) > SAME_ENERGY_EV:
            raise _other_run(files["ener"], files["pos"], f"has another energy of step {now.step}")
        return ForeignFrame(
            positions_angstrom=now.values,
            cell_angstrom=found["cell"][:9].reshape(3, 3) if held is None else held,
            velocities_angstrom_per_fs=None if velocities is None else velocities.values,
            forces_ev_per_angstrom=None if forces is None else forces.values,
            free_energy_ev=now.energy_ev,
            internal_energy_ev=now.energy_ev - found["output"] if smeared else None,
            kinetic_energy_ev=None if ener is None else float(ener[0]) * HARTREE_TO_EV,
            temperature_k=None if ener is None else float(ener[1]),
            conserved_ev=None if ener is None else float(ener[3]) * HARTREE_TO_EV,
            total_stress_gpa=_total_stress(found["stress"]) if "stress" in found else None,
            volume_angstrom3=float(found["cell"][9]) if held is None and len(found["cell"]) > CELL_NUMBERS else None,
            time_fs=now.time_fs,
            clock=float(now.step),
            unconverged=now.step in unconverged,
        )

    yield from side_by_side(_xyz(files["pos"], "pos"), frame_of)


def _total_stress(row: NDArray[np.float64]) -> NDArray[np.float64]:
    return -voigt(row[:9].reshape(3, 3)) * BAR_TO_GPA
