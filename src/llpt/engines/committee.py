"""The members of a committee, each as an engine of its own."""

from __future__ import annotations

from pathlib import Path

from llpt.engines.mace import MACE
from llpt.engines.networks import MODEL, N2P2, find_networks


def member_specs(spec: str) -> tuple[str, ...]:
    """Return the spec of every member of a committee; of an engine that is none, its own.

    Args:
        spec: as the command line takes it: ``model:DIR`` with several networks in DIR, ``mace:FILE,FILE``.

    Raises:
        InputError: there is no network where the spec says so.

    >>> member_specs("mace:one.model,two.model")
    ('mace:one.model', 'mace:two.model')
    """
    name, _, argument = spec.partition(":")
    if name == MACE.name:
        return tuple(f"{name}:{part.strip()}" for part in argument.split(","))
    path = Path(argument).expanduser()
    if name in {N2P2.name, MODEL.name} and path.is_dir():
        return tuple(f"{name}:{member}" for member in find_networks(path))
    return (spec,)
