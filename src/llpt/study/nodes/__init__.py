"""The kinds of node that a plan is made of, each in a module of its own: what it waits for, its job, its cost.

A kind is known to the processes that do the jobs by the ``kind`` of its job, and by no list: a module that stands here
is enough.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import Field, TypeAdapter, ValidationError

from llpt.errors import StorageError
from llpt.study.nodes.coupled import PlannedCoupled
from llpt.study.nodes.imported import ImportedTrajectory
from llpt.study.nodes.labels import PlannedLabels
from llpt.study.nodes.molecular_dynamics import MolecularDynamics
from llpt.study.nodes.node import Job, Node
from llpt.study.nodes.other_labels import PlannedOtherLabels
from llpt.study.nodes.run import PlannedRun
from llpt.study.nodes.start import Origin, Start
from llpt.study.nodes.training import PlannedTraining

if TYPE_CHECKING:
    from pathlib import Path


@cache
def job_kinds() -> dict[str, type[Job]]:
    """Return the class of every kind of job, by what its file calls it: those of all modules of this package."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    jobs = {each for module in modules for each in vars(module).values() if isinstance(each, type)}
    return {
        str(job.model_fields["kind"].default): job
        for job in sorted(jobs, key=str)
        if issubclass(job, Job) and "kind" in job.model_fields
    }


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


__all__ = [
    "ImportedTrajectory",
    "Job",
    "MolecularDynamics",
    "Node",
    "Origin",
    "PlannedCoupled",
    "PlannedLabels",
    "PlannedOtherLabels",
    "PlannedRun",
    "PlannedTraining",
    "Start",
    "job_kinds",
    "read_job",
]
