"""The model card of a network that was just fitted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from llpt.mlp.quality.accuracy import measure_accuracy
from llpt.mlp.training.card import DatasetCard, HistoryEntry, ModelCard, hash_network
from llpt.mlp.training.settings import StressLabels
from llpt.units import HARTREE_TO_EV
from llpt.version import package_versions

if TYPE_CHECKING:
    from pathlib import Path

    from llpt.mlp.evaluation.behler_parrinello import BehlerParrinello
    from llpt.mlp.fitting.levenberg_marquardt import FitState
    from llpt.mlp.training.material import TrainingMaterial
    from llpt.mlp.training.settings import TrainingSettings

_REPORTED_TRAINING_FRAMES = 100


def card_of_fit(
    material: TrainingMaterial,
    settings: TrainingSettings,
    folder: Path,
    *,
    seed: int,
    state: FitState,
    potential: BehlerParrinello,
    constants: dict[str, float],
) -> ModelCard:
    """Return the card of a network that was fitted, with its errors on all parts of the frames.

    Args:
        material: what it was fitted to.
        settings: of the training.
        folder: where its files lie.
        seed: of this member.
        state: where the fit ended.
        potential: the network.
        constants: fitted constant of each data set, Ha per atom.
    """
    frames, split = material.frames, material.split
    every = max(1, len(split.training) // _REPORTED_TRAINING_FRAMES)
    strained: tuple[str, ...] = ()
    if settings.stress is not StressLabels.NONE and any(frame.strain_slope is not None for frame in frames):
        strained = ("stress",) if settings.stress is StressLabels.ALL else ("pressure",)
    versions = package_versions()
    energy = "free energy" if frames[0].uses_free_energy else "energy"

    def of(part: tuple[int, ...], name: str) -> int:
        return sum(frames[i].dataset == name for i in part)

    return ModelCard(
        name=folder.name,
        element="H",
        versions={name: versions[name] for name in ("llpt", "torch", "numba", "numpy")},
        settings=settings,
        seed=seed,
        labels=(energy, "forces", *strained),
        electronic_temperatures_k=material.report.electronic_temperatures_k,
        mixed_electronic_temperatures=len(material.report.electronic_temperatures_k) > 1,
        frames_given=material.report.given,
        outliers=material.report.outliers,
        duplicates=material.report.duplicates,
        training_set_hash=material.training_set_hash,
        network_hash=hash_network(folder),
        symmetry_functions=len(material.functions),
        weights=potential.definition.network.n_weights,
        datasets={
            name: DatasetCard(
                frames=sum(frame.dataset == name for frame in frames),
                atoms=sum(frame.n_atoms for frame in frames if frame.dataset == name),
                training=of(split.training, name),
                validation=of(split.validation, name),
                test=of(split.test, name),
                constant_ev_per_atom=(constants[name] - constants[material.largest_dataset]) * HARTREE_TO_EV,
            )
            for name in constants
        },
        test=measure_accuracy(potential, [*(frames[i] for i in split.test), *material.held_out]),
        validation=measure_accuracy(potential, [frames[i] for i in split.validation]),
        training=measure_accuracy(potential, [frames[i] for i in split.training[::every]]),
        iterations=len(state.history),
        best_iteration=state.best_iteration,
        stopped=state.reason,
        seconds=state.history[-1].seconds if state.history else 0.0,
        history=tuple(
            HistoryEntry(
                iteration=step.iteration,
                training_loss=step.training_loss,
                validation_loss=None if math.isnan(step.validation_loss) else step.validation_loss,
                seconds=step.seconds,
            )
            for step in state.history
        ),
    )
