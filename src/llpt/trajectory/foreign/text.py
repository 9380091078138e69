"""Reading text a line at a time: plain or gzip, and errors that name the file and the line."""

from __future__ import annotations

import gzip
import io
from typing import TYPE_CHECKING, cast

import numpy as np

from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

HEAD_BYTES = 65_536


class Lines:
    """The lines of a text file, one at a time, without their line ends.

    Args:
        path: the file; a name ending in ``.gz`` is unpacked on the way.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.number = 0
        self._stream = _open(path)

    def __del__(self) -> None:
        if hasattr(self, "_stream"):
            self._stream.close()  # a reader that stops early is dropped without a word

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = self._stream.readline()
        except (OSError, EOFError) as error:
            raise InputError(f"{self.path} cannot be read: {error}.", "Restore the file from a copy.") from error
        if not line:
            self._stream.close()
            raise StopIteration
        self.number += 1
        return line.rstrip("\n\r")

    def take(self, what: str) -> str:
        """Return the next line.

        Raises:
            CutOffError: the file ends here.
        """
        line = next(self, None)
        if line is None:
            raise CutOffError(self.path, what)
        return line

    def rows(self, count: int, columns: Sequence[int], what: str) -> NDArray[np.float64]:
        """Read ``count`` lines and return the numbers in some of their columns, shape (count, len(columns)).

        Raises:
            CutOffError: the file ends before.
            InputError: a line has no number there.
        """
        table = np.empty((count, len(columns)))
        for row in range(count):
            words = self.take(what).split()
            try:
                table[row] = [float(words[column]) for column in columns]
            except (IndexError, ValueError) as error:
                raise self.wrong(what) from error
        return table

    def number_in(self, words: Sequence[str], index: int, what: str) -> float:
        """Return one word as a number.

        Raises:
            InputError: it is none.
        """
        try:
            return float(words[index].replace("D", "E"))
        except (IndexError, ValueError) as error:
            raise self.wrong(what) from error

    def wrong(self, what: str) -> InputError:
        """Return the error for a line that is not what it should be."""
        return InputError(
            f"{self.path}, line {self.number}: this is not {what}.", "Check the file; it may be cut or damaged there."
        )


class CutOffError(InputError):
    """A file that ends in the middle of a frame, as the file of a run that was killed does."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(
            f"{path} ends in the middle of {what}.", "Remove the last, incomplete frame, or copy it again."
        )


def _open(path: Path) -> io.TextIOBase:
    try:
        raw = gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115 - Lines closes it
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Give a readable file.") from error
    return io.TextIOWrapper(cast("io.BufferedReader", raw), encoding="utf-8", errors="replace")


def head(path: Path) -> str:
    """Return the first 64 KiB of a file as text, to see what it is.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
            return stream.read(HEAD_BYTES).decode("utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error}.", "Give a readable file.") from error
