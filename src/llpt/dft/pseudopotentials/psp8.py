"""Reader of ABINIT's psp8 files (norm-conserving, by ONCVPSP): Hartree, linear radial mesh, tables of r β(r)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from llpt.dft.pseudopotentials.tabulated import TabulatedPotential
from llpt.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def read_psp8(path: Path) -> TabulatedPotential:
    """Read a psp8 file of hydrogen.

    Raises:
        InputError: not such a file, another element, a core correction or spin–orbit terms.
    """
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        return _parse(text, path)
    except (ValueError, IndexError) as error:
        raise InputError(f"'{path}' is not a readable psp8 file ({error}).", "Give an undamaged psp8 file.") from error


def _numbers(line: str) -> list[float]:
    return [float(word.replace("D", "E").replace("d", "e")) for word in line.split()]


def _leading(line: str, count: int) -> list[float]:
    return [float(word.replace("D", "E").replace("d", "e")) for word in line.split()[:count]]


def _parse(text: str, path: Path) -> TabulatedPotential:
    lines = text.splitlines()
    atomic_number, charge = _leading(lines[1], 2)
    code, _, largest_l, local_l, mesh = (int(x) for x in _leading(lines[2], 5))
    core_radius_charge = _leading(lines[3], 2)[1]
    counts = [int(x) for x in _leading(lines[4], largest_l + 1)]
    extension = int(_leading(lines[5], 1)[0])
    if code != 8:
        raise InputError(f"'{path}' has pspcod {code}, not 8.", "Give a psp8 or UPF file.")
    if round(atomic_number) != 1:
        raise InputError(f"'{path}' is for element number {atomic_number:g}.", "Give a pseudopotential of hydrogen.")
    if core_radius_charge > 0.0:
        raise InputError(f"'{path}' has a non-linear core correction.", "Hydrogen has no core: use another file.")
    if extension in {2, 3}:
        raise InputError(f"'{path}' has spin–orbit projectors.", "Use a scalar-relativistic file.")

    row = 6
    projectors: list[tuple[int, Array]] = []
    energies: list[float] = []
    local: Array | None = None
    r = np.zeros(mesh)
    for _ in range(sum(count > 0 for count in counts) + (local_l > largest_l or counts[local_l] == 0)):
        header = _numbers(lines[row])
        l = int(header[0])
        table = np.array([_numbers(line) for line in lines[row + 1 : row + 1 + mesh]])
        row += mesh + 1
        if table.shape[0] != mesh:
            raise InputError(f"'{path}' ends within a table.", "Give an undamaged psp8 file.")
        r = table[:, 1]
        if l == local_l:
            local = table[:, 2]
            continue
        if len(header) != counts[l] + 1 or table.shape[1] != counts[l] + 2:
            raise ValueError(f"block l = {l} should have {counts[l]} projectors")
        energies += header[1:]
        projectors += [(l, table[:, 2 + k]) for k in range(counts[l])]
    if local is None:
        raise ValueError("no local potential")
    return TabulatedPotential(
        path.name,
        charge=charge,
        r=r,
        local=local,
        projectors=projectors,
        coupling=np.diag(energies),
        content_hash=hashlib.sha256(text.encode()).hexdigest(),
    )
