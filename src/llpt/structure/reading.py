"""Structures from files, refused with one clear sentence where they cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import ase.io

from llpt.errors import InputError, first_line
from llpt.structure.checks import MINIMUM_DISTANCE_ANGSTROM, check_structure
from llpt.structure.xyz_lines import faulty_line, passed_over

if TYPE_CHECKING:
    from collections.abc import Collection

    from ase import Atoms


def read_structures(
    path: Path | str,
    *,
    index: str = ":",
    minimum_distance_angstrom: float = MINIMUM_DISTANCE_ANGSTROM,
    elements: Collection[str] | None = None,
    periodic: bool = True,
) -> list[Atoms]:
    """Read every structure of a file in any format that ASE knows (extxyz, POSCAR, CIF, .xyz.gz ...).

    Args:
        path: the file.
        index: which frames, in ASE's words: ``:`` all, ``-1`` the last, ``::10`` every tenth.
        minimum_distance_angstrom: two atoms closer than this are an error.
        elements: chemical symbols that are allowed; None allows all.
        periodic: whether every structure must have a three-dimensional cell.

    Raises:
        InputError: no such file; an empty or corrupt one; a structure that :func:`check_structure` refuses. The message
            names the file and the frame, and of XYZ that cannot be read the line.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no structure file {path}.", "Check the path.")
    if path.stat().st_size == 0:
        raise InputError(f"The structure file {path} is empty.", "Give a file with at least one structure.")
    try:
        frames = ase.io.read(path, index=index)
    except Exception as error:  # ASE's readers raise whatever their parsing meets
        line = faulty_line(path)
        place = f"{path}, line {line}," if line else f"{path}"
        raise InputError(
            f"The structure file {place} cannot be read: {first_line(error)}.",
            "Check that it is complete and that its name tells its format (.extxyz, .cif, POSCAR ...).",
        ) from error
    if line := passed_over(path):
        raise InputError(
            f"The structure file {path} has an empty line, {line}, with structures after it.",
            "Take the line out: readers take it for the end.",
        )
    structures: list[Atoms] = frames if isinstance(frames, list) else [frames]
    if not structures:
        raise InputError(f"The structure file {path} holds no structure.", "Give a file with at least one structure.")
    for number, atoms in enumerate(structures):
        where = f"frame {number} of {path}" if len(structures) > 1 else str(path)
        check_structure(
            atoms,
            minimum_distance_angstrom=minimum_distance_angstrom,
            elements=elements,
            periodic=periodic,
            where=where,
        )
    return structures
