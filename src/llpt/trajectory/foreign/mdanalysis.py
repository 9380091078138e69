"""A universe of MDAnalysis, or a group of its atoms: Å, ps, and forces in kJ/mol/Å become the units here.

The module asks nothing of MDAnalysis itself, so that it need not be installed.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from ase.data import atomic_numbers

from llpt.errors import InputError
from llpt.trajectory.facts import Facts
from llpt.trajectory.foreign.arrays import atomic_numbers_of
from llpt.trajectory.foreign.frame import ForeignFrame, ForeignTrajectory
from llpt.units import EV_TO_KJ_PER_MOL, PS_TO_FS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

PROGRAM = "MDAnalysis universe"
MADE_UP_PS = 1.0


def is_mdanalysis(given: object) -> bool:
    """Whether something is a universe or a group of atoms of MDAnalysis."""
    return type(given).__module__.partition(".")[0] == "MDAnalysis" and hasattr(given, "universe")


def open_universe(given: Any, *, elements: Sequence[str] = ()) -> ForeignTrajectory:
    """Open the trajectory of a universe, or of a group of its atoms; the universe stays at the frame where it is.

    Args:
        given: the universe or the group.
        elements: of the atoms, where the universe does not know them.

    Raises:
        InputError: its elements are not known, or it has no box.
    """
    atoms, trajectory = given.atoms, given.universe.trajectory
    symbols = [str(symbol) for symbol in getattr(atoms, "elements", ())]
    if elements or not symbols or any(symbol not in atomic_numbers for symbol in symbols):
        symbols = list(elements)
    masses = np.asarray(getattr(atoms, "masses", np.zeros(0)), dtype=float)
    return ForeignTrajectory(
        program=PROGRAM,
        files=(),
        numbers=atomic_numbers_of(symbols, len(atoms), f"The {PROGRAM}"),
        frames=lambda: _frames(trajectory, np.asarray(atoms.indices)),
        masses_u=masses if len(masses) == len(atoms) and (masses > 0.0).all() else None,
        facts=Facts(frame_interval_fs=_interval_fs(trajectory)),
    )


def _interval_fs(trajectory: Any) -> float | None:
    """Return the time between frames: what the reader says, else the difference of the first two frames' times.

    None where MDAnalysis makes it up: it takes 1 ps, with a warning, or without one for arrays in memory.
    """
    reader = trajectory.copy()
    if type(trajectory).__name__ == "MemoryReader" and float(reader.ts.dt) == MADE_UP_PS:
        return None
    times = [step.data["time"] for _, step in zip(range(2), reader, strict=False) if "time" in step.data]
    if len(times) == 2 and times[1] > times[0]:
        return float(times[1] - times[0]) * PS_TO_FS
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        interval = float(trajectory.copy().ts.dt) * PS_TO_FS
    return None if any("dt information" in str(warning.message) for warning in caught) else interval


def _frames(trajectory: Any, indices: NDArray[np.int64]) -> Iterator[ForeignFrame]:
    for number, step in enumerate(trajectory.copy()):
        cell = None if step.dimensions is None else np.array(step.triclinic_dimensions, dtype=float)
        if cell is None or not np.linalg.det(cell):
            raise InputError(f"Frame {number} of the {PROGRAM} has no box.", "Set its dimensions.")
        yield ForeignFrame(
            positions_angstrom=np.array(step.positions[indices], dtype=float),
            cell_angstrom=cell,
            velocities_angstrom_per_fs=np.array(step.velocities[indices], dtype=float) / PS_TO_FS
            if step.has_velocities
            else None,
            forces_ev_per_angstrom=np.array(step.forces[indices], dtype=float) / EV_TO_KJ_PER_MOL
            if step.has_forces
            else None,
            time_fs=float(step.time) * PS_TO_FS,
        )
