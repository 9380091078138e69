"""What a node of the plan reports: how it stands while it works, and what became of it.

A process writes both as small JSON files (``llpt.study.job_files``); the ledger keeps where a result comes from.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from llpt.run_file import DescribedEngine  # noqa: TC001 - pydantic reads it


class State(StrEnum):
    """What has become of a node; the three ends are different things and are never mixed in a result."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNFINISHED = "unfinished"
    BLOCKED = "blocked"


class Record(BaseModel):
    """Something that is written as JSON; what a later version adds to it is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    def text(self) -> str:
        """Return it as the ledger keeps it."""
        return self.model_dump_json(exclude_defaults=True)


class NodeProgress(Record):
    """What a node's process last reported.

    Args:
        steps_done: steps behind it, of what it counts in: MD steps, iterations, single points; None before the first.
        steps: steps in all.
        temperature_k: instantaneous temperature of a run.
        pressure_gpa: instantaneous pressure of a run.
        density_g_per_cm3: density of a run.
        seconds_per_step: wall time of one MD step.
        seconds: wall time since its process began.
        message: what it is doing, where numbers do not say it.
    """

    steps_done: int | None = None
    steps: int | None = None
    temperature_k: float | None = None
    pressure_gpa: float | None = None
    density_g_per_cm3: float | None = None
    seconds_per_step: float | None = None
    seconds: float = 0.0
    message: str = ""


Report = Callable[[NodeProgress], None]
"""What a node's work tells how it stands."""


class ForeignOrigin(Record):
    """The files that an imported run was read from.

    Args:
        program: the program that wrote them.
        files: their names.
        sha256: their hashes.
        cut_off: whether they end in the middle of a step.
    """

    program: str
    files: tuple[str, ...]
    sha256: tuple[str, ...]
    cut_off: bool = False


class Provenance(Record):
    """What a result rests on.

    Args:
        engine: what computed it; None where no engine did, or none was made.
        potential: what moved the atoms within its steps or proposed where to; None where nothing did, and of what was
            done before it was kept.
        versions: versions of this program and of what it computes with.
        seed: seed of the random numbers; None where there are none.
        training: what the fit of a potential says of itself.
        origin: the files of an imported run.
        content_hash: of what the node left, see ``llpt.study.contents``; empty of what was done before it was kept.
        device: what computed: "cpu", or the names of graphics processors; empty of what was done before it was kept.
    """

    engine: DescribedEngine | None = None
    potential: DescribedEngine | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    seed: int | None = None
    training: dict[str, str] = Field(default_factory=dict)
    origin: ForeignOrigin | None = None
    content_hash: str = ""
    device: str = ""


class RunConditions(Record):
    """How a run kept to its conditions, over the steps that are not discarded; None is what cannot be told.

    Args:
        temperature_k: mean temperature.
        temperature_error_k: its 68 % error.
        pressure_gpa: mean pressure.
        pressure_error_gpa: its 68 % error.
        density_g_per_cm3: mean density.
        density_error_g_per_cm3: its 68 % error.
        drift_mev_per_atom_ps: slope of the conserved quantity.
    """

    temperature_k: float | None = None
    temperature_error_k: float | None = None
    pressure_gpa: float | None = None
    pressure_error_gpa: float | None = None
    density_g_per_cm3: float | None = None
    density_error_g_per_cm3: float | None = None
    drift_mev_per_atom_ps: float | None = None


LEFT = "it was left to end its step and write its checkpoint by itself"
"""The reason of a run that went on where nobody waited any more for it."""


class NodeOutcome(Record):
    """What became of a node.

    Args:
        path: the node's directory below the study's.
        state: done, failed, unfinished (can be continued) or waiting (was not started).
        reason: why, where it is not done.
        remedy: what to do about it.
        steps_done: MD steps on disk.
        seconds: wall time of this attempt.
        seconds_per_step: wall time of one MD step, None where none was made.
        host: the machine.
        cores: processor cores that the attempt held.
        provenance: what the result rests on.
        conditions: how a run kept to its conditions.
        compile_seconds: wall time in which it waited for machine code that later ones find kept.
    """

    path: str
    state: State
    reason: str = ""
    remedy: str = ""
    steps_done: int = 0
    seconds: float = 0.0
    seconds_per_step: float | None = None
    host: str = ""
    cores: int = 0
    provenance: Provenance = Provenance()
    conditions: RunConditions = RunConditions()
    compile_seconds: float = 0.0
