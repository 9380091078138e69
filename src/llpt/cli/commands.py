"""The commands there are, and a group that loads one when it is named.

A command takes a third of the time of a start to load with all others beside it. Help and completion load them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from llpt.cli.groups import DEFAULT, DefaultGroup
from llpt.cli.guides import GUIDES

if TYPE_CHECKING:
    from collections.abc import Iterator

STUDY = "A study, from file to verdict"
SINGLE = "One thing at a time"


@dataclass(frozen=True)
class CommandRecord:
    """A command.

    Args:
        function: its import path, ``module:function``.
        panel: under which heading the help of the program lists it; empty for a sub-command.
        kind: import path of its class; empty for an ordinary one.
        commands: what it has below it, where it is a group, whose help is ``text``.
        text: help of a group.
    """

    function: str = ""
    panel: str = ""
    kind: str = ""
    commands: Mapping[str, CommandRecord] | None = None
    text: str = ""


ENGINE_COMMAND = "llpt.cli.evaluation:EngineCommand"
"""Of commands whose help lists the engines that are installed."""
AUDITS = CommandRecord(
    panel=STUDY,
    commands={
        DEFAULT: CommandRecord("llpt.cli.auditing:audit"),
        "electronic-temperature": CommandRecord(
            "llpt.cli.electronic_temperature:electronic_temperature", kind=ENGINE_COMMAND
        ),
        "transfer": CommandRecord("llpt.cli.transfer:transfer", kind=ENGINE_COMMAND),
    },
    text=(
        "Hold a surrogate against its reference; or look at one cause of their difference alone."
        "\n\n"
        "[bold]llpt audit study[/] is short for [bold]llpt audit verdict study[/]."
    ),
)
COMMANDS: dict[str, CommandRecord] = {
    "init": CommandRecord("llpt.cli.planning:init", STUDY),
    "plan": CommandRecord("llpt.cli.planning:plan", STUDY),
    "run": CommandRecord("llpt.cli.running:run", STUDY),
    "status": CommandRecord("llpt.cli.status:status", STUDY),
    "analyse": CommandRecord("llpt.cli.analysis:analyse", STUDY),
    "report": CommandRecord("llpt.cli.analysis:report", STUDY),
    "audit": AUDITS,
    "certify": CommandRecord("llpt.cli.certifying:certify", STUDY),
    "explain": CommandRecord("llpt.cli.explaining:explain", STUDY),
    "verify": CommandRecord("llpt.cli.verifying:verify", STUDY),
    "audit-model": CommandRecord("llpt.cli.auditing_models:audit_model", STUDY),
    "archive": CommandRecord("llpt.cli.archiving:archive", STUDY),
    "import": CommandRecord("llpt.cli.importing:import_", STUDY),
    "export": CommandRecord("llpt.cli.exporting:export", STUDY, "llpt.cli.exporting:ExportCommand"),
    "evaluate": CommandRecord("llpt.cli.evaluation:evaluate", SINGLE, ENGINE_COMMAND),
    "md": CommandRecord("llpt.cli.molecular_dynamics:md", SINGLE, "llpt.cli.molecular_dynamics:MdCommand"),
    "optics": CommandRecord("llpt.cli.optics:optics", SINGLE, "llpt.cli.optics:OpticsCommand"),
    "train": CommandRecord("llpt.cli.training:train", SINGLE, ENGINE_COMMAND),
    "schema": CommandRecord("llpt.cli.schemas:schema", SINGLE),
    "doctor": CommandRecord("llpt.cli.doctor:doctor", SINGLE),
}
"""Each command by its name, in the order of the help."""


def _imported(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def _flowing(text: str) -> str:
    """Return a docstring with one line a paragraph, for a terminal to break."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.replace("``", "").split("\n\n"))


def _join(group: typer.Typer, name: str, record: CommandRecord, before: str = "") -> None:
    """Load a command, and what is below it, into a group."""
    epilogue = GUIDES[f"{before}{name}"].epilogue
    panel = record.panel or None
    if record.commands is None:
        kind = _imported(record.kind) if record.kind else None
        function = _imported(record.function)
        text = _flowing(function.__doc__ or "")
        group.command(name, cls=kind, help=text, epilog=epilogue, rich_help_panel=panel)(function)
        return
    below = typer.Typer(
        cls=DefaultGroup, no_args_is_help=True, rich_markup_mode="rich", help=record.text, epilog=epilogue
    )
    for each, inner in record.commands.items():
        _join(below, each, inner, f"{name} ")
    group.add_typer(below, name=name, rich_help_panel=panel)


class LoadedCommands(Mapping[str, Any]):
    """The commands as the command line has them, each loaded when it is asked for by name."""

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            group = typer.Typer(rich_markup_mode="rich", callback=lambda: None)
            _join(group, name, COMMANDS[name])
            whole: Any = typer.main.get_command(group)
            self._loaded[name] = whole.commands[name]
        return self._loaded[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a command; a missing key in what is loaded is told as such, and not as a command that is not there."""
        return self[name] if name in COMMANDS else default

    def __contains__(self, name: object) -> bool:
        return name in COMMANDS

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class ProgramGroup(TyperGroup):
    """The group of all commands."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**{**attributes, "commands": {}})
        self.commands: Any = LoadedCommands()

    def list_commands(self, _context: Any) -> list[str]:
        """Return their names; none is loaded."""
        return list(self.commands)
