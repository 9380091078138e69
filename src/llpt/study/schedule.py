"""What a plan will cost as a whole: every node, the cores each takes, and the time from start to end."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from llpt.study.cost import StepTimes
from llpt.study.stored import POTENTIAL, engine_contents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from llpt.study.paces import KnownPace
    from llpt.study.plan import Plan


def estimate_costs(
    plan: Plan,
    measured: Mapping[str, float] | None = None,
    known: Sequence[KnownPace] = (),
    contents: Mapping[str, str] | None = None,
) -> dict[str, float]:
    """Return the seconds that every node takes from its start to its end, by path.

    Args:
        plan: the plan.
        measured: seconds per step of runs already begun, by path; they correct all others of the same engine, the
            nearest number of atoms first.
        known: what steps took in studies before, on the machine where these will be done.
        contents: hashes of the files of engines that are files, by SPEC (``contents_of``).
    """
    times = times_of_study(plan, measured or {}, known, contents)
    return {node.path: node.cost_s(times) for node in plan.nodes}


def copied_engines(plan: Plan) -> list[tuple[str, str]]:
    """Return the SPEC of each engine that runs of a plan ask, and the folder of its copy, in the order of both."""
    made = [run for run in plan.runs if run.engines]
    within = {(inner.engine, POTENTIAL) for run in made if (inner := run.dynamics.multiple_time_steps) is not None}
    return sorted(within | {(run.engine, run.role) for run in made})


def contents_of(plan: Plan, place: Path, *, copies: bool) -> dict[str, str]:
    """Return the hashes of the files of a plan's engines, by SPEC (``llpt.study.stored.engine_contents``).

    Args:
        plan: the plan.
        place: the study's directory, or that of its study file.
        copies: whether it is the former, which holds copies.
    """
    contents = engine_contents(copied_engines(plan), place, copies=copies)
    return {spec: digest for (spec, _), digest in contents.items()}


def times_of_study(
    plan: Plan,
    measured: Mapping[str, float],
    known: Sequence[KnownPace] = (),
    contents: Mapping[str, str] | None = None,
) -> StepTimes:
    """Return how long the steps of a study take; the arguments are those of ``estimate_costs``.

    Args:
        plan: the study's nodes.
        measured: seconds per MD step of runs that have begun, by path.
        known: paces of studies before, on this machine.
        contents: hashes of the files of its engines, by SPEC; None where they are not known.
    """
    runs = {run.path: run for run in plan.runs}
    begun = [(runs[path], seconds) for path, seconds in measured.items() if path in runs]
    return StepTimes(begun, known, contents, first=next((node.path for node in plan.nodes), ""))


def left_s(cost_s: float, *, done: int, steps: int) -> float:
    """Return what is left of a node's time, of which so many steps are done.

    Args:
        cost_s: of the whole node.
        done: steps that are behind.
        steps: of the whole; 0 where it has none, and is done at once or not at all.
    """
    return max(0.0, 1.0 - done / (steps or 1)) * cost_s


def makespan_s(plan: Plan, seconds: Mapping[str, float], cores: int) -> float:
    """Return the time from start to end on ``cores`` cores: nodes begin in order, as soon as what they need is there.

    Args:
        plan: the plan.
        seconds: what is left of each node; 0 for what is done.
        cores: processor cores.
    """
    threads = node_threads(plan, cores)
    ranks = {path: rank for rank, path in enumerate(threads)}
    missing = {node.path: len(node.after) for node in plan.nodes}
    children = _dependents(plan)
    ready: dict[int, list[tuple[int, str]]] = {}
    """What waits for nothing but cores, by the number of cores it takes; the earliest of the plan first."""

    def is_ready(path: str) -> None:
        heapq.heappush(ready.setdefault(threads[path], []), (ranks[path], path))

    for path, number in missing.items():
        if not number:
            is_ready(path)
    running: list[tuple[float, str]] = []
    free, now = cores, 0.0
    while True:
        while fitting := [queue for count, queue in ready.items() if queue and count <= free]:
            _, path = heapq.heappop(min(fitting))
            free -= threads[path]
            heapq.heappush(running, (now + seconds.get(path, 0.0), path))
        if not running:
            return now
        now, path = heapq.heappop(running)
        free += threads[path]
        for child in children.get(path, ()):
            missing[child] -= 1
            if not missing[child]:
                is_ready(child)


def _dependents(plan: Plan) -> dict[str, list[str]]:
    """Return the nodes that wait for each node, by its path."""
    children: dict[str, list[str]] = {}
    for node in plan.nodes:
        for parent in node.after:
            children.setdefault(parent, []).append(node.path)
    return children


def node_threads(plan: Plan, cores: int) -> dict[str, int]:
    """Return the cores each node takes: what it asks for, at most what there is; all where it asks for none."""
    return {node.path: min(node.threads or cores, cores) for node in plan.nodes}
