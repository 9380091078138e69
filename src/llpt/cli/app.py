"""The command line: one program, one command for each step from a study file to a verdict."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from llpt.cli.commands import ProgramGroup
from llpt.threads import ASLEEP

app = typer.Typer(
    name="llpt",
    cls=ProgramGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Is a machine-learnt potential a faithful surrogate of the theory it was trained on, across a phase transition?"
        "\n\n"
        "Start with [bold]llpt init study.toml[/], look at [bold]llpt plan study.toml[/], "
        "then [bold]llpt run study.toml[/]."
    ),
)

ENVIRONMENT = {**ASLEEP, "PYDANTIC_DISABLE_PLUGINS": "__all__"}
"""Read once, when the first command imports torch, or makes a model, when pydantic looks for plug-ins everywhere."""


def _version(wanted: bool) -> None:
    if wanted:
        from llpt.version import VERSION  # noqa: PLC0415 - start-up time of the commands

        typer.echo(f"llpt {VERSION}")
        raise typer.Exit


@app.callback()
def _llpt(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    pass


def run_command() -> None:
    """Run the command that ``sys.argv`` holds."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    app()
