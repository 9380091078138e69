"""Dynamics driven by the potential of one generation, and the frames of it that the next one needs."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

from llpt.dynamics.settings import SEED_LIMIT
from llpt.engines import BEHLER_PARRINELLO, Purpose, make_engine
from llpt.engines.evaluation import bare_copy
from llpt.errors import InputError, StorageError
from llpt.learning.recipe_settings import Recipe
from llpt.learning.short_runs import run_short
from llpt.learning.starting_cells import draw_start, is_apart
from llpt.trajectory import Trajectory

if TYPE_CHECKING:
    from pathlib import Path

    from ase import Atoms

    from llpt.learning.recipe_settings import RecipeSettings

_FRAMES_PER_RUN = 40
_FRAMES_APART_PER_RUN = 20
_SHARES_PER_RUN = 2


def explore(model: Path, folder: Path, settings: RecipeSettings, *, seed: int) -> list[list[Atoms]]:
    """Run dynamics at constant volume with a potential from fresh starts; what is there already is not run again.

    Args:
        model: directory of the network or the committee.
        folder: where the runs go.
        settings: conditions and length of the runs.
        seed: of starts and dynamics.

    Returns:
        Of each run the frames that could be labelled: no two atoms too close. ``info`` holds ``block``, ``step``,
        ``temperature_target_k``, ``pressure_target_gpa`` and, for a committee, ``force_spread`` (eV/Å).

    Raises:
        KeyboardInterrupt: a run was stopped by a signal; the same call goes on with it.
    """
    random = np.random.default_rng(seed)
    runs: list[list[Atoms]] = []
    for number in range(settings.runs_per_generation):
        start = draw_start(settings, random)
        seed_of_run = int(random.integers(SEED_LIMIT))
        directory = folder / f"run-{number + 1:02d}"
        # A potential of an early generation may fail on the way; the frames before that are the ones it needs.
        with closing(make_engine(BEHLER_PARRINELLO.spec(model), purpose=Purpose.DYNAMICS)) as engine:
            run_short(
                start.atoms,
                engine,
                directory,
                temperature_k=start.temperature_k,
                steps=settings.run_steps,
                every=max(1, settings.run_steps // _FRAMES_PER_RUN),
                seed=seed_of_run,
            )
        frames = _readable(directory, settings)
        for frame in frames:
            frame.info["block"] = f"{folder.parent.name}/{directory.name}"
            frame.info["temperature_target_k"] = start.temperature_k
            frame.info["pressure_target_gpa"] = start.pressure_gpa
        if settings.recipe is Recipe.ACTIVE:
            frames = _with_spread(frames, model)
        runs.append(frames)
    return runs


def _readable(directory: Path, settings: RecipeSettings) -> list[Atoms]:
    try:
        trajectory = Trajectory.open(directory)
    except (InputError, StorageError):  # the very first step failed
        return []
    frames: list[Atoms] = []
    for index, step in enumerate(trajectory.frame_steps):
        atoms = bare_copy(trajectory.atoms(index))
        atoms.arrays.pop("momenta", None)
        if not is_apart(atoms, settings.closest_angstrom):
            break  # what comes after has left physics
        atoms.info = {"step": int(step)}
        frames.append(atoms)
    return frames[1:]


def _with_spread(frames: list[Atoms], model: Path) -> list[Atoms]:
    with closing(make_engine(BEHLER_PARRINELLO.spec(model))) as engine:
        for frame in frames:
            engine.calculate(frame)
            frame.info["force_spread"] = float(engine.results["force_spread"])
    return frames


def choose_frames(runs: list[list[Atoms]], settings: RecipeSettings) -> list[Atoms]:
    """Return the frames to label, or to start the reference's dynamics from.

    ``small-cells`` takes them evenly in time, the same number of each run. ``active`` takes those with the largest
    spread of forces, at least a twentieth of a run apart, no more than twice its even share of any run (conditions
    differ between runs, and all are to be learnt), and none after the spread passed its limit.
    """
    if settings.recipe is Recipe.SMALL_CELLS:
        return _evenly(runs, settings.starts_per_generation)
    credible = [frame for run in runs for frame in _credible(run, settings.spread_limit_ev_per_angstrom)]
    most = -(-_SHARES_PER_RUN * settings.starts_per_generation // max(1, sum(bool(run) for run in runs)))
    apart = max(1, settings.run_steps // _FRAMES_APART_PER_RUN)
    steps_of: dict[str, list[int]] = {}
    chosen: list[Atoms] = []
    for frame in sorted(credible, key=lambda frame: -float(frame.info["force_spread"])):
        steps = steps_of.setdefault(frame.info["block"], [])
        if len(steps) < most and all(abs(step - frame.info["step"]) >= apart for step in steps):
            steps.append(frame.info["step"])
            chosen.append(frame)
        if len(chosen) == settings.starts_per_generation:
            break
    return chosen


def _credible(run: list[Atoms], limit: float) -> list[Atoms]:
    """Return a run's frames up to the first whose spread passes the limit, and that one."""
    for place, frame in enumerate(run, start=1):
        if frame.info["force_spread"] > limit:
            return run[:place]
    return run


def _evenly(runs: list[list[Atoms]], count: int) -> list[Atoms]:
    chosen: list[Atoms] = []
    usable = [run for run in runs if run]
    for number, run in enumerate(usable):
        share = count * (number + 1) // len(usable) - count * number // len(usable)
        places = np.unique(np.linspace(0, len(run) - 1, min(share, len(run)) + 1)[1:].round().astype(int))
        chosen += [run[place] for place in places]
    return chosen
