"""``llpt archive``: one file of a whole study, for a paper or another machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from llpt.cli.bars import bar
from llpt.cli.console import output, typed
from llpt.cli.places import Directory  # noqa: TC001 - typer reads it


def archive(
    directory: Directory,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="The file to write; DIR.zip if not given.")
    ] = None,
    *,
    without_trajectories: Annotated[
        bool,
        typer.Option("--without-trajectories", help="Leave trajectories out; averages, logs and scalars stay."),
    ] = False,
    without_potentials: Annotated[
        bool,
        typer.Option(
            "--without-potentials",
            help="Leave out potentials and pseudopotentials that the study names; their hashes stay.",
        ),
    ] = False,
    without_report: Annotated[
        bool,
        typer.Option("--without-report", help="Leave the report out; llpt report makes it again."),
    ] = False,
) -> None:
    """Pack a study into one zip file that ``llpt verify`` re-checks and ``llpt run`` does again.

    Checkpoints and what only serves a run at work are left out.
    """
    from llpt.study import StudyDirectory  # noqa: PLC0415 - start-up time of the other commands
    from llpt.study.archive import Part, pack_study  # noqa: PLC0415

    place = StudyDirectory.open(directory)
    target = out or Path(f"{place.root.name}.zip")
    asked = {
        Part.TRAJECTORIES: without_trajectories,
        Part.POTENTIALS: without_potentials,
        Part.REPORT: without_report,
    }
    without = [part for part, left_out in asked.items() if left_out]
    with place.locked(), bar("files read", transient=True) as advance:
        manifest = pack_study(
            place,
            target,
            without=without,
            on_file=lambda behind, total: advance(behind, total=total),
        )
    size = target.stat().st_size / 1e6
    lacking = f" without {' and '.join(without)}" if without else ""
    output().print(f"Packed {len(manifest.files)} files{lacking} into {escape(str(target))} ({size:.3g} MB).")
    again = f"llpt run {typed(target)} --out DIR"
    if manifest.left_out:
        again = "put its potentials back (docs/importing.md#audit-and-verification)"
    output().print(f"To check it: llpt verify {typed(target)}. To do it again: {again}")
