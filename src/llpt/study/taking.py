"""A study takes from another what was done there and would be the same here: one reference serves many surrogates.

The same is what has the same job and, in both studies, rests on the same runs and on the same copied files.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from llpt.campaign import short_name
from llpt.errors import InputError, StorageError
from llpt.files import atomic_directory, copy
from llpt.study.contents import content_hash
from llpt.study.fixed_thresholds import keep_thresholds_of_run, thresholds_done_under
from llpt.study.growing import first_change
from llpt.study.jobs import write_job
from llpt.study.ledger import EntryChanges, Ledger
from llpt.study.nodes.node import hash_of_job
from llpt.study.outcome import State
from llpt.study.stored import tree_hash

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from llpt.study.layout import StudyDirectory
    from llpt.study.ledger import Entry
    from llpt.study.nodes import Node
    from llpt.study.plan import Plan

CARRIED = tuple(EntryChanges.__annotations__)
"""What the ledger says of a node beside its state: it is taken as it is, time of its end and machine included."""


def take_done(
    directory: StudyDirectory, plan: Plan, ledger: Ledger, wanted: Collection[str], source: StudyDirectory
) -> tuple[str, ...]:
    """Copy every node that is done in another study and that this one would do the same; return their paths.

    Args:
        directory: the study, whose lock the caller holds.
        plan: its plan.
        ledger: its ledger.
        wanted: paths of the nodes that may be taken.
        source: the other study; it is only read, and may be running.

    Raises:
        InputError: there is none to take, though this study has not begun what is asked for.
        StorageError: a disk refuses; what was taken before is whole.
    """
    if source.root.resolve() == directory.root.resolve():
        raise InputError(f"{source.root} is the study itself.", "Give --runs-from the directory of another study.")
    with Ledger(source.database) as other:
        there = {entry.path: entry for entry in other.entries() if entry.state is State.DONE}
        under = thresholds_done_under(other)
    runs = {run.path for run in plan.own_runs}
    here = {entry.path: entry for entry in ledger.entries()}
    changed = _changed_files(directory.root, source.root)
    same: set[str] = set()
    taken = []
    for path, node in ((path, plan[path]) for path in plan.paths):
        if (
            path not in there
            or not same.issuperset(node.after)
            or not _same(node, directory.root, there[path], changed)
        ):
            continue
        own = here.get(path)
        done_here = own is not None and own.state is State.DONE
        if own and done_here and own.provenance.content_hash == there[path].provenance.content_hash:
            same.add(path)
            if path in under and path in runs and own.started == there[path].started:  # taken before this was kept
                keep_thresholds_of_run(ledger, path, under[path])
        if path not in wanted or done_here or (own and own.attempts):
            continue
        _copy(source.node(path), directory.node(path), there[path].provenance.content_hash)
        write_job(directory, node, ledger)
        if path in runs:
            keep_thresholds_of_run(ledger, path, under.get(path, ""))
        known = {name: value for name in CARRIED if (value := getattr(there[path], name)) is not None}
        ledger.record(path, State.DONE, reason=f'taken from the study "{source.study.study.name}"', **known)
        same.add(path)
        taken.append(path)
    if not taken and not any(here[path].attempts for path in wanted if path in here):
        raise InputError(
            f"Nothing that is done in {source.root} is what {directory.root} asks for: "
            f"{_why(directory, plan, there, wanted, same)}.",
            "Give both the same seed, states, [dynamics] and reference, or leave out --runs-from to do all anew.",
        )
    return tuple(taken)


def _changed_files(root: Path, other: Path) -> list[str]:
    """Return the files of a study that are not the same in another one, as a job names them in JSON."""
    files = [path.relative_to(root) for path in root.glob("inputs/*/*")]
    return [json.dumps(file.as_posix())[1:-1] for file in files if tree_hash(root / file) != tree_hash(other / file)]


def _same(node: Node, root: Path, done: Entry, changed: Collection[str]) -> bool:
    text = node.job(root).text()
    return hash_of_job(text) == done.inputs_hash and not any(file in text for file in changed)


def _copy(source: Path, target: Path, kept: str) -> None:
    """Copy the directory of a node; one that is there was taken, and a kill came before the ledger knew."""
    if target.exists():
        _check(target, kept, source)
        return
    with atomic_directory(target) as fresh:
        copy(source, fresh)
        _check(fresh, kept, source)


def _check(place: Path, kept: str, source: Path) -> None:
    if kept and content_hash(place) != kept:
        raise StorageError(
            f"{place.name} is not what the ledger says of {source}: it is changed, or changes now.",
            "Let that study end, or llpt verify it; then start again. What was taken before is whole.",
        )


def _why(
    directory: StudyDirectory, plan: Plan, there: Mapping[str, Entry], wanted: Collection[str], same: Collection[str]
) -> str:
    """Say the first thing that differs where a node that is asked for is done there under the same name."""
    path = next((path for path in plan.paths if path in wanted and path in there), None)
    if path is None:
        return "no run that is asked for has the same name as one done there"
    one, other = json.loads(there[path].job), json.loads(plan[path].job(directory.root).text())
    if change := first_change(one, other):
        return f"{short_name(path)} differs in {change}"
    below = next((short_name(run) for run in plan[path].after if run not in same), None)
    if below is not None:
        return f"{short_name(path)} starts from {below}, which is not taken"
    return f"{short_name(path)} differs in its start or a file it names"
