"""Where the copies of what a study file names lie below the study's directory, and what they hold."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from llpt.engines import find_engine
from llpt.errors import InputError
from llpt.study.inside import leads_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llpt.options import GivenValue

INPUTS = "inputs"
"""Below the study's directory, where the copies lie."""

MODELS = "models/"
"""Below the study's directory, where the potentials lie that the study trains itself."""

FUNCTIONS = "functions"
"""The folder of the copy of a potential whose functions a training takes."""


POTENTIAL = "potential"
"""The folder of the copy of a potential that moves the reference's atoms within a step."""


def choice_folder(name: str) -> str:
    """Return the folder of the copy of a potential that a choice of the budget takes in the reference's place."""
    return f"choices/{name}"


def is_trained_here(argument: str) -> bool:
    """Return whether the argument of an engine is a potential that the study trains itself, and no file given to it."""
    return argument.startswith(MODELS) and not leads_out(argument)


def pseudopotential_file(options: Mapping[str, GivenValue]) -> str | None:
    """Return the file that an engine's options name as pseudopotential; None where it is a name the engine knows.

    A file ends in ``.upf``, ``.psp8`` …, lies in a directory, or starts from somebody's home; a name does neither.
    """
    given = options.get("pseudopotential")
    if isinstance(given, str) and (Path(given).suffix or "/" in given or leads_out(given)):
        return given
    return None


def stored_path(given: str, folder: str) -> str:
    """Return the place below the study's directory of the copy of ``given``.

    Raises:
        InputError: ``given`` ends in no name that the copy could have.
    """
    name = Path(given).name
    if name in {"", ".."}:
        raise InputError(
            f'"{given}" does not end in the name of a file or directory, which the study\'s copy would have.',
            'Write its name too: "../potential" in the place of "." or "..".',
        )
    return f"{INPUTS}/{folder}/{name}"


def stored_engine(spec: str, folder: str) -> str:
    """Return an engine's SPEC with the path it names, if any, replaced by that of the study's own copy."""
    kind, _, given = spec.partition(":")
    if given and not is_trained_here(given) and find_engine(spec).copied:
        return f"{kind}:{stored_path(given, folder)}"
    return spec


def stored_options(given: Mapping[str, GivenValue]) -> dict[str, GivenValue]:
    """Return an engine's options with the path of a pseudopotential replaced by that of the study's own copy."""
    file = pseudopotential_file(given)
    return dict(given) if file is None else {**given, "pseudopotential": stored_path(file, "pseudopotential")}


def tree_hash(path: Path) -> str:
    """Return the SHA-256 of a file, or of all files of a directory by name; empty where there is none."""
    if not path.exists():
        return ""
    digest = hashlib.sha256()
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    for file in files:
        digest.update(str(file.relative_to(path)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def engine_contents(engines: Iterable[tuple[str, str]], place: Path, *, copies: bool) -> dict[tuple[str, str], str]:
    """Return the hashes of the files of engines that are files; those that are not there yet are left out.

    Args:
        engines: SPEC of each engine and the folder of its copy.
        place: the study's directory, or that of its study file.
        copies: whether it is the former, which holds copies.

    Returns:
        By SPEC and folder.
    """
    found: dict[tuple[str, str], str] = {}
    for spec, folder in engines:
        if find_engine(spec).copied:
            given = (stored_engine(spec, folder) if copies else spec).partition(":")[2]
            found[spec, folder] = tree_hash(place / Path(given).expanduser())
    return {engine: digest for engine, digest in found.items() if digest}
