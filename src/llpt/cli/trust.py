"""A study from elsewhere runs no code of others, and lets no engine write outside of it, before a person has agreed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tarfile
import zipfile
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import typer
from rich.markup import escape

from llpt.cli.console import messages
from llpt.errors import InputError, StorageError
from llpt.files import make_directory, write_atomically
from llpt.study.elsewhere import is_from_elsewhere, leads_out
from llpt.study.personal import personal_file
from llpt.study.place import StudyPlace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from llpt.options import GivenValue
    from llpt.study import Plan

COMMANDS = ("command", "mpi_command")
"""Options whose text is a program that an engine starts."""
WORKPLACE = "directory"
"""Option that says where the program of an engine works."""
KEPT = ("pseudopotential",)
"""Options whose file a study keeps a copy of (``llpt.study.inputs``); an archive may name none outside of itself."""
NOTHING: Mapping[str, GivenValue] = MappingProxyType({})
AGREED = "trusted.txt"
"""Name of the person's own file of what was agreed to."""
QUESTION = "The study comes from elsewhere. Allow this?"


def is_archive(study: Path) -> bool:
    """Whether a file is a packed study."""
    return study.is_file() and (zipfile.is_zipfile(study) or tarfile.is_tarfile(study))


def comes_from_elsewhere(study: Path) -> bool:
    """Whether a study is an archive, was unpacked from one, or belongs to another person."""
    if study.is_dir():
        return is_from_elsewhere(study)
    return is_archive(study) or study.stat().st_uid != os.geteuid()


def agree(study: Path, plan: Plan, *, provider: Mapping[str, GivenValue] = NOTHING, trust: bool) -> None:
    """Ask, once, whether a study from elsewhere may run the code and write into the directories that it names.

    Args:
        study: what was given to ``llpt run``.
        plan: its plan.
        provider: what it gives to a scheduler.
        trust: whether the person says so without being asked.

    Raises:
        InputError: nobody agreed.
    """
    found = _foreign(plan, provider)
    if not found or not comes_from_elsewhere(study):
        return
    lines = [one.line for one in found]
    mark = _mark(study, lines)
    if mark in _agreed():
        return
    if not trust:
        for line in lines:
            messages().print(escape(line))
        if not (sys.stdin.isatty() and typer.confirm(QUESTION, default=False, err=True)):
            raise InputError(
                f"{study} comes from elsewhere, and nobody has agreed to this: {lines[0]}",
                "Look at what it names; where you trust it, start llpt run with --trust.",
            )
    if is_archive(study) or not any(one.of_others for one in found):
        _remember(mark)


def foreign_code(plan: Plan, provider: Mapping[str, GivenValue] = NOTHING) -> list[str]:
    """Say of every engine of a plan that is no part of llpt where its code lies, what it starts, where it writes.

    Directories inside of the study are not named.

    Args:
        plan: of a study.
        provider: what the study gives to a scheduler.
    """
    return [one.line for one in _foreign(plan, provider)]


class _Foreign(NamedTuple):
    """Code that is no part of llpt, or a directory that is no part of the study.

    Args:
        line: a sentence about it.
        of_others: whether it lies in a file that whoever wrote the study may change afterwards.
    """

    line: str
    of_others: bool


def _foreign(plan: Plan, provider: Mapping[str, GivenValue]) -> list[_Foreign]:
    from llpt.engines import BUILT_IN, Argument, find_engine  # noqa: PLC0415 - start-up time
    from llpt.plugins import code_place  # noqa: PLC0415

    found: set[_Foreign] = set()
    for spec, options in (engine for node in plan.nodes for engine in node.engines):
        word, _, argument = spec.partition(":")
        record = find_engine(spec)
        if record.argument is Argument.CLASS:
            where = code_place(argument) or "nowhere: it is not installed"
            found.add(_Foreign(f"Engine {spec} runs code from {where}.", of_others=False))
        elif record.file_can_run:
            line = f"Engine {spec} {record.file_can_run}, which can run any code: be sure where it comes from."
            found.add(_Foreign(line, of_others=True))
        elif word not in BUILT_IN:
            where = code_place(record.maker.partition(":")[0]) or "nowhere: it is not installed"
            found.add(_Foreign(f"Engine {spec} is a plug-in and runs code from {where}.", of_others=False))
        found |= {
            _Foreign(f"Engine {spec} starts: {options[key]}", of_others=True) for key in COMMANDS if key in options
        }
        outside = {key: str(value) for key, value in options.items() if key not in KEPT and leads_out(str(value))}
        for key in outside.keys() - set(COMMANDS):
            does = "writes into" if key == WORKPLACE else f"is given {key} ="
            found.add(_Foreign(f"Engine {spec} {does} {outside[key]}, outside of the study.", of_others=False))
    for key, value in provider.items():
        if isinstance(value, str):  # a line of it is a line of the script that a scheduler runs
            found.add(_Foreign(f"The script of every block of nodes holds {key} = {value!r}.", of_others=False))
    return sorted(found)


def _mark(study: Path, lines: Sequence[str]) -> str:
    """Return what stands for a study and the code that it names, word by word."""
    file = StudyPlace(study).study_file if study.is_dir() else study
    with file.open("rb") as stream:
        content = hashlib.file_digest(stream, "sha256").hexdigest()
    return hashlib.sha256("\n".join((content, *lines)).encode()).hexdigest()


def _agreed() -> list[str]:
    """Return the marks that were agreed to; none where there is no file."""
    try:
        return personal_file(AGREED).read_text(encoding="ascii").split()
    except (OSError, UnicodeError):
        return []


def _remember(mark: str) -> None:
    """Add a mark; where it cannot be written, the question is asked again."""
    file = personal_file(AGREED)
    with contextlib.suppress(StorageError):
        make_directory(file.parent)
        write_atomically(file, "\n".join((*_agreed(), mark)), durable=False)
