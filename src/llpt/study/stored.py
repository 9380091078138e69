"""Where the copies of what a study file names lie below the study's directory, and what they hold."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from llpt.engines import find_engine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llpt.options import GivenValue

MODELS = "models/"
"""Below the study's directory, where the potentials lie that the study trains itself."""

FUNCTIONS = "functions"
"""The folder of the copy of a potential whose functions a training takes."""


PROPOSER = "proposer"
"""The folder of the copy of a potential that proposes for hybrid Monte Carlo."""


def choice_folder(name: str) -> str:
    """Return the folder of the copy of a potential that a choice of the budget takes in the reference's place."""
    return f"choices/{name}"


def is_pseudopotential_file(given: str) -> bool:
    """Return whether a pseudopotential is a file: files end in ``.upf``, ``.psp8`` …, an engine's own names do not."""
    return bool(Path(given).suffix)


def stored_path(given: str, folder: str) -> str:
    """Return the place below the study's directory of the copy of ``given``."""
    return f"inputs/{folder}/{Path(given).name}"


def stored_engine(spec: str, folder: str) -> str:
    """Return an engine's SPEC with the path it names, if any, replaced by that of the study's own copy."""
    kind, _, given = spec.partition(":")
    if given and not given.startswith(MODELS) and find_engine(spec).copied:
        return f"{kind}:{stored_path(given, folder)}"
    return spec


def stored_options(given: Mapping[str, GivenValue]) -> dict[str, GivenValue]:
    """Return an engine's options with the path of a pseudopotential replaced by that of the study's own copy."""
    options = dict(given)
    pseudopotential = options.get("pseudopotential")
    if isinstance(pseudopotential, str) and is_pseudopotential_file(pseudopotential):
        options["pseudopotential"] = stored_path(pseudopotential, "pseudopotential")
    return options


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


def engine_contents(engines: Iterable[tuple[str, str]], place: Path, *, copies: bool) -> dict[str, str]:
    """Return the hashes of the files of engines that are files, by SPEC; those that are not there yet are left out.

    Args:
        engines: SPEC of each engine and the folder of its copy.
        place: the study's directory, or that of its study file.
        copies: whether it is the former, which holds copies.
    """
    found: dict[str, str] = {}
    for spec, folder in dict(engines).items():
        if find_engine(spec).copied:
            given = (stored_engine(spec, folder) if copies else spec).partition(":")[2]
            found[spec] = tree_hash(place / Path(given).expanduser())
    return {spec: digest for spec, digest in found.items() if digest}
