"""A checkpoint: everything a run needs to go on, in one directory that appears whole or not at all.

``checkpoints/<step>/`` holds ``checkpoint.json`` (step, number of closed segments), ``state.npz`` (numbers, masses,
positions, velocities, cell, the engine's last result), the integrator's own file (i-PI's RESTART) and the engine's
state; of a path integral the results and states of every bead. It is written aside, synchronised to the disk and
renamed: from that moment the steps count as done. The one before it is kept, for a file may be damaged later; older
ones are removed. Each holds the SHA-256 of its files.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from pydantic import BaseModel, Field

from llpt.dynamics.evaluation import result_from_arrays, result_to_arrays
from llpt.dynamics.integrator import Integrator, IntegratorState
from llpt.dynamics.ring_polymer import RingPolymer
from llpt.errors import StorageError, first_line
from llpt.files import atomic_directory, atomic_stream, file_hash, remove, write_atomically
from llpt.trajectory import check_segment, segment_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from llpt.dynamics.evaluation import Evaluator
    from llpt.engines import EngineResult

CHECKPOINTS_NAME = "checkpoints"
ENGINE_STATE_NAME = "engine-state"
RESULT = "result"
SUMMARY_NAME = "checkpoint.json"
KEPT = 2
"""Checkpoints that are kept of a run."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint read from disk.

    Args:
        directory: where it lies.
        step: number of steps done.
        segments: number of closed trajectory segments that hold these steps.
        numbers: atomic numbers, shape (n,).
        masses_u: masses, shape (n,).
        state: atoms and conserved quantity at that step.
        results: what the engine gave for these atoms, one of each bead.
    """

    directory: Path
    step: int
    segments: int
    numbers: NDArray[np.int64]
    masses_u: NDArray[np.float64]
    state: IntegratorState
    results: tuple[EngineResult, ...]


def save_checkpoint(
    run_directory: Path, *, step: int, segments: int, integrator: Integrator, evaluators: Sequence[Evaluator]
) -> Path:
    """Write a checkpoint and remove those before it, but the last one.

    Args:
        run_directory: directory of the run.
        step: number of steps done.
        segments: number of closed segments that hold them.
        integrator: what moves the atoms.
        evaluators: of each bead the engine and its last result.

    Returns:
        The directory of the new checkpoint.

    Raises:
        StorageError: the disk refuses; the checkpoint before is untouched.
    """
    parent = run_directory / CHECKPOINTS_NAME
    final = parent / f"{step:010d}"
    state = integrator.state()
    with atomic_directory(final) as part:
        integrator.save(part)
        arrays: dict[str, Any] = {}
        for bead, evaluator in enumerate(evaluators):
            evaluator.engine.save_state(part / _of_bead(ENGINE_STATE_NAME, bead))
            known = result_to_arrays(evaluator.last)
            arrays |= {f"{_of_bead(RESULT, bead)}_{name}": value for name, value in known.items()}
        if state.ring is not None:
            arrays["bead_positions_angstrom"] = state.ring.positions_angstrom
            arrays["bead_temperature_k"] = np.array(state.ring.temperature_k)
        atoms: Any = evaluators[0].atoms
        with atomic_stream(part / "state.npz", durable=False) as stream:
            np.savez(
                stream,
                numbers=atoms.numbers,
                masses_u=atoms.get_masses(),
                positions_angstrom=state.positions_angstrom,
                velocities_angstrom_per_fs=state.velocities_angstrom_per_fs,
                cell_angstrom=state.cell_angstrom,
                conserved_ev=state.conserved_ev,
                **arrays,
            )
        summary = json.dumps({"step": step, "segments": segments, "sha256": _hashes(part)})
        write_atomically(part / SUMMARY_NAME, summary, durable=False)
    kept = _directories(run_directory)[-KEPT:]
    for other in parent.iterdir():
        if other not in kept:
            with contextlib.suppress(StorageError):
                remove(other)
    return final


def steps_on_disk(run_directory: Path) -> int:
    """Return the step of the newest checkpoint of a run, by its name; 0 where there is none."""
    directories = _directories(run_directory)
    return int(directories[-1].name) if directories else 0


def has_checkpoint(run_directory: Path) -> bool:
    """Return whether a run has a checkpoint, sound or not."""
    return bool(_directories(run_directory))


def latest_checkpoint(run_directory: Path) -> Checkpoint | None:
    """Read the newest checkpoint of a run; None where there is none.

    Raises:
        StorageError: it cannot be read.
    """
    directories = _directories(run_directory)
    return _read(directories[-1]) if directories else None


def sound_checkpoint(run_directory: Path) -> tuple[Checkpoint | None, str]:
    """Return the newest checkpoint that is sound, as are the steps it closes, and what was wrong with a newer one.

    A newer one that is damaged is removed, once an older one is found to go on from.

    Returns:
        The checkpoint, None where the run has none; one sentence, empty where the newest is sound.

    Raises:
        StorageError: there are checkpoints, and none is sound.
    """
    refused: list[Path] = []
    first: StorageError | None = None
    for directory in reversed(_directories(run_directory)):
        try:
            checkpoint = _read(directory)
            if checkpoint.segments:
                check_segment(segment_path(run_directory, checkpoint.segments - 1))
        except StorageError as error:
            refused.append(directory)
            first = first or error
            continue
        for other in refused:
            remove(other)
        return checkpoint, "" if first is None else f"Goes on from step {checkpoint.step}: {first.cause}"
    if first is not None:
        raise first
    return None, ""


def _directories(run_directory: Path) -> list[Path]:
    """Return the checkpoints of a run, the oldest first."""
    parent = run_directory / CHECKPOINTS_NAME
    return sorted(entry for entry in parent.iterdir() if entry.name.isdigit()) if parent.is_dir() else []


class _Summary(BaseModel):
    """What a checkpoint says of itself.

    Args:
        step: it stands at.
        segments: of the trajectory before it.
        sha256: of each of its files, by path; checkpoints of earlier versions have none.
    """

    step: int
    segments: int
    sha256: dict[str, str] = Field(default_factory=dict)


def _hashes(directory: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a checkpoint but its summary, by its path in it."""
    files = sorted(path for path in directory.rglob("*") if path.is_file() and path.name != SUMMARY_NAME)
    return {str(path.relative_to(directory)): file_hash(path) for path in files}


