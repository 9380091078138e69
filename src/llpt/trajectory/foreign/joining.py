"""Pieces of one run become one trajectory: doubles are left out, what is cut is named, other runs are refused.

A gap between two pieces shows in the motion of the atoms (``measuring``) or in their steps and times (``reading``), as
one inside a file does.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError
from llpt.trajectory.foreign.statements import alike
from llpt.trajectory.foreign.text import CutOffError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from llpt.trajectory.foreign.frame import ForeignFrame, ForeignTrajectory

WHAT = {
    "temperature_k": "temperature, {} K",
    "pressure_gpa": "pressure, {} GPa",
    "electronic_temperature_k": "electronic temperature, {} K",
    "frame_interval_fs": "time between frames, {} fs",
    "constant_volume": "ensemble, constant volume {}",
}


def differing(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[str, str] | None:
    """Return in words what two theories say differently; None where they do not contradict each other.

    Args:
        one: what is known of a theory, by its name.
        other: the same of another.

    >>> differing({"functional": "pbe", "cutoff": "400 eV"}, {"functional": "pbesol"})
    ('functional pbe', 'functional pbesol')
    """
    names = [name for name in one if name in other and one[name] != other[name]]
    if not names:
        return None
    first, second = (", ".join(f"{name} {theory[name]}" for name in names) for theory in (one, other))
    return first, second


def joined(pieces: Sequence[ForeignTrajectory]) -> ForeignTrajectory:
    """Read several trajectories of the same atoms as one.

    Frames at the beginning of a piece that were in the pieces before are left out. A frame that the end of a piece has
    cut off is left out, and the next piece follows. A piece that only repeats what was there is left out.

    Args:
        pieces: in their order.

    Raises:
        InputError: they are of different atoms or states.
    """
    first = pieces[0]
    if len(pieces) == 1:
        return first
    for piece in pieces[1:]:
        if not np.array_equal(piece.numbers, first.numbers):
            raise InputError(
                f"{piece.name} holds other atoms than {first.name}.", "Give pieces of one run in their order."
            )
        for name, words in WHAT.items():
            here, there = getattr(piece.facts, name), getattr(first.facts, name)
            if not alike(piece.facts, first.facts, name):
                raise InputError(
                    f"{piece.name} has another {words.format(here)}, than {first.name}, {there}: two runs.",
                    "Import each on its own.",
                )
        theories = differing(piece.theory, first.theory)
        if theories is not None:
            raise InputError(
                f"{piece.name} was computed with {theories[0]}, {first.name} with {theories[1]}: two theories.",
                "Import each on its own, under a label of its own.",
            )
    joint = _Joint(pieces)
    files = tuple(path for piece in pieces for path in piece.files)
    return replace(first, files=files, frames=joint.frames, notes=joint.notes)


class _Joint:
    """Reads pieces one after the other and keeps notes of what it leaves out."""

    def __init__(self, pieces: Sequence[ForeignTrajectory]) -> None:
        self._pieces = pieces
        self.notes: list[str] = []

    def frames(self) -> Iterator[ForeignFrame]:
        """Yield the frames of all pieces, doubles left out."""
        self.notes.clear()
        seen: set[int] = set()
        for number, piece in enumerate(self._pieces):
            doubles, fresh = 0, 0
            try:
                for frame in piece.frames():
                    mark = mark_of(frame)
                    if not fresh and mark in seen:
                        doubles += 1
                        continue
                    fresh += 1
                    seen.add(mark)
                    yield replace(frame, piece=number)
            except CutOffError:
                if number == len(self._pieces) - 1:
                    raise
                self.notes.append(f"The last frame of {piece.name} is incomplete and was left out.")
            self.notes += piece.notes
            if doubles and not fresh:
                self.notes.append(f"{piece.name} only repeats frames of the files before it, and was left out.")
            elif doubles:
                what = "frame" if doubles == 1 else f"{doubles} frames"
                self.notes.append(f"The first {what} of {piece.name} stood in the files before it and was left out.")


def mark_of(frame: ForeignFrame) -> int:
    """Return a number that frames of equal positions and cell share, and others do not."""
    digest = hashlib.blake2b(np.ascontiguousarray(frame.positions_angstrom).tobytes(), digest_size=8)
    digest.update(np.ascontiguousarray(frame.cell_angstrom).tobytes())
    return int.from_bytes(digest.digest(), signed=True)
