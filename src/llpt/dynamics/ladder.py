"""Hands the end of one run on as the start of the next: ladders of temperature, sequential runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import ase
import numpy as np
from ase.io import read

from llpt.dynamics.checkpoint import latest_checkpoint
from llpt.dynamics.outcome import RunState
from llpt.dynamics.ring_polymer import DISPLACEMENTS, ring_displacements
from llpt.dynamics.run_record import read_run_record
from llpt.errors import InputError
from llpt.units import ASE_VELOCITY_TO_ANGSTROM_PER_FS


def last_configuration(
    run_directory: str | Path, *, temperature_k: float | None = None, require_done: bool = True
) -> ase.Atoms:
    """Return the last configuration of a run: positions (unwrapped), cell and velocities, to the last digit.

    Of a path integral these are the positions of the first bead, without velocities, and beside them those of the
    others (array ``bead_displacements``): a run with as many beads goes on from all of them.

    Args:
        run_directory: directory of the run.
        temperature_k: temperature of the next run. All velocities are multiplied by sqrt(T_next / T_set), T_set being
            the set temperature of the finished run, which turns one Maxwell–Boltzmann distribution into the other
            with its fluctuations. None leaves them as they are.
        require_done: whether a run that has not reached its last step is refused.

    Raises:
        InputError: there is no run, it has no checkpoint, or it is not done.
        StorageError: its files are damaged.
    """
    directory = Path(run_directory)
    record = read_run_record(directory)
    checkpoint = latest_checkpoint(directory)
    if record is None or checkpoint is None:
        raise InputError(f"{directory} holds no run with a checkpoint.", "Run it first.")
    if require_done and record.state is not RunState.DONE:
        raise InputError(
            f"The run in {directory} is {record.state} at step {checkpoint.step}, not done.",
            "Finish it first: start it again and it continues.",
        )
    factor = 1.0
    if temperature_k is not None:
        factor = float(np.sqrt(temperature_k / record.settings.temperature_k))
    start: Any = read(directory / "start.extxyz")
    atoms: Any = ase.Atoms(
        numbers=start.numbers,
        positions=checkpoint.state.positions_angstrom,
        cell=checkpoint.state.cell_angstrom,
        pbc=True,
    )
    atoms.set_masses(checkpoint.masses_u)
    ring = checkpoint.state.ring
    if ring is not None:
        atoms.set_array(DISPLACEMENTS, ring_displacements(ring.positions_angstrom))
        return cast("ase.Atoms", atoms)
    velocities = checkpoint.state.velocities_angstrom_per_fs / ASE_VELOCITY_TO_ANGSTROM_PER_FS
    atoms.set_velocities(velocities * factor)
    return cast("ase.Atoms", atoms)


def own_start(run_directory: str | Path) -> ase.Atoms | None:
    """Return the structure that a run started from; None where it has no checkpoint to go on from.

    Raises:
        StorageError: its files are damaged.
    """
    directory = Path(run_directory)
    checkpoint = latest_checkpoint(directory)
    if checkpoint is None:
        return None
    start: Any = read(directory / "start.extxyz")
    start.set_masses(checkpoint.masses_u)
    return cast("ase.Atoms", start)