def _read(directory: Path) -> Checkpoint:
    try:
        summary = _Summary.model_validate(json.loads((directory / SUMMARY_NAME).read_text(encoding="utf-8")))
        found = _hashes(directory)
        for name, digest in summary.sha256.items():
            if found.get(name) != digest:
                raise ValueError(f"{name} is not as it was written")  # noqa: TRY301 - one sentence for all damage
        with np.load(directory / "state.npz", allow_pickle=False) as arrays:
            ring = None
            if "bead_positions_angstrom" in arrays:
                ring = RingPolymer(arrays["bead_positions_angstrom"], float(arrays["bead_temperature_k"]))
            state = IntegratorState(
                positions_angstrom=arrays["positions_angstrom"],
                velocities_angstrom_per_fs=arrays["velocities_angstrom_per_fs"],
                cell_angstrom=arrays["cell_angstrom"],
                conserved_ev=float(arrays["conserved_ev"]),
                ring=ring,
            )
            numbers, masses = arrays["numbers"], arrays["masses_u"]
            beads = 1 if ring is None else len(ring.positions_angstrom)
            results = tuple(_result(arrays, _of_bead(RESULT, bead)) for bead in range(beads))
        return Checkpoint(directory, summary.step, summary.segments, numbers, masses, state, results)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise StorageError(
            f"The checkpoint {directory} cannot be read: {first_line(error)}.",
            "Restore the run directory from a copy, or start the run again in a new directory.",
        ) from error


def _of_bead(name: str, bead: int) -> str:
    """Return the name of what belongs to a bead, counted from 0; the first one's has no number."""
    return f"{name}{bead}" if bead else name


def _result(arrays: Mapping[str, NDArray[np.float64]], name: str) -> EngineResult:
    prefix = f"{name}_"
    return result_from_arrays({key.removeprefix(prefix): arrays[key] for key in arrays if key.startswith(prefix)})


def restore_engines(checkpoint: Checkpoint, evaluators: Sequence[Evaluator]) -> None:
    """Give the engine of every bead back what it carried from step to step, and the result it had last.

    Raises:
        StorageError: a state cannot be read.
    """
    state = checkpoint.state
    positions = [state.positions_angstrom] if state.ring is None else state.ring.positions_angstrom
    for bead, evaluator in enumerate(evaluators):
        path = checkpoint.directory / _of_bead(ENGINE_STATE_NAME, bead)
        if path.exists():
            try:
                evaluator.engine.load_state(path)
            except (OSError, ValueError, KeyError, EOFError) as error:
                raise StorageError(
                    f"The engine's state {path} cannot be read: {error}.",
                    "Restore the run directory from a copy, or start the run again in a new directory.",
                ) from error
        evaluator.remember(checkpoint.results[bead], positions[bead], state.cell_angstrom)
