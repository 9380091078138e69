"""The files a study file names: found from where it lies, checked, and copied so that the study stands alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from llpt.errors import InputError
from llpt.files import copy
from llpt.study.engine_sections import TRAINED_HERE, engine_kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llpt.study.file import StudyFile

PATH_ENGINES = frozenset({"n2p2", "model", "mace"})
"""Engines whose SPEC names a file or directory after the colon."""

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


def named_inputs(study: StudyFile, source: Path) -> tuple[NamedInput, ...]:
    """Return the files and directories that ``study`` names, relative ones starting from ``source``.

    Raises:
        InputError: one of them does not exist.
    """
    wanted: list[tuple[str, str, str]] = []
    if study.system.start not in MADE_HERE:
        starts = dict.fromkeys(study.system.start_for(atoms) for atoms in study.all_sizes)
        wanted += [("system.start", start, "start") for start in starts]
    for name, section in (("reference", study.reference), ("surrogate", study.surrogate)):
        if section is not None and engine_kind(section.engine) in PATH_ENGINES and ":" in section.engine:
            wanted.append((f"{name}.engine", section.engine.partition(":")[2], name))
    if study.surrogate is not None and study.surrogate.path is not None:
        wanted.append(("surrogate.path", study.surrogate.path, "surrogate"))
    pseudopotential = study.reference.pseudopotential if study.reference else None
    if pseudopotential is not None and is_pseudopotential_file(pseudopotential):
        wanted.append(("reference.pseudopotential", pseudopotential, "pseudopotential"))
    return tuple(_found(key, given, folder, source) for key, given, folder in wanted)


def is_pseudopotential_file(given: str) -> bool:
    """Return whether a pseudopotential is a file: files end in ``.upf``, ``.psp8`` …, an engine's own names do not."""
    return bool(Path(given).suffix)


def _found(key: str, given: str, folder: str, source: Path) -> NamedInput:
    path = (source / Path(given).expanduser()).resolve()
    if not path.exists():
        hint = ', or "molecular" or "atomic"' if key == "system.start" else ""
        raise InputError(f'{key} = "{given}" names {path}, which does not exist.', f"Give an existing path{hint}.")
    return NamedInput(key, given, path, f"inputs/{folder}/{path.name}")


def copy_inputs(inputs: Iterable[NamedInput], root: Path) -> None:
    """Copy every named input below ``root``.

    Raises:
        StorageError: one cannot be read, or the disk refuses.
    """
    for item in inputs:
        copy(item.path, root / item.stored)


def stored_path(given: str, folder: str) -> str:
    """Return the place below the study's directory of the copy of ``given``."""
    return f"inputs/{folder}/{Path(given).name}"


def stored_engine(spec: str, folder: str) -> str:
    """Return an engine's SPEC with the path it names, if any, replaced by that of the study's own copy."""
    kind, _, given = spec.partition(":")
    if kind in PATH_ENGINES and given and not given.startswith("models/"):
        return f"{kind}:{stored_path(given, folder)}"
    return spec


def existing_potential(engine: str, path: str) -> str:
    """Return the SPEC of an existing potential given as engine and path."""
    return f"{'n2p2' if engine == TRAINED_HERE else engine}:{path}"


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file, or of all files of a directory by name; empty where there is none."""
    if not path.exists():
        return ""
    digest = hashlib.sha256()
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    for file in files:
        digest.update(str(file.relative_to(path)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()
