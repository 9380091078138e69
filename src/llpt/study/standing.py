"""How a study stands, from its ledger alone: what every run was asked for, what it has done, what is left.

It imports little, for ``llpt status`` must answer at once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from llpt.errors import StorageError, first_line
from llpt.study.job_head import RunHead, job_head
from llpt.study.outcome import State
from llpt.units import DAY_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llpt.study.ledger import Entry
    from llpt.study.outcome import NodeProgress

FIRST = (State.FAILED, State.UNFINISHED, State.RUNNING, State.BLOCKED, State.WAITING, State.DONE)
"""What needs somebody stands first."""
FS_PER_NS = 1e6
IMPORTED, CUT_OFF = "imported", "imported, cut off"
"""Words for runs made elsewhere: all that their files hold is taken, and whether these end in the middle of a step."""


@dataclass(frozen=True, slots=True)
class RunStanding:
    """A node of a study.

    Args:
        entry: what the ledger holds of it.
        steps: MD steps that were asked for; 0 where it is no run.
        steps_done: those behind it.
        timestep_fs: its time step; 0 where its steps are proposals of Monte Carlo, which have no times.
        temperature_k: the thermostat's temperature; None where it is no run.
        pressure_gpa: the barostat's pressure; None where there is none.
        engine: SPEC of its engine.
        atoms: number of atoms.
        beads: of a path integral; 1 for classical nuclei.
        progress: what a node at work that is no run last reported, as a training does; else None.
    """

    entry: Entry
    steps: int
    steps_done: int
    timestep_fs: float
    temperature_k: float | None
    pressure_gpa: float | None
    engine: str
    atoms: int
    beads: int = 1
    progress: NodeProgress | None = None

    @classmethod
    def of(cls, entry: Entry, steps_done: int | None = None) -> RunStanding:
        """Return how a node stands.

        Args:
            entry: what the ledger holds of it.
            steps_done: what it says itself while it runs.

        Raises:
            StorageError: what the ledger says that it was told is no job.
        """
        try:
            job = job_head(entry.job)
        except ValueError as error:
            raise StorageError(
                f"The ledger is damaged: what {entry.path} was told is no job ({first_line(error)}).",
                "Restore study.db from a copy; the runs themselves are untouched.",
            ) from error
        run = job if isinstance(job, RunHead) else None
        return cls(
            entry=entry,
            steps=run.settings.steps if run else 0,
            steps_done=entry.steps_done if steps_done is None else steps_done,
            timestep_fs=run.settings.timestep_fs if run and not run.settings.proposals else 0.0,
            temperature_k=run.settings.temperature_k if run else None,
            pressure_gpa=run.settings.pressure_gpa if run else None,
            engine=job.engine,
            atoms=run.atoms if run else 0,
            beads=run.settings.beads if run else 1,
        )

    @property
    def word(self) -> str:
        """Its state in a word, as ``word_of`` says it."""
        return word_of(self.entry)

    @property
    def share_done(self) -> float | None:
        """Share of its steps that is behind it, 0 to 1; None where nothing is known of them."""
        if self.steps:
            return self.steps_done / self.steps
        if self.progress is None or not self.progress.steps or self.progress.steps_done is None:
            return None
        return self.progress.steps_done / self.progress.steps

    @property
    def doing(self) -> str:
        """What a node that is no run does now, e.g. ``fit, loss 0.02: 14 of 200``; empty where it says nothing."""
        if self.progress is None or not self.progress.message:
            return ""
        if self.share_done is None:
            return self.progress.message
        return f"{self.progress.message}: {self.progress.steps_done} of {self.progress.steps}"

    @property
    def picoseconds(self) -> float:
        """Simulated time that was asked for, in ps."""
        return self.steps * self.timestep_fs / 1000.0

    @property
    def picoseconds_done(self) -> float:
        """Simulated time behind it, in ps."""
        return self.steps_done * self.timestep_fs / 1000.0

    @property
    def nanoseconds_a_day(self) -> float | None:
        """Simulated time that a day of its steps makes, in ns."""
        seconds = self.entry.seconds_per_step
        return self.timestep_fs / FS_PER_NS * DAY_S / seconds if seconds and self.steps else None


def word_of(entry: Entry) -> str:
    """Return a state in a word; of a run made elsewhere, which is done by no run of ours, that it is imported."""
    origin = entry.provenance.origin
    if origin is None or entry.state is not State.DONE:
        return str(entry.state)
    return CUT_OFF if origin.cut_off else IMPORTED


def counted_by_word(entries: Iterable[Entry]) -> dict[str, int]:
    """Return how many entries each word is said of, those of no entry as well."""
    counts = Counter(map(word_of, entries))
    return {word: counts[word] for word in (*map(str, State), IMPORTED, CUT_OFF)}


def work_left_s(runs: Sequence[RunStanding]) -> tuple[float, int]:
    """Return the seconds of work that is left of runs, and of how many nothing is known.

    A run that was measured goes on at its own pace, others at the middle one of the runs of the same engine and size,
    the faster of two, so that one which was disturbed spoils nothing; a path integral takes as many times longer as it
    has beads.
    """
    paces: dict[tuple[str, int], list[float]] = {}
    for run in runs:
        if run.entry.seconds_per_step and run.steps:
            paces.setdefault((run.engine, run.atoms), []).append(run.entry.seconds_per_step / run.beads)
    usual = {which: sorted(found)[(len(found) - 1) // 2] for which, found in paces.items()}
    left, unknown = 0.0, 0
    for run in _unfinished(runs):
        known = usual.get((run.engine, run.atoms))
        pace = run.entry.seconds_per_step or (None if known is None else run.beads * known)
        if pace is None or not run.steps:
            unknown += 1
        else:
            left += max(0, run.steps - run.steps_done) * pace
    return left, unknown


def _unfinished(runs: Iterable[RunStanding]) -> Iterable[RunStanding]:
    return (run for run in runs if run.entry.state in {State.WAITING, State.RUNNING, State.UNFINISHED})
