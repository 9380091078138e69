"""The files through which a node's process is told and tells; they lie in ``jobs/``, beside the runs, not in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from llpt.campaign import file_stem
from llpt.errors import StorageError
from llpt.files import write_atomically
from llpt.study.outcome import NodeOutcome, NodeProgress

if TYPE_CHECKING:
    from pathlib import Path

PROGRESS_SUFFIX = ".progress.json"
Model = TypeVar("Model", bound=BaseModel)


def read_json(path: Path) -> object:
    """Return what a JSON file of llpt holds, whatever it is, or None where there is no such file.

    Raises:
        StorageError: the file is there but damaged.
    """
    try:
        data: object = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    return data


def read_record(file: Path, model: type[Model], **known: object) -> Model | None:
    """Return what a JSON file of llpt holds as a record, or None where there is no such file.

    Args:
        file: the file.
        model: the record.
        known: values that do not stand in the file.

    Raises:
        StorageError: the file is there but damaged.
    """
    data = read_json(file)
    try:
        return None if data is None else model.model_validate({**data, **known} if isinstance(data, dict) else data)
    except ValidationError as error:
        raise _damaged(file, str(error).splitlines()[0]) from error


def _damaged(path: Path, why: str) -> StorageError:
    return StorageError(f"{path} is damaged: {why}.", "Remove it, or restore it from a copy.")


@dataclass(frozen=True)
class JobFiles:
    """The files of one node.

    Args:
        root: the study's directory.
        path: the node's directory below it.
    """

    root: Path
    path: str

    def _file(self, suffix: str) -> Path:
        return self.root / "jobs" / f"{file_stem(self.path)}{suffix}"

    @property
    def job(self) -> Path:
        """What the process is told."""
        return self._file(".json")

    @property
    def progress(self) -> Path:
        """What it last reported."""
        return self._file(PROGRESS_SUFFIX)

    @property
    def outcome(self) -> Path:
        """What became of it."""
        return self._file(".outcome.json")

    @property
    def log(self) -> Path:
        """What it printed."""
        return self._file(".log")

    @property
    def start(self) -> Path:
        """The relaxed start of a run whose fluid is made here."""
        return self._file(".start.extxyz")

    @property
    def lock(self) -> Path:
        """Held by the process while it lives."""
        return self._file(".lock")

    def read_progress(self) -> NodeProgress:
        """Return what the process last reported; nothing yet is a progress of nothing.

        Raises:
            StorageError: the file is damaged.
        """
        return read_record(self.progress, NodeProgress) or NodeProgress()

    def write_progress(self, progress: NodeProgress) -> None:
        """Write how the process stands; it is rewritten often and need not outlive a power cut.

        Raises:
            StorageError: it cannot be written.
        """
        write_atomically(self.progress, progress.model_dump_json(exclude_defaults=True), durable=False)

    def read_outcome(self, *, seconds: float, host: str) -> NodeOutcome | None:
        """Return what became of the node, or None where its process left no word.

        Args:
            seconds: wall time of the attempt.
            host: the machine.

        Raises:
            StorageError: the file is damaged.
        """
        return read_record(self.outcome, NodeOutcome, path=self.path, seconds=seconds, host=host)

    def write_outcome(self, outcome: NodeOutcome) -> None:
        """Write what a process has to say; time and machine are the reader's to add.

        Raises:
            StorageError: it cannot be written.
        """
        write_atomically(self.outcome, outcome.model_dump_json(indent=1, exclude={"path", "seconds", "host"}))
