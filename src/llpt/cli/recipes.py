"""``llpt train --recipe``: a potential that gathers its own training data."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any, get_origin

from llpt.cli.bars import bar
from llpt.cli.console import PlainTable, output
from llpt.cli.training_settings import training_settings
from llpt.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from ase import Atoms

    from llpt.learning import GenerationErrors, RecipeSettings
    from llpt.mlp import Accuracy


def train_by_recipe(
    recipe: str,
    out: Path,
    *,
    given: list[Atoms],
    held_out: list[Atoms],
    settings: dict[str, str],
    engine: str | None,
    options: dict[str, str],
) -> None:
    """Train by a recipe and show the errors of its generations.

    Args:
        recipe: its name.
        out: its directory.
        given: labelled frames to begin with.
        held_out: labelled frames for the errors alone.
        settings: of recipe and training, as they were given.
        engine: SPEC of what labels; None for the default.
        options: of that engine.

    Raises:
        InputError: an unknown recipe or setting, or a value that is not allowed.
    """
    from llpt.engines import (  # noqa: PLC0415 - start-up time of the other commands
        BEHLER_PARRINELLO,
        DEFAULT_REFERENCE,
        Purpose,
        make_engine,
    )
    from llpt.learning import run_recipe  # noqa: PLC0415

    chosen = recipe_settings(recipe, settings)
    with (
        closing(make_engine(engine or DEFAULT_REFERENCE.name, options, purpose=Purpose.LABELS)) as reference,
        bar(recipe) as advance,
    ):
        history = run_recipe(
            out,
            reference,
            chosen,
            given=given,
            held_out=held_out,
            on_progress=lambda stage, done, total: advance(done, stage, total=total),
        )
    output().print(_table(history))
    output().print(
        f"{history[-1].frames} frames -> {out / 'model'}; use it as --engine {BEHLER_PARRINELLO.spec(out / 'model')}",
        markup=False,
    )


def recipe_settings(recipe: str, given: dict[str, str]) -> RecipeSettings:
    """Return the settings of a recipe from KEY=VALUE texts: its own, and those of the training.

    Raises:
        InputError: an unknown recipe or key, or a value that is not allowed.
    """
    from llpt.learning import Recipe, RecipeSettings  # noqa: PLC0415

    try:
        kind = Recipe(recipe)
    except ValueError:
        raise InputError(f"There is no recipe {recipe!r}.", f"Recipes are: {', '.join(Recipe)}.") from None
    own: dict[str, Any] = {
        key: _two(recipe, key, value) if get_origin(field.annotation) is tuple else value
        for key, value in given.items()
        if (field := RecipeSettings.model_fields.get(key)) is not None and key not in {"training", "recipe"}
    }
    default = RecipeSettings.of(kind).training
    asked = training_settings({key: value for key, value in given.items() if key not in own})
    training = default.model_copy(update={key: getattr(asked, key) for key in asked.model_fields_set})
    return RecipeSettings.of(kind, **own, training=training)


def _two(recipe: str, key: str, value: str) -> list[str]:
    parts = value.split(",")
    if len(parts) != 2:
        raise InputError(f"Recipe {recipe}, {key}: {value!r} is not two numbers.", f"Write --set {key}=LOW,HIGH.")
    return parts


def _table(history: list[GenerationErrors]) -> Any:
    new_names, held_out_names = ("new frames, eV/Å", "meV/atom"), ("held out, eV/Å", "meV/atom")
    table = PlainTable("generation", "frames", *new_names, "ensemble shift, meV/atom", *held_out_names)
    for entry in history:
        shift = entry.ensemble_shift
        shown = "" if shift is None else f"{shift.mev_per_atom:.1f} ± {shift.error_mev_per_atom:.1f}"
        new, held_out = _cells(entry.new_frames), _cells(entry.held_out)
        table.add_row(str(entry.generation), str(entry.frames), *new, shown, *held_out)
    return table


def _cells(accuracy: Accuracy | None) -> tuple[str, str]:
    if accuracy is None:
        return "", ""
    overall = accuracy.overall
    return f"{overall.force_rmse_ev_per_angstrom:.3f}", f"{overall.energy_rmse_mev_per_atom:.1f}"
