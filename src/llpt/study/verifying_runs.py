"""Re-checks a run of a finished study: its engine, its trajectory, and the averages that it leads to."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from llpt.errors import LlptError
from llpt.observables import compare_kept, load_summary
from llpt.run_file import RUN_FILE, DescribedEngine, RunFile, read_run_file
from llpt.study.check import Check, first_names
from llpt.study.job_files import read_json
from llpt.study.observing import observed_run, summary_of
from llpt.study.outcome import State
from llpt.study.verifying_results import table_checks
from llpt.trajectory import Trajectory
from llpt.trajectory.stored import segment_files
from llpt.trajectory.thermo import THERMO_NAME, thermo_table

if TYPE_CHECKING:
    from collections.abc import Callable

    import xarray as xr

    from llpt.campaign.observed import ObservedRun
    from llpt.study.layout import StudyDirectory
    from llpt.study.ledger import Entry
    from llpt.study.nodes import PlannedRun

FINITE = (
    "internal_energy_ev",
    "free_energy_ev",
    "kinetic_energy_ev",
    "volume_angstrom3",
    "pressure_gpa",
    "conserved_ev",
)
READ_FRAMES = 64


def run_checks(
    directory: StudyDirectory, run: PlannedRun, entry: Entry, on_progress: Callable[[int, int], None]
) -> tuple[list[Check], list[ObservedRun]]:
    """Check one run that is done; return it as observed once more where that is possible.

    Args:
        directory: of the study.
        run: as planned.
        entry: of the ledger.
        on_progress: called with the frames read so far and all of them.
    """
    place = directory.node(run.path)
    checks: list[Check] = []
    try:
        record = read_run_file(place, RunFile) or RunFile()
        told = entry.provenance
        name = f"ledger and {RUN_FILE}"
        checks.append(Check.of_same(run.path, f"engine, {name}", _engine(told.engine), _engine(record.engine)))
        if told.potential is not None:
            both = _engine(told.potential), _engine(record.potential)
            checks.append(Check.of_same(run.path, f"potential within a step, {name}", *both))
        checks.append(_as_planned(run, directory))
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
    checks += table_checks(run.path, place / THERMO_NAME, partial(thermo_table, segment_files(place)))
    return checks, [observed_run(directory.study, run, fresh)]


def kept_averages(directory: StudyDirectory, run: PlannedRun) -> tuple[list[Check], list[ObservedRun]]:
    """Return a run of an archive without trajectories by its stored averages, which cannot be made once more."""
    what = "results, stored"
    try:
        stored = load_summary(directory.result(run.path))
    except (OSError, ValueError, LlptError) as error:
        return [Check(run.path, what, False, f"cannot be read: {error}")], []
    remark = "The archive was packed without its trajectory: its averages are taken as they are stored."
    return [Check(run.path, what, True, "as packed", remark=remark)], [observed_run(directory.study, run, stored)]


def _engine(engine: DescribedEngine | None) -> str:
    """Return what identifies an engine: its SPEC, the hash of the files that define it, and its options."""
    return (
        f"{engine.spec} {engine.content_hash} {json.dumps(engine.options, sort_keys=True)}"
        if engine is not None
        else ""
    )


def _as_planned(run: PlannedRun, directory: StudyDirectory) -> Check:
    """Check that a run's record says it is done, by the settings of its job; what one of them lacks is passed over."""
    what = f"state and settings, job and {RUN_FILE}"
    record, job = read_json(directory.node(run.path) / RUN_FILE), json.loads(run.job(directory.root).text())
    own = record if isinstance(record, dict) else {}
    differing = _differing(job.get("settings") or {}, own.get("settings") or {}, "settings")
    if own.get("state", State.DONE) != State.DONE:
        differing.append("state")
    return Check(run.path, what, not differing, f"differ: {first_names(differing)}" if differing else "as planned")


def _differing(one: Any, other: Any, where: str) -> list[str]:
    """Return the keys, dotted, that both have and in which they differ: a job leaves out what is a default.

    >>> _differing({"a": {"b": 1}, "d": 1}, {"a": {"b": 1, "c": 2}, "d": 2}, "settings")
    ['settings.d']
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            name for key in one.keys() & other.keys() for name in _differing(one[key], other[key], f"{where}.{key}")
        ]
    return [] if one == other else [where]


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
        return Check(run.path, what, False, f"differ: {first_names(found.differing)}")
    if found.old:
        return Check(run.path, what, False, f"made by another version: {first_names(found.old)}", can_be_told=False)
    remarks = [
        f"{why}: {first_names(names)}."
        for why, names in (
            ("New since the results were stored, not compared", found.new),
            ("Of observables that are not installed here, not compared", found.unknown),
        )
        if names
    ]
    return Check(run.path, what, True, f"{len(found.compared)} variables", remark=" ".join(remarks))
