"""Files of one run that are written side by side: each frame of positions finds its step in the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from llpt.errors import InputError
from llpt.trajectory.foreign.text import CutOffError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

T = TypeVar("T")


def with_last(steps: Iterator[T]) -> Iterator[tuple[T, bool]]:
    """Yield each step with whether it is the last whole one.

    Raises:
        CutOffError: after the last whole one, where the file ends in the middle of another.
    """
    before: T | None = None
    cut: CutOffError | None = None
    while True:
        try:
            now = next(steps, None)
        except CutOffError as error:
            now, cut = None, error
        if before is not None:
            yield before, now is None
        if now is None:
            break
        before = now
    if cut is not None:
        raise cut


def matched(
    path: Path, step: int, rows: Iterator[tuple[int, T]], *, last: bool, remedy: str, what: str = "nothing"
) -> T:
    """Return what a file has at a step of positions, reading on until there; of a step given twice the first.

    Args:
        path: the file.
        step: of the positions.
        rows: step and content of the file's rows, in their order.
        last: whether no positions come after it.
        remedy: what to do where the step is not there.
        what: is not there then.

    Raises:
        CutOffError: the file ends before a step that is the last one: a job was killed between two files.
        InputError: it has nothing of the step.
    """
    try:
        for other, value in rows:
            if other == step:
                return value
            if other > step:
                raise InputError(f"{path} has {what} of step {step}, at which there are positions.", remedy)
    except CutOffError:
        if last:
            raise
    if last:
        raise CutOffError(path, "a run, before the last positions")
    raise InputError(f"{path} ends before step {step}, after which there are more positions.", remedy)
