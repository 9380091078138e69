"""Files of one run that are written side by side: each frame of positions finds its step in the others."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Generic, TypeVar

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
        frame_of: makes a frame of a step, with what :class:`Rows` have of it.

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


class Rows(Generic[T]):
    """What a file has of each step, read on as far as positions ask; only for :func:`side_by_side`.

    Of a step given twice the first counts. A program that was started again from an earlier step counts back in all its
    files.

    Args:
        path: the file.
        rows: step and content of its rows, in their order.
        remedy: what to do where a step is not there.
        what: is not there then.
    """

    def __init__(self, path: Path, rows: Iterator[tuple[int, T]], *, remedy: str, what: str = "nothing") -> None:
        self._path, self._rows, self._remedy, self._what = path, rows, remedy, what
        self._last: tuple[int, T] | None = None

    def at(self, step: int) -> T:
        """Return what it has at a step of positions.

        Raises:
            InputError: it has later ones and not this one.
        """
        if self._last is not None and self._last[0] == step:
            return self._last[1]
        passed = False
        with contextlib.suppress(CutOffError):
            for other, value in self._rows:
                if other == step:
                    self._last = other, value
                    return value
                passed = passed or other > step
        if passed:
            raise InputError(
                f"{self._path} has {self._what} of step {step}, at which there are positions.", self._remedy
            )
        raise _EndedError(self._path, step)
