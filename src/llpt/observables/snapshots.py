"""Snapshots for single points: evenly spaced frames of a run, or all of some files, and what is known of their T_el."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from llpt.engines.registry import optics_engine
from llpt.errors import InputError
from llpt.run_file import RunFile, read_run_file
from llpt.structure import read_structures
from llpt.trajectory import Trajectory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ase import Atoms

    from llpt.engines import OptionValue


@dataclass(frozen=True)
class Snapshots:
    """Structures of one thermodynamic state.

    Args:
        frames: the structures.
        engine_options: the options of the engine of ``llpt optics`` that belong to them, as far as they are known.
    """

    frames: tuple[Atoms, ...]
    engine_options: Mapping[str, OptionValue]


def snapshots_of_run(run: Path, count: int, *, discard_steps: int | None = None) -> Snapshots:
    """Take evenly spaced frames of a run, to be computed with its own theory.

    Where the run was driven by another engine only the electrons' temperature is known: that of its
    engine, or else that of its ions.

    Args:
        run: its directory.
        count: frames wanted, >= 1; fewer come from a run that holds fewer.
        discard_steps: steps at the start of the run that are left out; None leaves out its first half.

    Raises:
        InputError: no frame is left.
        StorageError: the trajectory is missing or damaged.
    """
    trajectory = Trajectory.open(run)
    first = trajectory.n_steps // 2 if discard_steps is None else discard_steps
    kept = np.flatnonzero(trajectory.frame_steps >= first)
    if kept.size == 0:
        raise InputError(
            f"{run} has no frames from step {first} on (it has {trajectory.n_steps} steps).", "Discard fewer steps."
        )
    chosen = kept[np.unique(np.linspace(0, kept.size - 1, min(count, kept.size)).round().astype(int))]
    frames = tuple(trajectory.atoms(int(index)) for index in chosen)
    record = read_run_file(run, RunFile)
    if record is None or record.engine is None:
        return Snapshots(frames, {})
    engine, own = record.engine, optics_engine()
    options = cast("dict[str, OptionValue]", engine.options)
    if engine.name == own.name:
        return Snapshots(frames, {key: options[key] for key in own.theory if key in options})
    known = options.get("electronic_temperature_k") or record.settings.temperature_k
    return Snapshots(frames, {} if known is None else {"electronic_temperature_k": float(known)})


def snapshots_of_files(paths: Sequence[Path]) -> Snapshots:
    """Take all frames of structure files, and the electrons' temperature that they name.

    Args:
        paths: structure files.

    Raises:
        InputError: a file that cannot be read, or frames of different electronic temperatures.
    """
    frames = tuple(atoms for path in paths for atoms in read_structures(path))
    temperatures = {atoms.info.get("electronic_temperature_k") for atoms in frames}
    if len(temperatures) > 1:
        raise InputError(
            "the snapshots were made at different electronic temperatures.", "Average snapshots of one state at a time."
        )
    known = temperatures.pop() if temperatures else None
    return Snapshots(frames, {} if known is None else {"electronic_temperature_k": float(known)})
