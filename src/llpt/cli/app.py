"""The command line: one program, one command for each step from a study file to a verdict."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from llpt.cli import (
    analysis,
    auditing,
    doctor,
    evaluation,
    explaining,
    importing,
    molecular_dynamics,
    optics,
    planning,
    running,
    schemas,
    training,
    verifying,
)
from llpt.cli.console import EXIT_FAILED, EXIT_INTERRUPTED, messages, show_error
from llpt.cli.defaults import command_with_settings
from llpt.errors import LlptError
from llpt.threads import ASLEEP
from llpt.version import VERSION

app = typer.Typer(
    name="llpt",
    no_args_is_help=True,
    add_completion=False,
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
STUDY = "A study, from file to verdict"
SINGLE = "One thing at a time"

app.command(rich_help_panel=STUDY)(planning.init)
app.command(rich_help_panel=STUDY)(planning.plan)
app.command(rich_help_panel=STUDY)(running.run)
app.command(rich_help_panel=STUDY)(running.status)
app.command(rich_help_panel=STUDY)(analysis.analyse)
app.command(rich_help_panel=STUDY)(analysis.report)
app.command(rich_help_panel=STUDY)(auditing.audit)
app.command(rich_help_panel=STUDY)(explaining.explain)
app.command(rich_help_panel=STUDY)(verifying.verify)
app.command("import", rich_help_panel=STUDY)(importing.import_)
app.command(cls=evaluation.EngineCommand, rich_help_panel=SINGLE)(evaluation.evaluate)
app.command(cls=command_with_settings("llpt.dynamics:RunSettings"), rich_help_panel=SINGLE)(molecular_dynamics.md)
app.command(cls=command_with_settings("llpt.observables:OpticsSettings"), rich_help_panel=SINGLE)(optics.optics)
app.command(cls=evaluation.EngineCommand, rich_help_panel=SINGLE)(training.train)
app.command(rich_help_panel=SINGLE)(schemas.schema)
app.command(rich_help_panel=SINGLE)(doctor.doctor)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"llpt {VERSION}")
        raise typer.Exit


@app.callback()
def _llpt(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run a command; what a person can get wrong ends in two lines and a non-zero exit code, never in a traceback."""
    for name, value in ASLEEP.items():
        os.environ.setdefault(name, value)  # read once, when the first command imports torch
    try:
        app()
    except LlptError as error:
        show_error(error)
        sys.exit(EXIT_FAILED)
    except KeyboardInterrupt:
        messages().print("Stopped.")
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FAILED)
