"""A model computes frames of its reference's own runs before it runs itself: its errors there, and its pace."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llpt.campaign import short_name
from llpt.engines import find_engine, make_engine
from llpt.engines.errors_on_labels import LabelErrors, errors_on_labels
from llpt.learning import NamedRun, harvest
from llpt.study.nodes.start import first_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from llpt.engines import Engine
    from llpt.study.layout import StudyDirectory
    from llpt.study.nodes import MolecularDynamics
    from llpt.study.plan import Plan

FRAMES_IN_ALL = 200
"""So many frames, evenly of all runs, cost as much as a part of one run."""
NUDGE_ANGSTROM = 1e-3
"""Moves the atoms so that an engine computes them anew."""


@dataclass(frozen=True, eq=False)
class ModelTrial:
    """What a model did on frames of its reference.

    Args:
        errors: its errors there; None where no run of the reference holds energies and forces.
        seconds_per_step: of every run that it is to do, by path, from one evaluation of its size.
    """

    errors: LabelErrors | None
    seconds_per_step: Mapping[str, float]


def try_model(
    directory: StudyDirectory, plan: Plan, *, on_frame: Callable[[int, int], None] = lambda *_: None
) -> ModelTrial:
    """Compute frames of imported runs with the model that is to do them once more.

    Args:
        directory: the study.
        plan: its plan, with a run of the model for each imported run.
        on_frame: called with frames done and frames in all.

    Raises:
        InputError: the model cannot be made, or cannot compute these atoms.
        EngineError: it fails on a frame.
    """
    own = plan.own_runs
    task = own[0].task
    word, _, argument = task.engine.partition(":")
    spec = f"{word}:{directory.root / argument}" if find_engine(task.engine).copied else task.engine
    engine = make_engine(spec, task.options, purpose=task.settings.purpose)
    try:
        paces = _paces(directory, own, engine)
        lacking = {run.path for run in directory.study.imported if {"forces", "free_energy_ev"} & set(run.missing)}
        labelled = [
            NamedRun(short_name(run.start.source), directory.node(run.start.source))
            for run in own
            if run.start.source not in lacking
        ]
        if not labelled:
            return ModelTrial(None, paces)
        frames = harvest(labelled, frames_per_run=max(1, FRAMES_IN_ALL // len(labelled)))
        errors = errors_on_labels(frames, engine, on_frame=lambda done: on_frame(done, len(frames)))
    finally:
        engine.close()
    return ModelTrial(errors, paces)


def _paces(directory: StudyDirectory, runs: Sequence[MolecularDynamics], engine: Engine) -> dict[str, float]:
    """Return the seconds of one evaluation by the path of every run: one is timed for each size."""
    seconds: dict[int, float] = {}
    for run in runs:
        if run.atoms in seconds:
            continue
        atoms: Any = first_of(directory.node(run.start.source))
        atoms.calc = engine
        atoms.get_forces()  # compiles and loads
        atoms.positions += NUDGE_ANGSTROM
        atoms.positions[0] += NUDGE_ANGSTROM
        began = time.perf_counter()
        atoms.get_forces()
        seconds[run.atoms] = time.perf_counter() - began
    return {run.path: seconds[run.atoms] for run in runs}
