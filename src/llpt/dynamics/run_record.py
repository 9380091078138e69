"""What ``run.json`` says of a run of llpt, and whether the run may be continued as asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
)

from llpt.dynamics.outcome import RunState
from llpt.dynamics.settings import RunSettings  # noqa: TC001 - pydantic reads it
from llpt.engines import engine_records
from llpt.errors import InputError, StorageError
from llpt.run_file import DescribedEngine, read_run_file
from llpt.version import package_versions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llpt.engines import EngineDescription, OptionValue

_MAY_CHANGE = {"steps", "checkpoint_every", "maximum_force_spread_ev_per_angstrom"}
_WHERE_IT_RUNS = {"device", "threads", "command", "processes"}


def now() -> str:
    """Return the time as ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class _Spoken(BaseModel):
    """A record whose file leaves out what is not known yet."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="constants")

    @model_serializer(mode="wrap")
    def _what_is_known(self, write: SerializerFunctionWrapHandler) -> dict[str, object]:
        return {key: value for key, value in write(self).items() if value is not None}


class Session(_Spoken):
    """One call that went on with a run.

    Args:
        started: when, ISO 8601.
        first_step: number of the step it went on from.
        versions: of llpt and what it rests on.
        damage: which checkpoints or segments were found damaged.
        ended: when; None while it works, or where it was killed.
        last_step: number of steps on disk as it ended.
        state: how it ended.
    """

    started: str
    first_step: int
    versions: dict[str, str]
    damage: str | None = None
    ended: str | None = None
    last_step: int | None = None
    state: RunState | None = None


class RunRecord(_Spoken):
    """What ``run.json`` says of a run of llpt.

    Args:
        format: of the file.
        state: how the run stands.
        reason: one sentence; empty where it is done.
        steps_done: number of steps on disk.
        n_atoms: number of atoms.
        timestep_fs: the time step, resolved where the settings leave it open.
        settings: what was asked for last.
        engine: what computes the forces.
        potential: that of multiple time steps; None in plain dynamics.
        start_sha256: hash of the start.
        versions: of llpt and what it rests on as the run began.
        created: when, ISO 8601.
        updated: when it was last written.
        sessions: the calls that did it, in order.
        wall_seconds: wall time of the steps on disk.
    """

    format: Literal[1] = 1
    state: RunState = RunState.UNFINISHED
    reason: str = "started"
    steps_done: int = 0
    n_atoms: int
    timestep_fs: float
    settings: RunSettings
    engine: DescribedEngine
    potential: DescribedEngine | None = None
    start_sha256: str
    versions: dict[str, str]
    created: str
    updated: str | None = None
    sessions: tuple[Session, ...] = ()
    wall_seconds: float = 0.0

    @field_validator("settings", mode="before")
    @classmethod
    def _without_proposals(cls, given: Any, info: ValidationInfo) -> Any:
        """Leave out a setting of earlier versions, how hybrid Monte Carlo proposes: null in every run of dynamics."""
        if not isinstance(given, dict) or "proposals" not in given:
            return given
        if given["proposals"] is not None:
            raise StorageError(
                f"The run in {info.context} was made by hybrid Monte Carlo, which this version of llpt no longer has.",
                "Use a new directory; llpt.open_trajectory still reads what that run left.",
            )
        return {key: value for key, value in given.items() if key != "proposals"}


def new_record(
    settings: RunSettings,
    engine: EngineDescription,
    potential: EngineDescription | None,
    *,
    start_hash: str,
    timestep_fs: float,
    n_atoms: int,
) -> RunRecord:
    """Return the record of a run that is about to start.

    Args:
        settings: of the run.
        engine: what computes the forces.
        potential: that of multiple time steps; None in plain dynamics.
        start_hash: SHA-256 of the start.
        timestep_fs: the time step, resolved, > 0.
        n_atoms: number of atoms.
    """
    return RunRecord(
        n_atoms=n_atoms,
        timestep_fs=timestep_fs,
        settings=settings,
        engine=DescribedEngine.of(engine),
        potential=None if potential is None else DescribedEngine.of(potential),
        start_sha256=start_hash,
        versions=package_versions(),
        created=now(),
    )


def read_run_record(directory: Path) -> RunRecord | None:
    """Read what a run of llpt says of itself; None where there is no run.

    Raises:
        StorageError: its file is damaged, or of another version, or hybrid Monte Carlo of an earlier one made the run.
    """
    return read_run_file(directory, RunRecord)


def check_same(record: RunRecord, fresh: RunRecord, directory: Path, *, same_start: bool = True) -> None:
    """Refuse to continue a run as another one.

    The total number of steps may grow, the checkpoint interval and the limit on a committee's force spread may change;
    everything else must be as it was.

    Args:
        record: what run.json says.
        fresh: what a new record would say now.
        directory: the run directory, for the message.
        same_start: whether the start is compared too.

    Raises:
        InputError: names what differs.
    """
    remedy = "Use a new output directory, or the settings, engine and start this run was made with."
    was, asked = (each.settings.model_dump(mode="json") for each in (record, fresh))
    for key in asked:
        if key not in _MAY_CHANGE and was[key] != asked[key]:
            raise InputError(f"The run in {directory} has {key} = {was[key]!r}, not {asked[key]!r}.", remedy)
    potentials = ("potential", record.potential, fresh.potential)
    for part, before, after in (("engine", record.engine, fresh.engine), potentials):
        difference = _difference(before, after) if before is not None and after is not None else ""
        if difference:
            raise InputError(f"The run in {directory} has {part} {difference}.", remedy)
    if same_start and record.start_sha256 != fresh.start_sha256:
        raise InputError(f"The run in {directory} started from another structure.", remedy)
    if fresh.settings.steps < record.steps_done:
        raise InputError(
            f"The run in {directory} has {record.steps_done} steps already, more than {fresh.settings.steps}.", remedy
        )


def _difference(was: DescribedEngine, asked: DescribedEngine) -> str:
    """Return what differs between two descriptions of an engine, wherever it runs; empty where nothing does."""
    for key in ("name", "spec", "content_hash", "pressure_label"):
        before, after = getattr(was, key), getattr(asked, key)
        if before != after:
            return f"{key} {before!r}, not {after!r}"
    of_before = {**_later_options(was), **was.options}
    for key in sorted((of_before.keys() | asked.options.keys()) - _WHERE_IT_RUNS):
        if of_before.get(key) != asked.options.get(key):
            return f"option {key} = {of_before.get(key)!r}, not {asked.options.get(key)!r}"
    return ""


def options_to_go_on_with(directory: Path, spec: str, options: Mapping[str, OptionValue]) -> dict[str, OptionValue]:
    """Return the options of an engine for a run that may be begun.

    An option that the version that began it did not have keeps its default, whatever the engine would choose now.

    Args:
        directory: of the run; it need not be there.
        spec: SPEC of the engine.
        options: as they are given.
    """
    record = read_run_record(directory) if directory.exists() else None
    if record is None or record.engine is None or record.engine.name != spec.partition(":")[0]:
        return dict(options)
    return {**_later_options(record.engine), **options}


def _later_options(was: DescribedEngine) -> dict[str, OptionValue]:
    """Return the options that an engine has and a record does not know, with their defaults."""
    record = engine_records().get(was.name)
    if record is None or record.options is None:
        return {}
    return {
        name: field.default
        for name, field in record.options.model_fields.items()
        if name not in was.options and not field.is_required() and field.default is not None
    }
