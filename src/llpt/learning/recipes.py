"""Potentials from nothing: generations of structures, labels and fits, each kept with its errors.

OUT/generation-K holds ``structures.extxyz``, ``labels.extxyz``, ``model/`` (trained on the labels of generations 0 … K)
and ``errors.json``; OUT/model is a copy of the last one. The same call on the same directory goes on where it was.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import ase.io
import numpy as np
from pydantic import BaseModel, ConfigDict

from llpt.engines.networks import find_networks
from llpt.errors import InputError
from llpt.files import atomic_directory, atomic_text, copy, make_directory, write_atomically
from llpt.learning.exploration import choose_frames, explore
from llpt.learning.following import EnsembleShift, follow_reference, measure_ensemble_shift
from llpt.learning.labelling import DATASET, label
from llpt.learning.starting_cells import draw_start, rattled
from llpt.mlp import Accuracy, BehlerParrinello, measure_accuracy, read_labels, train
from llpt.run_file import DescribedEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ase import Atoms

    from llpt.engines import Engine
    from llpt.learning.recipe_settings import RecipeSettings
    from llpt.mlp import TrainingProgress

_ERRORS = "errors.json"
_SETTINGS = "recipe.json"


class GenerationErrors(BaseModel):
    """Errors of one generation, for its file.

    Attributes:
        generation: its number, from 0.
        frames: labelled frames in all generations so far.
        atoms: atoms in them.
        labels_failed: structures of this generation that the reference could not compute.
        new_frames: errors of the potential of the *last* generation on this one's frames, before it is trained on
            them: an honest test of where dynamics goes. None in generation 0.
        ensemble_shift: how much higher the last potential's energy error lies on frames of the reference's own dynamics
            than on the frames of its own dynamics where these began. None where there are none.
        held_out: errors of this generation's potential on the held-out frames that were given.
    """

    model_config = ConfigDict(frozen=True)

    generation: int
    frames: int
    atoms: int
    labels_failed: int
    new_frames: Accuracy | None
    ensemble_shift: EnsembleShift | None = None
    held_out: Accuracy | None


def run_recipe(
    directory: Path | str,
    engine: Engine,
    settings: RecipeSettings,
    *,
    given: Sequence[Atoms] = (),
    held_out: Sequence[Atoms] = (),
    on_progress: Callable[[str, int, int], None] | None = None,
) -> list[GenerationErrors]:
    """Train a potential by a recipe, from structures it makes itself.

    Args:
        directory: where everything goes; created. What is there is not done again.
        engine: the reference that labels; with an electronic temperature that is the same for all.
        settings: the recipe.
        given: labelled frames of the same reference to begin with; they join the first generation.
        held_out: labelled frames for the errors of each generation alone.
        on_progress: called with a stage, what is done of it, and its total.

    Returns:
        The errors of each generation.

    Raises:
        InputError: a directory of another recipe, or frames that cannot be used.
        StorageError: the directory cannot be written.
    """
    place = Path(directory)
    _keep_settings(place, engine, settings)
    tell = on_progress or (lambda _stage, _done, _total: None)
    labelled = [_of_dataset(frame) for frame in given]
    history: list[GenerationErrors] = []
    model: Path | None = None
    for generation in range(settings.generations + 1):
        folder = place / f"generation-{generation}"
        structures = _structures(folder, model, settings, generation)
        frames, failed = _labels(folder, structures, engine, settings, generation=generation, tell=tell)
        labelled += frames
        before = model
        model = folder / "model"
        train(labelled, model, settings.training, on_progress=_TellTraining(tell, generation))
        history.append(
            _errors(folder, generation, failed, labelled, new=frames, before=before, model=model, held_out=held_out)
        )
    assert model is not None
    _copy(model, place / "model")
    return history


@dataclass(frozen=True, slots=True)
class _TellTraining:
    """Passes the progress of a training on."""

    tell: Callable[[str, int, int], None]
    generation: int

    def __call__(self, progress: TrainingProgress) -> None:
        self.tell(f"generation {self.generation}: {progress.stage}", progress.done, progress.total)


def _keep_settings(place: Path, engine: Engine, settings: RecipeSettings) -> None:
    """Write what was asked; refuse a directory where something else was."""
    described = DescribedEngine.of(engine.describe()).model_dump(mode="json")
    text = json.dumps({"settings": settings.model_dump(mode="json"), "engine": described}, indent=1, sort_keys=True)
    path = place / _SETTINGS
    if path.exists():
        if json.loads(path.read_text(encoding="utf-8")) != json.loads(text):
            raise InputError(
                f"{place} holds a recipe with other settings or another reference.",
                "Choose another directory, or give the settings in its recipe.json.",
            )
        return
    make_directory(place)
    write_atomically(path, text)


def _of_dataset(frame: Atoms) -> Atoms:
    copy: Atoms = frame.copy()
    copy.info["dataset"] = DATASET
    return copy


def _structures(folder: Path, model: Path | None, settings: RecipeSettings, generation: int) -> list[Atoms]:
    """Return the structures of a generation, made once and kept."""
    path = folder / "structures.extxyz"
    if not path.exists():
        seed = settings.seed + 1000 * generation
        if model is None:
            chosen = _fresh_structures(settings.first_frames, generation, settings, seed)
        else:
            chosen = choose_frames(explore(model, folder / "runs", settings, seed=seed), settings)
            # A bad potential leaves physics at once; what its runs lack is made up by fresh structures.
            lacking = settings.starts_per_generation - len(chosen)
            chosen += _fresh_structures(lacking, generation, settings, seed + 1)
        make_directory(folder)
        with atomic_text(path) as stream:
            ase.io.write(stream, chosen, format="extxyz")
    read = ase.io.read(path, ":", format="extxyz")
    return read if isinstance(read, list) else [read]


def _labels(
    folder: Path,
    structures: list[Atoms],
    engine: Engine,
    settings: RecipeSettings,
    *,
    generation: int,
    tell: Callable[[str, int, int], None],
) -> tuple[list[Atoms], int]:
    """Return the labelled frames of a generation, and how many structures the reference could not compute."""
    path = folder / "labels.extxyz"
    if generation > 0 and settings.reference_steps > 0:
        stage = partial(tell, f"generation {generation}: dynamics of the reference")
        seed = settings.seed + 1000 * generation + 500
        return follow_reference(structures, engine, path, settings, seed=seed, on_frame=stage)
    return label(structures, engine, path, on_frame=partial(tell, f"generation {generation}: labels"))


def _fresh_structures(count: int, generation: int, settings: RecipeSettings, seed: int) -> list[Atoms]:
    """Return fluids at random conditions, rattled: molecules and atoms alike, some of them far from equilibrium."""
    random = np.random.default_rng(seed)
    frames = []
    for number in range(count):
        start = draw_start(settings, random, first=generation == 0)
        frame = rattled(start.atoms, random, closest_angstrom=settings.closest_angstrom)
        frame.info = {
            "block": f"generation-{generation}/start-{number + 1:03d}",
            "temperature_target_k": start.temperature_k,
        }
        frames.append(frame)
    return frames


def _errors(
    folder: Path,
    generation: int,
    failed: int,
    labelled: Sequence[Atoms],
    *,
    new: Sequence[Atoms],
    before: Path | None,
    model: Path,
    held_out: Sequence[Atoms],
) -> GenerationErrors:
    path = folder / _ERRORS
    if path.exists():
        return GenerationErrors.model_validate_json(path.read_text(encoding="utf-8"))
    errors = GenerationErrors(
        generation=generation,
        frames=len(labelled),
        atoms=sum(len(frame) for frame in labelled),
        labels_failed=failed,
        new_frames=None if before is None else _accuracy(before, new),
        ensemble_shift=None if before is None else measure_ensemble_shift(_first_member(before), new),
        held_out=_accuracy(model, held_out) if held_out else None,
    )
    write_atomically(path, errors.model_dump_json(indent=1))
    return errors


def _accuracy(model: Path, frames: Sequence[Atoms]) -> Accuracy | None:
    """Return errors of the first member; the mean of a committee is a little better, never worse."""
    known, _ = read_labels(frames, mix_electronic_temperatures=True)
    return measure_accuracy(_first_member(model), known)


def _first_member(model: Path) -> BehlerParrinello:
    return BehlerParrinello.load(find_networks(model)[0])


def _copy(model: Path, target: Path) -> None:
    if target.exists():
        return
    with atomic_directory(target) as aside:
        copy(model, aside)
