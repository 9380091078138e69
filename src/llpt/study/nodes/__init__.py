"""The kinds of node that a plan is made of, each in a module of its own: what it waits for, its job, its cost.

The kinds are those of all modules of this package, and no list names them: a module that stands here is enough. Jobs
are the union of theirs, told apart by the ``kind`` in their files.
"""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import Field, TypeAdapter, ValidationError

from llpt.errors import StorageError
from llpt.study.nodes.molecular_dynamics import MolecularDynamics
from llpt.study.nodes.node import Job, Node
from llpt.study.nodes.run import PlannedRun
from llpt.study.nodes.start import Origin, Start

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@cache
def node_kinds() -> tuple[type[Node], ...]:
    """Return every kind of node: the classes of all modules of this package."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    classes = {each for module in modules for each in vars(module).values() if isinstance(each, type)}
    kinds = [each for each in classes if issubclass(each, Node) and not inspect.isabstract(each)]
    return tuple(sorted(kinds, key=str))


@cache
def job_kinds() -> dict[str, type[Job]]:
    """Return the class of every kind of job, by what its file calls it."""
    return {str(node.job_class.model_fields["kind"].default): node.job_class for node in node_kinds()}


@cache
def _any_job() -> TypeAdapter[Job]:
    """Return what reads a job of any kind; a file that names none, or one that is unknown, is refused."""
    kinds: Any = Union[tuple(job_kinds().values())]  # noqa: UP007 - made of a list
    return TypeAdapter(Annotated[kinds, Field(discriminator="kind")])


def read_job(path: Path) -> Job:
    """Return the job that a file in ``jobs/`` holds.

    Raises:
        StorageError: there is no such file, it is damaged, or another version of llpt wrote it.
    """
    try:
        job = _any_job().validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise StorageError(
            f"The job {path} cannot be read: {first}.", "Continue the study with the version of llpt that began it."
        ) from error
    return job


def runs_among(nodes: Iterable[Node]) -> tuple[PlannedRun, ...]:
    """Return the nodes that are runs, done here or elsewhere."""
    return tuple(node for node in nodes if isinstance(node, PlannedRun))


def runs_done_here(nodes: Iterable[Node]) -> tuple[MolecularDynamics, ...]:
    """Return the nodes that are runs whose dynamics is done here."""
    return tuple(node for node in nodes if isinstance(node, MolecularDynamics))


__all__ = [
    "Job",
    "MolecularDynamics",
    "Node",
    "Origin",
    "PlannedRun",
    "Start",
    "job_kinds",
    "node_kinds",
    "read_job",
    "runs_among",
    "runs_done_here",
]
