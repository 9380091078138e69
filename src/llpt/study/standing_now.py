"""How a study stands at this moment: its ledger, and what every run at work says of itself."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.errors import StorageError
from llpt.study.ledger import KILLED, Entry, Ledger
from llpt.study.outcome import LEFT, RunConditions, State
from llpt.study.place import StudyPlace
from llpt.study.standing import FIRST, RunStanding

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class StudyStanding:
    """A study at this moment.

    Args:
        at_work: whether an ``llpt run`` is alive.
        runs: how every node stands, what needs somebody first.
    """

    at_work: bool
    runs: tuple[RunStanding, ...]


def study_standing(root: Path) -> StudyStanding | None:
    """Return how a study stands; None where nothing has been started.

    Args:
        root: the study's directory.

    Raises:
        StorageError: its ledger cannot be read.
    """
    place = StudyPlace(root)
    if not place.database.exists():
        return None
    with Ledger(place.database) as ledger:
        entries = ledger.entries()
    at_work = place.at_work
    if not at_work:
        entries = tuple(_stopped(entry, place) for entry in entries)
    ordered = sorted(entries, key=lambda entry: FIRST.index(entry.state))
    return StudyStanding(at_work, tuple(_standing(entry, place) for entry in ordered))


def _stopped(entry: Entry, place: StudyPlace) -> Entry:
    """Return an entry as it stands where no ``llpt run`` is alive: nothing runs."""
    if entry.state is not State.RUNNING:
        return entry
    from llpt.study.steps import node_steps_on_disk  # noqa: PLC0415 - a second of imports, which few need

    done = node_steps_on_disk(place.node(entry.path))
    return entry._replace(state=State.UNFINISHED, reason=KILLED, steps_done=done)


def _standing(entry: Entry, place: StudyPlace) -> RunStanding:
    """Return how a node stands: by its own word where it is at work, or was when the last ``llpt run`` left."""
    found = RunStanding.of(entry)
    left = entry.state is State.UNFINISHED and entry.reason == LEFT
    if not left and entry.state is not State.RUNNING:
        return found
    from llpt.study.job_files import JobFiles  # noqa: PLC0415 - start-up time of llpt status

    files = JobFiles(place.root, entry.path)
    with suppress(StorageError):
        if left:
            since = files.read_outcome(seconds=entry.seconds, host=entry.host)
            return found._replace(steps_done=max(entry.steps_done, since.steps_done if since else 0))
        progress = files.read_progress()
        pace = progress.seconds_per_step or entry.seconds_per_step
        return found._replace(
            entry=entry._replace(seconds_per_step=pace),
            steps_done=entry.steps_done if progress.steps_done is None else progress.steps_done,
            now=RunConditions(temperature_k=progress.temperature_k, pressure_gpa=progress.pressure_gpa),
            progress=None if found.steps else progress,
        )
    return found
