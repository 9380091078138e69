"""A study that has run grows: what is begun stays, what would change it is refused by name.

The study file of before is kept in ``grown/``, numbered, with the names of the nodes that were begun under it; the new
one takes its place. So the plan of a study that grew follows from files alone, as that of any other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llpt.campaign import short_name
from llpt.errors import InputError
from llpt.files import make_directory, remove, write_atomically
from llpt.study.file import Stage
from llpt.study.inputs import copy_inputs, named_inputs
from llpt.study.job_files import JobFiles
from llpt.study.layout import StudyDirectory
from llpt.study.ledger import Ledger
from llpt.study.nodes.node import hash_of_job
from llpt.study.outcome import State
from llpt.study.planning import make_plan
from llpt.study.stored import tree_hash

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from llpt.study.file import StudyFile
    from llpt.study.ledger import Entry
    from llpt.study.nodes import Node
    from llpt.study.plan import Plan

FREE = frozenset({"after", "start", "sources", "labellers"})
"""Keys of a job that follow from the nodes beside it: a node that was begun keeps its own."""


UNFINISHED = ".unfinished"
"""Lies beside the study files of before while a growth is under way: from its first file until the ledger follows."""


@dataclass(frozen=True)
class Growth:
    """What a grown study has that it had not.

    Args:
        study: the study as it is then.
        plan: its plan.
        added: paths of new nodes.
        longer: paths of runs that were begun and become longer.
        thresholds: whether those of the verdict changed.
    """

    study: StudyFile
    plan: Plan
    added: tuple[str, ...]
    longer: tuple[str, ...]
    thresholds: bool

    @property
    def sentence(self) -> str:
        """The growth in words."""
        parts = [f"{len(self.added)} nodes are added", f"{len(self.longer)} runs that were begun become longer"]
        told = f"The study grows: {', '.join(parts)}; what is begun stays."
        if self.thresholds:
            told += " Its thresholds change after runs were begun: the verdict will show both, and say so."
        return told


def proposed_growth(directory: StudyDirectory, study: StudyFile, source: Path) -> Growth:
    """Return what a study would grow to; nothing is written.

    Args:
        directory: the study.
        study: what its new file says.
        source: the directory that paths in the new file start from.

    Raises:
        InputError: it is another study, or something that was begun would change; the first such thing is named.
    """
    before = directory.study
    if before.study.name != study.study.name:
        raise InputError(
            f'{directory.root} belongs to another study ("{before.study.name}").',
            "Choose another directory with --out; nothing was changed.",
        )
    entries = _entries(directory)
    begun = frozenset(path for path, entry in entries.items() if entry.attempts or entry.state is not State.WAITING)
    old, fresh = make_plan(before), make_plan(study.model_copy(update={"imported": before.imported}))
    for item in named_inputs(study, source):
        stored = directory.root / item.stored
        if stored.exists() and tree_hash(stored) != tree_hash(item.path):
            raise _changed(item.key, "its file is not the one that the study copied")
    for path in old.paths:
        if path in begun:
            if path not in fresh:
                raise _changed(short_name(path), "the study has it no more")
            _check_node(old[path], fresh[path], directory.root)
    if begun:
        _check_sections(before, study)
    now = study.model_copy(update={"imported": before.imported}).grown_from(
        (*before.stages, Stage(before, begun & frozenset(old.paths)))
    )
    plan = make_plan(now)
    longer = [path for path in old.paths if path in plan and path in begun and plan[path].steps > old[path].steps]
    return Growth(
        study=now,
        plan=plan,
        added=tuple(path for path in plan.paths if path not in old),
        longer=tuple(longer),
        thresholds=bool(begun) and before.verdict != study.verdict,
    )


def grow(directory: StudyDirectory, text: str, study: StudyFile, source: Path) -> Growth:
    """Let a study grow to what a new study file says.

    Args:
        directory: the study.
        text: the new study file.
        study: what it says.
        source: the directory that paths in it start from.

    Raises:
        InputError: see :func:`proposed_growth`; nothing was changed.
        StorageError: another process works in the study, or the disk refuses.
    """
    with directory.locked():
        _complete(directory)
        growth = proposed_growth(directory, study, source)
        copy_inputs([item for item in named_inputs(study, source) if not (directory.root / item.stored).exists()],
                    directory.root)  # fmt: skip
        place = directory.grown
        make_directory(place)
        write_atomically(place / UNFINISHED, "")
        number = len(growth.study.stages)
        begun = sorted(growth.study.stages[-1].begun)
        write_atomically(place / f"{number:03d}.json", json.dumps({"begun": begun}, indent=1) + "\n")
        earlier = directory.study_file.read_text(encoding="utf-8")
        write_atomically(place / f"{number:03d}.toml", earlier)
        write_atomically(directory.study_file, text)
        _complete(StudyDirectory.open(directory.root))
    return growth


def _complete(directory: StudyDirectory) -> None:
    if (directory.grown / UNFINISHED).exists():
        with Ledger(directory.database) as ledger:
            complete_growth(directory, ledger)


def complete_growth(directory: StudyDirectory, ledger: Ledger) -> None:
    """Let ledger and jobs follow the plan of a study that grew; nothing is done where they do already.

    A run that becomes longer is unfinished then, and what was never begun is forgotten. ``llpt run`` asks for it, since
    whoever let the study grow may have been killed before.

    Args:
        directory: the study, whose lock the caller holds.
        ledger: its ledger.

    Raises:
        StorageError: the disk refuses.
    """
    if not (directory.grown / UNFINISHED).exists():
        return
    nodes = {node.path: node for node in make_plan(directory.study).nodes}
    with ledger.transaction():
        for entry in ledger.entries():
            node = nodes.get(entry.path)
            text = "" if node is None else node.job(directory.root).text()
            if hash_of_job(text) == entry.inputs_hash:
                continue
            if entry.state is State.WAITING and not entry.attempts:
                ledger.forget(entry.path)
            elif node is None:
                continue  # what was begun and is in no plan keeps its line, as it keeps its directory
            else:
                ledger.lengthen(entry.path, inputs_hash=hash_of_job(text), job=text, steps=node.steps)
            remove(JobFiles(directory.root, entry.path).job)
    remove(directory.grown / UNFINISHED)


def _entries(directory: StudyDirectory) -> Mapping[str, Entry]:
    if not directory.database.exists():
        return {}
    with Ledger(directory.database) as ledger:
        return {entry.path: entry for entry in ledger.entries()}


def _check_sections(before: StudyFile, study: StudyFile) -> None:
    """Refuse what changes numbers of runs that are begun and shows in no job: how they are averaged and judged."""
    for name, keys in (("dynamics", ("discard", "ladder")), ("state", ("density_rises",))):
        for key in keys:
            was, now = (getattr(getattr(each, name), key) for each in (before, study))
            if was != now:
                raise _changed(f"{name}.{key}", f"it was {was} and would be {now}")


def _check_node(before: Node, after: Node, root: Path) -> None:
    """Refuse a node that was begun and would be another."""
    one, other = (json.loads(node.job(root).text()) for node in (before, after))
    if before.shrinks(after):
        raise _changed(short_name(before.path), f"it has {before.steps} steps and would have {after.steps}")
    for job in (one, other):
        for key in before.growing:
            _remove(job, key)
    key = first_change(one, other)
    if key:
        was, now = (_at(job, key) for job in (one, other))
        raise _changed(short_name(before.path), f"{key} was {was} and would be {now}")


def _remove(job: Any, key: str) -> None:
    *tables, last = key.split(".")
    for table in tables:
        job = job.get(table, {})
    job.pop(last, None)


def first_change(one: Any, other: Any, where: str = "") -> str:
    """Return the first key, dotted, in which two jobs differ; empty where none does.

    Keys that follow from the nodes beside are not looked at.

    Args:
        one: a job, read from its text.
        other: another.
        where: where in the job both stand.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one | other:
            if where or key not in FREE:
                found = first_change(one.get(key), other.get(key), f"{where}.{key}" if where else str(key))
                if found:
                    return found
        return ""
    return where if one != other else ""


def _at(job: Any, key: str) -> Any:
    for part in key.split("."):
        job = job.get(part) if isinstance(job, dict) else None
    return json.dumps(job, ensure_ascii=False)


def _changed(what: str, how: str) -> InputError:
    return InputError(
        f"A study only grows, and this would change what it has: {what}: {how}.",
        "Undo that change, or give another directory with --out for a study of its own; nothing was changed.",
    )
