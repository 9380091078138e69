"""The files a study file names: found from where it lies, checked, and copied so that the study stands alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llpt.engines import find_engine
from llpt.errors import InputError
from llpt.files import copy
from llpt.study.stored import FUNCTIONS, POTENTIAL, choice_folder, pseudopotential_file, stored_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llpt.study.file import StudyFile

START = "system.start"
"""The key of a start, the only input that is no potential."""
MADE_HERE = frozenset({"molecular", "atomic"})


@dataclass(frozen=True)
class NamedInput:
    """A file or directory that a study names.

    Args:
        key: where in the study file, e.g. ``system.start``.
        given: what stands there.
        path: where that is.
        stored: its place below the study's directory.
    """

    key: str
    given: str
    path: Path
    stored: str


def named_inputs(study: StudyFile, source: Path, *, archived: bool = False) -> tuple[NamedInput, ...]:
    """Return the files and directories that ``study`` names, relative ones starting from ``source``.

    Args:
        study: the study.
        source: where its study file lies.
        archived: whether that is a study's directory from elsewhere, of which only its own copies are taken.

    Raises:
        InputError: one of them does not exist or is given without a name, or two of one kind have one name.
    """
    found = tuple(_found(key, given, folder, source, archived) for key, given, folder in wanted_inputs(study))
    _check_one_copy_each(found)
    return found


def named_potentials(study: StudyFile) -> tuple[str, ...]:
    """Return the places below a study's directory of its copies of potentials and pseudopotentials.

    Those that it trains itself are not among them.

    Raises:
        InputError: one is given without a name.
    """
    return tuple(stored_path(given, folder) for key, given, folder in wanted_inputs(study) if key != START)


def wanted_inputs(study: StudyFile) -> list[tuple[str, str, str]]:
    """Return key, path as given, and folder of the copy of each file and directory that ``study`` names."""
    wanted: list[tuple[str, str, str]] = []
    if study.system.start not in MADE_HERE:
        starts = dict.fromkeys(study.system.start_for(atoms) for atoms in study.all_sizes)
        wanted += [(START, start, "start") for start in starts]
    named = (
        ("reference", "reference", study.reference),
        ("surrogate", "surrogate", study.surrogate),
        ("dynamics.multiple_time_steps", POTENTIAL, study.dynamics.multiple_time_steps),
    )
    for key, folder, section in named:
        if section is not None and ":" in section.engine and find_engine(section.engine).copied:
            wanted.append((f"{key}.engine", section.engine.partition(":")[2], folder))
    if study.surrogate is not None and study.surrogate.path is not None:
        wanted.append(("surrogate.path", study.surrogate.path, "surrogate"))
    if study.surrogate is not None and study.surrogate.training.functions_from is not None:
        functions = str(study.surrogate.training.functions_from)
        wanted.append(("surrogate.training.functions_from", functions, FUNCTIONS))
    return wanted + _of_choices(study) + _of_options(study)


def _of_choices(study: StudyFile) -> list[tuple[str, str, str]]:
    """Return the potentials that the choices of the budget take from files."""
    choices = study.budget.choices if study.budget is not None else ()
    return [
        (f"budget.choices.{choice.name}.engine", choice.engine.partition(":")[2], choice_folder(choice.name))
        for choice in choices
        if choice.engine is not None and ":" in choice.engine and find_engine(choice.engine).copied
    ]


def _of_options(study: StudyFile) -> list[tuple[str, str, str]]:
    """Return the pseudopotentials that the options of engines take from files."""
    choices = study.budget.choices if study.budget is not None else ()
    options = {f"budget.choices.{choice.name}": choice.options for choice in choices}
    within = ("dynamics.multiple_time_steps", study.dynamics.multiple_time_steps)
    for key, section in (("surrogate", study.surrogate), within):
        if section is not None:
            options[key] = section.options
    if study.reference is not None:
        options["reference"] = study.reference.engine_options()
    files = {key: pseudopotential_file(given) for key, given in options.items()}
    return [(f"{key}.pseudopotential", file, "pseudopotential") for key, file in files.items() if file is not None]


def _check_one_copy_each(inputs: Iterable[NamedInput]) -> None:
    """Refuse two files whose copies would be one."""
    copies: dict[str, NamedInput] = {}
    for item in inputs:
        other = copies.setdefault(item.stored, item)
        if other.path != item.path:
            raise InputError(
                f'{item.key} = "{item.given}" and {other.key} = "{other.given}" are two files of one name.',
                "Rename one of them, so that the study can keep a copy of each.",
            )


def _found(key: str, given: str, folder: str, source: Path, archived: bool) -> NamedInput:
    stored = stored_path(given, folder)
    path = source / stored if archived else (source / Path(given).expanduser()).resolve()
    if not path.exists() and archived:
        raise InputError(
            f'The archive\'s copy of {key} = "{given}" does not exist: {stored}.',
            "The archive is not whole: pack the study again with llpt archive DIR."
            if key == START
            else f"Unpack it, put {stored} back in the study DIR, llpt archive DIR --out whole.zip, and run whole.zip.",
        )
    if not path.exists():
        hint = ', or "molecular" or "atomic"' if key == START else ""
        raise InputError(f'{key} = "{given}" names {path}, which does not exist.', f"Give an existing path{hint}.")
    return NamedInput(key, given, path, stored)


def copy_inputs(inputs: Iterable[NamedInput], root: Path) -> None:
    """Copy every named input below ``root``.

    Raises:
        StorageError: one cannot be read, or the disk refuses.
    """
    for item in inputs:
        copy(item.path, root / item.stored)
