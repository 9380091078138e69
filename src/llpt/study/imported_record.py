"""What a study keeps of an imported run beside its table: ``run.json``, its job, its line in the ledger."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from llpt.files import put_directory, remove, write_atomically
from llpt.run_file import RUN_FILE_FORMAT, DescribedEngine, write_run_file
from llpt.study.contents import content_hash
from llpt.study.imported import ImportedRun, write_imported
from llpt.study.job_files import JobFiles
from llpt.study.job_head import IMPORTED_KIND, job_head
from llpt.study.jobs import write_job
from llpt.study.layout import StudyDirectory
from llpt.study.ledger import Ledger
from llpt.study.nodes.run import RecordedDynamics  # noqa: TC001 - pydantic reads it
from llpt.study.outcome import ForeignOrigin, Provenance, Record, State
from llpt.study.place import StudyPlace
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

    format: int = RUN_FILE_FORMAT
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
    remove(root / run.path)  # left by an import that was killed, or a shorter copy of the run
    put_directory(place, root / run.path)
    write_table(root, runs)


def write_table(root: Path, runs: Sequence[ImportedRun]) -> None:
    """Write which runs of a study are imported, and let its ledger follow.

    Args:
        root: the study's directory, in which every one of them has its place already.
        runs: all of them.

    Raises:
        StorageError: the disk refuses; nothing is changed where it is the table that cannot be written.
    """
    write_atomically(StudyPlace(root).imported, write_imported(runs))
    fresh = StudyDirectory.open(root)
    with Ledger(fresh.database) as ledger:
        complete_imports(fresh, ledger)


def complete_imports(directory: StudyDirectory, ledger: Ledger) -> None:
    """Let ledger, jobs and run directories follow the table of imported runs; nothing is done where they do already.

    ``llpt run`` asks for it too, since whoever wrote the table may have been killed before.

    Args:
        directory: the study, whose lock the caller holds.
        ledger: its ledger.

    Raises:
        StorageError: the disk refuses.
    """
    runs = {run.path: run for run in directory.study.imported}
    known = {}
    for entry in ledger.entries():
        head, origin = job_head(entry.job), entry.provenance.origin
        if head.kind == IMPORTED_KIND:
            known[entry.path] = head.engine, None if origin is None else origin.sha256
    stale = [path for path, what in known.items() if path not in runs or (runs[path].engine, runs[path].sha256) != what]
    fresh = [run for path, run in runs.items() if path in stale or path not in known]
    if not stale and not fresh:
        return
    for path in stale:  # before the ledger forgets them: a kill in between leaves what the next command removes
        remove(directory.result(path))
        remove(JobFiles(directory.root, path).job)
        if path not in runs:
            remove(directory.node(path))
    with ledger.transaction():
        for path in stale:
            ledger.forget(path)
        for run in fresh:
            _enter_in_ledger(directory, run, ledger)


def _enter_in_ledger(directory: StudyDirectory, run: ImportedRun, ledger: Ledger) -> None:
    place = directory.node(run.path)
    write_run_file(place, ImportedRecord.of(run))
    write_job(directory, run.planned(), ledger)
    now = time.time()
    ledger.record(
        run.path,
        State.DONE,
        reason=f"imported from {run.program}{', whose files end in the middle of a step' * run.cut_off}",
        steps_done=run.steps,
        started=now,
        finished=now,
        provenance=Provenance(
            engine=describe_engine(run),
            versions=package_versions(),
            origin=ForeignOrigin(program=run.program, files=run.files, sha256=run.sha256, cut_off=run.cut_off),
            content_hash=content_hash(place),
        ),
    )
