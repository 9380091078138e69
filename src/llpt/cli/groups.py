"""A command that has sub-commands and is itself one: ``llpt audit DIR`` and ``llpt audit electronic-temperature``."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

DEFAULT = "verdict"
"""The sub-command that is meant where none is named."""


class DefaultGroup(TyperGroup):
    """A group whose first word may be left out: what is no sub-command is an argument of the one called ``verdict``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name of the default sub-command before arguments that begin with no other."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = [DEFAULT, *args]
        found: list[str] = super().parse_args(ctx, args)
        return found
