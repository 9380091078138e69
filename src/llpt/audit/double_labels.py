"""Configurations that carry the labels of two Hamiltonians: what residuals, the bridge and the budget start from.

Delta = F_r - U_s of the whole cell in eV, r the reference (its Mermin free energy F) and s the surrogate, or any other
Hamiltonian in its place. Who sampled the configurations matters as much as their labels: a potential, or a mesh of
k-points, looks best where it did not go itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from llpt import units
from llpt.bridge import REFERENCE, SURROGATE, DifferenceSamples
from llpt.engines import evaluate
from llpt.errors import InputError
from llpt.observables import mutual_partners, nearest_neighbours
from llpt.observables.molecules import BOND_ANGSTROM
from llpt.structure import label_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ase import Atoms
    from numpy.typing import NDArray

    from llpt.engines import Engine

WINDOW_ANGSTROM = (0.85, 1.0)
"""Distances of the nearest neighbour at which a molecule of hydrogen is about to break or has just formed."""
SAME_SNAPSHOT_ANGSTROM = 1e-4
SAMPLED_BY = {SURROGATE: "surrogate", REFERENCE: "reference"}


@dataclass(frozen=True, eq=False)
class DoublyLabelled:
    """Configurations along one run, equally spaced, each with the labels of both Hamiltonians.

    Args:
        name: of the run, for people.
        coupling: whose ensemble they are from: ``llpt.bridge.SURROGATE`` (0), ``REFERENCE`` (1), or one between.
        temperature_k: temperature of the run in K.
        reference: the configurations with the reference's labels (``llpt.structure.label_of``).
        surrogate: the same ones in the same order with the surrogate's.

    Raises:
        InputError: they are not the same configurations, a label of the energy or the forces is missing, or the
            reference's labels are of several electronic temperatures.
    """

    name: str
    coupling: float
    temperature_k: float
    reference: Sequence[Atoms]
    surrogate: Sequence[Atoms]

    def __post_init__(self) -> None:
        if not self.reference or len(self.reference) != len(self.surrogate):
            raise InputError(
                f"{self.name}: {len(self.reference)} configurations carry the reference's labels and "
                f"{len(self.surrogate)} the surrogate's.",
                "Label the same configurations, one at least, with both.",
            )
        for number, (one, other) in enumerate(zip(self.reference, self.surrogate, strict=True)):
            if len(one) != len(other) or not np.allclose(one.positions, other.positions, atol=SAME_SNAPSHOT_ANGSTROM):
                raise InputError(
                    f"{self.name}: configuration {number} of the reference is not that of the surrogate.",
                    "Label the same configurations, in the same order, with both.",
                )
            for atoms in (one, other):
                free_energy_of(atoms)
                if label_of(atoms, "forces") is None:
                    raise InputError(f"{self.name}: configuration {number} has no forces.", "Label it with forces.")
        found = {_info(each).get("electronic_temperature_k") for each in self.reference}
        if len(found) > 1:
            raise InputError(
                f"{self.name}: the reference's labels were made at several electronic temperatures.",
                "Label every configuration at the temperature of its run.",
            )

    @property
    def atoms(self) -> int:
        """Number of atoms of the cell."""
        return len(self.reference[0])

    @property
    def differences_ev(self) -> NDArray[np.float64]:
        """Delta of every configuration in eV, shape (n,)."""
        pairs = zip(self.reference, self.surrogate, strict=True)
        return np.array([free_energy_of(one) - free_energy_of(other) for one, other in pairs])

    def samples(self) -> DifferenceSamples:
        """Return Delta for ``llpt.bridge``.

        Raises:
            InputError: there are fewer than two configurations.
        """
        return DifferenceSamples(self.differences_ev, self.atoms, self.temperature_k, self.coupling)


def label_with_other(
    frames: Sequence[Atoms],
    engine: Engine,
    *,
    sampled_by: float,
    temperature_k: float,
    name: str,
    on_frame: Callable[[int], None] | None = None,
) -> DoublyLabelled:
    """Label snapshots of a run with the Hamiltonian that did not drive it.

    Args:
        frames: snapshots of one run in their order, each with the labels of the engine that drove it.
        engine: the other one; a reference with electrons at ``temperature_k``.
        sampled_by: ``llpt.bridge.SURROGATE`` where the surrogate drove the run, ``REFERENCE`` where the reference did.
        temperature_k: temperature of the run in K.
        name: of the run, for people.
        on_frame: called with the number of snapshots done after each.

    Raises:
        InputError: the snapshots have no labels of their own, or the engine cannot compute one.
        EngineError: a calculation failed.
    """
    other = evaluate(frames, engine, on_frame=on_frame)
    reference, surrogate = (frames, other) if sampled_by == REFERENCE else (other, frames)
    return DoublyLabelled(name, sampled_by, temperature_k, reference, surrogate)


def free_energy_of(atoms: Atoms) -> float:
    """Return F of a labelled configuration in eV; the energy where it has no free energy, as potentials have none.

    Raises:
        InputError: it has neither.
    """
    for value in (label_of(atoms, "free_energy"), label_of(atoms, "energy")):
        if value is not None:
            return float(value)
    raise InputError("A configuration has no energy.", "Label it first, for example with llpt evaluate.")


def forces_of(atoms: Atoms) -> NDArray[np.float64]:
    """Return the forces of a labelled configuration in eV/Å, shape (n, 3)."""
    return np.asarray(label_of(atoms, "forces"), dtype=np.float64)


def virial_pressure_gpa(atoms: Atoms) -> float:
    """Return the pressure of a labelled configuration without its ideal part in GPa; NaN where it has no stress."""
    stress = label_of(atoms, "stress")
    return float("nan") if stress is None else -float(np.mean(stress[:3])) * units.EV_PER_ANGSTROM3_TO_GPA


def neighbour_distances(atoms: Atoms) -> NDArray[np.float64]:
    """Return the distance from every atom to its nearest neighbour in Å, infinity beyond half the cell."""
    return nearest_neighbours(np.asarray(atoms.positions), np.asarray(atoms.cell.array))[1]


def in_window(distances: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which atoms have their nearest neighbour at 0.85-1.0 Å."""
    return (distances >= WINDOW_ANGSTROM[0]) & (distances <= WINDOW_ANGSTROM[1])


