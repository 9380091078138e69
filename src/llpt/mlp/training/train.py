"""Training a Behler–Parrinello network on labelled frames."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.errors import InputError, path_of, unsuitable
from llpt.mlp.evaluation.behler_parrinello import BehlerParrinello
from llpt.mlp.fitting.assembly import assemble_network, start_weights
from llpt.mlp.fitting.checkpoint import read_checkpoint, remove_checkpoint, write_checkpoint
from llpt.mlp.fitting.levenberg_marquardt import FitLimits, FitState, FitStep, Objective, fit
from llpt.mlp.fitting.residuals import WeightLayout
from llpt.mlp.potential.definition import PotentialDefinition
from llpt.mlp.quality.labels import read_labels
from llpt.mlp.training.card import CARD_NAME, hash_frames, read_card, write_card
from llpt.mlp.training.card_of_fit import card_of_fit
from llpt.mlp.training.material import TrainingMaterial, prepare_material
from llpt.mlp.training.progress import ProgressTeller, TrainingProgress
from llpt.mlp.training.settings import TrainingSettings
from llpt.units import EV_TO_HARTREE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import torch
    from ase import Atoms

    from llpt.mlp.quality.labels import LabelledFrame, LabelReport
    from llpt.mlp.training.card import ModelCard


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
        InputError: settings of another kind, labels that cannot be used, too few blocks, a directory that holds another
            training, or no time for a single step.
        StorageError: the directory cannot be written.
    """
    if not isinstance(settings, TrainingSettings):
        raise unsuitable(
            settings, "says not how to train", "Give TrainingSettings(...), which has a default for everything."
        )
    began = time.monotonic()
    place = path_of(directory)
    teller = ProgressTeller(on_progress, began)
    labelled, report = _labels(frames, settings)
    training_set_hash = hash_frames(labelled)
    folders = _folders(place, settings.members)
    finished = [_finished(folder, settings, training_set_hash) for folder in folders]
    known = [card for card in finished if card is not None]
    if len(known) == len(folders):
        return TrainingOutcome(place, tuple(BehlerParrinello.load(folder) for folder in folders), tuple(known))
    material = prepare_material(labelled, report, _labels(held_out, settings)[0] if held_out else [], settings, teller)
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


def _train_member(
    material: TrainingMaterial,
    settings: TrainingSettings,
    folder: Path,
    *,
    member: int,
    deadline: float | None,
    teller: ProgressTeller,
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
    constants = _constants(layout, best, material)
    definition = PotentialDefinition(
        element="H",
        functions=material.functions.symmetry,
        cutoff_type=material.functions.cutoff_type,
        moments=material.functions.moments,
        scaling=material.inputs.scaling,
        network=assemble_network(layout, best, material.inputs, constant=constants[material.largest_dataset]),
    )
    potential = BehlerParrinello(definition)
    potential.save(folder)
    teller.tell("errors", 0, 1, member=member)
    card = card_of_fit(material, settings, folder, seed=seed, state=state, potential=potential, constants=constants)
    write_card(card, folder)
    remove_checkpoint(folder)
    teller.tell("errors", 1, 1, member=member)
    return card


def _constants(layout: WeightLayout, vector: torch.Tensor, material: TrainingMaterial) -> dict[str, float]:
    """Return the fitted constant of each data set, Ha per atom."""
    fitted = layout.constants(vector).tolist()
    return {name: start + shift for (name, start), shift in zip(material.constants.items(), fitted, strict=True)}
