"""Options of a command that are fields of settings: their defaults are those of the settings, and stand only there."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from llpt.cli.evaluation import EngineCommand


def defaults_of(path: str) -> dict[str, object]:
    """Return the defaults that the fields of settings have, by name.

    Args:
        path: import path ``module:Class`` of a pydantic model or a dataclass.
    """
    module, _, name = path.partition(":")
    settings: Any = getattr(import_module(module), name)
    if hasattr(settings, "model_fields"):
        return {key: field.default for key, field in settings.model_fields.items() if not field.is_required()}
    return {key: field.default for key, field in settings.__dataclass_fields__.items()}


def command_with_settings(path: str) -> type[EngineCommand]:
    """Return the class of a command some of whose options, None by default, are named as the fields of settings.

    Args:
        path: import path of the settings; imported when help is asked for, so that other commands start without it.
    """

    class SettingsCommand(EngineCommand):
        """A command whose help shows the defaults of its settings."""

        def format_help(self, ctx: Any, formatter: Any) -> None:
            """Write the help with the defaults as they are."""
            declared = defaults_of(path)
            for parameter in self.params:
                if parameter.default is None and parameter.name in declared:
                    parameter.default = declared[parameter.name]
            super().format_help(ctx, formatter)

    return SettingsCommand


def given(**options: object) -> dict[str, Any]:
    """Return the options that were given; what was not is left to the settings."""
    return {name: value for name, value in options.items() if value is not None}
