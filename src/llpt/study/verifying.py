"""Re-checks a finished study from what lies on disk, and changes nothing there.

What is checked, each item on its own so that one fault does not hide another: the study file and its plan; of every run
its place in the ledger, the hash of all that determines it and of all that it left, its job, that ledger and run.json
name the same engine with the same files, the length of its trajectory, that every energy and the conserved quantity is
finite; that averaging the trajectory once more gives the stored results, and judging them the stored verdict; that the
thresholds are those from before the runs; and that the tables for people say what they would if they were made anew.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from llpt.audit import Agreement, Verdict, reproduces
from llpt.errors import LlptError, NewerFormatError, StorageError
from llpt.files import copy, scratch_directory
from llpt.observables import compare_kept, load_summary
from llpt.run_file import RUN_FILE, DescribedEngine, RunFile, read_run_file
from llpt.study.analysis import verdict_of_study
from llpt.study.archive import ArchiveManifest
from llpt.study.contents import content_hash
from llpt.study.explaining import (
    EXPLANATION,
    FRAMES_TABLE,
    asks_for_labels,
    difference_from,
    doubly_labelled_table,
    explanation_of,
)
from llpt.study.fixed_thresholds import changed_thresholds, thresholds_before
from llpt.study.job_files import JobFiles, read_json
from llpt.study.layout import StudyDirectory
from llpt.study.ledger import Entry, Ledger
from llpt.study.observables_table import TABLE_NAME, observables_table
from llpt.study.observed_ladders import ladders_of_study
from llpt.study.observing import observed_run, summary_of
from llpt.study.outcome import State
from llpt.study.planning import make_plan
from llpt.study.tables import difference_of_tables
from llpt.trajectory import Trajectory
from llpt.trajectory.stored import segment_files
from llpt.trajectory.thermo import THERMO_NAME, thermo_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import xarray as xr

    from llpt.campaign.observed import ObservedRun
    from llpt.study.explaining import Explained
    from llpt.study.nodes import Node, PlannedRun
    from llpt.study.plan import Plan

FINITE = (
    "internal_energy_ev",
    "free_energy_ev",
    "kinetic_energy_ev",
    "volume_angstrom3",
    "pressure_gpa",
    "conserved_ev",
)
READ_FRAMES = 64


@dataclass(frozen=True)
class Check:
    """One thing that was checked.

    Args:
        subject: a run, or ``study``.
        what: what was checked.
        passed: whether it holds.
        found: what was found; of a check that failed, what does not agree.
        can_be_told: False where it did not pass because this program cannot tell: no sign that anything was changed,
            and none that nothing was.
        remark: what a reader should know all the same of a check that passed; empty where there is nothing.
    """

    subject: str
    what: str
    passed: bool
    found: str
    can_be_told: bool = True
    remark: str = ""


def verify(root: Path, on_run: Callable[[float, int, str], None] = lambda *_: None) -> tuple[Check, ...]:
    """Check a finished study and return every check.

    Args:
        root: its directory; nothing in it is changed.
        on_run: called with runs behind, runs in all, and the run at hand.

    Raises:
        InputError: there is no study.
        StorageError: there is no room for temporary files; it says nothing of the study.
    """
    directory = StudyDirectory.open(root)
    plan = make_plan(directory.study)
    manifest = ArchiveManifest.read(directory.root)
    averages_only = manifest is not None and not manifest.trajectories
    with _copy_of_ledger(directory) as file:
        try:
            with _opened(file) as ledger:
                entries = {entry.path: entry for entry in ledger.entries()}
                changed, told = changed_thresholds(directory.study, plan, ledger)
                before = thresholds_before(directory.study, ledger)
        except (LlptError, ValueError) as error:
            return (Check("study", "ledger", False, str(error)),)
    checks = [
        _all_done(plan, entries),
        _thresholds(changed, told, openly=before is not None),
    ]
    checks += [
        Check(path, "part of the plan", False, "the ledger has it, the study file does not imply it")
        for path in entries
        if path not in plan
    ]
    checks += _packed(directory, manifest)
    observed: list[ObservedRun] = []
    runs = [run for run in plan.runs if run.path in entries]
    for number, run in enumerate(runs):
        entry = entries[run.path]
        checks += _inputs(directory, run, entry)
        if entry.state is State.DONE:

            def part(read: int, frames: int, number: int = number, name: str = run.path) -> None:
                on_run(number + read / max(frames, 1), len(runs), name)

            on_run(number, len(runs), run.path)
            if averages_only:
                done, seen = _averages(directory, run)
            else:
                checks.append(_content(directory, entry))
                done, seen = _run(directory, run, entry, part)
            checks += done
            observed += seen
    checks += _others(directory, plan, entries)
    ladders = ladders_of_study(directory.study, observed)
    explained = None
    try:
        if asks_for_labels(directory.study):
            explained = explanation_of(directory, plan, entries, ladders)
    except LlptError as error:
        checks.append(Check("study", "labels", False, error.cause))
    fresh = partial(verdict_of_study, directory, plan, entries, ladders, explained=explained, before=before)
    if all(check.can_be_told for check in checks):  # averages of another version differ in the table as well
        checks += _table("study", directory.results / TABLE_NAME, partial(observables_table, plan, observed))
    return (*checks, *_verdict(directory, fresh), *_explanation(directory, explained))


def _thresholds(changed: str, told: bool, *, openly: bool) -> Check:
    """Check that the thresholds are those from before the runs, or that the study says itself that they are not."""
    what = "thresholds, study file and ledger"
    if changed and told and openly:
        return Check("study", what, True, "changed after the runs, as the verdict says", remark=changed)
    return Check("study", what, not changed, changed or "as before the runs", told)


@contextmanager
def _copy_of_ledger(directory: StudyDirectory) -> Iterator[Path]:
    """Copy the ledger, so that SQLite writes nothing beside the original.

    Raises:
        StorageError: it cannot be read, or there is no room for the copy.
    """
    with scratch_directory("llpt-verify.") as aside:
        ledger_copy = aside / directory.database.name
        if directory.database.is_file():
            copy(directory.database, ledger_copy)
        yield ledger_copy


def _opened(file: Path) -> Ledger:
    """Open a ledger.

    Raises:
        StorageError: it is missing or damaged.
    """
    if not file.is_file():
        raise StorageError(f"{file.name} is missing.", "Restore it from a copy.")
    return Ledger(file)


def _all_done(plan: Plan, entries: Mapping[str, Entry]) -> Check:
    states = [entries[name].state if name in entries else State.WAITING for name in plan.paths]
    undone = [name for name, state in zip(plan.paths, states, strict=True) if state is not State.DONE]
    found = f"{len(states)} of {len(states)} done" if not undone else f"not done: {', '.join(undone)}"
    return Check("study", "every run done", not undone, found)


def _inputs(directory: StudyDirectory, node: Node, entry: Entry) -> list[Check]:
    """Check that the study file still implies what the ledger and the job say of a node."""
    job = node.job(directory.root)
    checks = [_same(node.path, "inputs' hash, study file and ledger", entry.inputs_hash, job.inputs_hash())]
    try:
        written = read_json(JobFiles(directory.root, node.path).job)
    except LlptError as error:
        return [*checks, Check(node.path, "job", False, error.cause)]
    agreed = written == json.loads(job.text())
    return [*checks, Check(node.path, "job", agreed, "as planned" if agreed else "jobs/ tells the run something else")]


def _others(directory: StudyDirectory, plan: Plan, entries: Mapping[str, Entry]) -> Iterator[Check]:
    """Check the nodes that are no runs."""
    for node in plan.others:
        if node.path in entries:
            yield from _inputs(directory, node, entries[node.path])
            if entries[node.path].state is State.DONE:
                yield _content(directory, entries[node.path])


def _content(directory: StudyDirectory, entry: Entry) -> Check:
    """Check that what a node left is, byte by byte, what it was when it was done."""
    what = "what it left, ledger and disk"
    kept = entry.provenance.content_hash
    try:
        found = content_hash(directory.node(entry.path))
    except StorageError as error:
        return Check(entry.path, what, False, error.cause)
    if kept:
        return _same(entry.path, what, kept, found)
    remark = "Done before the ledger kept hashes of trajectories: a change outside of the averages is not found."
    return Check(entry.path, what, True, "not in the ledger", remark=remark if found else "")


def _same(subject: str, what: str, stored: object, found: object) -> Check:
    text = str(found)[:16] if stored == found else f"stored {str(stored)[:16]}, found {str(found)[:16]}"
    return Check(subject, what, stored == found, text)


def _run(
    directory: StudyDirectory, run: PlannedRun, entry: Entry, on_progress: Callable[[int, int], None]
) -> tuple[list[Check], list[ObservedRun]]:
    """Check one run that is done; return it as observed once more where that is possible."""
    place = directory.node(run.path)
    checks: list[Check] = []
    try:
        record = read_run_file(place, RunFile) or RunFile()
        told = entry.provenance.engine
        checks.append(_same(run.path, f"engine, ledger and {RUN_FILE}", _engine(told), _engine(record.engine)))
        trajectory = Trajectory.open(place)
        steps = {entry.steps_done, run.steps, trajectory.n_steps}
        checks.append(
            Check(
                run.path,
                "length",
                len(steps) == 1,
                f"{trajectory.n_steps} steps"
                if len(steps) == 1
                else f"planned {run.steps}, ledger {entry.steps_done}, trajectory {trajectory.n_steps}",
            )
        )
        checks.append(_finite(run.path, trajectory, set(record.missing)))
        _read_discarded(trajectory, run.discard)
        fresh = summary_of(place, run, on_progress)
    except LlptError as error:
        return [*checks, Check(run.path, "trajectory", False, error.cause)], []
    checks.append(_results(directory, run, fresh))
    checks += _table(run.path, place / THERMO_NAME, partial(thermo_table, segment_files(place)))
    return checks, [observed_run(directory.study, run, fresh)]


def _packed(directory: StudyDirectory, manifest: ArchiveManifest | None) -> list[Check]:
    """Check that the files of an archive are as they were packed."""
    if manifest is None:
        return []
    differing = manifest.differences(directory.root)
    found = f"differ or are missing: {_some(differing)}" if differing else f"{len(manifest.files)} files"
    return [Check("study", "files, archive and disk", not differing, found)]


def _averages(directory: StudyDirectory, run: PlannedRun) -> tuple[list[Check], list[ObservedRun]]:
    """Return a run of an archive without trajectories by its stored averages, which cannot be made once more."""
    what = "results, stored"
    try:
        stored = load_summary(directory.result(run.path))
    except (OSError, ValueError, LlptError) as error:
        return [Check(run.path, what, False, f"cannot be read: {error}")], []
    remark = "The archive was packed without its trajectory: its averages are taken as they are stored."
    return [Check(run.path, what, True, "as packed", remark=remark)], [observed_run(directory.study, run, stored)]


def _engine(engine: DescribedEngine | None) -> str:
    """Return what identifies an engine: its SPEC and the hash of the files that define it."""
    return f"{engine.spec} {engine.content_hash}" if engine is not None else ""


def _finite(path: str, trajectory: Trajectory, missing: set[str]) -> Check:
    """Check every scalar that a run must have; of an imported one, those its files gave."""
    scalars = trajectory.scalars()
    wanted = [name for name in FINITE if name not in missing]
    bad = [
        f"{name} at step {int(scalars['step'][int(np.flatnonzero(~np.isfinite(scalars[name]))[0])])}"
        for name in wanted
        if not np.isfinite(scalars[name]).all()
    ]
    found = ", ".join(bad) if bad else f"{scalars.sizes['step']} steps"
    return Check(path, "energies and conserved quantity finite", not bad, found)


def _read_discarded(trajectory: Trajectory, discard: int) -> None:
    """Read the frames that averaging passes over, so that every checksum of the trajectory is checked."""
    for block in trajectory.blocks(READ_FRAMES):
        if int(block.steps[-1]) >= discard:
            return


def _results(directory: StudyDirectory, run: PlannedRun, fresh: xr.Dataset) -> Check:
    path = directory.result(run.path)
    what = "results, stored and recomputed"
    if not path.exists():
        return Check(run.path, what, False, f"results/{path.name} is missing")
    try:
        stored = load_summary(path)
    except (OSError, ValueError, LlptError) as error:
        return Check(run.path, what, False, f"results/{path.name} cannot be read: {error}")
    found = compare_kept(stored, fresh)
    if found.differing:
        return Check(run.path, what, False, f"differ: {_some(found.differing)}")
    if found.old:
        return Check(run.path, what, False, f"made by another version: {_some(found.old)}", can_be_told=False)
    remarks = [
        f"{why}: {_some(names)}."
        for why, names in (
            ("New since the results were stored, not compared", found.new),
            ("Of observables that are not installed here, not compared", found.unknown),
        )
        if names
    ]
    return Check(run.path, what, True, f"{len(found.compared)} variables", remark=" ".join(remarks))


def _some(names: Sequence[str]) -> str:
    """Write the first of some variables; the error and the number of samples go without saying beside their number."""
    names = [name for name in names if not name.endswith(("_error", "_effective_samples"))] or names
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _explanation(directory: StudyDirectory, explained: Explained | None) -> list[Check]:
    """Check that the labels give the stored free energies and kelvins once more."""
    path = directory.results / EXPLANATION
    if explained is None:
        return []
    what = "free energies and kelvins, stored and recomputed"
    if not path.exists():
        return [Check("study", what, False, f"results/{path.name} is missing")] if directory.verdict.exists() else []
    try:
        unlike = difference_from(path.read_text(encoding="utf-8"), explained[0])
    except (OSError, UnicodeDecodeError) as error:
        return [Check("study", what, False, f"results/{path.name} cannot be read: {error}")]
    found = Check("study", what, not unlike, f"results/{path.name}: {unlike}" if unlike else "the same")
    if not explained[1]:
        return [found]
    return [found, *_table("study", directory.results / FRAMES_TABLE, partial(doubly_labelled_table, explained[1]))]


def _table(subject: str, path: Path, make: Callable[[], str]) -> list[Check]:
    """Check that a table for people, where it is there, says what it would if it were made anew."""
    if not path.exists():
        return []
    what = f"{path.name}, stored and made anew"
    try:
        unlike = difference_of_tables(path.read_text(encoding="utf-8"), make())
    except (OSError, UnicodeDecodeError) as error:
        return [Check(subject, what, False, f"cannot be read: {error}")]
    except LlptError as error:
        return [Check(subject, what, False, error.cause)]
    return [Check(subject, what, not unlike, unlike or "the same")]


def _verdict(directory: StudyDirectory, recompute: Callable[[], tuple[Verdict | None, str]]) -> list[Check]:
    what = "verdict, stored and recomputed"
    try:
        fresh, why = recompute()
    except LlptError as error:
        return [Check("study", what, False, error.cause, can_be_told=False)]
    stored = None
    try:
        if directory.verdict.exists():
            stored = Verdict.from_json(directory.verdict.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        return [Check("study", what, False, f"results/{directory.verdict.name} cannot be read: {error}")]
    except LlptError as error:
        return [Check("study", what, False, error.cause, can_be_told=not isinstance(error, NewerFormatError))]
    if fresh is None or stored is None:
        passed = fresh is None and stored is None
        return [Check("study", what, passed, why if passed else "one of them is missing")]
    thresholds = stored.thresholds == directory.study.verdict.thresholds()
    found = "the same" if thresholds else "the verdict was judged by others"
    held = reproduces(stored, fresh)
    return [
        Check("study", "thresholds, study file and verdict", thresholds, found),
        Check(
            "study",
            what,
            held.agreement is Agreement.SAME,
            held.found,
            can_be_told=held.agreement is not Agreement.CANNOT_BE_TOLD,
        ),
    ]
