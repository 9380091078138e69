"""``llpt train``: a Behler–Parrinello network from labelled frames."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from llpt.cli.bars import bar
from llpt.cli.console import PlainTable, output
from llpt.cli.evaluation import EngineOptions, split_options
from llpt.cli.foreign_options import Keys, label_keys
from llpt.cli.overwriting import Overwrite, check_directory
from llpt.cli.training_settings import training_settings
from llpt.errors import InputError

if TYPE_CHECKING:
    from llpt.mlp import TrainingProgress

OWN = ("card.json", "checkpoint.npz", "input.nn", "member-*")
RECIPE_OWN = ("recipe.json",)


def train(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[DATA…]",
            help="Labelled extxyz files, or run directories; a recipe needs none.",
            show_default=False,
        ),
    ] = None,
    *,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Where the potential goes.", show_default=False)
    ],
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="A setting, as often as needed, e.g. --set iterations=100 --set hidden_nodes=20,20 --set seed=3.",
            show_default=False,
        ),
    ] = None,
    discard: Annotated[int, typer.Option("--discard", metavar="N", help="First steps of each run left out.")] = 0,
    recipe: Annotated[
        str | None,
        typer.Option(
            "--recipe",
            metavar="NAME",
            help="Gather the data too: small-cells (as published) or active (where a committee disagrees).",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        str | None, typer.Option("--engine", metavar="SPEC", help="What labels the structures of a recipe:")
    ] = None,
    option: EngineOptions = None,
    held_out: Annotated[
        Path | None,
        typer.Option("--held-out", metavar="FILE", help="Labelled frames for the errors alone.", show_default=False),
    ] = None,
    keys: Keys = None,
    overwrite: Overwrite = False,
) -> None:
    """Train a network on free energies, forces and stress; the same command again goes on where it was stopped.

    Each file is a data set of its own, whose energies may differ from the others' by a constant.
    """
    from llpt.engines import BEHLER_PARRINELLO  # noqa: PLC0415 - start-up time of the other commands
    from llpt.learning import labelled_frames  # noqa: PLC0415
    from llpt.mlp import train as fit  # noqa: PLC0415
    from llpt.mlp.training.card_rows import card_rows  # noqa: PLC0415

    sources, names = sources or [], label_keys(keys)
    check_directory(out, OWN if recipe is None else RECIPE_OWN, overwrite=overwrite)
    if recipe is not None:
        from llpt.cli.recipes import train_by_recipe  # noqa: PLC0415

        train_by_recipe(
            recipe,
            out,
            given=labelled_frames(sources, discard_steps=discard, keys=names),
            held_out=labelled_frames([held_out], keys=names) if held_out else [],
            settings=split_options(setting),
            engine=engine,
            options=split_options(option),
        )
        return
    if not sources:
        raise InputError("There is nothing to train on.", "Give labelled files or run directories, or --recipe active.")
    settings = training_settings(split_options(setting))
    frames = labelled_frames(sources, discard_steps=discard, keys=names)
    with bar("training") as advance:

        def on_progress(progress: TrainingProgress) -> None:
            loss = f", loss {progress.training_loss:.3g}" if progress.stage == "fit" else ""
            advance(progress.done, f"{progress.stage}{loss}", total=progress.total)

        outcome = fit(
            frames,
            out,
            settings,
            held_out=labelled_frames([held_out], keys=names) if held_out else [],
            on_progress=on_progress,
        )
    table = PlainTable("", "")
    for key, value in card_rows(outcome.cards[0]).items():
        table.add_row(escape(key), escape(value))
    output().print(table)
    output().print(f"{len(frames)} frames -> {out}; use it as --engine {BEHLER_PARRINELLO.spec(out)}", markup=False)
