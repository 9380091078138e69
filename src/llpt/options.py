"""Options declared once: type, range, default and one phrase of each; whatever asks for them derives from that.

They are declared as the fields of a pydantic model: :class:`Settings`, which a library user makes, or
:class:`Options`, which text is turned into; or as those of a frozen dataclass, whose model :func:`model_of` returns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydantic_core import ErrorDetails

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
        words_of: what a paper calls single values, by the value; others are told as they are.
    """

    phrase: str = ""
    papers: tuple[Paper, ...] = ()
    papers_of: Mapping[str, tuple[Paper, ...]] = field(default_factory=dict, hash=False)
    words_of: Mapping[str, str] = field(default_factory=dict, hash=False)

    def tell(self, value: object) -> str:
        """Return the phrase with a value in it."""
        written = f"{value:g}" if isinstance(value, float) else str(value)
        return self.phrase.format(self.words_of.get(written, written))

    @property
    def every_paper(self) -> tuple[Paper, ...]:
        """What is cited for one value or another."""
        return (*self.papers, *(paper for papers in self.papers_of.values() for paper in papers))


class Settings(BaseModel):
    """Base of settings that a person makes: frozen, and closed to names it does not know.

    Raises:
        InputError: names the first setting that is unknown, missing or not allowed, what was given, what is allowed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise refusal(error, type(self), values, owner=type(self).__name__, word="setting") from None

    # Pydantic then does not call it for a model within another: a study file's errors keep their place in the file.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    def __setattr__(self, name: str, value: object) -> None:
        raise InputError(
            f"{type(self).__name__} does not change once it is made: {name} = {value!r} is not set.",
            f"Make another {type(self).__name__} with that value.",
        )


class Options(Settings):
    """Base of a set of options.

    Every field has a ``description``: one phrase of what it is and what is allowed, which a person reads when a value
    is refused.
    """

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


Location = tuple[str | int, ...]
"""Where something stands in nested tables and lists."""
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
        raise refusal(error, model, vars(settings), owner=type(settings).__name__, word="setting") from None


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
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        raise refusal(error, model, options, owner=owner, word="option") from None


def refusal(
    error: ValidationError, model: type[BaseModel], given: Mapping[str, Any], *, owner: str, word: str
) -> InputError:
    """Return the error for the first thing that is wrong with options or settings; unknown names come first.

    Args:
        error: what pydantic found.
        model: what declares them.
        given: what it was found in.
        owner: whose they are, e.g. ``engine dft``.
        word: what one of them is called: ``option`` or ``setting``.
    """
    details = sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
    kind, location = details[0]["type"], details[0]["loc"]
    if kind != "missing":
        location = known_part(location, given)
    name = ".".join(map(str, location))
    whose = f"{owner[:1].upper()}{owner[1:]}"
    field = model.model_fields.get(str(location[0])) if location else None
    described = f"{name}: {field.description}." if field is not None and field.description else ""
    if kind == "extra_forbidden" and len(location) == 1:
        known = model.model_fields
        near = did_you_mean(name, known)
        return InputError(f"{whose} has no {word} {name!r}.", f"{near}Its {word}s are: {', '.join(known) or 'none'}.")
    if kind == "missing":
        return InputError(f"{whose} needs the {word} {name}.", described or f"Give {name}.")
    reasons = dict.fromkeys(plain_reason(each) for each in details if known_part(each["loc"], given) == location)
    allowed = " or ".join(reason.removeprefix("it must be ") if at else reason for at, reason in enumerate(reasons))
    if not location:
        return InputError(f"{word.capitalize()}s of {owner} do not go together: {allowed}.", f"Correct the {word}s.")
    return InputError(
        f"{word.capitalize()} {name}={value_at(location, given)!r} of {owner} is not allowed: {allowed}.",
        described or "Correct the value.",
    )


_WORDS = (
    ("valid number", "number"),
    ("valid integer", "whole number"),
    ("valid boolean", "true or false"),
    ("Value should have", "it must have"),
    (" after validation, not 0", ""),
    ("Extra inputs are not permitted", "there is no such key"),
)
_PARSING = re.compile(r", unable to parse string as an? \w+$")


def plain_reason(detail: ErrorDetails) -> str:
    """Return pydantic's reason for an error, worded for a person who never heard of pydantic."""
    words = detail["msg"].removeprefix("Value error, ").removeprefix("Input ").replace("should be", "it must be", 1)
    for pydantic_words, plain_words in _WORDS:
        words = words.replace(pydantic_words, plain_words)
    return _PARSING.sub("", words)


def known_part(location: Sequence[str | int], given: Any) -> Location:
    """Return the leading part of an error's location that stands in what was given (the rest names types, not keys)."""
    known: list[str | int] = []
    for part in location:
        if not isinstance(given, Mapping if isinstance(part, str) else list | tuple):
            break
        try:
            given = value_at((part,), given)
        except (KeyError, IndexError):
            break
        known.append(part)
    return tuple(known)


def value_at(location: Location, given: Any) -> Any:
    """Return the value at a location that :func:`known_part` returned."""
    for part in location:
        given = given[part]
    return given


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``Did you mean 'x'? `` for the nearest known word, or nothing."""
    near = get_close_matches(word.lower(), [str(k) for k in known], n=1, cutoff=0.5)
    return f"Did you mean {near[0]!r}? " if near else ""
