"""Files of one run that are written side by side: each frame of positions finds its step in the others."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypeVar

from llpt.errors import InputError
from llpt.trajectory.foreign.text import CutOffError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from llpt.trajectory.foreign.frame import ForeignFrame

T = TypeVar("T")


class ShorterFileError(InputError):
    """A file that ends before another of its run does, as those of a killed job do."""


class _EndedError(Exception):
    """A file has ended, and nobody has counted yet what that costs."""

    def __init__(self, path: Path, step: int) -> None:
        super().__init__(path, step)
        self.path, self.step = path, step


def side_by_side(steps: Iterator[T], frame_of: Callable[[T], ForeignFrame]) -> Iterator[ForeignFrame]:
    """Yield the frame of each step of positions, made with what other files have of it.

    Args:
        steps: of the positions.
        frame_of: makes a frame of a step, and calls :func:`matched` for it.

    Raises:
        ShorterFileError: another file ends before them; it says how many are left.
    """
    for step in steps:
        try:
            frame = frame_of(step)
        except _EndedError as error:
            left = 1
            with contextlib.suppress(InputError):  # what comes behind is left out whatever it is
                for _ in steps:
                    left += 1
            what = "the last frame" if left == 1 else f"the last {left} frames"
            raise ShorterFileError(
                f"{error.path} ends before step {error.step}, and so {what} of positions cannot be taken.",
                "Restore the file, or leave it out.",
            ) from error
        yield frame


def matched(path: Path, step: int, rows: Iterator[tuple[int, T]], *, remedy: str, what: str = "nothing") -> T:
    """Return what a file has at a step of positions, reading on until there; of a step given twice the first.

    Only for :func:`side_by_side`, which counts what is left where the file ends before.

    Args:
        path: the file.
        step: of the positions.
        rows: step and content of the file's rows, in their order.
        remedy: what to do where the step is not there.
        what: is not there then.

    Raises:
        InputError: it has later ones and not this one.
    """
    with contextlib.suppress(CutOffError):
        for other, value in rows:
            if other == step:
                return value
            if other > step:
                raise InputError(f"{path} has {what} of step {step}, at which there are positions.", remedy)
    raise _EndedError(path, step)
