"""What a worker is told: one file in ``jobs/`` for each node, complete in itself."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from llpt.campaign import Role
from llpt.files import make_directory, write_atomically
from llpt.study.inputs import content_hash, is_pseudopotential_file, stored_engine, stored_path
from llpt.study.node import JobFiles
from llpt.study.plan import Origin
from llpt.study.protocol import starting_density

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llpt.study.layout import StudyDirectory
    from llpt.study.ledger import Ledger
    from llpt.study.plan import Plan, PlannedRun


def job_of(directory: StudyDirectory, plan: Plan, path: str) -> dict[str, Any]:
    """Return what the worker of a node is told; paths in it start from the study's directory."""
    if plan.training is not None and path == plan.training.path:
        learnt = [plan[name] for name in plan.training.after]
        return {
            "kind": "training",
            "identity": path,
            "settings": plan.training.settings,
            "seed": plan.training.seed,
            "threads": plan.training.threads,
            "after": list(plan.training.after),
            "labellers": {run.path: _dynamics(run) for run in learnt} if plan.training.settings["rattled"] else {},
        }
    if plan.labels is not None and path == plan.labels.path:
        options = _stored_options(plan.labels.options)
        engine = stored_engine(plan.labels.engine, str(Role.REFERENCE))
        values = asdict(plan.labels)
        return {"kind": "labels", "identity": values.pop("path"), **values, "options": options, "engine": engine}
    run = plan[path]
    return {
        "kind": "imported" if run.start.origin is Origin.IMPORTED else "md",
        "identity": path,
        "role": str(run.role),
        "test": run.test,
        "repeat": run.repeat,
        "atoms": run.atoms,
        "line": run.state.line,
        **_dynamics(run),
        "discard": run.discard,
        "start": _start(directory, run),
        "after": list(run.after),
    }


def _dynamics(run: PlannedRun) -> dict[str, Any]:
    """Return what makes a run's engine, and its settings."""
    return {
        "engine": stored_engine(run.engine, str(run.role)),
        "options": _stored_options(run.options),
        "settings": dict(run.dynamics),
    }


def _stored_options(given: Mapping[str, Any]) -> dict[str, Any]:
    options = dict(given)
    pseudopotential = options.get("pseudopotential")
    if isinstance(pseudopotential, str) and is_pseudopotential_file(pseudopotential):
        options["pseudopotential"] = stored_path(pseudopotential, "pseudopotential")
    return options


def _start(directory: StudyDirectory, run: PlannedRun) -> dict[str, Any]:
    start: dict[str, Any] = {"origin": str(run.start.origin)}
    match run.start.origin:
        case Origin.MOLECULAR | Origin.ATOMIC:
            start |= {"density_g_per_cm3": starting_density(run.state), "seed": run.dynamics["seed"]}
            start["relax_steps"] = directory.study.dynamics.relax_steps
        case Origin.FILE:
            start["source"] = stored_path(run.start.source, "start")
            start["density_g_per_cm3"] = run.state.density_g_per_cm3
            start["hash"] = content_hash(directory.root / start["source"])
        case Origin.RUN | Origin.RUN_AT_MEAN_VOLUME | Origin.IMPORTED:
            start["source"] = run.start.source
    return start


def job_text(job: Mapping[str, Any]) -> str:
    """Return a job as its file holds it."""
    return json.dumps(job, indent=1, sort_keys=True)


def inputs_hash(job: Mapping[str, Any]) -> str:
    """Return the SHA-256 by which the ledger knows a node's inputs."""
    return hashlib.sha256(job_text(job).encode()).hexdigest()


def write_job(directory: StudyDirectory, plan: Plan, path: str, ledger: Ledger) -> None:
    """Write what a node's worker is told and enter it in the ledger; what is there already must be the same.

    Raises:
        StorageError: it cannot be written, or the ledger knows the node with other inputs.
    """
    job = job_of(directory, plan, path)
    ledger.enter(path, inputs_hash=inputs_hash(job), job=job)
    files = JobFiles(directory.root, path)
    make_directory(files.job.parent)
    if not files.job.exists():
        write_atomically(files.job, job_text(job))
