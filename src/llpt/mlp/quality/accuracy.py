"""Errors of a potential on labelled frames, by data set and by phase, evaluated as in molecular dynamics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from llpt.mlp.quality.phases import PhaseBias, measure_phase_bias, molecular_fraction, phase_of
from llpt.units import HARTREE_PER_BOHR3_TO_GPA, HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM, HARTREE_TO_EV

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.mlp.arrays import Floats
    from llpt.mlp.evaluation.behler_parrinello import BehlerParrinello
    from llpt.mlp.quality.labels import LabelledFrame


class ErrorSummary(BaseModel):
    """Errors over a group of frames.

    Attributes:
        frames: number of frames.
        atoms: number of atoms in them.
        force_rmse_ev_per_angstrom: root mean square over force components.
        force_rms_ev_per_angstrom: root mean square of the labels, what the error is to be held against.
        energy_rmse_mev_per_atom: after the mean error of each data set within the group is taken off.
        pressure_rmse_gpa: root mean square of the pressure, None without stress labels.
        stress_rmse_gpa: the same over the six components of the stress.
    """

    model_config = ConfigDict(frozen=True)

    frames: int
    atoms: int
    force_rmse_ev_per_angstrom: float
    force_rms_ev_per_angstrom: float
    energy_rmse_mev_per_atom: float
    pressure_rmse_gpa: float | None
    stress_rmse_gpa: float | None


class BiasSummary(BaseModel):
    """The phase-differential bias, for a file: see ``llpt.mlp.quality.phases``; None where it is not determined.

    Attributes:
        molecular_mev_per_atom: energy error, wholly molecular minus wholly atomic at one density.
        error_mev_per_atom: its standard error.
        blocks: number of blocks of trajectory behind it.
        fraction_range: smallest and largest molecular fraction of the frames.
    """

    model_config = ConfigDict(frozen=True)

    molecular_mev_per_atom: float | None
    error_mev_per_atom: float | None
    blocks: int
    fraction_range: tuple[float, float]


class Accuracy(BaseModel):
    """Errors of a potential on a set of labelled frames.

    Attributes:
        phase_bias: the number to read first.
        overall: all frames.
        by_dataset: each data set.
        by_phase: mostly molecular, mixed and mostly atomic frames.
    """

    model_config = ConfigDict(frozen=True)

    phase_bias: BiasSummary
    overall: ErrorSummary
    by_dataset: dict[str, ErrorSummary]
    by_phase: dict[str, ErrorSummary]


def summarise_bias(bias: PhaseBias) -> BiasSummary:
    """Return the phase-differential bias in the form that a file keeps."""
    resolved = bias.molecular.resolved
    return BiasSummary(
        molecular_mev_per_atom=bias.molecular.value if resolved else None,
        error_mev_per_atom=bias.molecular.error if resolved else None,
        blocks=int(bias.molecular.effective_samples),
        fraction_range=bias.fraction_range,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a potential says of a labelled frame, in Hartree atomic units.

    Args:
        energy: Ha.
        forces: Ha/bohr, shape (n, 3).
        strain_slope: dE/dstrain, Ha, Voigt order, shape (6,); None where it gives no stress.
    """

    energy: float
    forces: Floats
    strain_slope: Floats | None


def measure_accuracy(potential: BehlerParrinello, frames: Sequence[LabelledFrame]) -> Accuracy | None:
    """Evaluate a potential on labelled frames; None where there are none."""
    predicted = []
    for frame in frames:
        result = potential.evaluate(frame.positions, frame.cell)
        virial = 0.5 * (result.virial_ha + result.virial_ha.T)
        slope = -virial[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
        predicted.append(Prediction(result.energy_ha, result.forces, slope))
    return compare_with_labels(frames, predicted) if frames else None


def compare_with_labels(frames: Sequence[LabelledFrame], predicted: Sequence[Prediction]) -> Accuracy:
    """Return how far predictions of any potential are off.

    Args:
        frames: labelled frames, one at least.
        predicted: one prediction for each.
    """
    energy = np.zeros(len(frames))
    force: list[Floats] = []
    stress: list[Floats | None] = []
    for index, (frame, answer) in enumerate(zip(frames, predicted, strict=True)):
        energy[index] = (answer.energy - frame.energy) / frame.n_atoms
        force.append(answer.forces - frame.forces)
        if frame.strain_slope is None or answer.strain_slope is None:
            stress.append(None)
        else:
            stress.append((answer.strain_slope - frame.strain_slope) / frame.volume)
    sets = np.array([frame.dataset for frame in frames])
    phases = np.array([str(phase_of(molecular_fraction(frame.positions, frame.cell))) for frame in frames])

    def summary(chosen: Sequence[int]) -> ErrorSummary:
        return _summarise(
            [frames[i] for i in chosen], energy[chosen], [force[i] for i in chosen], [stress[i] for i in chosen]
        )

    return Accuracy(
        phase_bias=summarise_bias(measure_phase_bias(frames, energy)),
        overall=summary(range(len(frames))),
        by_dataset={str(name): summary(np.flatnonzero(sets == name).tolist()) for name in np.unique(sets)},
        by_phase={str(name): summary(np.flatnonzero(phases == name).tolist()) for name in np.unique(phases)},
    )


def _summarise(
    frames: Sequence[LabelledFrame], energy: Floats, force: Sequence[Floats], stress: Sequence[Floats | None]
) -> ErrorSummary:
    centred = energy.copy()
    sets = np.array([frame.dataset for frame in frames])
    for name in np.unique(sets):
        centred[sets == name] -= centred[sets == name].mean()
    errors = np.concatenate([part.ravel() for part in force])
    labels = np.concatenate([frame.forces.ravel() for frame in frames])
    known = np.array([part for part in stress if part is not None])
    return ErrorSummary(
        frames=len(frames),
        atoms=sum(frame.n_atoms for frame in frames),
        force_rmse_ev_per_angstrom=_rms(errors) * HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM,
        force_rms_ev_per_angstrom=_rms(labels) * HARTREE_PER_BOHR_TO_EV_PER_ANGSTROM,
        energy_rmse_mev_per_atom=_rms(centred) * HARTREE_TO_EV * 1000.0,
        pressure_rmse_gpa=_rms(known[:, :3].mean(axis=1)) * HARTREE_PER_BOHR3_TO_GPA if len(known) else None,
        stress_rmse_gpa=_rms(known) * HARTREE_PER_BOHR3_TO_GPA if len(known) else None,
    )


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))
