"""How far any engine is off on labelled frames: energy after the set's constant, forces, pressure, and their phase."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.engines.evaluation import evaluate
from llpt.errors import InputError
from llpt.mlp import Accuracy, Prediction, compare_with_labels, molecular_fraction, read_label
from llpt.mlp.quality.labels import FRAMES_PER_BLOCK
from llpt.units import HARTREE_PER_BOHR3_TO_GPA, HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM, HARTREE_TO_EV

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ase import Atoms
    from ase.calculators.calculator import BaseCalculator
    from numpy.typing import NDArray

    from llpt.engines.face import Engine
    from llpt.mlp import LabelledFrame


@dataclass(frozen=True, eq=False)
class LabelErrors:
    """Errors of an engine on labelled frames.

    Args:
        accuracy: the phase-differential bias first, then errors over all frames, by data set and by phase.
        dataset: name of each frame's data set, shape (n_frames,).
        molecular_fraction: of each frame, shape (n_frames,).
        energy_error_mev_per_atom: engine less label, less the mean of the data set, shape (n_frames,).
        pressure_gpa: of the labels (virial part), shape (n_frames,); NaN where there is none.
        pressure_error_gpa: engine less label, shape (n_frames,); NaN where there is none.
        force_ev_per_angstrom: components of the labels, of all frames one after the other.
        force_error_ev_per_angstrom: engine less label.
    """

    accuracy: Accuracy
    dataset: NDArray[np.str_]
    molecular_fraction: NDArray[np.float64]
    energy_error_mev_per_atom: NDArray[np.float64]
    pressure_gpa: NDArray[np.float64]
    pressure_error_gpa: NDArray[np.float64]
    force_ev_per_angstrom: NDArray[np.float64]
    force_error_ev_per_angstrom: NDArray[np.float64]


def errors_on_labels(
    frames: Sequence[Atoms], engine: Engine | BaseCalculator, *, on_frame: Callable[[int], None] | None = None
) -> LabelErrors:
    """Evaluate an engine on labelled frames and return its errors.

    Labels are F where a frame has it (``free_energy``), else its ``energy``; the engine's are the same. Energies of one
    data set (``info["dataset"]``) may lie apart by one constant per atom. Frames of one element, every one with forces.

    Args:
        frames: labelled frames.
        engine: what is tested; a calculator of ASE is taken for one.
        on_frame: called with the number of frames done.

    Raises:
        InputError: there are no frames, a frame lacks a label, or holds several elements.
        EngineError: the engine fails on a frame.
    """
    if not frames:
        raise InputError("There are no labelled frames.", "Give frames with an energy and forces.")
    element = str(frames[0].get_chemical_symbols()[0])
    marked = [_in_a_block(atoms, number) for number, atoms in enumerate(frames)]
    labels = [read_label(atoms, element=element) for atoms in marked]
    found = [read_label(atoms, element=element) for atoms in evaluate(marked, engine, on_frame=on_frame)]
    accuracy = compare_with_labels(labels, [Prediction(each.energy, each.forces, each.strain_slope) for each in found])
    dataset = np.array([label.dataset for label in labels])
    pairs = list(zip(labels, found, strict=True))
    energy = np.array([(one.energy - label.energy) / label.n_atoms for label, one in pairs]) * HARTREE_TO_EV * 1000.0
    for name in np.unique(dataset):
        energy[dataset == name] -= energy[dataset == name].mean()
    pressure = np.array([_pressure_gpa(label) for label in labels])
    force = np.concatenate([label.forces.ravel() for label in labels])
    other = np.concatenate([one.forces.ravel() for one in found])
    return LabelErrors(
        accuracy=accuracy,
        dataset=dataset,
        molecular_fraction=np.array([molecular_fraction(label.positions, label.cell) for label in labels]),
        energy_error_mev_per_atom=energy,
        pressure_gpa=pressure,
        pressure_error_gpa=np.array([_pressure_gpa(one) for one in found]) - pressure,
        force_ev_per_angstrom=force * HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM,
        force_error_ev_per_angstrom=(other - force) * HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM,
    )


def _in_a_block(atoms: Atoms, number: int) -> Atoms:
    """Return a frame that says which stretch of trajectory it is of."""
    untyped: Any = atoms
    copy: Any = untyped.copy()
    copy.calc = untyped.calc
    dataset = copy.info.get("dataset", copy.info.get("config_type", "frames"))
    copy.info.setdefault("dataset", dataset)
    copy.info.setdefault("block", f"{dataset}/{number // FRAMES_PER_BLOCK}")
    marked: Atoms = copy
    return marked


def _pressure_gpa(frame: LabelledFrame) -> float:
    if frame.strain_slope is None:
        return math.nan
    return -float(frame.strain_slope[:3].mean()) / frame.volume * HARTREE_PER_BOHR3_TO_GPA
