"""A study from elsewhere runs no code that is no part of llpt before a person has agreed."""

from __future__ import annotations

import os
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from llpt.cli.console import messages
from llpt.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from llpt.study import Plan

COMMANDS = ("command", "mpi_command")
"""Options whose text is a program that an engine starts."""


def is_archive(study: Path) -> bool:
    """Whether a file is a packed study."""
    return study.is_file() and (zipfile.is_zipfile(study) or tarfile.is_tarfile(study))


def comes_from_elsewhere(study: Path) -> bool:
    """Whether a study is an archive, or belongs to another person."""
    from llpt.study.place import StudyPlace  # noqa: PLC0415 - start-up time of the other commands

    file = StudyPlace(study).study_file if study.is_dir() else study
    return is_archive(study) or file.stat().st_uid != os.geteuid()


def agree(study: Path, plan: Plan, *, trust: bool) -> None:
    """Ask whether the code that a study from elsewhere names may be run.

    Args:
        study: what was given to ``llpt run``.
        plan: its plan.
        trust: whether the person has said so already.

    Raises:
        InputError: nobody agreed.
    """
    lines = foreign_code(plan)
    if trust or not lines or not comes_from_elsewhere(study):
        return
    for line in lines:
        messages().print(escape(line))
    if sys.stdin.isatty() and typer.confirm("The study comes from elsewhere. Run this code?", default=False, err=True):
        return
    raise InputError(
        f"{study} comes from elsewhere and would run code that is no part of llpt. {lines[0]}",
        "Look at that code; where you trust it, start llpt run with --trust.",
    )


def foreign_code(plan: Plan) -> list[str]:
    """Say of every engine of a plan that is no part of llpt where its code lies, and which programs are started."""
    from llpt.engines import BUILT_IN, Argument, find_engine  # noqa: PLC0415 - start-up time
    from llpt.plugins import code_place  # noqa: PLC0415

    lines: list[str] = []
    for spec, options in (engine for node in plan.nodes for engine in node.engines):
        word, _, argument = spec.partition(":")
        record = find_engine(spec)
        if record.argument is Argument.CLASS:
            lines.append(f"Engine {spec} runs code from {code_place(argument) or 'nowhere: it is not installed'}.")
        elif record.unpickles:
            lines.append(f"Engine {spec} unpickles a file, which can run any code: be sure where it comes from.")
        elif word not in BUILT_IN:
            place = code_place(record.maker.partition(":")[0])
            lines.append(f"Engine {spec} is a plug-in and runs code from {place}.")
        lines += [f"Engine {spec} starts: {options[key]}" for key in COMMANDS if key in options]
    return sorted(set(lines))
