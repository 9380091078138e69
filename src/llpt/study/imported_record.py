"""What a study keeps of an imported run beside its table: ``run.json``, its job, its line in the ledger."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from llpt.files import put_directory, remove, write_atomically
from llpt.study.contents import content_hash
from llpt.study.imported import IMPORTED_FILE, ImportedRun, write_imported
from llpt.study.jobs import write_job
from llpt.study.layout import StudyDirectory
from llpt.study.ledger import Ledger
from llpt.study.nodes.run import RecordedDynamics  # noqa: TC001 - pydantic reads it
from llpt.study.outcome import DescribedEngine, ForeignOrigin, Provenance, Record, State
from llpt.study.planning import make_plan
from llpt.version import package_versions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def describe_engine(run: ImportedRun) -> DescribedEngine:
    """Describe an engine that is known by name only, as our own engines describe themselves."""
    return DescribedEngine(
        name=run.label,
        spec=run.engine,
        version=run.program,
        options=dict(run.planned().options),
        pressure_label="as imported",
    )


class ImportedOrigin(Record):
    """Where an imported run comes from.

    Args:
        program: the program that wrote its files.
        files: their hashes by name.
    """

    program: str
    files: dict[str, str]


class ImportedRecord(Record):
    """``run.json`` of an imported run, in the words of ``llpt.dynamics``.

    Args:
        format: of this file.
        state: done.
        reason: where it comes from.
        steps_done: number of the last frame.
        n_atoms: number of atoms.
        timestep_fs: time from frame to frame.
        settings: what is known of its dynamics.
        engine: what computed it.
        origin: the files it was read from.
        missing: what the files do not give.
        versions: of what read them.
    """

    format: int = 1
    state: State = State.DONE
    reason: str
    steps_done: int
    n_atoms: int
    timestep_fs: float
    settings: RecordedDynamics
    engine: DescribedEngine
    origin: ImportedOrigin
    missing: tuple[str, ...]
    versions: dict[str, str]

    @classmethod
    def of(cls, run: ImportedRun) -> ImportedRecord:
        """Return what the table of a run says."""
        return cls(
            reason=f"imported from {run.program}: {', '.join(run.files)}",
            steps_done=run.steps,
            n_atoms=run.atoms,
            timestep_fs=run.frame_interval_fs,
            settings=run.dynamics,
            engine=describe_engine(run),
            origin=ImportedOrigin(program=run.program, files=dict(zip(run.files, run.sha256, strict=True))),
            missing=run.missing,
            versions=package_versions(),
        )


def enter_run(root: Path, runs: Sequence[ImportedRun], run: ImportedRun, place: Path) -> None:
    """Put the run directory in its place, then the table, then the ledger; a kill in between can be made good.

    Args:
        root: the study's directory.
        runs: all imported runs of the study, this one among them.
        run: the run.
        place: its directory, made aside inside the study's.

    Raises:
        StorageError: the disk refuses.
    """
    target = root / run.path
    remove(target)  # left by an import that was killed before its table was written
    put_directory(place, target)
    write_atomically(root / IMPORTED_FILE, write_imported(runs))
    fresh = StudyDirectory.open(root)
    with Ledger(fresh.database) as ledger:
        write_job(fresh, make_plan(fresh.study)[run.path], ledger)
        now = time.time()
        ledger.record(
            run.path,
            State.DONE,
            reason=f"imported from {run.program}",
            steps_done=run.steps,
            started=now,
            finished=now,
            provenance=Provenance(
                engine=describe_engine(run),
                versions=package_versions(),
                origin=ForeignOrigin(program=run.program, files=run.files, sha256=run.sha256),
                content_hash=content_hash(target),
            ),
        )
