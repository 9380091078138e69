"""The directory of one run: its lock, its record (run.json), its log, and whether it may be continued."""

from __future__ import annotations

import contextlib
import fcntl
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO, cast

from llpt.dynamics.outcome import RunState
from llpt.dynamics.settings import RunSettings
from llpt.errors import InputError, StorageError
from llpt.files import make_directory, open_to_append, write_atomically
from llpt.version import package_versions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from llpt.engines import EngineDescription

RECORD_NAME = "run.json"
LOCK_NAME = "lock"
LOG_NAME = "run.log"
_FORMAT = 1
_MAY_CHANGE = {"steps", "checkpoint_every", "maximum_force_spread_ev_per_angstrom"}
_WHERE_IT_RUNS = {"device", "threads", "command", "processes"}


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold a run directory for this process; the kernel lets go of it however the process ends.

    Raises:
        StorageError: another process holds it, or it cannot be made.
    """
    make_directory(directory)
    with open_to_append(directory / LOCK_NAME) as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StorageError(
                f"Another process is running in {directory}.", "Wait for it or stop it; one process per run."
            ) from error
        yield


class RunLog:
    """``run.log``: what we, i-PI and the engine have to say. A disk that is full silences it, nothing more."""

    def __init__(self, path: Path) -> None:
        self._stream = open_to_append(path)

    @property
    def stream(self) -> TextIO:
        """This log as a stream that standard output can be sent to."""
        return cast("TextIO", self)

    def write(self, text: str) -> int:
        """Write text as it is (the face of a stream, for what others print)."""
        with contextlib.suppress(OSError):
            self._stream.write(text.encode())
        return len(text)

    def flush(self) -> None:
        """Flush what was written."""
        with contextlib.suppress(OSError):
            self._stream.flush()

    def say(self, text: str) -> None:
        """Write one line with the time."""
        self.write(f"{now()}  {text}\n")

    def close(self) -> None:
        """Close the file."""
        with contextlib.suppress(OSError):
            self._stream.close()


def now() -> str:
    """Return the time as ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def new_record(
    settings: RunSettings, engine: EngineDescription, *, start_hash: str, timestep_fs: float, n_atoms: int
) -> dict[str, Any]:
    """Return the record of a run that is about to start."""
    return {
        "format": _FORMAT,
        "state": str(RunState.UNFINISHED),
        "reason": "started",
        "steps_done": 0,
        "n_atoms": n_atoms,
        "timestep_fs": timestep_fs,
        "settings": settings.model_dump(mode="json"),
        "engine": engine.as_dict(),
        "start_sha256": start_hash,
        "versions": package_versions(),
        "created": now(),
        "sessions": [],
        "wall_seconds": 0.0,
    }


def read_run_record(directory: Path) -> dict[str, Any] | None:
    """Read run.json; None where there is none.

    Raises:
        StorageError: it is not a record of llpt.
    """
    path = directory / RECORD_NAME
    if not path.exists():
        return None
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        known = record["format"] == _FORMAT
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"{path} cannot be read: {error}.", "Restore it from a copy or use a new directory."
        ) from error
    if not known:
        raise StorageError(f"{path} was written by another version of llpt.", "Use that version or a new directory.")
    return cast("dict[str, Any]", record)


def write_run_record(directory: Path, record: Mapping[str, Any]) -> None:
    """Write run.json, atomically.

    Raises:
        StorageError: the disk refuses.
    """
    write_atomically(directory / RECORD_NAME, json.dumps(record, indent=1) + "\n")


def check_new(directory: Path) -> None:
    """Refuse a directory that holds something else.

    Raises:
        InputError: there are files in it that no run of llpt left.
    """
    foreign = [entry.name for entry in directory.iterdir() if entry.name not in {LOCK_NAME, LOG_NAME}]
    if foreign:
        raise InputError(
            f"{directory} is not a run directory but holds {foreign[0]}.", "Give an empty or a new directory."
        )


def _difference(was: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return what differs between two descriptions of an engine, wherever it runs; empty where nothing does."""
    for key in ("name", "spec", "content_hash", "pressure_label"):
        if was[key] != now[key]:
            return f"{key} {was[key]!r}, not {now[key]!r}"
    was_options, options = was["options"], json.loads(json.dumps(now["options"]))
    for key in sorted((was_options.keys() | options.keys()) - _WHERE_IT_RUNS):
        if was_options.get(key) != options.get(key):
            return f"option {key} = {was_options.get(key)!r}, not {options.get(key)!r}"
    return ""


def check_same(record: Mapping[str, Any], fresh: Mapping[str, Any], directory: Path) -> None:
    """Refuse to continue a run as another one.

    The total number of steps may grow, the checkpoint interval and the limit on a committee's force spread may change;
    everything else must be as it was.

    Args:
        record: what run.json says.
        fresh: what a new record would say now.
        directory: the run directory, for the message.

    Raises:
        InputError: names what differs.
    """
    remedy = "Use a new output directory, or the settings, engine and start this run was made with."
    for key, value in fresh["settings"].items():
        was = record["settings"].get(key, RunSettings.model_fields[key].default)  # a setting that came later
        if key not in _MAY_CHANGE and was != value:
            raise InputError(f"The run in {directory} has {key} = {was!r}, not {value!r}.", remedy)
    for part in ("engine", *(["proposer"] if "proposer" in record and "proposer" in fresh else [])):
        difference = _difference(record[part], fresh[part])
        if difference:
            raise InputError(f"The run in {directory} has {part} {difference}.", remedy)
    if record["start_sha256"] != fresh["start_sha256"]:
        raise InputError(f"The run in {directory} started from another structure.", remedy)
    if fresh["settings"]["steps"] < record["steps_done"]:
        raise InputError(
            f"The run in {directory} has {record['steps_done']} steps already, more than {fresh['settings']['steps']}.",
            remedy,
        )
