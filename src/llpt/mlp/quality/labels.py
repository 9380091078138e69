"""Labelled frames: what a potential is trained on, checked and in atomic units."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError, listed, unsuitable
from llpt.structure import label_of
from llpt.units import ANGSTROM_TO_BOHR, EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR, EV_TO_HARTREE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ase import Atoms

    from llpt.mlp.arrays import Floats

_FRAMES = "Give labelled ase.Atoms in a list."
_SAME_ENERGY_HA_PER_ATOM = 1e-6
_ONE_REFERENCE_EV_PER_ATOM = 5.0
"""Random cells and fluids of one reference leave no gap this wide; one with the atoms' own energies taken off does."""
UNNAMED = "unnamed"
FRAMES_PER_BLOCK = 10
"""Consecutive frames that are taken for one stretch of trajectory where nothing else is stated of them."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledFrame:
    """A structure with its labels, in Hartree atomic units.

    Args:
        positions: bohr, shape (n, 3).
        cell: lattice vectors as rows, bohr.
        energy: free energy where the frame has one, else energy, Ha.
        forces: Ha/bohr, shape (n, 3).
        strain_slope: dE/dstrain, Ha, Voigt order, shape (6,), or None where the frame has no stress.
        dataset: name of the data set; energies of different sets may differ by a constant per atom.
        block: name of the stretch of trajectory it is from; blocks are never split between training and test.
        electronic_temperature_k: T_el of the labels, K, or None where it is not stated.
        uses_free_energy: whether ``energy`` is the free energy.
    """

    positions: Floats
    cell: Floats
    energy: float
    forces: Floats
    strain_slope: Floats | None
    dataset: str
    block: str
    electronic_temperature_k: float | None
    uses_free_energy: bool

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return len(self.positions)

    @property
    def volume(self) -> float:
        """Volume of the cell, bohr³."""
        return float(abs(np.linalg.det(self.cell)))


@dataclass(frozen=True, slots=True)
class LabelReport:
    """What happened to the frames that were given.

    Args:
        given: number of frames given.
        kept: number kept.
        outliers: removed because a force exceeded the limit.
        duplicates: removed because the same structure came before with the same energy.
        electronic_temperatures_k: the distinct T_el of the kept labels; None stands for "not stated".
    """

    given: int
    kept: int
    outliers: int
    duplicates: int
    electronic_temperatures_k: tuple[float | None, ...]


def read_labels(
    frames: Sequence[Atoms],
    *,
    element: str = "H",
    force_limit_ev_per_angstrom: float = 20.0,
    mix_electronic_temperatures: bool = False,
) -> tuple[list[LabelledFrame], LabelReport]:
    """Check labelled frames and bring them to atomic units.

    Args:
        frames: structures with forces and ``free_energy`` or ``energy``, in ``info``/``arrays`` or as ASE results;
            ``stress``, ``dataset``, ``block`` and ``electronic_temperature_k`` where they are known. Without ``block``,
            each ten consecutive frames of a data set are one.
        element: the one element.
        force_limit_ev_per_angstrom: a frame with a larger force on an atom is left out.
        mix_electronic_temperatures: allow labels of different T_el.

    Returns:
        The frames kept, and what happened to the others.

    Raises:
        InputError: no usable frames, missing or non-finite labels, another element, one structure with two energies in
            a data set, energies of a data set in two groups far apart, or labels of several T_el that were not allowed.
    """
    frames = listed(frames, "is no list of structures", _FRAMES)
    if not frames:
        raise InputError("There are no labelled frames to train on.", "Give at least some tens of frames.")
    kept: list[LabelledFrame] = []
    seen: dict[tuple[str, float | None, bytes], float] = {}
    counts: dict[str, int] = {}
    outliers = duplicates = 0
    for number, atoms in enumerate(frames, start=1):
        if not hasattr(atoms, "get_chemical_symbols") or not hasattr(atoms, "info"):
            raise unsuitable(atoms, "is no structure", _FRAMES)
        frame = _read_frame(atoms, number, element, counts)
        # The next run of a ladder starts from the last structure of this one, at another electronic temperature.
        key = (frame.dataset, frame.electronic_temperature_k, _fingerprint(frame))
        if key in seen:
            if abs(seen[key] - frame.energy) > _SAME_ENERGY_HA_PER_ATOM * frame.n_atoms:
                raise InputError(
                    f"Frame {number} of data set {frame.dataset!r} is a structure that was there with another energy.",
                    "Energies of different origin are mixed: give each origin its own data set name.",
                )
            duplicates += 1
            continue
        seen[key] = frame.energy
        largest = np.linalg.norm(frame.forces, axis=1).max()
        if largest > force_limit_ev_per_angstrom * EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR:
            outliers += 1
            continue
        kept.append(frame)
    temperatures = sorted({frame.electronic_temperature_k for frame in kept}, key=lambda t: -1.0 if t is None else t)
    if not kept:
        raise InputError(
            f"All {len(frames)} frames have a force above {force_limit_ev_per_angstrom} eV/Å.",
            "Raise the limit, or check the labels.",
        )
    if len(temperatures) > 1 and not mix_electronic_temperatures:
        told = ", ".join("not stated" if t is None else f"{t:g} K" for t in temperatures)
        raise InputError(
            f"The labels were made at different electronic temperatures ({told}).",
            "Train on one, or allow it with mix_electronic_temperatures = true; the model card will say so.",
        )
    if len({frame.uses_free_energy for frame in kept}) > 1:
        raise InputError(
            "Some frames carry a free energy and others only an energy.",
            "Give one kind: forces derive from F = E - TS.",
        )
    _check_references(kept)
    report = LabelReport(
        given=len(frames),
        kept=len(kept),
        outliers=outliers,
        duplicates=duplicates,
        electronic_temperatures_k=tuple(temperatures),
    )
    return kept, report


def read_label(atoms: Atoms, *, element: str = "H") -> LabelledFrame:
    """Return one frame with its labels in atomic units; none is left out as an outlier or a double.

    Args:
        atoms: a structure with labels, as those of ``read_labels``.
        element: the one element.

    Raises:
        InputError: a label is missing or not finite, or it is of another element.
    """
    return read_labels([atoms], element=element, force_limit_ev_per_angstrom=math.inf)[0][0]


def _check_references(frames: Sequence[LabelledFrame]) -> None:
    """Refuse a data set whose energies fall into two groups that one reference cannot explain."""
    for name in sorted({frame.dataset for frame in frames}):
        energies = np.sort([frame.energy / frame.n_atoms for frame in frames if frame.dataset == name]) / EV_TO_HARTREE
        gap = np.diff(energies).max(initial=0.0)
        if gap > _ONE_REFERENCE_EV_PER_ATOM:
            raise InputError(
                f"The energies of data set {name!r} fall into groups {gap:.1f} eV/atom apart.",
                "Energies of different reference are mixed: give each origin its own data set name.",
            )


def _read_frame(atoms: Atoms, number: int, element: str, counts: dict[str, int]) -> LabelledFrame:
    symbols = set(atoms.get_chemical_symbols())
    if symbols != {element}:
        raise InputError(
            f"Frame {number} holds {', '.join(sorted(symbols)) or 'no atoms'}, not only {element}.",
            f"Give frames of {element} alone.",
        )
    free_energy, forces, stress = (label_of(atoms, name) for name in ("free_energy", "forces", "stress"))
    uses_free_energy = free_energy is not None
    energy = free_energy if uses_free_energy else label_of(atoms, "energy")
    if energy is None or forces is None:
        missing = "an energy" if energy is None else "forces"
        raise InputError(f"Frame {number} has no label for {missing}.", "Give free_energy (or energy) and forces.")
    temperature = atoms.info.get("electronic_temperature_k")
    dataset = str(atoms.info.get("dataset", atoms.info.get("config_type", UNNAMED)))
    index = counts.get(dataset, 0)
    counts[dataset] = index + 1
    cell = np.asarray(atoms.cell.array)
    volume = abs(np.linalg.det(cell))
    frame = LabelledFrame(
        positions=np.asarray(atoms.positions) * ANGSTROM_TO_BOHR,
        cell=cell * ANGSTROM_TO_BOHR,
        energy=float(energy) * EV_TO_HARTREE,
        forces=np.asarray(forces, dtype=np.float64) * EV_PER_ANGSTROM_TO_HARTREE_PER_BOHR,
        strain_slope=None if stress is None else _voigt(stress) * volume * EV_TO_HARTREE,
        dataset=dataset,
        block=str(atoms.info.get("block", f"{dataset}/{index // FRAMES_PER_BLOCK}")),
        electronic_temperature_k=None if temperature is None else float(temperature),
        uses_free_energy=uses_free_energy,
    )
    labels = [np.array([frame.energy]), frame.forces, frame.positions, frame.cell]
    labels += [] if frame.strain_slope is None else [frame.strain_slope]
    if not all(np.isfinite(label).all() for label in labels):
        raise InputError(f"Frame {number} has a label that is not a finite number.", "Remove the frame or relabel it.")
    if volume < 1e-3:
        raise InputError(f"Frame {number} has a cell without volume.", "Give periodic structures.")
    return frame


def _voigt(stress: Floats) -> Floats:
    array = np.asarray(stress, dtype=np.float64)
    if array.shape == (3, 3):
        return array[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
    if array.shape != (6,):
        raise InputError(f"A stress label has shape {array.shape}.", "Give six components, xx, yy, zz, yz, xz, xy.")
    return array


def _fingerprint(frame: LabelledFrame) -> bytes:
    rounded = np.round(np.concatenate([frame.cell, frame.positions]), 7) + 0.0
    return hashlib.sha256(rounded.tobytes()).digest()
