"""``run.json``, what a run says of itself beside its trajectory: its form, read and written here alone.

``RunFile`` is what every such file may say, of runs of llpt and of imported ones. ``llpt.dynamics.run_record`` and
``llpt.study.imported_record`` say more, each in a record of its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from llpt.ensembles import Ensemble  # noqa: TC001 - pydantic reads it
from llpt.errors import StorageError
from llpt.files import write_atomically
from llpt.json_values import FormatNumber

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llpt.options import OptionValue

RUN_FILE = "run.json"
RUN_FILE_FORMAT = 1
_REMEDY = "Restore it from a copy or use a new directory."


class _Described(Protocol):
    """A description of an engine; for its fields see :class:`DescribedEngine`."""

    @property
    def name(self) -> str: ...
    @property
    def spec(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def options(self) -> Mapping[str, OptionValue]: ...
    @property
    def content_hash(self) -> str: ...
    @property
    def pressure_label(self) -> str: ...


class DescribedEngine(BaseModel):
    """What computed a result, as ``llpt.engines.EngineDescription`` says it.

    Args:
        name: the kind of engine.
        spec: what it was made from.
        version: version of the program.
        options: every option with its value.
        content_hash: SHA-256 of the files that define it; empty where there are none.
        pressure_label: what stands behind its pressure.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    spec: str
    version: str
    options: dict[str, JsonValue] = Field(default_factory=dict)
    content_hash: str = ""
    pressure_label: str

    @classmethod
    def of(cls, description: _Described) -> DescribedEngine:
        """Return the same as a record; a value of an option that JSON cannot hold is kept as text."""
        return cls(
            name=description.name,
            spec=description.spec,
            version=description.version,
            options=json.loads(json.dumps(dict(description.options), default=str)),
            content_hash=description.content_hash,
            pressure_label=str(description.pressure_label),
        )


class GivenSettings(BaseModel):
    """What a file may say of the dynamics; None where it does not.

    Args:
        ensemble: what was held constant.
        temperature_k: the thermostat's temperature.
        pressure_gpa: the barostat's pressure.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    ensemble: Ensemble | None = None
    temperature_k: float | None = None
    pressure_gpa: float | None = None


class RunFile(BaseModel):
    """What every ``run.json`` may say.

    Args:
        format: of the file.
        settings: the dynamics.
        engine: what computed it; None where the file does not say.
        potential: what moved its atoms within a step; None where nothing did.
        missing: scalars and arrays of a run made elsewhere that its files do not give.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="constants")

    format: int = RUN_FILE_FORMAT
    settings: GivenSettings = GivenSettings()
    engine: DescribedEngine | None = None
    potential: DescribedEngine | None = None
    missing: tuple[str, ...] = ()


Record = TypeVar("Record", bound=BaseModel)


def read_run_file(directory: Path, record: type[Record]) -> Record | None:
    """Read run.json; None where there is none.

    Args:
        directory: of the run.
        record: what is read of it; its validators have the directory as their context.

    Raises:
        StorageError: it is damaged, or of another format.
    """
    path = directory / RUN_FILE
    try:
        text = path.read_text(encoding="utf-8")
        if FormatNumber.model_validate_json(text).format == RUN_FILE_FORMAT:
            return record.model_validate_json(text, context=directory)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        why = f"{where}: {first['msg']}" if where else first["msg"]
        raise StorageError(f"{path} cannot be read: {why}.", _REMEDY) from error
    except (OSError, ValueError) as error:
        raise StorageError(f"{path} cannot be read: {error}.", _REMEDY) from error
    raise StorageError(f"{path} was written by another version of llpt.", "Use that version or a new directory.")


def write_run_file(directory: Path, record: BaseModel) -> None:
    """Write run.json, atomically.

    Args:
        directory: of the run.
        record: all that the file is to say.

    Raises:
        StorageError: the disk refuses.
    """
    write_atomically(directory / RUN_FILE, record.model_dump_json(indent=1) + "\n")
