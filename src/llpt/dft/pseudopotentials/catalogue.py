"""Pseudopotentials by name or file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from llpt.dft.pseudopotentials.coulomb import BareCoulomb
from llpt.dft.pseudopotentials.gth import gth_pbe_hydrogen
from llpt.dft.pseudopotentials.psp8 import read_psp8
from llpt.dft.pseudopotentials.stored import stored_names, stored_potential
from llpt.dft.pseudopotentials.upf import read_upf
from llpt.errors import InputError

if TYPE_CHECKING:
    from llpt.dft.pseudopotentials.base import Pseudopotential


def get_pseudopotential(name_or_path: str | Path) -> Pseudopotential:
    """Return the pseudopotential of this name, or read it from a file.

    Args:
        name_or_path: ``default`` (our own, for production), ``hard`` (our own, stands for the proton, needs 200 Ry),
            ``gth`` (GTH-PBE-q1), ``coulomb`` (the bare proton), or the path of a norm-conserving ``.upf`` (version 2)
            or ``.psp8`` file of hydrogen.

    Raises:
        InputError: the name is unknown, or the file is absent or not a usable pseudopotential of hydrogen.

    >>> get_pseudopotential("gth").name
    'GTH-PBE-q1'
    """
    key = str(name_or_path).strip().lower()
    if key in {"gth", "gth-pbe", "gth-pbe-q1"}:
        return gth_pbe_hydrogen()
    if key in {"coulomb", "bare"}:
        return BareCoulomb()
    if key in stored_names():
        return stored_potential(key)
    path = Path(name_or_path)
    readers = {".psp8": read_psp8, ".upf": read_upf}
    if path.suffix.lower() not in readers:
        raise InputError(
            f"Pseudopotential '{name_or_path}' is not known.",
            "Use 'default', 'hard', 'gth', 'coulomb', or the path of a .upf or .psp8 file.",
        )
    if not path.is_file():
        raise InputError(f"There is no pseudopotential file '{name_or_path}'.", "Check the path.")
    return readers[path.suffix.lower()](path)
