"""The node of a run that was made elsewhere: it is done from the beginning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from llpt.engines import Speed
from llpt.errors import InputError
from llpt.study.nodes.run import PlannedRun, RecordedDynamics, RunJob

if TYPE_CHECKING:
    from pathlib import Path

    from llpt.options import OptionValue
    from llpt.study.nodes.node import AskedEngine
    from llpt.study.outcome import NodeOutcome, Report


class ForeignFiles(BaseModel):
    """The files an imported run was read from, as its job names them.

    Args:
        origin: not made here.
        source: ``sha256:`` and the hash of the files' hashes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: Literal["imported"] = "imported"
    source: str


class ImportedJob(RunJob):
    """What stands in ``jobs/`` of a run that was made elsewhere.

    Args:
        kind: which job it is.
        settings: what is known of its dynamics.
        start: the files it was read from.
    """

    kind: Literal["imported"] = "imported"
    settings: RecordedDynamics
    start: ForeignFiles

    def work(self, report: Report) -> NodeOutcome:  # noqa: ARG002 - there is nothing to report
        """Refuse: there is nothing to go on from."""
        raise InputError("A run made elsewhere cannot be continued here.", "Import it again with `llpt import`.")


@dataclass(frozen=True, kw_only=True)
class ImportedTrajectory(PlannedRun):
    """A run that was made elsewhere.

    Args:
        dynamics: what is known of its dynamics.
        files_hash: SHA-256 of the hashes of the files it was read from.
    """

    job_class = ImportedJob

    dynamics: RecordedDynamics
    files_hash: str

    @property
    def speed(self) -> Speed:
        """Anything: it costs nothing more, and its engine is a name, not one that could be made here."""
        return Speed()

    @property
    def after(self) -> tuple[str, ...]:
        """Nothing."""
        return ()

    @property
    def engines(self) -> tuple[AskedEngine, ...]:
        """None: it is done."""
        return ()

    def option(self, name: str) -> OptionValue:  # noqa: ARG002 - the options of its program are not known to llpt
        """Return None: no engine of this program does it."""
        return None

    def job(self, root: Path) -> ImportedJob:  # noqa: ARG002 - nothing of it lies in the study's inputs
        """Return what stands in ``jobs/``."""
        return ImportedJob(
            path=self.path,
            role=self.role,
            test=self.test,
            repeat=self.repeat,
            atoms=self.atoms,
            line=self.state.line,
            engine=self.engine,
            options=dict(self.options),
            settings=self.dynamics,
            discard=self.discard,
            start=ForeignFiles(source=f"sha256:{self.files_hash}"),
            after=(),
        )
