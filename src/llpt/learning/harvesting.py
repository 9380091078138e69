"""From runs to labelled frames: what a surrogate of a study's own reference is trained on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError, listed, unsuitable
from llpt.statistics import statistical_inefficiency
from llpt.trajectory import Trajectory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ase import Atoms
    from numpy.typing import NDArray

_RUNS = "Give the directories of runs, or what llpt.open_trajectory returns, in a list."
_BLOCKS_PER_RUN = 5
_FEWEST_PER_BLOCK = 2
_LONGEST_STRIDE = 10
_LABELS = {"free_energy_ev": "free energies", "forces": "forces"}
"""What is learnt from, by its name in a trajectory."""


@dataclass(frozen=True)
class NamedRun:
    """A run directory, and what frames that came out of it are called.

    Args:
        name: of the run, its own among those it is trained with.
        directory: of the run.
    """

    name: str
    directory: Path | str


def harvest(
    runs: Sequence[Path | str | NamedRun | Trajectory],
    *,
    discard_steps: int = 0,
    stride_steps: int | None = None,
    frames_per_run: int | None = None,
    dataset: str = "reference",
) -> list[Atoms]:
    """Read labelled frames from runs, far enough apart to be worth their weight.

    Each frame carries ``free_energy``, ``energy``, ``forces``, ``stress`` and, where the run knows it,
    ``electronic_temperature_k``; besides ``dataset``, ``run`` and ``block`` (a fifth of a run), by which training,
    validation and test are kept apart.

    Args:
        runs: of one engine: their directories, which give frames their names where no ``NamedRun`` does, or
            trajectories that are open (``llpt.trajectory.open_trajectory``) and hold energies and forces.
        discard_steps: leave out the first steps of each run; step 0, the start, is never taken.
        stride_steps: least distance between frames, steps; by default half the statistical inefficiency of the free
            energy of that run, but no more than ten steps: closer frames are nearly copies, while farther ones lose
            forces that are new after half a vibration of the molecule.
        frames_per_run: at most this many of each run, spread evenly.
        dataset: name of the data set: energies of one name share one constant.

    Returns:
        The frames, in the order of runs and time.

    Raises:
        InputError: no runs, or none with a frame after ``discard_steps``, or one without free energies or forces.
        StorageError: a run's trajectory is missing or damaged.
    """
    frames: list[Atoms] = []
    runs = listed([runs] if isinstance(runs, str | Trajectory) else runs, "is no list of runs", _RUNS)
    for number, run in enumerate(runs, start=1):
        if isinstance(run, Trajectory):
            trajectory, name = run, f"{run.name} ({number})"  # two that are in memory have one name
        else:
            if not isinstance(run, NamedRun | str | Path):
                raise unsuitable(run, "is no run", _RUNS)
            named = run if isinstance(run, NamedRun) else NamedRun(str(run), Path(run))
            trajectory, name = Trajectory.open(named.directory), named.name
        frames += _harvest_run(trajectory, name, discard_steps, stride_steps, frames_per_run, dataset=dataset)
    if not frames:
        raise InputError(
            f"The {len(runs)} runs hold no frame after step {discard_steps}.",
            "Let the runs go on, or discard fewer steps.",
        )
    return frames


def _harvest_run(
    trajectory: Trajectory,
    name: str,
    discard_steps: int,
    stride_steps: int | None,
    frames_per_run: int | None,
    *,
    dataset: str,
) -> list[Atoms]:
    lacking = [words for key, words in _LABELS.items() if key in trajectory.facts.missing]
    if lacking:
        because = trajectory.facts.no_energy_because or "Give runs that hold energies and forces."
        raise InputError(f"{name} holds no {' and no '.join(lacking)}.", because)
    # Step 0 is the last structure of the run before, or a start that no dynamics has made.
    usable = np.flatnonzero(trajectory.frame_steps >= max(1, discard_steps))
    if not len(usable):
        return []
    stride = stride_steps if stride_steps is not None else _decorrelation_steps(trajectory, discard_steps)
    chosen = _thin(trajectory.frame_steps[usable], max(1, stride))
    if frames_per_run is not None and len(chosen) > frames_per_run:
        chosen = chosen[np.linspace(0, len(chosen) - 1, frames_per_run).round().astype(int)]
    blocks = max(1, min(_BLOCKS_PER_RUN, len(chosen) // _FEWEST_PER_BLOCK))
    frames = []
    for place, index in enumerate(chosen):
        atoms = trajectory.atoms(int(usable[index]))
        atoms.info.update(dataset=dataset, run=name, block=f"{name}/{place * blocks // len(chosen)}")
        frames.append(atoms)
    return frames


def _decorrelation_steps(trajectory: Trajectory, discard_steps: int) -> int:
    """Return half the statistical inefficiency of the free energy, in steps, between one and ten."""
    scalars = trajectory.scalars()
    series = scalars["free_energy_ev"].values[scalars["step"].values >= discard_steps]
    if len(series) < 10 or np.ptp(series) == 0.0:
        return 1
    return int(np.clip(round(0.5 * statistical_inefficiency(series)), 1, _LONGEST_STRIDE))


def _thin(steps: NDArray[np.int64], stride: int) -> NDArray[np.int64]:
    """Return indices of steps at least ``stride`` apart, the first one first."""
    chosen = [0]
    for index in range(1, len(steps)):
        if steps[index] - steps[chosen[-1]] >= stride:
            chosen.append(index)
    return np.array(chosen, dtype=np.int64)
