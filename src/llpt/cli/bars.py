"""The bar of a command that does one thing many times."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from llpt.cli.console import messages

if TYPE_CHECKING:
    from collections.abc import Iterator


class Advance(Protocol):
    """What a bar is told: how many are done, and what is being done where that changes."""

    def __call__(self, done: int, description: str | None = None, /) -> None:
        """Show it."""


@contextmanager
def bar(name: str, total: int) -> Iterator[Advance]:
    """Show a bar with the time that is left while the block runs; nothing where no terminal is.

    Args:
        name: what is done.
        total: how often.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=messages(), disable=not messages().is_terminal) as bars:
        task = bars.add_task(name, total=total)

        def advance(done: int, description: str | None = None, /) -> None:
            bars.update(task, completed=done, description=description)

        yield advance
