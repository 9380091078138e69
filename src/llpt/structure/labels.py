"""What was computed of a structure: energy, free energy, forces and stress in a calculator, as ASE keeps them.

``atoms.get_forces()``, ``get_stress()`` and ``get_potential_energy()`` then give what was stored and refuse once the
atoms were moved, and every writer of ASE keeps it. ASE knows no other results; what an engine says beside them stands
in ``atoms.info``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from ase.calculators.singlepoint import SinglePointCalculator

if TYPE_CHECKING:
    from ase import Atoms
    from numpy.typing import NDArray

    Label = Literal["energy", "free_energy", "forces", "stress"]

LABELS: Final = ("energy", "free_energy", "forces", "stress")
"""Results that a structure carries in its calculator: E and F (eV), eV/Å of shape (n, 3), eV/Å³ in Voigt order."""

PREFIXES: Final = ("REF_", "ref_", "DFT_", "dft_")
"""What names of labels may begin with, as in the training sets of MACE."""


def attach_labels(
    atoms: Atoms,
    *,
    energy: float | None = None,
    free_energy: float | None = None,
    forces: NDArray[np.float64] | None = None,
    stress: NDArray[np.float64] | None = None,
) -> None:
    """Give a structure what was computed of it, in the place of any calculator it had.

    Args:
        atoms: the structure, changed in place.
        energy: internal energy E in eV: what ``get_potential_energy()`` returns.
        free_energy: F = E − T_el S in eV, from which the forces derive; ``force_consistent=True`` returns it.
        forces: −dF/dR in eV/Å, shape (n, 3).
        stress: virial part in eV/Å³, tension positive, xx, yy, zz, yz, xz, xy.

    What is None or not finite is not attached, so that asking for it is ASE's ``PropertyNotImplementedError``.
    """
    given = {"energy": energy, "free_energy": free_energy, "forces": forces, "stress": stress}
    known = {name: value for name, value in given.items() if value is not None and np.isfinite(value).all()}
    untyped: Any = atoms
    untyped.calc = SinglePointCalculator(atoms, **known)


def label_of(atoms: Atoms, name: Label) -> Any:
    """Return one label of a structure, None where it has none.

    Taken are the results of its calculator and, where it has none by that name, what other programs leave in
    ``atoms.info`` and ``atoms.arrays``, under that name or one with a prefix (``REF_energy`` …). Nothing is computed.
    """
    untyped: Any = atoms
    results = untyped.calc.results if untyped.calc is not None else {}
    beside = untyped.arrays if name == "forces" else untyped.info
    if name in results:
        return results[name]
    return next((beside[key] for key in (name, *(prefix + name for prefix in PREFIXES)) if key in beside), None)
