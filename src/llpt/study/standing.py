"""How a study stands, from its ledger alone: what every run was asked for, what it has done, what is left.

It imports little, for ``llpt status`` must answer at once.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from llpt.errors import StorageError, first_line
from llpt.study.job_head import IMPORTED_KIND, job_head
from llpt.study.outcome import State
from llpt.units import DAY_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llpt.study.job_head import JobHead
    from llpt.study.ledger import Entry
    from llpt.study.outcome import NodeProgress, RunConditions

FIRST = (State.FAILED, State.UNFINISHED, State.RUNNING, State.BLOCKED, State.WAITING, State.DONE)
"""What needs somebody stands first."""
GOES_ON = (State.WAITING, State.RUNNING, State.UNFINISHED)
FS_PER_NS = 1e6
IMPORTED, CUT_OFF = "imported", "imported, cut off"
"""Words for runs made elsewhere: all that their files hold is taken, and whether these end in the middle of a step."""


class RunStanding(NamedTuple):
    """A node of a study.

    Args:
        entry: what the ledger holds of it.
        job: what it was asked for.
        steps_done: MD steps behind it.
        now: how a run at work keeps to its conditions; None where the ledger tells how one kept to them.
        progress: what a node at work that is no run last reported, as a training does; else None.
    """

    entry: Entry
    job: JobHead
    steps_done: int
    now: RunConditions | None = None
    progress: NodeProgress | None = None

    @classmethod
    def of(cls, entry: Entry) -> RunStanding:
        """Return how a node stands by its ledger.

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
        return cls(entry, job, entry.steps_done)

    @property
    def engine(self) -> str:
        """SPEC of its engine."""
        return self.job.engine

    @property
    def atoms(self) -> int:
        """Number of atoms; 0 where it is no run."""
        return self.job.atoms

    @property
    def steps(self) -> int:
        """MD steps that were asked for; 0 where it is no run."""
        return self.job.settings.steps

    @property
    def timestep_fs(self) -> float:
        """Its time step; 0 where it is no run."""
        return self.job.settings.timestep_fs

    @property
    def temperature_k(self) -> float | None:
        """The thermostat's temperature; None where it is no run."""
        return self.job.settings.temperature_k

    @property
    def pressure_gpa(self) -> float | None:
        """The barostat's pressure; None where there is none."""
        return self.job.settings.pressure_gpa

    @property
    def beads(self) -> int:
        """Of a path integral; 1 for classical nuclei."""
        return self.job.settings.beads

    @property
    def conditions(self) -> RunConditions:
        """How a run keeps to its conditions, or kept to them.

        Raises:
            StorageError: the ledger is damaged.
        """
        return self.entry.conditions if self.now is None else self.now

    @property
    def word(self) -> str:
        """Its state in a word, as ``word_of`` says it."""
        return word_of(self.entry) if self.job.kind == IMPORTED_KIND else str(self.entry.state)

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


def counted_by_word(runs: Iterable[RunStanding]) -> dict[str, int]:
    """Return how many runs each word is said of, those of no run as well."""
    counts = Counter(run.word for run in runs)
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
    for run in runs:
        if run.entry.state not in GOES_ON:
            continue
        known, steps = usual.get((run.engine, run.atoms)), run.steps
        pace = run.entry.seconds_per_step or (None if known is None else run.beads * known)
        if pace is None or not steps:
            unknown += 1
        else:
            left += max(0, steps - run.steps_done) * pace
    return left, unknown
