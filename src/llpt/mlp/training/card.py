"""The model card: what a network was trained on, how, and how well, as JSON beside its files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from llpt.errors import InputError, NewerFormatError
from llpt.files import write_atomically
from llpt.json_values import FormatNumber
from llpt.mlp.quality.accuracy import Accuracy  # noqa: TC001 - pydantic reads the annotation
from llpt.mlp.training.settings import TrainingSettings  # noqa: TC001

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llpt.mlp.quality.labels import LabelledFrame

CARD_NAME = "card.json"
MODEL_CARD_FORMAT = 1
"""Counts what ``card.json`` holds. A card without ``format`` has format 1."""


class DatasetCard(BaseModel):
    """One data set of the training.

    Attributes:
        frames: number of frames kept.
        atoms: number of atoms in them.
        training: frames that were fitted.
        validation: frames that decided when to stop.
        test: frames that only the reported errors saw.
        constant_ev_per_atom: energy of the labels minus that of the potential, a free constant of the set.
    """

    model_config = ConfigDict(frozen=True)

    frames: int
    atoms: int
    training: int
    validation: int
    test: int
    constant_ev_per_atom: float


class HistoryEntry(BaseModel):
    """One step of the learning curve.

    Attributes:
        iteration: steps of the fit so far.
        training_loss: mean squared weighted residual of the training frames.
        validation_loss: the same of the validation frames, None where there are none.
        seconds: wall time so far.
    """

    model_config = ConfigDict(frozen=True)

    iteration: int
    training_loss: float
    validation_loss: float | None
    seconds: float


class ModelCard(BaseModel):
    """Everything a reader must know of a trained network.

    Attributes:
        format: of the file, see ``MODEL_CARD_FORMAT``.
        name: name of the network's directory.
        element: chemical symbol.
        versions: versions of the programs that made it.
        settings: what was asked.
        seed: of this network.
        labels: what was fitted: ``free energy`` or ``energy``, forces, and ``stress`` where frames had it.
        electronic_temperatures_k: the distinct T_el of the labels; None stands for "not stated".
        mixed_electronic_temperatures: whether labels of several T_el were mixed, on request.
        frames_given: number of frames given.
        outliers: removed for a force above the limit.
        duplicates: removed as copies.
        training_set_hash: SHA-256 of the labelled frames in atomic units.
        network_hash: SHA-256 of the three files.
        symmetry_functions: number of functions.
        weights: number of weights and biases.
        datasets: each data set.
        test: errors on the frames held out for test, None where none were.
        validation: errors on the validation frames.
        training: errors on the training frames, at most a hundred of them.
        iterations: steps of the fit.
        best_iteration: the one whose weights were kept.
        stopped: why the fit ended.
        seconds: wall time in all.
        history: the learning curve.
    """

    model_config = ConfigDict(frozen=True)

    format: int = 1
    name: str
    element: str
    versions: dict[str, str]
    settings: TrainingSettings
    seed: int
    labels: tuple[str, ...]
    electronic_temperatures_k: tuple[float | None, ...]
    mixed_electronic_temperatures: bool
    frames_given: int
    outliers: int
    duplicates: int
    training_set_hash: str
    network_hash: str
    symmetry_functions: int
    weights: int
    datasets: dict[str, DatasetCard]
    test: Accuracy | None
    validation: Accuracy | None
    training: Accuracy | None
    iterations: int
    best_iteration: int
    stopped: str
    seconds: float
    history: tuple[HistoryEntry, ...]


def hash_frames(frames: Sequence[LabelledFrame]) -> str:
    """Return the SHA-256 of labelled frames."""
    digest = hashlib.sha256()
    for frame in frames:
        for array in (frame.positions, frame.cell, frame.forces):
            digest.update(array.tobytes())
        digest.update(f"{frame.energy!r} {frame.dataset} {frame.block}".encode())
        if frame.strain_slope is not None:
            digest.update(frame.strain_slope.tobytes())
    return digest.hexdigest()


def hash_network(directory: Path) -> str:
    """Return the SHA-256 over a network's files, in order of name."""
    digest = hashlib.sha256()
    for path in sorted([directory / "input.nn", directory / "scaling.data", *directory.glob("weights.*.data")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def write_card(card: ModelCard, directory: Path) -> None:
    """Write the card beside the network.

    Raises:
        StorageError: the disk refuses.
    """
    write_atomically(directory / CARD_NAME, card.model_dump_json(indent=1))


def read_card(directory: Path | str) -> ModelCard:
    """Read the card of a network.

    Raises:
        InputError: there is none, or it is damaged.
        NewerFormatError: a later version of this program wrote it.
    """
    path = Path(directory) / CARD_NAME
    try:
        text = path.read_text(encoding="utf-8")
        stored = FormatNumber.model_validate_json(text).format
        if stored <= MODEL_CARD_FORMAT:
            return ModelCard.model_validate_json(text)
    except FileNotFoundError:
        raise InputError(
            f"There is no model card at {path}.", "Give the directory of a network trained here."
        ) from None
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        reason = type(error).__name__
        raise InputError(f"The model card {path} cannot be read ({reason}).", "Take another copy.") from None
    raise NewerFormatError.of(f"The model card {path}", stored, MODEL_CARD_FORMAT)
