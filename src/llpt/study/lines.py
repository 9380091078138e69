"""On which line of a TOML file a key stands, for a message about its value.

``tomllib`` tells no positions. Each statement of the file is therefore parsed alone, once its brackets are closed.
"""

from __future__ import annotations

import re
import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llpt.options import Location

_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\])+")
_PART = re.compile(r"\w+")
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""' + r"|'''[\s\S]*?'''" + r'|"(?:\\.|[^"\\\n])*"' + r"|'[^'\n]*'" + r"|#[^\n]*|[\[\]{},\n]"
    r"|[^\s\[\]{},#\"']+"
)
"""Strings of the four kinds, a comment, a bracket, a comma, a line end, or a run of anything else."""


def placed(name: str, line: int | None) -> str:
    """Return how a line of a file is called.

    >>> placed("study.toml", 7), placed("study.toml", None)
    ('study.toml, line 7', 'study.toml')
    """
    return name if line is None else f"{name}, line {line}"


def line_of(location: Location, text: str) -> int | None:
    r"""Return the line of a key, or of the nearest table around it that stands in the file; None where none does.

    Args:
        location: keys and indices from the top, e.g. ``("state", "temperatures_k", 1)``.
        text: the file; it must be TOML.

    >>> line_of(("a", "b", 1), "[a]\nb = [\n 1,\n 2,\n]")
    4
    """
    lines = key_lines(text)
    return next((lines[location[:end]] for end in range(len(location), 0, -1) if location[:end] in lines), None)


def line_named_in(sentence: str, text: str) -> int | None:
    """Return the line of the first dotted key of a sentence, such as ``surrogate.path``, that stands in the file."""
    lines = key_lines(text)
    for found in _DOTTED.findall(sentence):
        parts: Location = tuple(int(part) if part.isdecimal() else part for part in _PART.findall(found))
        if parts in lines:
            return lines[parts]
    return None


@contextmanager
def naming_lines(file: Path, name: str = "") -> Iterator[None]:
    """Let an error name the TOML file that it comes from, and the line of the key that it names.

    Args:
        file: the file.
        name: what it is called for people; empty for its path.

    Raises:
        InputError: as the block raises it.
    """
    try:
        yield
    except InputError as error:
        try:
            line = line_named_in(error.cause, file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            line = None
        if line is None and file.name in error.cause:
            raise
        raise InputError(f"{placed(name or str(file), line)}: {error.cause}", error.remedy) from error


def key_lines(text: str) -> dict[Location, int]:
    """Return the line of every key, table and element of an array, counted from 1.

    Args:
        text: the file; it must be TOML.
    """
    found: dict[Location, int] = {}
    tables: dict[Location, int] = {}
    table: Location = ()
    statement: list[str] = []
    depth, in_string = 0, False
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        statement.append(line)
        in_string = in_string or '"""' in line or "'''" in line
        if not in_string:  # a string over several lines is whole where the parser finds it so
            depth += _opened(line)
            if depth > 0:
                continue
        data = _parsed("".join(statement))
        if data is None:
            continue
        depth, in_string = 0, False
        first = number - len(statement) + 1
        if statement[0].lstrip().startswith("["):
            table = _heading(data, tables)
            found.setdefault(table, first)
        else:
            for location, offset in _within(data, statement):
                found.setdefault((*table, *location), first + offset)
        statement = []
    return found


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _heading(data: dict[str, Any], tables: dict[Location, int]) -> Location:
    """Return the table that a heading opens; ``tables`` counts those of each array of tables."""
    location: Location = ()
    node: Any = data
    while node:
        ((key, node),) = node.items()
        location = (*location, key)
        if isinstance(node, list):
            tables[location] = tables.get(location, 0) + 1
            node = node[0]
        if location in tables:
            location = (*location, tables[location] - 1)
    return location


def _within(data: Any, statement: list[str], above: Location = ()) -> Iterator[tuple[Location, int]]:
    """Yield every key and element of a statement, and how many lines below its beginning it stands."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield (*above, key), 0
            yield from _within(value, statement, (*above, key))
    elif isinstance(data, list):
        offsets = _offsets(statement) if len(statement) > 1 else []
        for index, value in enumerate(data):
            offset = offsets[index] if index < len(offsets) else 0
            yield (*above, index), offset
            for location, _ in _within(value, [], (*above, index)):
                yield location, offset


def _opened(line: str) -> int:
    """Return how many brackets a line opens, less those it closes."""
    words = _TOKEN.findall(line)
    return sum(word in "[{" for word in words) - sum(word in "]}" for word in words)


def _offsets(statement: list[str]) -> list[int]:
    """Return how many lines below the beginning of an array each of its elements ends."""
    offsets: list[int] = []
    depth, line, last = 0, 0, None
    for word in _TOKEN.findall("".join(statement).partition("=")[2]):
        if word == "\n":
            line += 1
            continue
        if word.startswith("#"):
            continue
        if word in "]}":
            depth -= 1
        if last is not None and ((word == "," and depth == 1) or (word == "]" and depth == 0)):
            offsets.append(last)
            last = None
        line += word.count("\n")
        if depth > 0 and not (word == "," and depth == 1):
            last = line
        if word in "[{":
            depth += 1
    return offsets
