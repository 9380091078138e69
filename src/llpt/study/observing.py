"""From the trajectories of a study to its observables: one file in ``results/`` for each run that is done."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from llpt.campaign.observed import ObservedRun
from llpt.errors import LlptError
from llpt.files import make_directory, remove
from llpt.observables import (
    FAILED,
    all_observables,
    failures,
    load_summary,
    outdated,
    renewed,
    save_summary,
    summarise_run,
    with_files,
)
from llpt.study.engine_names import engine_name
from llpt.study.outcome import State
from llpt.trajectory import Trajectory

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    import xarray as xr

    from llpt.study.file import StudyFile
    from llpt.study.layout import StudyDirectory
    from llpt.study.ledger import Entry
    from llpt.study.nodes import PlannedRun
    from llpt.study.plan import Plan

FINISHED = "finished_at"
"""Attribute that says from which state of the run a file of results was made."""


def observe_runs(
    directory: StudyDirectory,
    plan: Plan,
    entries: Mapping[str, Entry],
    on_run: Callable[[float, int, str], None] = lambda *_: None,
) -> tuple[list[ObservedRun], dict[str, str]]:
    """Average every run that is done; what was averaged before and has not changed is read back.

    Args:
        directory: the study's directory.
        plan: its plan.
        entries: its ledger, by run.
        on_run: called before each run and as its frames are read, with how many runs are behind (a part of the one at
            hand included), how many there are, and its name.

    Returns:
        What was observed, in the plan's order; and the reasons, by run, why some could not be averaged, as a whole or
        (observables of other packages) in part; and, by observable, why one cannot be used at all.

    Raises:
        StorageError: a file of results cannot be written.
    """
    make_directory(directory.results)
    done = [run for run in plan.runs if run.path in entries and entries[run.path].state is State.DONE]
    observed: list[ObservedRun] = []
    refused = {f"observable {name}": why for name, why in all_observables().faults.items()}
    for number, run in enumerate(done):
        on_run(number, len(done), run.path)
        entry = entries[run.path]
        part = partial(_tell, on_run, (number, len(done), run.path))
        try:
            summary = with_files(_summary(directory, run, entry, part), directory.node(run.path))
            observed.append(observed_run(directory.study, run, summary))
            if failures(summary):
                refused[f"{run.path}, in part"] = " ".join(failures(summary))
        except LlptError as error:
            refused[run.path] = error.cause
    return observed, refused


def observe_electronic_temperature(
    directory: StudyDirectory, plan: Plan, entries: Mapping[str, Entry]
) -> xr.Dataset | None:
    """Return how the forces of the reference change with T_el, kept in ``results/electronic-temperature.nc``.

    None where the study does not ask for it (``[tests] snapshots``) or it is not done.

    Args:
        directory: the study.
        plan: its nodes.
        entries: of its ledger, by path.

    Raises:
        InputError: the labelled snapshots cannot be read.
        StorageError: the result cannot be written.
    """
    done = (node for node in plan.nodes if node.path in entries and entries[node.path].state is State.DONE)
    audits = (node.electronic_temperature(directory.node(node.path)) for node in done)
    found = next((audit for audit in audits if audit is not None), None)
    if found is not None:
        save_summary(found, directory.results / "electronic-temperature.nc")
    return found


def observed_run(study: StudyFile, run: PlannedRun, summary: xr.Dataset) -> ObservedRun:
    """Return a run of the plan with what was observed in it.

    Args:
        study: the study it belongs to.
        run: the run as planned.
        summary: its observables with errors (``summary_of``).
    """
    electronic = run.options.get("electronic_temperature_k")
    return ObservedRun(
        run.identity,
        run.role,
        engine_name(run, study),
        run.state,
        summary,
        None if electronic is None else float(electronic),
    )


def summary_of(
    place: Path,
    run: PlannedRun,
    on_progress: Callable[[int, int], None] | None = None,
    *,
    only: Collection[str] | None = None,
) -> xr.Dataset:
    """Average a run from its trajectory.

    Args:
        place: the run's directory.
        run: the run as planned.
        only: names of the observables to average; None averages all.
        on_progress: called with frames read and frames to read.

    Raises:
        LlptError: the trajectory is damaged, or holds nothing after the discarded steps.
    """
    return summarise_run(
        Trajectory.open(place),
        discard_steps=run.discard,
        temperature_k=run.state.temperature_k,
        pressure_gpa=run.pressure_gpa,
        only=only,
        on_progress=on_progress,
    )


def _tell(on_run: Callable[[float, int, str], None], place: tuple[int, int, str], read: int, frames: int) -> None:
    """Tell how far the averages are inside the run at hand."""
    number, total, path = place
    on_run(number + read / max(frames, 1), total, path)


def _summary(
    directory: StudyDirectory, run: PlannedRun, entry: Entry, on_progress: Callable[[int, int], None]
) -> xr.Dataset:
    path = directory.result(run.path)
    stamp = f"{entry.inputs_hash} {entry.finished}"
    kept = _kept(path, stamp)
    old = None if kept is None else outdated(kept)
    if kept is not None and old is not None:
        if not old:
            return kept
        summary = renewed(kept, summary_of(directory.node(run.path), run, on_progress, only=old))
    else:
        summary = summary_of(directory.node(run.path), run, on_progress)
        summary.attrs |= {FINISHED: stamp, "run": run.path, "engine": run.engine, "test": str(run.test)}
    save_summary(summary, path)
    return summary


def _kept(path: Path, stamp: str) -> xr.Dataset | None:
    """Return what was averaged before from the run as it stands; None where there is nothing of that kind."""
    if not path.exists():
        return None
    try:
        kept = load_summary(path)
    except (OSError, ValueError):
        remove(path)
        return None
    kept.attrs.pop(FAILED, None)  # what failed is tried again
    return kept if kept.attrs.get(FINISHED) == stamp else None
