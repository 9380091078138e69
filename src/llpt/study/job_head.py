"""What every job says of itself, read without the modules that do it.

It imports little, for ``llpt status`` reads it of ten thousand runs, and the process that runs are forked from before
it knows what they need.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Tag, TypeAdapter, ValidationError

from llpt.options import GivenValue  # noqa: TC001 - pydantic reads it

IMPORTED_KIND = "imported"


class DynamicsHead(BaseModel):
    """What a run was asked for.

    Args:
        steps: number of MD steps.
        timestep_fs: time step in fs.
        temperature_k: the thermostat's temperature; None where there is none.
        pressure_gpa: the barostat's pressure; None where there is none.
        proposals: of hybrid Monte Carlo, whose steps take no time; None for dynamics.
        beads: of a path integral; 1 for classical nuclei.
    """

    model_config = ConfigDict(frozen=True)

    steps: int
    timestep_fs: float
    temperature_k: float | None = None
    pressure_gpa: float | None = None
    proposals: dict[str, GivenValue | dict[str, GivenValue]] | None = None
    beads: int = 1


class RunHead(BaseModel):
    """The job of a run.

    Args:
        kind: which job it is.
        engine: SPEC of its engine.
        atoms: number of atoms.
        settings: its dynamics.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    engine: str
    atoms: int
    settings: DynamicsHead


class OtherHead(BaseModel):
    """The job of a node that is no run.

    Args:
        kind: which job it is.
        engine: SPEC of its engine; empty where it has none, or several.
    """

    model_config = ConfigDict(frozen=True)

    kind: str = ""
    engine: str = ""


def _which(job: Any) -> str:
    """Tell a run's job, of whatever kind: it alone says of how many atoms (``llpt.study.nodes.run.RunJob``)."""
    return "run" if "atoms" in job else "other"


JobHead = RunHead | OtherHead
_HEAD: TypeAdapter[JobHead] = TypeAdapter(
    Annotated[Annotated[RunHead, Tag("run")] | Annotated[OtherHead, Tag("other")], Discriminator(_which)]
)


@lru_cache(maxsize=2**14)
def job_head(text: str | bytes) -> JobHead:
    """Return what a job says of itself; of a text that was read before, as it was read then.

    Args:
        text: the job, as its file and the ledger hold it.

    Raises:
        ValueError: it is no job.
    """
    try:
        return RunHead.model_validate_json(text)  # half the time: nothing is made to look which it is
    except ValidationError:
        return _HEAD.validate_json(text)
