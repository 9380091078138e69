"""What every kind of node of a plan is: where its directory lies, what it waits for, its job, its cost.

A new kind of node is one module beside this one, with a frozen dataclass that is a ``Node`` and the ``Job`` that its
process does, whose ``kind`` is a word of its own. Whoever goes through a plan asks its nodes, and not of what kind they
are: what only some kinds have has an answer here that says so.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator

from llpt.study.inside import leads_out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    import xarray as xr

    from llpt.campaign.labelled import LabelledRun
    from llpt.options import GivenValue
    from llpt.study.cost import StepTimes
    from llpt.study.outcome import NodeOutcome, Report


class Job(BaseModel, ABC):
    """What the process of a node is told, complete in itself; paths in it start from the study's directory.

    Args:
        path: the node's directory below the study's; ``identity`` in the file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    path: str = Field(validation_alias="identity", serialization_alias="identity")

    @field_validator("path")
    @classmethod
    def _inside(cls, path: str) -> str:
        if leads_out(path):
            raise ValueError(f"{path} leads out of the study's directory")
        return path

    def text(self) -> str:
        """Return it as its file in ``jobs/`` holds it: what is the same node has the same text."""
        return json.dumps(self.model_dump(mode="json", by_alias=True), indent=1, sort_keys=True)

    def inputs_hash(self) -> str:
        """Return the SHA-256 by which the ledger knows the node's inputs."""
        return hash_of_job(self.text())

    @abstractmethod
    def work(self, report: Report) -> NodeOutcome:
        """Do the node, or go on with it; the working directory is the study's.

        Args:
            report: told, as often as there is something new, how the work stands.

        Raises:
            LlptError: an input that cannot be used, an engine that failed, a disk that is full.
        """


class AskedEngine(NamedTuple):
    """An engine that a node's process makes.

    Args:
        spec: its SPEC.
        options: its options.
    """

    spec: str
    options: Mapping[str, GivenValue]


def hash_of_job(text: str) -> str:
    """Return the SHA-256 of a job by its text."""
    return hashlib.sha256(text.encode()).hexdigest()


class Node(ABC):
    """One thing of the plan that is done by one process.

    Args:
        job_class: of its job.
        growing: keys of its job, dotted, which may change though it was begun; how, ``check_growth`` says.
    """

    job_class: ClassVar[type[Job]]
    growing: ClassVar[tuple[str, ...]] = ()

    if TYPE_CHECKING:  # at run time a dataclass would take what stands here for the defaults of its fields

        @property
        def path(self) -> str:
            """Its directory below the study's."""

        @property
        def threads(self) -> int:
            """Processor cores it takes, 0 for "all this study may use"."""

        @property
        def engine_folder(self) -> str:
            """The name in paths of the engine that it uses or makes."""

    @property
    @abstractmethod
    def after(self) -> tuple[str, ...]:
        """The nodes that must be done before, by their paths."""

    @property
    @abstractmethod
    def engines(self) -> tuple[AskedEngine, ...]:
        """The engines that its process makes, as the study asks for them; none where it makes none."""

    @property
    @abstractmethod
    def part(self) -> str:
        """Which part of the study it is, for tables: ``cooling``, ``training``."""

    @property
    @abstractmethod
    def counted_as(self) -> tuple[str, int]:
        """What it adds to the sum of a plan: ``("run", 1)``, ``("single point", 560)``."""

    @abstractmethod
    def job(self, root: Path) -> Job:
        """Return what its process is told.

        Args:
            root: the study's directory, whose copies of input files the job names.

        Raises:
            InputError: no starting density is known for the state of a run.
        """

    @abstractmethod
    def cost_s(self, times: StepTimes) -> float:
        """Return the seconds it will take from start to end.

        Args:
            times: how long MD steps take.
        """

    @property
    def steps(self) -> int:
        """Number of MD steps; 0 where it is no run."""
        return 0

    @property
    def row(self) -> object:
        """What it has in common with the nodes that share a row of a table with it: nothing, where it has its own."""
        return self.path

    def grown(self, later: Node) -> Node:  # noqa: ARG002 - most stay as they are
        """Return it as it goes on, where it was begun, in a study that grew.

        Args:
            later: what the study as it is now has in its place.
        """
        return self

    def shrinks(self, later: Node) -> bool:  # noqa: ARG002 - most have no length
        """Whether the study as it is now asks for less of it than was begun.

        Args:
            later: what it has in its place.
        """
        return False

    def doubly_labelled(self, place: Callable[[str], Path]) -> LabelledRun | None:  # noqa: ARG002
        """Return the snapshots that have the labels of both sides, once it is done; None where it gives none.

        Args:
            place: where the directory of a path lies.

        Raises:
            LlptError: the labels cannot be read, or ``llpt.bridge`` refuses them.
        """
        return None

    def electronic_temperature(self, place: Path) -> xr.Dataset | None:  # noqa: ARG002
        """Return how forces change with the electrons' temperature, once it is done; None where it says nothing of it.

        Args:
            place: its directory.

        Raises:
            InputError: its labels cannot be read.
        """
        return None
