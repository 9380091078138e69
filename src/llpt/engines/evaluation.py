"""Single points: frames in, frames with energy, free energy, forces and stress out."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ase.io
import numpy as np

from llpt.errors import EngineError, InputError, StorageError
from llpt.structure import read_structures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ase import Atoms

    from llpt.engines.face import Engine

INFO_RESULTS = (
    "energy",
    "free_energy",
    "entropy",
    "stress",
    "free_energy_uncorrected",
    "stress_uncorrected",
    "extrapolation_warnings",
    "force_spread",
    "energy_spread",
)


def evaluate(frames: Iterable[Atoms], engine: Engine, *, on_frame: Callable[[int], None] | None = None) -> list[Atoms]:
    """Return copies of ``frames`` that carry their results.

    Each copy has ``info`` keys ``energy`` (E, eV), ``free_energy`` (F, eV), ``entropy`` (eV/K), where the engine gives
    it ``stress`` (eV/Å³, Voigt order, shape (6,)), and ``arrays["forces"]`` (eV/Å, shape (n_atoms, 3)); any results
    the frame came with are replaced. An engine with an electronic temperature adds ``electronic_temperature_k`` (K): it
    is part of every label. Every frame is computed afresh: nothing carries over from the frame before.

    Args:
        frames: structures.
        engine: what computes them.
        on_frame: called with the number of frames done after each.

    Raises:
        InputError: a structure the engine cannot compute.
        EngineError: a calculation that failed or gave a value that is not finite; the message names the frame.
    """
    temperature = engine.describe().options.get("electronic_temperature_k")
    evaluated = []
    for number, frame in enumerate(frames):
        atoms: Any = bare_copy(frame)
        engine.reset()
        try:
            engine.calculate(atoms)
        except EngineError as error:
            raise EngineError(f"Frame {number}: {error.cause}", error.remedy) from error
        atoms.arrays["forces"] = np.array(engine.results["forces"], dtype=float)
        for name in INFO_RESULTS:
            if name in engine.results:
                value = engine.results[name]
                atoms.info[name] = np.array(value, dtype=float) if np.ndim(value) else value
        if temperature is not None:
            atoms.info["electronic_temperature_k"] = float(temperature)
        evaluated.append(atoms)
        if on_frame is not None:
            on_frame(number + 1)
    return evaluated


def bare_copy(frame: Atoms) -> Atoms:
    """Return a copy without calculator and without earlier results in ``info`` and ``arrays``."""
    source: Any = frame
    atoms: Atoms = source.copy()
    for name in (*INFO_RESULTS, "electronic_temperature_k"):
        atoms.info.pop(name, None)
    for name in ("forces", "energies"):
        atoms.arrays.pop(name, None)
    return atoms


def write_evaluated(path: Path | str, frames: Sequence[Atoms]) -> None:
    """Write evaluated frames as extxyz: aside, flushed, then renamed, so that no half-written file is ever left.

    Args:
        path: file to write; replaced if it is there.
        frames: what :func:`evaluate` returned.

    Raises:
        EngineError: a result that is not finite: it is never written.
        StorageError: the file cannot be written.
    """
    path = Path(path)
    for number, atoms in enumerate(frames):
        results = {name: atoms.info[name] for name in INFO_RESULTS if name in atoms.info}
        results["forces"] = atoms.arrays["forces"]
        for name, value in results.items():
            if not np.isfinite(np.asarray(value, dtype=float)).all():
                raise EngineError(
                    f"Frame {number} has {name} that is not finite; nothing was written to {path}.",
                    "Leave out the frame, or compute it again.",
                )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
        ) as aside:
            try:
                ase.io.write(aside, list(frames), format="extxyz")
                aside.flush()
                os.fsync(aside.fileno())
                Path(aside.name).chmod(0o644)
                Path(aside.name).replace(path)
            except BaseException:
                Path(aside.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written: {error.strerror or error}.",
            "Check the path, its permissions and the free space.",
        ) from error


def read_evaluated(
    path: Path | str,
    *,
    dataset: str | None = None,
    electronic_temperature_k: float | None = None,
    index: str = ":",
) -> list[Atoms]:
    """Read labelled frames: what :func:`write_evaluated` wrote, or published data.

    ASE moves ``energy``, ``free_energy``, ``forces`` and ``stress`` of a file into a calculator; here they are back
    where :func:`evaluate` put them, no calculator is attached, and what a label must know about its origin is added.

    Args:
        path: any file that ASE reads, e.g. extxyz, compressed or not.
        dataset: ``info["dataset"]`` of every frame that has none (energies of two sets may differ by a constant per
            atom); the name of the file without its endings if not given.
        electronic_temperature_k: ``info["electronic_temperature_k"]`` of every frame that has none, where it is known.
        index: which frames, in ASE's words.

    Raises:
        InputError: the file cannot be read, holds a structure that is refused, or a frame without energy or forces.
    """
    path = Path(path)
    frames = read_structures(path, index=index)
    for number, frame in enumerate(frames):
        source: Any = frame
        results = dict(source.calc.results) if source.calc is not None else {}
        source.calc = None
        for name, value in results.items():
            if name in ("forces", "energies"):
                source.arrays[name] = np.array(value, dtype=float)
            else:
                source.info[name] = value
        if "forces" not in source.arrays or not {"energy", "free_energy"} & set(source.info):
            raise InputError(
                f"Frame {number} of {path} has no energy or no forces.",
                "Give evaluated frames, e.g. what llpt evaluate wrote.",
            )
        source.info.setdefault("dataset", dataset or path.name.split(".")[0])
        if electronic_temperature_k is not None:
            source.info.setdefault("electronic_temperature_k", float(electronic_temperature_k))
    return frames
