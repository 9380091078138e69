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
from functools import partial
from typing import TYPE_CHECKING

from llpt.errors import LlptError, StorageError
from llpt.files import copy, scratch_directory
from llpt.study.analysis import verdict_of_study
from llpt.study.check import Check, first_names
from llpt.study.contents import content_hash
from llpt.study.explaining import asks_for_labels, explanation_of
from llpt.study.fixed_thresholds import StudyThresholds, ThresholdsFound, changed_thresholds
from llpt.study.inputs import named_potentials
from llpt.study.inside import place_above
from llpt.study.job_files import JobFiles, read_json
from llpt.study.layout import StudyDirectory
from llpt.study.ledger import Entry, Ledger
from llpt.study.lines_table import LINES_NAME, lines_table
from llpt.study.manifest import ArchiveManifest
from llpt.study.observables_table import TABLE_NAME, observables_table
from llpt.study.observed_ladders import ladders_of_study
from llpt.study.outcome import State
from llpt.study.planning import make_plan
from llpt.study.steps import RUN_INSIDE
from llpt.study.verifying_results import (
    explanation_checks,
    explanation_without_trajectories,
    stored_diagnoses,
    table_checks,
    verdict_checks,
)
from llpt.study.verifying_runs import kept_averages, run_checks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from llpt.campaign.observed import ObservedRun
    from llpt.study.nodes import Node
    from llpt.study.plan import Plan

LEFT = "what it left, ledger and disk"


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
                entries = {entry.path: entry.checked() for entry in ledger.entries()}
                found = changed_thresholds(directory.study, plan, ledger)
                thresholds = StudyThresholds.of(directory.study, ledger)
        except (LlptError, ValueError) as error:
            return (Check("study", "ledger", False, str(error)),)
    checks = [
        _all_done(plan, entries),
        _thresholds(found, openly=thresholds.before is not None),
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
                done, seen = kept_averages(directory, run)
            else:
                checks.append(_content(directory, entry))
                done, seen = run_checks(directory, run, entry, part)
            checks += done
            observed += seen
    checks += _others(directory, plan, entries, averages_only=averages_only)
    ladders = ladders_of_study(directory.study, observed)
    explained = None
    unread = averages_only and directory.study.bridge is not None  # [budget] needs its own labels alone
    try:
        if asks_for_labels(directory.study) and not unread:
            explained = explanation_of(directory, plan, entries, ladders)
    except LlptError as error:
        checks.append(Check("study", "labels", False, error.cause))
    fresh = partial(
        verdict_of_study,
        directory,
        plan,
        entries,
        ladders,
        explained=explained,
        labels_say=stored_diagnoses(directory) if unread else (),
        thresholds=thresholds,
    )
    if all(check.can_be_told for check in checks):  # averages of another version differ in the table as well
        checks += table_checks("study", directory.results / TABLE_NAME, partial(observables_table, plan, observed))
        checks += table_checks("study", directory.results / LINES_NAME, partial(lines_table, ladders))
    checks += verdict_checks(directory, fresh, thresholds.now)
    return (
        *checks,
        *(explanation_without_trajectories(directory) if unread else explanation_checks(directory, explained)),
    )


def _thresholds(found: ThresholdsFound, *, openly: bool) -> Check:
    """Check that the thresholds are those from before the runs, or that the study says itself that they are not."""
    what = "thresholds, study file and ledger"
    if found.changed and found.told and openly:
        return Check("study", what, True, "changed after the runs, as the verdict says", remark=found.changed)
    shown = found.changed or "as before the runs"
    return Check("study", what, not found.changed, shown, found.told, found.remark)


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
    checks = [Check.of_same(node.path, "inputs' hash, study file and ledger", entry.inputs_hash, job.inputs_hash())]
    try:
        written = read_json(JobFiles(directory.root, node.path).job)
    except LlptError as error:
        return [*checks, Check(node.path, "job", False, error.cause)]
    agreed = written == json.loads(job.text())
    return [*checks, Check(node.path, "job", agreed, "as planned" if agreed else "jobs/ tells the run something else")]


def _others(
    directory: StudyDirectory, plan: Plan, entries: Mapping[str, Entry], *, averages_only: bool
) -> Iterator[Check]:
    """Check the nodes that are no runs."""
    for node in plan.others:
        if node.path in entries:
            yield from _inputs(directory, node, entries[node.path])
            if entries[node.path].state is not State.DONE:
                continue
            if averages_only and (directory.node(node.path) / RUN_INSIDE).is_dir():
                remark = "The archive was packed without its trajectory: its labels are taken as they are packed."
                yield Check(node.path, LEFT, True, "as packed", remark=remark)
            else:
                yield _content(directory, entries[node.path])


def _content(directory: StudyDirectory, entry: Entry) -> Check:
    """Check that what a node left is, byte by byte, what it was when it was done."""
    kept = entry.provenance.content_hash
    try:
        found = content_hash(directory.node(entry.path))
    except StorageError as error:
        return Check(entry.path, LEFT, False, error.cause)
    if kept:
        return Check.of_same(entry.path, LEFT, kept, found)
    remark = "Done before the ledger kept hashes of trajectories: a change outside of the averages is not found."
    return Check(entry.path, LEFT, True, "not in the ledger", remark=remark if found else "")


def _packed(directory: StudyDirectory, manifest: ArchiveManifest | None) -> list[Check]:
    """Check that the files of an archive are as they were packed."""
    if manifest is None:
        return []
    differing = manifest.differences(directory.root)
    what = "files, archive and disk"
    if differing:
        return [Check("study", what, False, f"differ or are missing: {first_names(differing)}")]
    potentials = named_potentials(directory.study)
    absent = dict.fromkeys(place_above(name, potentials) or name for name in manifest.absent(directory.root))
    remark = f"The archive was packed without potentials: {first_names([*absent])}." if absent else ""
    return [Check("study", what, True, f"{len(manifest.files)} files", remark=remark)]
