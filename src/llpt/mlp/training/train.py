"""Training a Behler–Parrinello network on labelled frames."""

from __future__ import annotations

import hashlib
import itertools
import math
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError
from llpt.mlp.evaluation.behler_parrinello import BehlerParrinello
from llpt.mlp.fitting.assembly import assemble_network, start_weights
from llpt.mlp.fitting.checkpoint import read_checkpoint, remove_checkpoint, write_checkpoint
from llpt.mlp.fitting.levenberg_marquardt import FitLimits, FitState, FitStep, Objective, fit
from llpt.mlp.fitting.residuals import WeightLayout
from llpt.mlp.potential.definition import PotentialDefinition
from llpt.mlp.quality.accuracy import measure_accuracy
from llpt.mlp.quality.labels import read_labels
from llpt.mlp.training.card import (
    CARD_NAME,
    DatasetCard,
    HistoryEntry,
    ModelCard,
    hash_frames,
    hash_network,
    read_card,
    write_card,
)
from llpt.mlp.training.preparation import (
    InputFunctions,
    choose_functions,
    forces_per_frame,
    make_batches,
    measure_inputs,
)
from llpt.mlp.training.settings import StressLabels
from llpt.mlp.training.splitting import split_by_block
from llpt.units import EV_TO_HARTREE, HARTREE_TO_EV

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch
    from ase import Atoms

    from llpt.mlp.features.mixing import NetworkInputs
    from llpt.mlp.fitting.residuals import FeatureBatch
    from llpt.mlp.quality.labels import LabelledFrame, LabelReport
    from llpt.mlp.training.settings import TrainingSettings
    from llpt.mlp.training.splitting import Split

_REPORTED_TRAINING_FRAMES = 100


