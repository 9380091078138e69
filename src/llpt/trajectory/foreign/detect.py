"""From the paths a person gives to the trajectory they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.errors import InputError
from llpt.trajectory.foreign import cp2k, espresso, ipi, lammps
from llpt.trajectory.foreign.ase_atoms import TRAJECTORY_MAGIC, open_ase_trajectory
from llpt.trajectory.foreign.extended_xyz import open_extended_xyz
from llpt.trajectory.foreign.h5md import open_h5md
from llpt.trajectory.foreign.joining import joined
from llpt.trajectory.foreign.own import is_own, open_own
from llpt.trajectory.foreign.text import head, told
from llpt.trajectory.foreign.vasp import open_vasprun, open_xdatcar

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from llpt.trajectory.foreign.frame import ForeignTrajectory

HDF5_MAGIC = b"\x89HDF"


def open_foreign(paths: Sequence[Path], *, elements: Sequence[str] = (), units: str | None = None) -> ForeignTrajectory:
    """Open the files of one run, whoever wrote them.

    The files of one program that belong together (XDATCAR and OUTCAR; xyz files, ``.ener`` and ``.cell`` of CP2K; a
    dump and its log; files of i-PI) are read as one. Several files that each hold whole frames (vasprun.xml, output of
    pw.x, extended XYZ, H5MD, ASE) are pieces of one run, in the order given.

    Args:
        paths: files, or one run directory of ours.
        elements: of the types of LAMMPS, or of the atoms of an H5MD file that does not say.
        units: of LAMMPS, ``metal`` or ``real``.

    Raises:
        InputError: a file does not exist, is not known here, or the files do not belong together.
    """
    if not paths:
        raise InputError("No file is given.", "Give the files of one run.")
    if any(is_own(path) for path in paths):
        if len(paths) > 1:
            raise InputError("A run directory of ours is a run of its own.", "Import each run on its own.")
        return open_own(paths[0])
    kinds = [_kind(path) for path in paths]
    if len(set(kinds)) > 1:
        listed = ", ".join(f"{path.name} ({kind})" for path, kind in zip(paths, kinds, strict=True))
        raise InputError(f"These files are not of one program: {listed}.", "Import each run on its own.")
    with told(str(paths[0]), "at its beginning"):
        return _open(kinds[0], paths, elements, units)


def _open(kind: str, paths: Sequence[Path], elements: Sequence[str], units: str | None) -> ForeignTrajectory:
    """Open files of one program."""
    if kind in {"Quantum ESPRESSO", "H5MD", "extended XYZ", "ASE"}:
        return joined([_piece(kind, path, elements) for path in paths])
    if kind == "CP2K":
        return cp2k.open_cp2k(paths)
    if kind == "i-PI":
        return ipi.open_ipi(paths)
    return _vasp(paths) if kind == "VASP" else _lammps(paths, elements, units)


def _piece(kind: str, path: Path, elements: Sequence[str]) -> ForeignTrajectory:
    """Open a file that holds whole frames."""
    if kind == "H5MD":
        return open_h5md(path, elements=elements)
    if kind == "ASE":
        return open_ase_trajectory(path)
    return espresso.open_espresso(path) if kind == "Quantum ESPRESSO" else open_extended_xyz(path)


def _lammps(paths: Sequence[Path], elements: Sequence[str], units: str | None) -> ForeignTrajectory:
    logs = [path for path in paths if lammps.is_log(head(path))]
    dumps = [path for path in paths if path not in logs]
    if len(dumps) != 1 or len(logs) > 1:
        raise InputError("One dump and at most one log of LAMMPS make a run.", "Import each run on its own.")
    return lammps.open_lammps(dumps[0], logs[0] if logs else None, elements=elements, units=units)


def _kind(path: Path) -> str:
    """Return the program that wrote a file, by its content."""
    if path.is_dir():
        raise InputError(f"{path} is a directory without a run of llpt in it.", "Give the files of the run by name.")
    if not path.is_file():
        raise InputError(f"There is no file {path}.", "Give the files of one run.")
    with path.open("rb") as stream:
        magic = stream.read(len(TRAJECTORY_MAGIC))
    if magic.startswith(HDF5_MAGIC):
        return "H5MD"
    if magic == TRAJECTORY_MAGIC:
        return "ASE"
    text = head(path)
    tests = {
        "VASP": "<modeling>" in text or "vasp." in text[:200] or "Direct configuration" in text,
        "Quantum ESPRESSO": espresso.is_espresso(text),
        "LAMMPS": lammps.is_dump(text) or lammps.is_log(text),
        "i-PI": ipi.is_ipi_xyz(text) or ipi.is_properties(text),
        "CP2K": cp2k.kind_of(path, text) is not None,
        "extended XYZ": "Lattice=" in text.split("\n", 2)[1] if text.count("\n") > 1 else False,
    }
    for kind, found in tests.items():
        if found:
            return kind
    raise InputError(
        f"{path} is not a trajectory that is known here.",
        "Known: VASP (vasprun.xml, XDATCAR, OUTCAR), pw.x output, CP2K, LAMMPS dump and log, i-PI, extended XYZ, H5MD, "
        "ASE (.traj).",
    )


def _vasp(paths: Sequence[Path]) -> ForeignTrajectory:
    texts = {path: head(path) for path in paths}
    vaspruns = [path for path in paths if "<modeling>" in texts[path]]
    xdatcars = [path for path in paths if "Direct configuration" in texts[path] and path not in vaspruns]
    outcars = [path for path in paths if path not in {*vaspruns, *xdatcars}]
    if vaspruns and not xdatcars and not outcars:
        return joined([open_vasprun(path) for path in vaspruns])
    if xdatcars and not vaspruns and not outcars:
        return joined([open_xdatcar(path) for path in xdatcars])
    if len(xdatcars) == 1 and not vaspruns and len(outcars) <= 1:
        return open_xdatcar(xdatcars[0], outcars[0] if outcars else None)
    raise InputError(
        "These files of VASP do not make one run.", "Give vasprun.xml (several in order), or XDATCAR with its OUTCAR."
    )
