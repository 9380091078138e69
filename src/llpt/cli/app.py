"""The command line: one program, one command for each step from a study file to a verdict."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from llpt.cli import (
    analysis,
    archiving,
    auditing,
    auditing_models,
    certifying,
    doctor,
    electronic_temperature,
    evaluation,
    explaining,
    exporting,
    importing,
    molecular_dynamics,
    optics,
    planning,
    running,
    schemas,
    status,
    training,
    transfer,
    verifying,
)
from llpt.cli.defaults import command_with_settings
from llpt.cli.groups import DEFAULT, DefaultGroup
from llpt.cli.guides import GUIDES
from llpt.threads import ASLEEP
from llpt.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable

    from typer.core import TyperCommand

app = typer.Typer(
    name="llpt",
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
STUDY = "A study, from file to verdict"
SINGLE = "One thing at a time"

COMMANDS: dict[str, tuple[Callable[..., None], str]] = {
    "init": (planning.init, STUDY),
    "plan": (planning.plan, STUDY),
    "run": (running.run, STUDY),
    "status": (status.status, STUDY),
    "analyse": (analysis.analyse, STUDY),
    "report": (analysis.report, STUDY),
    "audit": (auditing.audit, STUDY),
    "certify": (certifying.certify, STUDY),
    "explain": (explaining.explain, STUDY),
    "verify": (verifying.verify, STUDY),
    "audit-model": (auditing_models.audit_model, STUDY),
    "archive": (archiving.archive, STUDY),
    "import": (importing.import_, STUDY),
    "export": (exporting.export, STUDY),
    "evaluate": (evaluation.evaluate, SINGLE),
    "md": (molecular_dynamics.md, SINGLE),
    "optics": (optics.optics, SINGLE),
    "train": (training.train, SINGLE),
    "schema": (schemas.schema, SINGLE),
    "doctor": (doctor.doctor, SINGLE),
}
"""Each command by its name, and under which heading the help of the program lists it."""
CLASSES: dict[str, type[TyperCommand]] = {
    "export": exporting.ExportCommand,
    "evaluate": evaluation.EngineCommand,
    "md": command_with_settings("llpt.dynamics:RunSettings"),
    "optics": command_with_settings("llpt.observables:OpticsSettings"),
    "train": evaluation.EngineCommand,
}
"""Commands whose help lists the engines that are installed, or programs, or shows the defaults of settings."""

AUDIT = "audit"
auditing_app = typer.Typer(
    cls=DefaultGroup,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help=(
        "Hold a surrogate against its reference; or look at one cause of their difference alone."
        "\n\n"
        "Example: [bold]llpt audit study[/], in full [bold]llpt audit verdict study[/]"
    ),
    epilog=GUIDES[AUDIT].epilogue,
)
AUDITS: dict[str, tuple[Callable[..., None], type[evaluation.EngineCommand] | None]] = {
    DEFAULT: (auditing.audit, None),
    "electronic-temperature": (electronic_temperature.electronic_temperature, evaluation.EngineCommand),
    "transfer": (transfer.transfer, evaluation.EngineCommand),
}
for _name, (_function, _class) in AUDITS.items():
    auditing_app.command(_name, cls=_class, epilog=GUIDES[f"{AUDIT} {_name}"].epilogue)(_function)

for _name, (_function, _panel) in COMMANDS.items():
    if _name == AUDIT:
        app.add_typer(auditing_app, name=AUDIT, rich_help_panel=_panel)
        continue
    app.command(
        _name,
        cls=CLASSES.get(_name),
        rich_help_panel=_panel,
        epilog=GUIDES[_name].epilogue,
    )(_function)


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


def run_command() -> None:
    """Run the command that ``sys.argv`` holds."""
    for name, value in ASLEEP.items():
        os.environ.setdefault(name, value)  # read once, when the first command imports torch
    app()
