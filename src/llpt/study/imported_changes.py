"""Imported runs are taken out of a study, or called by another label."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.campaign import engine_slug, matches_pattern, short_name
from llpt.errors import InputError
from llpt.files import copy, put_directory, remove, scratch_directory
from llpt.study.imported_record import write_table
from llpt.study.layout import StudyDirectory
from llpt.study.place import StudyPlace
from llpt.study.planning import make_plan
from llpt.study.reading import parse_study

if TYPE_CHECKING:
    from pathlib import Path

    from llpt.study.imported import ImportedRun


def remove_runs(root: Path, pattern: str) -> list[str]:
    """Take imported runs out of a study: trajectory, averages, table, and their lines in the ledger.

    Args:
        root: the study's directory.
        pattern: which, as ``llpt status`` names them: ``vasp-pbe/N64/P200/T900``, or ``vasp-pbe/*``.

    Returns:
        The names of the runs that were taken out.

    Raises:
        InputError: there is no such study, no such run, another run of the study needs one of them, or no study
            would be left.
        StorageError: another process works in the study, or the disk refuses.
    """
    directory = StudyDirectory.open(root)
    with directory.locked():
        chosen = [run for run in directory.study.imported if matches_pattern(run.path, pattern)]
        if not chosen:
            raise InputError(f"No imported run of the study matches {pattern!r}.", "llpt status lists their names.")
        check_unused(directory, chosen)
        kept = [run for run in directory.study.imported if run not in chosen]
        _check_left(directory, kept)
        write_table(directory.root, kept)
    return [short_name(run.path) for run in chosen]


def relabel_runs(root: Path, old: str, new: str) -> list[str]:
    """Call the engine of imported runs by another label; trajectories are moved, and averages made anew by an analysis.

    Args:
        root: the study's directory.
        old: the label, as given at import or as it stands in paths.
        new: the label from now on.

    Returns:
        The new names of the runs.

    Raises:
        InputError: there is no such study or label, the new one is taken, or another run of the study needs one of
            them.
        StorageError: another process works in the study, or the disk refuses.
    """
    directory = StudyDirectory.open(root)
    with directory.locked():
        study = directory.study
        chosen = [run for run in study.imported if old in {run.label, run.folder}]
        others = [run for run in study.imported if run not in chosen]
        if not chosen:
            labels = sorted({run.label for run in study.imported})
            raise InputError(f"No imported run is called {old!r}.", f"Labels are: {', '.join(labels)}.")
        taken = {run.engine_folder for run in make_plan(study).runs} - {run.folder for run in chosen}
        if engine_slug(new) in taken:
            raise InputError(f'The study has runs of an engine called "{engine_slug(new)}".', "Give another label.")
        check_unused(directory, chosen)
        renamed = [run.model_copy(update={"label": new}) for run in chosen]
        moved = [(one.path, other.path) for one, other in zip(chosen, renamed, strict=True) if one.path != other.path]
        with scratch_directory(".import.", inside=directory.root) as aside:
            for number, (before, _) in enumerate(moved):
                copy(directory.node(before), aside / str(number))
            for number, (_, after) in enumerate(moved):
                remove(directory.node(after))  # left by an attempt that was killed before its table was written
                put_directory(aside / str(number), directory.node(after))
        write_table(directory.root, [*others, *renamed])  # the old places are given up when this is on the disk
    return [short_name(run.path) for run in renamed]


def _check_left(directory: StudyDirectory, kept: list[ImportedRun]) -> None:
    """Refuse to leave a study file that says nothing without the runs that are taken out."""
    place = StudyPlace(directory.root)
    try:
        parse_study(place.study_file.read_text(encoding="utf-8"), imported=kept)
    except InputError as error:
        raise InputError(
            f"{directory.root} would be no study without these runs.",
            "Import others before, or delete the directory and import anew.",
        ) from error


def check_unused(directory: StudyDirectory, runs: list[ImportedRun]) -> None:
    """Refuse to take away what another node of the plan has been made from.

    Args:
        directory: the study.
        runs: imported runs of it.

    Raises:
        InputError: another node has been made from one.
    """
    paths = {run.path for run in runs}
    for node in make_plan(directory.study).nodes:
        needed = paths & set(node.after)
        if needed and node.path not in paths and directory.node(node.path).exists():
            raise InputError(
                f"{short_name(node.path)} was made from {short_name(min(needed))}.",
                "Keep the run, or make a new study without it.",
            )
