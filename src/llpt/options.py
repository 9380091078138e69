"""Options declared once: type, range, default and one phrase of each; whatever asks for them derives from that.

They are declared as the fields of a pydantic model (:class:`Options`), or of a frozen dataclass of settings that a
library user makes directly; :func:`model_of` returns the model of the latter.
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llpt.papers import Paper

GivenValue = str | int | float | bool
"""What a person can write as an option's value."""
OptionValue = GivenValue | None


@dataclass(frozen=True)
class Told:
    """How a paper tells an option, among the annotations of its field: ``Annotated[str, Told("PAW set {}")]``.

    Args:
        phrase: with ``{}`` where the value goes; empty where the option has no phrase of its own.
        papers: what is cited whatever the value is.
        papers_of: what is cited besides for single values, by the value.
    """

    phrase: str = ""
    papers: tuple[Paper, ...] = ()
    papers_of: Mapping[str, tuple[Paper, ...]] = field(default_factory=dict, hash=False)

    @property
    def every_paper(self) -> tuple[Paper, ...]:
        """What is cited for one value or another."""
        return (*self.papers, *(paper for papers in self.papers_of.values() for paper in papers))


class Options(BaseModel):
    """Base of a set of options: frozen, and closed to names it does not know.

    Every field has a ``description``: one phrase of what it is and what is allowed, which a person reads when a value
    is refused.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def told(cls) -> dict[str, Told]:
        """Return how a paper tells the options that declare it, by name."""
        return {
            name: each
            for name, declared in cls.model_fields.items()
            for each in declared.metadata
            if isinstance(each, Told)
        }

    def as_mapping(self) -> dict[str, OptionValue]:
        """Return every option with its value, defaults included, as plain values."""
        return dict(self.model_dump(mode="json"))


Chosen = TypeVar("Chosen", bound=Options)


def model_of(settings: type[object]) -> type[Options]:
    """Return the options that the fields of a dataclass declare.

    Args:
        settings: a dataclass whose fields have defaults, with ranges and phrases as ``Annotated[type, Field(...)]``.
    """
    hints = get_type_hints(settings, include_extras=True)
    declared = {field.name: field for field in fields(cast("Any", settings))}
    assert all(field.default is not MISSING for field in declared.values())
    keys: dict[str, Any] = {name: (hints[name], field.default) for name, field in declared.items()}
    return cast("type[Options]", create_model(f"{settings.__name__}Options", __base__=Options, **keys))


def check_settings(settings: object, model: type[Options]) -> None:
    """Refuse values that the fields of a dataclass do not allow; for its ``__post_init__``.

    Args:
        settings: an object of the dataclass.
        model: its options, by :func:`model_of`.

    Raises:
        InputError: names the first value that is not allowed.
    """
    try:
        model.model_validate(vars(settings), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise InputError(
            f"{name} = {first['input']!r} is not allowed: {first['msg']}.",
            f"Give {model.model_fields[name].description}.",
        ) from None


def parse_options(model: type[Chosen], options: Mapping[str, OptionValue], *, owner: str) -> Chosen:
    """Turn ``key=value`` options into typed ones.

    Args:
        model: the options there are.
        options: what was given; text is converted ("60" is 60.0, "none" stays a word).
        owner: whose options they are, for the message, e.g. ``engine dft``.

    Raises:
        InputError: names the first option that is unknown (with the nearest known name) or missing, or whose value
            is not allowed.
    """
    whose = f"{owner[:1].upper()}{owner[1:]}"
    for name in options:
        if name not in model.model_fields:
            raise InputError(
                f"{whose} has no option {name!r}.",
                f"{did_you_mean(name, model.model_fields)}Its options are: {', '.join(model.model_fields) or 'none'}.",
            )
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "options"
        described = model.model_fields[name].description if name in model.model_fields else None
        if first["type"] == "missing":
            raise InputError(f"{whose} needs the option {name}.", f"{name}: {described}.") from None
        raise InputError(
            f"Option {name}={first['input']!r} of {owner} is not allowed: {first['msg']}.",
            f"{name}: {described}." if described else "Correct the value.",
        ) from None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``Did you mean 'x'? `` for the nearest known word, or nothing."""
    near = get_close_matches(word.lower(), [str(k) for k in known], n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}? " if near else ""
