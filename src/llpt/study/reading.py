"""From a study file on disk to a checked :class:`StudyFile`, or one sentence about what is wrong with it."""

from __future__ import annotations

import difflib
import json
import tomllib
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError

from llpt.errors import InputError, NewerFormatError
from llpt.options import Location, known_part, plain_reason, value_at
from llpt.study.file import STUDY_FILE_FORMAT, StudyFile
from llpt.study.lines import line_named_in, line_of, placed
from llpt.study.sections import Section

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from llpt.study.imported import ImportedRun

_WORDS_OF_TOML = (
    ("valid string", "text in double quotes"),
    ("an object", "a table"),
    ("a valid dictionary or instance of", "a table for"),
)


def read_study(path: Path) -> StudyFile:
    """Return the study that a TOML file describes.

    Raises:
        InputError: the file is missing, is not TOML, or holds a key or value that is not allowed; the cause names the
            key, its value, and the remedy what is allowed.
    """
    return parse_study(study_text(path), name=str(path))


def study_text(path: Path) -> str:
    """Return the text of a study file.

    Raises:
        InputError: it is missing, or no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(
            f"The study file {path} does not exist.", 'Give the path of a study file; "llpt init" writes one.'
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The study file {path} cannot be read: {error}.", "Give a readable text file.") from error


def parse_study(text: str, *, name: str = "study file", imported: Sequence[ImportedRun] = ()) -> StudyFile:
    """Return the study that ``text`` describes; ``name`` is what errors call it, ``imported`` the runs made elsewhere.

    Args:
        text: of the study file.
        name: what errors call it.
        imported: the runs made elsewhere.

    Raises:
        InputError: see :func:`read_study`.
        NewerFormatError: it is written for a later version of this program.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"{name} is not valid TOML: {error}.", "Correct that line; strings stand in double quotes."
        ) from error
    given = data.get("format")
    if isinstance(given, int) and given > STUDY_FILE_FORMAT:
        raise NewerFormatError.of(name, given, STUDY_FILE_FORMAT)
    if imported:
        data["imported"] = [run.model_dump(mode="json", exclude_none=True) for run in imported]
    try:
        return StudyFile.model_validate_json(json.dumps(data, default=str))
    except ValidationError as error:
        raise _explain(error, data, name, text) from error


def _explain(error: ValidationError, data: dict[str, Any], name: str, text: str) -> InputError:
    """Turn pydantic's list of errors into one sentence of cause and one of remedy, about the first of them."""
    details = sorted(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
    first = details[0]
    location = known_part(first["loc"], data)
    others = len({known_part(item["loc"], data) for item in details} - {location})
    more = f" ({others} more to correct after it.)" if others else ""
    if first["type"] == "extra_forbidden":
        cause, remedy = _unknown_key(location)
    elif first["type"] == "missing":
        *parents, key = (str(part) for part in first["loc"])
        where = f"[{'.'.join(parents)}]" if parents else "the file"
        cause, remedy = f"{where} lacks {key}.", f"Add {key}: {_allowed((*location, key))}."
    elif first["type"] == "value_error":
        where = f"[{_written(location)}]" if location else "the study"
        clash = first["ctx"]["error"]
        cause, remedy = f"{where} {clash}.", clash.remedy
    else:
        cause = f"{_written(location)} = {_shown(value_at(location, data))} is not allowed: {_reason(first)}."
        remedy = f"Give {_allowed(location)}."
    line = line_of(location, text) or line_named_in(cause, text)
    return InputError(f"{placed(name, line)}: {cause}{more}", remedy)


def _unknown_key(location: Location) -> tuple[str, str]:
    *parents, key = location
    section = section_at(tuple(parents))
    known = list(section.model_fields) if section else []
    close = difflib.get_close_matches(str(key), known, n=1, cutoff=0.5)
    where = f" in [{_written(tuple(parents))}]" if parents else ""
    remedy = f"Did you mean {close[0]}?" if close else f"Known keys there: {', '.join(known)}."
    if close and section:
        remedy += f" It holds {section.explain(close[0])}."
    return f"there is no key {key}{where}.", remedy


def _written(location: Location) -> str:
    """Write a location as in TOML: ``state.temperatures_k[1]``."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _reason(detail: ErrorDetails) -> str:
    """Return pydantic's own reason, worded for a person who writes TOML."""
    words = plain_reason(detail)
    for pydantic_words, plain_words in _WORDS_OF_TOML:
        words = words.replace(pydantic_words, plain_words)
    return words


def section_at(location: Location) -> type[Section] | None:
    """Return the class of the table at a location."""
    section: type[Section] = StudyFile
    for part in location:
        if isinstance(part, int):
            continue
        field = section.model_fields.get(part)
        inner = _section_in(field.annotation) if field else None
        if inner is None:
            return None
        section = inner
    return section


def _section_in(annotation: Any) -> type[Section] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation if issubclass(annotation, Section) else None
    found = (_section_in(part) for part in get_args(annotation))
    return next((section for section in found if section is not None), None)


def _allowed(location: Location) -> str:
    """Return the phrase that says what the key at a location may hold."""
    keys = [part for part in location if isinstance(part, str)]
    while keys:
        section = section_at(tuple(keys[:-1]))
        if section and section.explain(keys[-1]):
            return section.explain(keys[-1])
        keys.pop()
    return "what docs/study-file.md allows"
