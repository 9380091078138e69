"""What was computed of a structure: energy, free energy, forces and stress in a calculator, as ASE keeps them.

``atoms.get_forces()``, ``get_stress()`` and ``get_potential_energy()`` then give what was stored and refuse once the
atoms were moved, and every writer of ASE keeps it. ASE knows no other results; what an engine says beside them stands
in ``atoms.info``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from ase.calculators.singlepoint import SinglePointCalculator

from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    ``atoms.info`` and ``atoms.arrays``, under that name or one with a prefix (``REF_energy`` …). Nothing is computed:
    a calculator that several structures share has the results of the last one alone.
    """
    untyped: Any = atoms
    calculator = untyped.calc
    results = calculator.results if calculator is not None else {}
    beside = untyped.arrays if name == "forces" else untyped.info
    if name in results and not (computes(atoms) and calculator.calculation_required(atoms, [name])):
        return results[name]
    return next((beside[key] for key in (name, *(prefix + name for prefix in PREFIXES)) if key in beside), None)


def computes(atoms: Atoms) -> bool:
    """Whether the calculator of a structure computes, and does not only hold what was computed."""
    untyped: Any = atoms
    return untyped.calc is not None and not isinstance(untyped.calc, SinglePointCalculator)


def with_computed_labels(atoms: Atoms) -> Atoms:
    """Return a copy of a structure with what its calculator computes of it as labels; itself where none computes.

    Raises:
        Exception: what the calculator raises.
    """
    if not computes(atoms):
        return atoms
    untyped: Any = atoms
    known = [name for name in LABELS if name in untyped.calc.implemented_properties]
    labels = {name: untyped.calc.get_property(name, atoms) for name in known}
    copy: Atoms = untyped.copy()
    attach_labels(copy, **labels)
    return copy


def with_labels_called(atoms: Atoms, keys: Mapping[str, str], *, where: str) -> Atoms:
    """Return a copy of a structure whose labels are taken from under other names.

    Args:
        atoms: the structure.
        keys: what ``energy``, ``free_energy``, ``forces`` and ``stress`` are called in it; such a label is taken from
            under that name alone, the others from where they always are.
        where: what the structure is called in a message.

    Raises:
        InputError: it has nothing by such a name.
    """
    untyped: Any = atoms
    labels = {label: label_of(atoms, label) for label in LABELS}
    for label, key in keys.items():
        beside = untyped.arrays if label == "forces" else untyped.info
        if key not in beside:
            known = ", ".join(sorted(str(each) for each in {*untyped.info, *untyped.arrays} - {"numbers", "positions"}))
            raise InputError(
                f"{where} has nothing called {key}, of which the {label} was to be taken.",
                f"It has {known or 'nothing by a name of its own'}: name one of them (--keys {label}=NAME).",
            )
        labels[label] = beside[key]
    if labels["stress"] is not None:
        labels["stress"] = six_components(labels["stress"])
    renamed: Atoms = untyped.copy()
    attach_labels(renamed, **labels)
    return renamed


def six_components(stress: Any) -> NDArray[np.float64]:
    """Return a stress in six components, xx, yy, zz, yz, xz, xy, given in six or nine."""
    values = np.asarray(stress, dtype=float).ravel()
    return values if len(values) == 6 else values[[0, 4, 8, 5, 2, 1]]
