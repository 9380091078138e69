"""``llpt export``: a study's runs of the reference as input of another program."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it
from typing import Annotated, Any

import typer
from typer.core import TyperArgument, TyperCommand

from llpt.cli.console import output
from llpt.cli.guides import GUIDES, guide_of_export
from llpt.errors import InputError


class ExportCommand(TyperCommand):
    """A command that names the programs there are, and shows examples of the one that is asked for."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Choose the examples before the help is written, which ends the parsing."""
        from llpt.study.export_programs import PROGRAMS  # noqa: PLC0415 - start-up time

        guides = [guide_of_export(word) for word in args if word in PROGRAMS]
        self.epilog = (guides or [GUIDES["export"]])[0].epilogue
        return super().parse_args(ctx, args)

    def get_params(self, ctx: Any) -> Any:
        """Return arguments and options; only now is it worth the time to look which programs there are."""
        from llpt.study.export_programs import PROGRAMS  # noqa: PLC0415 - start-up time

        for parameter in self.params:
            if isinstance(parameter, TyperArgument) and parameter.name == "program":
                parameter.help = f"{' or '.join(PROGRAMS)}."
        return super().get_params(ctx)


def export(
    program: Annotated[str, typer.Argument(metavar="PROGRAM", show_default=False)],
    study: Annotated[
        Path, typer.Argument(metavar="STUDY", help="A study file, or the directory of a study.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The directory to make.", show_default=False)],
    template: Annotated[
        Path | None,
        typer.Option(
            "--template",
            metavar="FILE",
            help="A job script with @commands@ in it, for each ladder.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write the reference's runs of a study as folders to submit: input files, one script a ladder, a README.

    The results come back with llpt import DIR.
    """
    from llpt.study import StudyDirectory, make_plan, read_study  # noqa: PLC0415 - start-up time of the other commands
    from llpt.study.export_programs import PROGRAMS  # noqa: PLC0415
    from llpt.study.exporting import export_runs  # noqa: PLC0415

    if program not in PROGRAMS:
        raise InputError(f"There is no export to {program}.", f"Give {' or '.join(PROGRAMS)}.")
    source = study if study.is_dir() else study.resolve().parent
    description = StudyDirectory.open(study).study if study.is_dir() else read_study(study)
    try:
        text = None if template is None else template.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{template} cannot be read: {error}.", "Give a readable text file.") from error
    written = export_runs(PROGRAMS[program], make_plan(description), out, source, template=text)
    console = output()
    console.print(
        f"{len(written.folders)} runs -> {out}, {len(written.scripts)} scripts in {out / 'jobs'}", markup=False
    )
    if written.left:
        console.print(f"{written.left} runs of controlled tests are not among them.", markup=False)
    console.print(f"Read {out / 'README.md'}. The way back: llpt import {out} -o STUDY_DIR", markup=False)
