"""A study runs no code of others, and lets no engine write outside of it, before a person has agreed to it once.

Nothing shows of a file where it was got from. So what a study names is asked for when it is run here for the first
time, whoever the file belongs to, and remembered by what it holds. A script, which cannot be asked, may run the
person's own files; what shows that it comes from elsewhere it may run only with ``--trust``.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import sys
import tarfile
import zipfile
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from llpt.cli.console import messages
from llpt.errors import InputError, StorageError
from llpt.files import make_directory, write_atomically
from llpt.study.elsewhere import is_from_elsewhere
from llpt.study.inside import is_inside, leads_out
from llpt.study.personal import personal_file
from llpt.study.place import StudyPlace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llpt.options import GivenValue, OptionValue
    from llpt.study import Plan, StudyFile

COMMANDS = ("command", "mpi_command")
"""Options whose text is a program that an engine starts."""
WORKPLACE = "directory"
"""Option that says where the program of an engine works."""
KEPT = ("pseudopotential",)
"""Options whose file a study keeps a copy of (``llpt.study.inputs``); an archive may name none outside of itself."""
NOTHING: Mapping[str, GivenValue] = MappingProxyType({})
AGREED = "trusted.txt"
"""Name of the person's own file of what was agreed to."""
FROM_ELSEWHERE = "The study comes from elsewhere. Allow this?"
NEW_HERE = "Nobody has agreed to this on this machine. Allow it?"


def is_archive(study: Path) -> bool:
    """Whether a file is a packed study."""
    return study.is_file() and (zipfile.is_zipfile(study) or tarfile.is_tarfile(study))


def comes_from_elsewhere(study: Path) -> bool:
    """Whether a study is an archive, was unpacked from one, or belongs to another person."""
    if study.is_dir():
        return is_from_elsewhere(study)
    return is_archive(study) or study.stat().st_uid != os.geteuid()


def agree(
    study: Path,
    plan: Plan,
    *,
    provider: Mapping[str, GivenValue] = NOTHING,
    description: StudyFile | None = None,
    trust: bool,
) -> None:
    """Ask, once, whether a study may run the code and write into the directories that it names.

    Args:
        study: what was given to ``llpt run``.
        plan: its plan.
        provider: what it gives to a scheduler.
        description: what it says, where the files that it names are still to be copied.
        trust: whether the person says so without being asked.

    Raises:
        InputError: nobody agreed.
    """
    elsewhere = comes_from_elsewhere(study)
    lines = foreign_code(plan, provider, beside=_place(study))
    if elsewhere and description is not None:
        lines += files_outside(description, _place(study))
    if not lines:
        return
    mark = _mark(study, plan, lines, with_study=elsewhere)
    if mark in _agreed():
        return
    can_be_asked = sys.stdin.isatty()
    for line in lines if not trust else ():
        messages().print(escape(line))
    if not trust and (elsewhere or can_be_asked):
        question = FROM_ELSEWHERE if elsewhere else NEW_HERE
        if not (can_be_asked and typer.confirm(question, default=False, err=True)):
            raise InputError(
                f"{study}{' comes from elsewhere, and' if elsewhere else ':'} nobody has agreed to this: {lines[0]}",
                "Look at what it names; where you trust it, start llpt run with --trust.",
            )
    _remember(mark)


