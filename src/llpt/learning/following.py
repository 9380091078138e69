"""Frames of the reference's own ensemble: short dynamics of the reference from frames of a potential's dynamics.

Dynamics of a potential visits what the potential puts low: on its frames, energies of the reference lie higher than on
frames of the reference's dynamics. To second order the two differ by β Var(E_potential - E_reference), tens of meV/atom
where forces are off by 0.2–0.3 eV/Å (docs/potentials.md). A potential trained on one ensemble is off by as much on the
other, and by half of it in the free energy; trained on both it is centred.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from llpt.engines import read_evaluated, write_evaluated
from llpt.learning.labelling import DATASET
from llpt.learning.short_runs import run_short
from llpt.structure import label_of
from llpt.trajectory import Trajectory
from llpt.units import ANGSTROM_TO_BOHR, HARTREE_TO_EV

_FEWEST_RUNS = 3

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ase import Atoms

    from llpt.engines import Engine
    from llpt.learning.recipe_settings import RecipeSettings
    from llpt.mlp import BehlerParrinello


class EnsembleShift(BaseModel):
    """How the energy error of a potential changes when the reference takes its dynamics over, for a file.

    Attributes:
        mev_per_atom: mean over runs of the error (potential minus reference) on the last frame less that on the first.
        error_mev_per_atom: standard error of that mean.
        runs: number of runs, independent of one another.
        steps: steps of the reference's dynamics between the two frames.
    """

    model_config = ConfigDict(frozen=True)

    mev_per_atom: float
    error_mev_per_atom: float
    runs: int
    steps: int


def measure_ensemble_shift(potential: BehlerParrinello, frames: Sequence[Atoms]) -> EnsembleShift | None:
    """Return the change of a potential's energy error along runs of the reference; None for fewer than three runs.

    Args:
        potential: the one whose dynamics led to the first frame of each run.
        frames: what ``follow_reference`` returned.
    """
    runs: dict[int, list[Atoms]] = {}
    for frame in frames:
        if "start" in frame.info:
            runs.setdefault(int(frame.info["start"]), []).append(frame)
    changes, steps = [], 0
    for run in runs.values():
        first, last = run[0], run[-1]
        if last is not first:
            changes.append(_energy_error(potential, last) - _energy_error(potential, first))
            steps = max(steps, int(last.info["step"] - first.info["step"]))
    if len(changes) < _FEWEST_RUNS:
        return None
    return EnsembleShift(
        mev_per_atom=float(np.mean(changes)),
        error_mev_per_atom=float(np.std(changes, ddof=1) / np.sqrt(len(changes))),
        runs=len(changes),
        steps=steps,
    )


def _energy_error(potential: BehlerParrinello, frame: Atoms) -> float:
    """Return potential minus reference, meV/atom."""
    found = potential.evaluate(frame.positions * ANGSTROM_TO_BOHR, frame.cell.array * ANGSTROM_TO_BOHR)
    return float(1000.0 * (found.energy_ha * HARTREE_TO_EV - label_of(frame, "free_energy")) / len(frame))


def follow_reference(
    starts: Sequence[Atoms],
    engine: Engine,
    path: Path,
    settings: RecipeSettings,
    *,
    seed: int,
    on_frame: Callable[[int, int], None] | None = None,
) -> tuple[list[Atoms], int]:
    """Run ``settings.reference_steps`` of dynamics with the reference from each start, and take labelled frames of it.

    Args:
        starts: structures with ``info["temperature_target_k"]``; always the same for one path.
        engine: the reference.
        path: extxyz file of the labelled frames, written at the end; runs lie in ``reference/`` beside it. What is
            there is not done again.
        settings: length of the runs and distance of the frames; the start itself is one of them.
        seed: of the dynamics.
        on_frame: called with the number of runs done and their total.

    Returns:
        The labelled frames, and how many runs lack the last of them (the frames before that are taken).

    Raises:
        KeyboardInterrupt: a run was stopped by a signal; the same call goes on with it.
    """
    frames = read_evaluated(path, dataset=DATASET) if path.exists() else []
    if not frames:
        for number, start in enumerate(starts):
            frames += _followed(start, engine, path.parent / "reference", settings, number=number, seed=seed)
            if on_frame is not None:
                on_frame(number + 1, len(starts))
        if frames:
            write_evaluated(path, frames)
            # Always as the file has them, so that a continued recipe trains on the very same numbers.
            frames = read_evaluated(path, dataset=DATASET)
    last = settings.reference_steps // settings.reference_every * settings.reference_every
    finished = {int(frame.info["start"]) for frame in frames if int(frame.info["step"]) >= last}
    return frames, len(starts) - len(finished)


def _followed(
    start: Atoms, engine: Engine, folder: Path, settings: RecipeSettings, *, number: int, seed: int
) -> list[Atoms]:
    """Run the reference's dynamics from one start and return its labelled frames."""
    directory = folder / f"run-{number + 1:03d}"
    engine.reset()
    outcome = run_short(
        start,
        engine,
        directory,
        temperature_k=float(start.info["temperature_target_k"]),
        steps=settings.reference_steps,
        every=settings.reference_every,
        seed=seed + number,
    )
    if not outcome.steps_done:
        return []
    trajectory = Trajectory.open(directory)
    frames = [trajectory.atoms(index) for index in range(trajectory.n_frames)]
    for atoms in frames:
        atoms.arrays.pop("momenta", None)
        atoms.info.update(dataset=DATASET, block=start.info["block"], start=number)
    return frames
