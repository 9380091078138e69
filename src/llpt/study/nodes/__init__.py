"""The kinds of node that a plan is made of, each in a module of its own: what it waits for, its job, its cost.

A kind is known to the processes that do the jobs by its place in ``AnyJob``, and to nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, TypeAdapter, ValidationError

from llpt.errors import StorageError
from llpt.study.nodes.coupled import CoupledJob, PlannedCoupled
from llpt.study.nodes.imported import ImportedJob, ImportedTrajectory
from llpt.study.nodes.labels import LabelsJob, PlannedLabels
from llpt.study.nodes.molecular_dynamics import MolecularDynamics, MolecularDynamicsJob
from llpt.study.nodes.node import Job, Node
from llpt.study.nodes.other_labels import OtherLabelsJob, PlannedOtherLabels
from llpt.study.nodes.run import PlannedRun
from llpt.study.nodes.start import Origin, Start
from llpt.study.nodes.training import PlannedTraining, TrainingJob

if TYPE_CHECKING:
    from pathlib import Path

AnyJob = Annotated[
    MolecularDynamicsJob | ImportedJob | TrainingJob | LabelsJob | OtherLabelsJob | CoupledJob,
    Field(discriminator="kind"),
]


def read_job(path: Path) -> Job:
    """Return the job that a file in ``jobs/`` holds.

    Raises:
        StorageError: there is no such file, it is damaged, or another version of llpt wrote it.
    """
    try:
        job: Job = TypeAdapter(AnyJob).validate_json(path.read_text(encoding="utf-8"))
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
    "read_job",
]
