"""A study takes from another what was done there and would be the same here: one reference serves many surrogates.

The same is what has the same job and, in both studies, rests on the same runs and on the same copied files.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from llpt.campaign import short_name
from llpt.errors import InputError
from llpt.files import atomic_directory, copy
from llpt.study.growing import first_change
from llpt.study.jobs import write_job
from llpt.study.ledger import EntryChanges, Ledger
from llpt.study.outcome import State
from llpt.study.stored import tree_hash

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from llpt.study.layout import StudyDirectory
    from llpt.study.ledger import Entry
    from llpt.study.nodes import Node
    from llpt.study.plan import Plan

COPIED = re.compile(r'inputs/[^"]+')
"""A file of the study's own, as a job names it."""
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
    here = {entry.path: entry for entry in ledger.entries()}
    same: set[str] = set()
    taken = []
    for path, node in ((path, plan[path]) for path in plan.paths):
        if path not in there or not same.issuperset(node.after) or not _same(directory, source, node, there[path]):
            continue
        begun = path in here and here[path].attempts > 0
        if begun and here[path].state is State.DONE:
            same.add(path)
        if begun or path not in wanted:
            continue
        if not directory.node(path).exists():  # else it was taken, and a kill came before the ledger knew
            with atomic_directory(directory.node(path)) as fresh:
                copy(source.node(path), fresh)
        write_job(directory, node, ledger)
        known = {name: value for name in CARRIED if (value := getattr(there[path], name)) is not None}
        ledger.record(path, State.DONE, reason=f'taken from the study "{source.study.study.name}"', **known)
        same.add(path)
        taken.append(path)
    if not taken and not any(here[path].attempts for path in wanted if path in here):
        raise InputError(
            f"Nothing that is done in {source.root} is what {directory.root} asks for{_why(directory, plan, there)}.",
            "Give both the same seed, states, [dynamics] and reference, or leave out --runs-from to do all anew.",
        )
    return tuple(taken)


def _same(directory: StudyDirectory, source: StudyDirectory, node: Node, done: Entry) -> bool:
    job = node.job(directory.root)
    return done.inputs_hash == job.inputs_hash() and all(
        tree_hash(directory.root / file) == tree_hash(source.root / file) for file in COPIED.findall(job.text())
    )


def _why(directory: StudyDirectory, plan: Plan, there: Mapping[str, Entry]) -> str:
    """Say the first thing that differs where a node is done there under the same name."""
    for path in plan.paths:
        if path in there:
            one, other = json.loads(there[path].job), json.loads(plan[path].job(directory.root).text())
            return f": {short_name(path)} differs in {first_change(one, other) or 'its start or a file it names'}"
    return ": no run has the same name"
