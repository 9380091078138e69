"""What is there stays there: a command writes over a file, or into a directory of something else, only when told to."""

from __future__ import annotations

import json
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Annotated

import typer

from llpt.errors import InputError
from llpt.files import leads_nowhere

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Overwrite = Annotated[bool, typer.Option("--overwrite", help="Write over what is there.")]


def check_file(path: Path, *, overwrite: bool) -> None:
    """Refuse to write over a file.

    Raises:
        InputError: it is there, and leave to replace it is not given, or it is a link to what is not there.
    """
    _check_link(path)
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists and would be written over.", "Give another name, or --overwrite.")


def check_directory(directory: Path, own: Sequence[str], *, overwrite: bool) -> None:
    """Refuse a directory that holds something else.

    Args:
        directory: where a command is about to write.
        own: patterns of names by which it knows a directory of its own, which it goes on in.
        overwrite: whether it may write there all the same.

    Raises:
        InputError: it holds files, and none of its own among them, or is a file itself or a link to what is not there.
    """
    _check_link(directory)
    if directory.exists() and not directory.is_dir():
        raise InputError(f"{directory} is a file, where a directory is to be made.", "Give another name.")
    if overwrite or not directory.is_dir():
        return
    names = sorted(entry.name for entry in directory.iterdir() if not entry.name.startswith("."))
    if names and not any(fnmatch(name, pattern) for name in names for pattern in own):
        raise InputError(
            f"{directory} holds something else, {names[0]} among it.",
            "Give an empty or a new directory, or --overwrite.",
        )


def _check_link(path: Path) -> None:
    if leads_nowhere(path):
        raise InputError(f"{path} is a link to what is not there.", "Give another name.")


def check_same_results(path: Path, fresh: Mapping[str, object], *, overwrite: bool) -> None:
    """Refuse to write results over those of another calculation.

    Args:
        path: a JSON file of results.
        fresh: what of it must be the same, as it would be written now.
        overwrite: whether it may be replaced all the same.

    Raises:
        InputError: it is there and is of another calculation, or cannot be read.
    """
    if overwrite or not path.exists():
        return
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        there = {name: content[name] for name in fresh}
    except (OSError, ValueError, KeyError, TypeError):
        there = {}
    if there != json.loads(json.dumps(fresh)):
        raise InputError(
            f"{path} holds results of another calculation.", "Give another directory (--out), or --overwrite."
        )
