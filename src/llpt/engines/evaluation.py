"""Single points: frames in, frames with energy, free energy, forces and stress out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ase.io
import numpy as np

from llpt.engines.face import PressureLabel
from llpt.engines.make import as_engine
from llpt.errors import EngineError, InputError, unsuitable
from llpt.files import atomic_text, make_directory
from llpt.structure import LABELS, attach_labels, label_of, read_structures, with_labels_called

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ase import Atoms
    from ase.calculators.calculator import BaseCalculator

    from llpt.engines.face import Engine

INFO_RESULTS = (
    "entropy",
    "free_energy_uncorrected",
    "stress_uncorrected",
    "extrapolation_warnings",
    "force_spread",
    "energy_spread",
)


def evaluate(
    frames: Iterable[Atoms], engine: Engine | BaseCalculator, *, on_frame: Callable[[int], None] | None = None
) -> list[Atoms]:
    """Return copies of ``frames`` that carry their results.

    Each copy carries its labels as ASE keeps them (``llpt.structure.attach_labels``): ``get_potential_energy()`` is E,
    with ``force_consistent=True`` F (eV); ``get_forces()`` (eV/Å) and, where the engine gives it, ``get_stress()``
    (eV/Å³). ``info`` holds ``entropy`` (eV/K), other numbers of the engine and, of one with an electronic temperature,
    ``electronic_temperature_k`` (K): it is part of every label. Any results the frame came with are replaced. Every
    frame is computed afresh: nothing carries over from the frame before.

    Args:
        frames: structures, a list or a trajectory.
        engine: what computes them; a calculator of ASE is taken for one.
        on_frame: called with the number of frames done after each.

    Raises:
        InputError: a structure the engine cannot compute.
        EngineError: a calculation that failed or gave a value that is not finite; the message names the frame.
    """
    if hasattr(frames, "get_chemical_symbols"):
        raise InputError("One structure is given where a list is expected.", "Put it into brackets: [atoms].")
    engine = as_engine(engine)
    evaluated = []
    for number, frame in enumerate(_structures(frames)):
        engine.reset()
        evaluated.append(labelled(frame, engine, number=number))
        if on_frame is not None:
            on_frame(number + 1)
    return evaluated


def _structures(frames: Iterable[Atoms]) -> Iterator[Atoms]:
    """Give one structure after the other, as they are asked for."""
    remedy = "Give ase.Atoms in a list, or a trajectory."
    if not isinstance(frames, Iterable):
        raise unsuitable(frames, "is no list of structures", remedy)
    for frame in frames:
        if not hasattr(frame, "get_chemical_symbols"):
            raise unsuitable(frame, "is no structure", remedy)
        yield frame


def labelled(frame: Atoms, engine: Engine, *, number: int) -> Atoms:
    """Return a copy of a frame with its results (see :func:`evaluate`); the engine starts from what it has at hand.

    Args:
        frame: a structure.
        engine: what computes it.
        number: of the frame, for messages.

    Raises:
        InputError: a structure the engine cannot compute.
        EngineError: a calculation that failed or gave a value that is not finite.
    """
    atoms: Any = bare_copy(frame)
    try:
        engine.calculate(atoms)
    except EngineError as error:
        raise EngineError(f"Frame {number}: {error.cause}", error.remedy) from error
    found = engine.results
    attach_labels(
        atoms,
        energy=found["energy"],
        free_energy=found["free_energy"],
        forces=found["forces"],
        stress=found.get("stress"),
    )
    for name in INFO_RESULTS:
        if name in found:
            atoms.info[name] = np.array(found[name], dtype=float) if np.ndim(found[name]) else found[name]
    temperature = engine.describe().options.get("electronic_temperature_k")
    if temperature is not None:
        atoms.info["electronic_temperature_k"] = float(temperature)
    result: Atoms = atoms
    return result


def corrected_alike(frame: Atoms, engine: Engine) -> bool:
    """Return whether the pressure of a labelled frame is corrected for the finite basis as the engine's is, or neither.

    Args:
        frame: a frame with labels.
        engine: what would label it now.
    """
    corrects = engine.describe().pressure_label is PressureLabel.CORRECTED
    return ("stress_uncorrected" in frame.info) == corrects


def bare_copy(frame: Atoms) -> Atoms:
    """Return a copy without calculator and without earlier results in ``info`` and ``arrays``."""
    source: Any = frame
    atoms: Atoms = source.copy()
    for name in (*LABELS, *INFO_RESULTS, "electronic_temperature_k"):
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
        results = {name: label_of(atoms, name) for name in LABELS}
        results |= {name: atoms.info.get(name) for name in INFO_RESULTS}
        for name, value in results.items():
            if value is not None and not np.isfinite(np.asarray(value, dtype=float)).all():
                raise EngineError(
                    f"Frame {number} has {name} that is not finite; nothing was written to {path}.",
                    "Leave out the frame, or compute it again.",
                )
    make_directory(path.parent)
    with atomic_text(path) as stream:
        ase.io.write(stream, list(frames), format="extxyz")


def read_evaluated(
    path: Path | str,
    *,
    dataset: str | None = None,
    electronic_temperature_k: float | None = None,
    index: str = ":",
    keys: Mapping[str, str] | None = None,
) -> list[Atoms]:
    """Read labelled frames: what :func:`write_evaluated` wrote, or published data.

    Every frame is as :func:`evaluate` returns it, and what a label must know about its origin is added.

    Args:
        path: any file that ASE reads, e.g. extxyz, compressed or not.
        dataset: ``info["dataset"]`` of every frame that has none (energies of two sets may differ by a constant per
            atom); the name of the file without its endings if not given.
        electronic_temperature_k: ``info["electronic_temperature_k"]`` of every frame that has none, where it is known.
        index: which frames, in ASE's words.
        keys: what labels are called in the file, where not as usual (``llpt.structure.with_labels_called``).

    Raises:
        InputError: the file cannot be read, holds a structure that is refused, or a frame without energy or forces.
    """
    path = Path(path)
    frames = read_structures(path, index=index)
    if keys:
        frames = [
            with_labels_called(frame, keys, where=f"Frame {number} of {path}") for number, frame in enumerate(frames)
        ]
    for number, frame in enumerate(frames):
        source: Any = frame
        energies = [label_of(frame, "energy"), label_of(frame, "free_energy")]
        if label_of(frame, "forces") is None or energies == [None, None]:
            raise InputError(
                f"Frame {number} of {path} has no energy or no forces.",
                "Give evaluated frames, e.g. what llpt evaluate wrote.",
            )
        if any(isinstance(energy, str) for energy in energies):  # ASE keeps what is no number as text
            raise InputError(f"An energy of frame {number} of {path} is no number.", "Restore the file from a copy.")
        source.info.setdefault("dataset", dataset or path.name.split(".")[0])
        if electronic_temperature_k is not None:
            source.info.setdefault("electronic_temperature_k", float(electronic_temperature_k))
    return frames