def foreign_code(plan: Plan, provider: Mapping[str, GivenValue] = NOTHING, *, beside: Path | None = None) -> list[str]:
    """Say of every engine of a plan that is no part of llpt where its code lies, what it starts, where it writes.

    Directories inside of the study are not named.

    Args:
        plan: of a study.
        provider: what the study gives to a scheduler.
        beside: where the study lies, from which no module is taken.

    Raises:
        PluginError: an engine's module is not installed but lies somewhere else, as beside the study.
    """
    from llpt.engines import BUILT_IN, Argument, find_engine  # noqa: PLC0415 - start-up time
    from llpt.plugins import code_place  # noqa: PLC0415

    found: set[str] = set()
    engines = {(spec, str(options)): options for node in plan.nodes for spec, options in node.engines}
    for (spec, _), options in engines.items():
        word, _, argument = spec.partition(":")
        record = find_engine(spec)
        if record.argument is Argument.CLASS:
            where = code_place(argument, beside=beside) or "nowhere: it is not installed"
            found.add(f"Engine {spec} runs code from {where}.")
        elif record.file_can_run:
            found.add(f"Engine {spec} {record.file_can_run}, which can run any code: be sure where it comes from.")
        elif word not in BUILT_IN:
            where = code_place(record.maker.partition(":")[0], beside=beside) or "nowhere: it is not installed"
            found.add(f"Engine {spec} is a plug-in and runs code from {where}.")
        # What the options of a class mean is not known: any text may be a command or a path.
        found |= set(_told_of_options(spec, options, every_text=record.argument is Argument.CLASS))
    for key, value in provider.items():
        if isinstance(value, str):  # a line of it is a line of the script that a scheduler runs
            found.add(f"The script of every block of nodes holds {key} = {value!r}.")
    return sorted(found)


def files_outside(description: StudyFile, place: Path) -> list[str]:
    """Say which of the files that a study names, and would copy, lie outside of the directory of its file.

    Args:
        description: the study.
        place: that directory.
    """
    from llpt.study.inputs import wanted_inputs  # noqa: PLC0415 - start-up time

    return [
        f"The study is given {key} = {given}, outside of its directory."
        for key, given, _ in wanted_inputs(description)
        if not _lies_inside(place / Path(given).expanduser(), place)
    ]


def _lies_inside(path: Path, place: Path) -> bool:
    """Whether a file, or all of a directory, lies in another directory; links are followed."""
    return all(is_inside(each, place) for each in (path, *path.rglob("*")))


def _told_of_options(spec: str, options: Mapping[str, OptionValue], *, every_text: bool) -> Iterator[str]:
    """Say of options what they start, and what lies outside of the study; of every text, if that is asked for."""
    for key, value in options.items():
        text = str(value)
        if key in COMMANDS:
            yield f"Engine {spec} starts: {text}"
        elif key not in KEPT and leads_out(text):
            does = "writes into" if key == WORKPLACE else f"is given {key} ="
            yield f"Engine {spec} {does} {text}, outside of the study."
        elif every_text and isinstance(value, str) and not _is_number(value):
            yield f"Engine {spec} is given {key} = {text}."


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text in {"true", "false"}
    return True


def _place(study: Path) -> Path:
    return study if study.is_dir() else study.resolve().parent


def _mark(study: Path, plan: Plan, lines: Sequence[str], *, with_study: bool) -> str:
    """Return what stands for the code that a study names and for what the files of it hold.

    Args:
        study: what was given.
        plan: its plan.
        lines: what the study names.
        with_study: whether the study file counts word by word.
    """
    from llpt.study.schedule import copied_engines  # noqa: PLC0415 - start-up time
    from llpt.study.stored import engine_contents, tree_hash  # noqa: PLC0415

    parts = list(lines)
    if with_study:
        parts.append(tree_hash(StudyPlace(study).study_file if study.is_dir() else study))
    if not is_archive(study):  # which was just read as a whole
        parts += engine_contents(copied_engines(plan), _place(study), copies=study.is_dir()).values()
        parts += [tree_hash(file) for file in _files(plan, _place(study))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _files(plan: Plan, place: Path) -> list[Path]:
    """Return the files in the commands and the names of a plan's engines: they may be others the next time."""
    words: set[str] = set()
    for spec, options in (engine for node in plan.nodes for engine in node.engines):
        words.add(spec.partition(":")[2])
        for command in (str(options[key]) for key in COMMANDS if key in options):
            with contextlib.suppress(ValueError):  # no shell would take it
                words |= set(shlex.split(command))
    return [place / word for word in sorted(words) if (place / word).is_file()]


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
