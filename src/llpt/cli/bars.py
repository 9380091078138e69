"""The bars of long work: how many of how many are done, how fast, and the time that is left."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from llpt.cli.console import messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Task


class Advance(Protocol):
    """What a bar is told: how many are done, and what is being done where that changes."""

    def __call__(self, done: float, description: str | None = None, /, *, total: float | None = None) -> None:
        """Show it; ``total`` where it has changed."""


class RateColumn(ProgressColumn):
    """How many are done in a second, or how long one takes where that is longer."""

    def render(self, task: Task) -> Text:
        """Return the text; empty before the first is done."""
        return Text(rate_text(task.finished_speed or task.speed), style="progress.data.speed")


def rate_text(per_second: float | None) -> str:
    """Write a rate as a person says it.

    >>> rate_text(12.34), rate_text(0.05), rate_text(None)
    ('12.3/s', '20 s each', '')
    """
    if not per_second:
        return ""
    return f"{per_second:.3g}/s" if per_second >= 1.0 else f"{1.0 / per_second:.3g} s each"


@contextmanager
def bar(name: str, total: float | None = None, *, transient: bool = False) -> Iterator[Advance]:
    """Show a bar with rate and the time that is left while the block runs; nothing where no terminal is.

    Args:
        name: what is done.
        total: how often; None where that is not known, or not yet.
        transient: whether the bar goes away in the end.
    """
    if not messages().is_terminal:  # a disabled bar of rich 13 ends with an empty line
        yield _untold
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=messages(), transient=transient) as bars:
        task = bars.add_task(name, total=total)

        def advance(done: float, description: str | None = None, /, *, total: float | None = None) -> None:
            bars.update(task, completed=done, description=description, total=total)

        yield advance


def _untold(_done: float, _description: str | None = None, /, *, total: float | None = None) -> None:
    del total
