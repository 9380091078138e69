"""Options of engines: text or numbers in, checked and typed values out."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llpt.engines.face import OptionValue


class EngineOptions(BaseModel):
    """Base of the options of one engine: frozen, and closed to names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def as_mapping(self) -> dict[str, OptionValue]:
        """Return every option with its value, defaults included, as plain values."""
        return dict(self.model_dump(mode="json"))


Options = TypeVar("Options", bound=EngineOptions)


def parse_options(model: type[Options], options: Mapping[str, OptionValue], *, spec: str) -> Options:
    """Turn ``key=value`` options into the typed options of an engine.

    Args:
        model: the options the engine takes.
        options: what was given; text is converted ("60" is 60.0, "none" stays a word).
        spec: the SPEC of the engine, for the message.

    Raises:
        InputError: names the first option that is unknown (with the nearest known name) or missing, or whose value
            is not allowed.
    """
    for name in options:
        if name not in model.model_fields:
            raise InputError(
                f"Engine {spec} has no option {name!r}.",
                f"{did_you_mean(name, model.model_fields)}Its options are: {', '.join(model.model_fields) or 'none'}.",
            )
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "options"
        described = model.model_fields[name].description if name in model.model_fields else None
        if first["type"] == "missing":
            raise InputError(f"Engine {spec} needs the option {name}.", f"{name}: {described}.") from None
        raise InputError(
            f"Option {name}={first['input']!r} of engine {spec} is not allowed: {first['msg']}.",
            f"{name}: {described}." if described else "Correct the value.",
        ) from None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``Did you mean 'x'? `` for the nearest known word, or nothing."""
    near = get_close_matches(word.lower(), [str(k) for k in known], n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}? " if near else ""
