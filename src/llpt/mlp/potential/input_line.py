"""The words of one line of a file, which knows its number: what is wrong in it is said with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class InputLine(list[str]):
    """Words of a line.

    Args:
        words: without what names the line.
        line: its number in the file, from 1.
    """

    def __init__(self, words: Iterable[str], line: int) -> None:
        super().__init__(words)
        self.line = line

    def after_first(self) -> InputLine:
        """Return the words after the first one."""
        return InputLine(self[1:], self.line)


def place_of_line(path: Path, entry: InputLine | None) -> str:
    """Write where something stands: a file, and the line of it where one is at fault."""
    return str(path) if entry is None else f"{path}, line {entry.line}"
