"""What dynamics never shows a potential: structures off its paths, labelled by the reference.

A network that has seen only what a fluid does has no wall between two atoms that come too close: sooner or later a run
falls into the hole. A few snapshots with displaced atoms in strained cells hold the wall.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError
from llpt.learning.labelling import label
from llpt.learning.starting_cells import rattled
from llpt.trajectory import Trajectory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from ase import Atoms

    from llpt.engines import Engine
    from llpt.learning.harvesting import NamedRun

CLOSEST_ANGSTROM = 0.4
STRAIN = 0.03
"""Largest change of the cell's edges, either way."""
FRAMES_PER_BLOCK = 2


def rattle_runs(
    runs: Mapping[NamedRun, Callable[[], Engine]],
    directory: Path,
    *,
    frames: int,
    seed: int,
    dataset: str = "reference",
    on_frame: Callable[[int, int], None] | None = None,
) -> list[Atoms]:
    """Rattle snapshots of runs that are done and label them, or go on where that was interrupted.

    Args:
        runs: the runs, each with what makes its engine as the run had it.
        directory: where the labels are kept, a file for each run.
        frames: how many in all.
        seed: of the displacements.
        dataset: name of the data set, that of the runs' own frames: energies of one name share one constant.
        on_frame: called with the number of frames done and their total.

    Returns:
        Labelled frames with ``run`` and ``block`` in ``info``; those that the engine could not compute are left out.

    Raises:
        InputError: a run without frames.
        StorageError: a trajectory is damaged, or the labels cannot be written.
    """
    found: list[Atoms] = []
    shares = np.diff(np.linspace(0, frames, len(runs) + 1).round().astype(int))
    behind = 0
    for number, ((run, make), share) in enumerate(zip(runs.items(), shares, strict=True)):
        structures = rattled_snapshots(run, int(share), seed=seed + number)

        def tell(done: int, _total: int, behind: int = behind) -> None:
            if on_frame is not None:
                on_frame(behind + done, frames)

        path = directory / f"{run.name.replace('/', '-')}.extxyz"
        with closing(make()) as engine:
            found += label(structures, engine, path, dataset=dataset, on_frame=tell)[0]
        behind += int(share)
    return found


def rattled_snapshots(run: NamedRun, count: int, *, seed: int) -> Sequence[Atoms]:
    """Return snapshots, evenly over a run, with displaced atoms and strained cells; no two atoms within 0.4 Å.

    Args:
        run: whose snapshots.
        count: how many.
        seed: of displacements and strains; the same seed gives the same structures.

    Raises:
        InputError: the run holds no frame after its start.
        StorageError: its trajectory is damaged.
    """
    random = np.random.default_rng(seed)
    trajectory = Trajectory.open(run.directory)
    usable = np.flatnonzero(trajectory.frame_steps > 0)
    if not len(usable):
        raise InputError(f"{run.directory} holds no frame after its start.", "Let the run go on.")
    structures = []
    for number, index in enumerate(usable[np.linspace(0, len(usable) - 1, count).round().astype(int)]):
        frame = trajectory.atoms(int(index))
        frame.set_cell(frame.cell * (1.0 + random.uniform(-STRAIN, STRAIN)), scale_atoms=True)
        moved = rattled(frame, random, closest_angstrom=CLOSEST_ANGSTROM)
        moved.arrays.pop("momenta", None)
        moved.info = {"run": run.name, "block": f"{run.name}/rattled-{number // FRAMES_PER_BLOCK}"}
        structures.append(moved)
    return structures