@dataclass(frozen=True, slots=True)
class TrainingProgress:
    """Where a training stands.

    Args:
        stage: ``"choosing functions"``, ``"features"``, ``"fit"`` or ``"errors"``.
        member: network of the committee, from 1.
        done: frames or steps done.
        total: frames or steps at most.
        training_loss: mean squared weighted residual, NaN before the fit.
        validation_loss: the same on the validation frames.
        seconds: wall time so far.
    """

    stage: str
    member: int
    done: int
    total: int
    training_loss: float
    validation_loss: float
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class TrainingOutcome:
    """What a training leaves.

    Args:
        directory: where the network (or the committee's networks, in ``member-1`` …) and their cards lie.
        potentials: the networks.
        cards: their cards.
    """

    directory: Path
    potentials: tuple[BehlerParrinello, ...]
    cards: tuple[ModelCard, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Material:
    """What all networks of a committee share."""

    frames: list[LabelledFrame]
    held_out: list[LabelledFrame]
    report: LabelReport
    split: Split
    functions: InputFunctions
    inputs: NetworkInputs
    constants: dict[str, float]
    training: list[FeatureBatch]
    validation: list[FeatureBatch]
    training_set_hash: str


@dataclass(frozen=True, slots=True)
class _Teller:
    """Passes progress on to whoever asked for it."""

    on_progress: Callable[[TrainingProgress], None] | None
    began: float

    def tell(self, stage: str, done: int, total: int, *, member: int = 1, step: FitStep | None = None) -> None:
        if self.on_progress is None:
            return
        self.on_progress(
            TrainingProgress(
                stage=stage,
                member=member,
                done=done,
                total=total,
                training_loss=math.nan if step is None else step.training_loss,
                validation_loss=math.nan if step is None else step.validation_loss,
                seconds=time.monotonic() - self.began,
            )
        )


def train(
    frames: Sequence[Atoms],
    directory: Path | str,
    settings: TrainingSettings,
    *,
    held_out: Sequence[Atoms] = (),
    on_progress: Callable[[TrainingProgress], None] | None = None,
) -> TrainingOutcome:
    """Train a network, or a committee, and write it in the format of n2p2 with its model card.

    Called again with the same frames and settings on a directory where it was interrupted, it goes on from the last
    finished step of the fit; where it had finished, it returns what is there.

    Args:
        frames: labelled frames: see ``llpt.mlp.quality.labels.read_labels`` for the keys.
        directory: where the files go; created. A committee lies in its subdirectories ``member-1``, ``member-2`` …
        settings: what to train.
        held_out: frames for the reported test errors alone, in addition to the blocks that ``settings.test_fraction``
            holds out.
        on_progress: called at every frame of the preparation and every step of the fit.

    Raises:
        InputError: labels that cannot be used, too few blocks, a directory that holds another training, or no time for
            a single step.
        StorageError: the directory cannot be written.
    """
    began = time.monotonic()
    place = Path(directory)
    teller = _Teller(on_progress, began)
    labelled, report = _labels(frames, settings)
    training_set_hash = hash_frames(labelled)
    folders = _folders(place, settings.members)
    finished = [_finished(folder, settings, training_set_hash) for folder in folders]
    known = [card for card in finished if card is not None]
    if len(known) == len(folders):
        return TrainingOutcome(place, tuple(BehlerParrinello.load(folder) for folder in folders), tuple(known))
    material = _prepare(labelled, report, _labels(held_out, settings)[0] if held_out else [], settings, teller)
    potentials: list[BehlerParrinello] = []
    cards: list[ModelCard] = []
    for member, folder in enumerate(folders, start=1):
        card = finished[member - 1]
        if card is None:
            deadline = None
            if settings.max_seconds is not None:
                left = began + settings.max_seconds - time.monotonic()
                deadline = time.monotonic() + left / (len(folders) - member + 1)
            card = _train_member(material, settings, folder, member=member, deadline=deadline, teller=teller)
        potentials.append(BehlerParrinello.load(folder))
        cards.append(card)
    return TrainingOutcome(place, tuple(potentials), tuple(cards))


def _labels(frames: Sequence[Atoms], settings: TrainingSettings) -> tuple[list[LabelledFrame], LabelReport]:
    return read_labels(
        frames,
        force_limit_ev_per_angstrom=settings.force_limit_ev_per_angstrom,
        mix_electronic_temperatures=settings.mix_electronic_temperatures,
    )


def _folders(place: Path, members: int) -> list[Path]:
    return [place] if members == 1 else [place / f"member-{member}" for member in range(1, members + 1)]


def _finished(folder: Path, settings: TrainingSettings, training_set_hash: str) -> ModelCard | None:
    """Return the card of a finished training of the same frames and settings, None where there is nothing yet."""
    if not (folder / CARD_NAME).exists():
        if (folder / "input.nn").exists():
            raise InputError(f"{folder} already holds a potential without a model card.", "Choose another directory.")
        return None
    card = read_card(folder)
    if card.training_set_hash != training_set_hash or card.settings != settings:
        raise InputError(
            f"{folder} holds a potential that was trained on other frames or with other settings.",
            "Choose another directory, or remove that one.",
        )
    return card


def _prepare(
    frames: list[LabelledFrame],
    report: LabelReport,
    held_out: list[LabelledFrame],
    settings: TrainingSettings,
    teller: _Teller,
) -> _Material:
    split = split_by_block(
        frames,
        validation_fraction=settings.validation_fraction,
        test_fraction=settings.test_fraction,
        seed=settings.seed,
    )
    training = [frames[i] for i in split.training]
    validation = [frames[i] for i in split.validation]
    teller.tell("choosing functions", 0, 1)
    functions = choose_functions(training, settings)
    teller.tell("choosing functions", 1, 1)
    count = forces_per_frame(training + validation, len(functions), settings)
    maker = functions.maker()
    inputs = measure_inputs(training, maker)
    constants = {
        name: float(np.mean([frame.energy / frame.n_atoms for frame in training if frame.dataset == name]))
        for name in sorted({frame.dataset for frame in training})
    }
    usable = [frame for frame in validation if frame.dataset in constants]
    ready = itertools.count(1)

    def batches(part: list[LabelledFrame]) -> list[FeatureBatch]:
        return make_batches(
            part,
            maker,
            inputs,
            count=count,
            constants=constants,
            settings=settings,
            on_frame=lambda: teller.tell("features", next(ready), len(training) + len(usable)),
        )

    return _Material(
        frames=frames,
        held_out=held_out,
        report=report,
        split=split,
        functions=functions,
        inputs=inputs,
        constants=constants,
        training=batches(training),
        validation=batches(usable),
        training_set_hash=hash_frames(frames),
    )


def _train_member(
    material: _Material,
    settings: TrainingSettings,
    folder: Path,
    *,
    member: int,
    deadline: float | None,
    teller: _Teller,
) -> ModelCard:
    seed = settings.seed + member - 1
    sizes = (len(material.functions), *settings.hidden_nodes, 1)
    layout = WeightLayout(sizes=sizes, n_datasets=len(material.constants))
    bias_scale = settings.phase_bias_scale_ev_per_atom
    objective = Objective(
        layout=layout,
        batches=material.training,
        bias_weight=0.0 if bias_scale is None else 1.0 / (bias_scale * EV_TO_HARTREE),
        prior=settings.prior,
    )
    identity = hashlib.sha256(
        f"{material.training_set_hash} {settings.model_dump_json()} {member}".encode()
    ).hexdigest()
    state = read_checkpoint(folder, identity) or FitState(start_weights(layout, material.inputs, seed=seed))

    def on_step(step: FitStep, state: FitState) -> None:
        write_checkpoint(folder, identity, state)
        teller.tell("fit", step.iteration, settings.iterations, member=member, step=step)

    limits = FitLimits(
        iterations=settings.iterations,
        patience=settings.patience,
        deadline=deadline,
        opening=settings.opening_iterations,
        forces_first=settings.forces_first_iterations,
    )
    fit(objective, material.validation, state, limits=limits, on_step=on_step)
    if not state.history:
        raise InputError(
            f"The {settings.max_seconds:g} s of the training ran out before the first step of its fit.",
            "Raise max_seconds, or give fewer frames.",
        )
    best = state.vector if state.best_vector is None else state.best_vector
    largest = max(material.constants, key=lambda name: sum(frame.dataset == name for frame in material.frames))
    constants = _constants(layout, best, material)
    definition = PotentialDefinition(
        element="H",
        functions=material.functions.symmetry,
        cutoff_type=material.functions.cutoff_type,
        moments=material.functions.moments,
        scaling=material.inputs.scaling,
        network=assemble_network(layout, best, material.inputs, constant=constants[largest]),
    )
    potential = BehlerParrinello(definition)
    potential.save(folder)
    teller.tell("errors", 0, 1, member=member)
    card = _card(material, settings, folder, seed=seed, state=state, potential=potential, constants=constants)
    write_card(card, folder)
    remove_checkpoint(folder)
    teller.tell("errors", 1, 1, member=member)
    return card


def _constants(layout: WeightLayout, vector: torch.Tensor, material: _Material) -> dict[str, float]:
    """Return the fitted constant of each data set, Ha per atom."""
    fitted = layout.constants(vector).tolist()
    return {name: start + shift for (name, start), shift in zip(material.constants.items(), fitted, strict=True)}


def _card(
    material: _Material,
    settings: TrainingSettings,
    folder: Path,
    *,
    seed: int,
    state: FitState,
    potential: BehlerParrinello,
    constants: dict[str, float],
) -> ModelCard:
    frames, split = material.frames, material.split
    largest = max(constants, key=lambda name: sum(frame.dataset == name for frame in frames))
    every = max(1, len(split.training) // _REPORTED_TRAINING_FRAMES)
    strained: tuple[str, ...] = ()
    if settings.stress is not StressLabels.NONE and any(frame.strain_slope is not None for frame in frames):
        strained = ("stress",) if settings.stress is StressLabels.ALL else ("pressure",)
    energy = "free energy" if frames[0].uses_free_energy else "energy"

    def of(part: tuple[int, ...], name: str) -> int:
        return sum(frames[i].dataset == name for i in part)

    return ModelCard(
        name=folder.name,
        element="H",
        versions={name: version(name) for name in ("llpt", "torch", "numba", "numpy")},
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
                constant_ev_per_atom=(constants[name] - constants[largest]) * HARTREE_TO_EV,
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
