"""The members of a committee, each as an engine of its own."""

from __future__ import annotations

from llpt.engines.make import imported
from llpt.engines.registry import find_engine


def member_specs(spec: str) -> tuple[str, ...]:
    """Return the spec of every member of a committee; of an engine that is none, its own.

    Args:
        spec: as the command line takes it: ``model:DIR`` with several networks in DIR, ``mace:FILE,FILE``.

    Raises:
        InputError: there is no such engine, or no network where the spec says so.

    >>> member_specs("mace:one.model,two.model")
    ('mace:one.model', 'mace:two.model')
    """
    record, (name, _, argument) = find_engine(spec), spec.partition(":")
    if not record.members:
        return (spec,)
    return tuple(f"{name}:{member}" for member in imported(record.members)(argument))
