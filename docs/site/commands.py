"""The page of commands, written from the command line itself."""

from __future__ import annotations

import re
from typing import Any

import typer

MARKUP = re.compile(r"\[/?(?:bold|dim|italic|cyan|green|red|yellow)?\]")


def commands_page() -> str:
    """Return every command with its help, its arguments and its options."""
    from llpt.cli.app import app  # noqa: PLC0415 - found once the hook has set the path
    from llpt.cli.guides import GUIDES  # noqa: PLC0415

    program: Any = typer.main.get_command(app)
    parts = [
        "# Commands",
        "",
        "Every command with its arguments and options, as `llpt COMMAND --help` prints them.",
        "",
        "Exit code 0: done. Otherwise two lines on the error stream say what was wrong and what to do.",
        "",
    ]
    for name, command in _commands(program):
        context = typer.Context(command, info_name=f"llpt {name}")
        parts += [f"## llpt {name}", "", *_help(command.help or ""), ""]
        usage = " ".join(command.collect_usage_pieces(context))
        parts += ["```text", f"llpt {name} {usage}", "```", ""]
        named = [each for each in command.get_params(context) if each.name != "help"]  # of every command
        parts += _table(named, context)
        parts += _guide(GUIDES[name]) if name in GUIDES else []
    return "\n".join(parts)


def _guide(guide: Any) -> list[str]:
    """Return the examples of a command, and a link to the page that tells more."""
    page = guide.page.removeprefix("docs/")
    return ["```sh", *guide.examples, "```", "", f"More: [{page}](../{page})", ""]


def _commands(program: Any) -> list[tuple[str, Any]]:
    """Return every command with its full name; of a group, the sub-commands after the group itself."""
    found = []
    for name, command in program.commands.items():
        found.append((name, command))
        found += [(f"{name} {inner}", each) for inner, each in getattr(command, "commands", {}).items()]
    return found


def _help(text: str) -> list[str]:
    """Return the paragraphs of a help text, its commands as code."""
    text = re.sub(r"\[bold\](.+?)\[/(?:bold)?\]", r"`\1`", text)
    text = re.sub(r"\\\[", "[", MARKUP.sub("", text))
    return [line.strip() for line in text.splitlines()]


def _table(parameters: list[Any], context: Any) -> list[str]:
    rows = []
    for parameter in parameters:
        is_argument = parameter.param_type_name == "argument"
        record = parameter.get_help_record(context)
        words = " ".join(_help(record[1])) if record else " ".join(_help(parameter.help or ""))
        label = (
            parameter.metavar or parameter.name.upper() if is_argument else record[0] if record else parameter.opts[0]
        )
        rows.append(f"| `{label}` | {words.replace('|', '/')} |")
    return ["| argument or option | meaning |", "|---|---|", *rows, ""]
