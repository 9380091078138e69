"""What every job says of itself, read without the modules that do it.

It imports little, for ``llpt status`` reads it of ten thousand runs, and the process that runs are forked from before
it knows what they need.
"""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError

IMPORTED_KIND = "imported"


class DynamicsHead(BaseModel):
    """What a run was asked for.

    Args:
        steps: number of MD steps.
        timestep_fs: time step in fs.
        temperature_k: the thermostat's temperature; None where there is none.
        pressure_gpa: the barostat's pressure; None where there is none.
        beads: of a path integral; 1 for classical nuclei.
    """

    model_config = ConfigDict(frozen=True)

    steps: int
    timestep_fs: float
    temperature_k: float | None = None
    pressure_gpa: float | None = None
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
    """The job of a node that is no run: it has no atoms and makes no steps.

    Args:
        kind: which job it is.
        engine: SPEC of its engine; empty where it has none, or several.
    """

    model_config = ConfigDict(frozen=True)

    atoms: ClassVar[int] = 0
    settings: ClassVar[DynamicsHead] = DynamicsHead(steps=0, timestep_fs=0.0)

    kind: str = ""
    engine: str = ""


JobHead = RunHead | OtherHead


@lru_cache(maxsize=2**14)
def job_head(text: str | bytes) -> JobHead:
    """Return what a job says of itself; of a text that was read before, as it was read then.

    Args:
        text: the job, as its file and the ledger hold it.

    Raises:
        ValueError: it is no job.
    """
    try:
        return RunHead.model_validate_json(text)
    except ValidationError as error:
        # a run's job, of whatever kind, and it alone says of how many atoms (``llpt.study.nodes.run.RunJob``)
        if any(each["type"] == "missing" and each["loc"] == ("atoms",) for each in error.errors()):
            return OtherHead.model_validate_json(text)
        raise