def _info(atoms: Any) -> dict[str, Any]:
    info: dict[str, Any] = atoms.info
    return info


def molecular_fraction_of(atoms: Atoms) -> float:
    """Return the share of atoms that are mutual nearest neighbours closer than 0.9 Å; NaN of anything but hydrogen."""
    untyped: Any = atoms
    if set(untyped.get_chemical_symbols()) != {"H"}:
        return float("nan")
    partners = mutual_partners(np.asarray(atoms.positions), np.asarray(atoms.cell.array), BOND_ANGSTROM)
    return float((partners >= 0).mean())


def density_of(atoms: Atoms) -> float:
    """Return the density of a configuration in g/cm³."""
    untyped: Any = atoms
    return float(untyped.get_masses().sum() / untyped.get_volume() * units.U_PER_ANGSTROM3_TO_G_PER_CM3)


def frame_table(sets: Sequence[DoublyLabelled]) -> xr.Dataset:
    """Return one row for each configuration: what it is, and how far the surrogate is off on it.

    Args:
        sets: of any runs, phases and temperatures.

    Returns:
        A data set of dimension ``frame``; every variable has the attribute ``unit``. ``difference`` is Delta per atom,
        reference minus surrogate; ``pressure_error`` is surrogate minus reference (NaN without stress on either side);
        ``force_error`` and ``force`` are root mean squares over components.
    """
    rows: dict[str, list[Any]] = {name: [] for name in _UNITS}
    for each in sets:
        for reference, surrogate, difference in zip(each.reference, each.surrogate, each.differences_ev, strict=True):
            forces = forces_of(reference)
            values = {
                "run": each.name,
                "sampled_by": SAMPLED_BY.get(each.coupling, f"coupling {each.coupling:g}"),
                "temperature": each.temperature_k,
                "density": density_of(reference),
                "molecular_fraction": molecular_fraction_of(reference),
                "window_share": float(in_window(neighbour_distances(reference)).mean()),
                "difference": 1000.0 * difference / each.atoms,
                "pressure_error": virial_pressure_gpa(surrogate) - virial_pressure_gpa(reference),
                "force_error": float(np.sqrt(np.mean((forces_of(surrogate) - forces) ** 2))),
                "force": float(np.sqrt(np.mean(forces**2))),
            }
            for name, value in values.items():
                rows[name].append(value)
    return xr.Dataset({name: ("frame", rows[name], {"unit": unit}) for name, unit in _UNITS.items()})


_UNITS = {
    "run": "",
    "sampled_by": "",
    "temperature": "K",
    "density": "g/cm^3",
    "molecular_fraction": "",
    "window_share": "",
    "difference": "meV/atom",
    "pressure_error": "GPa",
    "force_error": "eV/Å",
    "force": "eV/Å",
}
