"""From the paths a person gives to the trajectory they hold."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from llpt.errors import InputError
from llpt.trajectory.foreign import cp2k, espresso, ipi, lammps
from llpt.trajectory.foreign.ase_atoms import TRAJECTORY_MAGIC, open_ase_trajectory
from llpt.trajectory.foreign.extended_xyz import open_extended_xyz
from llpt.trajectory.foreign.h5md import check_sound, open_h5md
from llpt.trajectory.foreign.joining import joined
from llpt.trajectory.foreign.own import is_own, open_own
from llpt.trajectory.foreign.text import head, told
from llpt.trajectory.foreign.vasp import open_vasprun
from llpt.trajectory.foreign.vasp_text import is_outcar, open_outcar, open_xdatcar
from llpt.trajectory.foreign.vasp_theory import theory_in
from llpt.trajectory.foreign.vaspout import is_vaspout, open_vaspout

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from llpt.trajectory.foreign.frame import ForeignFrame, ForeignTrajectory

HDF5_MAGIC = b"\x89HDF"


class Program(StrEnum):
    """Who wrote a file, as people are told."""

    VASP = "VASP"
    ESPRESSO = "Quantum ESPRESSO"
    LAMMPS = "LAMMPS"
    IPI = "i-PI"
    CP2K = "CP2K"
    EXTENDED_XYZ = "extended XYZ"
    HDF5 = "HDF5"
    """H5MD, or ``vaspout.h5`` of VASP: only opening it tells, which a damaged file can turn into a hang."""
    ASE = "ASE"


WHOLE_FRAMES = frozenset({Program.ESPRESSO, Program.HDF5, Program.EXTENDED_XYZ, Program.ASE})
"""Programs whose files each hold whole frames."""
KEYED = frozenset({Program.EXTENDED_XYZ, Program.ASE})
"""Programs whose labels may be called anything."""


def open_foreign(
    paths: Sequence[Path],
    *,
    elements: Sequence[str] = (),
    units: str | None = None,
    keys: Mapping[str, str] | None = None,
) -> ForeignTrajectory:
    """Open the files of one run, whoever wrote them.

    The files of one program that belong together (XDATCAR and OUTCAR; xyz files, ``.ener`` and ``.cell`` of CP2K; a
    dump and its log; files of i-PI) are read as one. Several files that each hold whole frames (vasprun.xml, output of
    pw.x, extended XYZ, H5MD, ASE) are pieces of one run, in the order given.

    Args:
        paths: files, or one run directory of llpt.
        elements: of the types of LAMMPS, or of the atoms of an H5MD file that does not say.
        units: of LAMMPS, ``metal`` or ``real``.
        keys: what energy, free energy, forces and stress are called in extended XYZ or files of ASE.

    Raises:
        InputError: a file does not exist, is not known here, or the files do not belong together.
    """
    if not paths:
        raise InputError("No file is given.", "Give the files of one run.")
    if any(is_own(path) for path in paths):
        if len(paths) > 1:
            raise InputError("A run directory of llpt is a run of its own.", "Import each run on its own.")
        return open_own(paths[0])
    kinds = [_program(path) for path in paths]
    if len(set(kinds)) > 1:
        listed = ", ".join(f"{path.name} ({kind})" for path, kind in zip(paths, kinds, strict=True))
        raise InputError(f"These files are not of one program: {listed}.", "Import each run on its own.")
    if keys and kinds[0] not in KEYED:
        raise InputError(f"The labels of {kinds[0]} have names of their own.", "Leave the keys out (--keys).")
    with told(str(paths[0])):
        source = _open(kinds[0], paths, elements, units, keys)

    def frames() -> Iterator[ForeignFrame]:
        with told(source.name):
            yield from source.frames()

    return replace(source, frames=frames)


def _open(
    program: Program,
    paths: Sequence[Path],
    elements: Sequence[str],
    units: str | None,
    keys: Mapping[str, str] | None,
) -> ForeignTrajectory:
    """Open files of one program."""
    if program in WHOLE_FRAMES:
        return joined([_piece(program, path, elements, keys) for path in paths])
    if program is Program.CP2K:
        return cp2k.open_cp2k(paths)
    if program is Program.IPI:
        return ipi.open_ipi(paths)
    return _vasp(paths, elements) if program is Program.VASP else _lammps(paths, elements, units)


def _piece(program: Program, path: Path, elements: Sequence[str], keys: Mapping[str, str] | None) -> ForeignTrajectory:
    """Open a file that holds whole frames."""
    if program is Program.HDF5:
        check_sound(path)
        return open_vaspout(path) if is_vaspout(path) else open_h5md(path, elements=elements)
    if program is Program.ASE:
        return open_ase_trajectory(path, keys=keys)
    return espresso.open_espresso(path) if program is Program.ESPRESSO else open_extended_xyz(path, keys=keys)


def _lammps(paths: Sequence[Path], elements: Sequence[str], units: str | None) -> ForeignTrajectory:
    logs = [path for path in paths if lammps.is_log(head(path))]
    dumps = [path for path in paths if path not in logs]
    if len(dumps) != 1 or len(logs) > 1:
        raise InputError("One dump and at most one log of LAMMPS make a run.", "Import each run on its own.")
    return lammps.open_lammps(dumps[0], logs[0] if logs else None, elements=elements, units=units)


def program_of(path: Path) -> Program | None:
    """Return the program that wrote a file, by its content; None where it is no trajectory that is known here."""
    try:
        with path.open("rb") as stream:
            magic = stream.read(len(TRAJECTORY_MAGIC))
        if magic.startswith(HDF5_MAGIC):
            return Program.HDF5
        if magic == TRAJECTORY_MAGIC:
            return Program.ASE
        text = head(path)
    except (OSError, InputError):
        return None
    tests = {
        Program.VASP: "<modeling>" in text or is_outcar(text) or "Direct configuration" in text,
        Program.ESPRESSO: espresso.is_espresso(text),
        Program.LAMMPS: lammps.is_dump(text) or lammps.is_log(text),
        Program.IPI: ipi.is_ipi_xyz(text) or ipi.is_properties(text),
        Program.CP2K: cp2k.kind_of(path, text) is not None,
        Program.EXTENDED_XYZ: "Lattice=" in text.split("\n", 2)[1] if text.count("\n") > 1 else False,
    }
    return next((program for program, found in tests.items() if found), None)


def _program(path: Path) -> Program:
    """Return the program that wrote a file, or say why there is none."""
    if path.is_dir():
        raise InputError(f"{path} is a directory without a run of llpt in it.", "Give the files of the run by name.")
    if not path.is_file():
        raise InputError(f"There is no file {path}.", "Give the files of one run.")
    program = program_of(path)
    if program is None:
        head(path)  # says why, where it cannot be read
        raise InputError(
            f"{path} is not a trajectory that is known here.",
            "Known: VASP (vasprun.xml, vaspout.h5, XDATCAR, OUTCAR), pw.x output, CP2K, LAMMPS dump and log, i-PI, "
            "extended XYZ, H5MD, ASE (.traj).",
        )
    return program


def sort_vasp(paths: Sequence[Path]) -> tuple[list[Path], list[Path], list[Path]]:
    """Return which files of VASP are ``vasprun.xml``, which ``XDATCAR``, and which ``OUTCAR``."""
    texts = {path: head(path) for path in paths}
    vaspruns = [path for path in paths if "<modeling>" in texts[path]]
    xdatcars = [path for path in paths if "Direct configuration" in texts[path] and path not in vaspruns]
    return vaspruns, xdatcars, [path for path in paths if path not in {*vaspruns, *xdatcars}]


def vasp_pieces(xdatcars: Sequence[Path], outcars: Sequence[Path]) -> list[tuple[Path, ...]]:
    """Return each XDATCAR with the OUTCAR of the same folder and ending, and what has no other by itself.

    One of each belong together whatever they are called.

    Args:
        xdatcars: in the order of the pieces.
        outcars: likewise.
    """
    if len(xdatcars) == len(outcars) == 1:
        return [(xdatcars[0], outcars[0])]

    def place(path: Path, name: str) -> tuple[Path, str]:
        return path.parent, path.name.upper().replace(name, "")

    left = {place(path, "OUTCAR"): path for path in outcars}
    pieces: list[tuple[Path, ...]] = []
    for xdatcar in xdatcars:
        outcar = left.pop(place(xdatcar, "XDATCAR"), None)
        pieces.append((xdatcar,) if outcar is None else (xdatcar, outcar))
    taken = {path for piece in pieces for path in piece}
    return pieces + [(path,) for path in outcars if path not in taken]


def _vasp(paths: Sequence[Path], elements: Sequence[str]) -> ForeignTrajectory:
    vaspruns, xdatcars, outcars = sort_vasp(paths)
    whole: list[tuple[Path, ...]] = [(path,) for path in vaspruns]
    pieces = [*whole, *vasp_pieces(xdatcars, outcars)]
    pieces.sort(key=lambda piece: min(paths.index(path) for path in piece))
    return joined([_vasp_piece(piece, elements) for piece in pieces])


def _vasp_piece(files: tuple[Path, ...], elements: Sequence[str]) -> ForeignTrajectory:
    """Open a vasprun.xml, an XDATCAR, an OUTCAR, or the last two of them."""
    vaspruns, xdatcars, outcars = sort_vasp(files)
    if vaspruns:
        return replace(open_vasprun(vaspruns[0]), theory=theory_in(vaspruns[0]))
    if not xdatcars:
        opened = open_outcar(outcars[0], elements=elements)
    else:
        opened = open_xdatcar(xdatcars[0], outcars[0] if outcars else None)
    return replace(opened, theory=theory_in(outcars[0])) if outcars else opened
