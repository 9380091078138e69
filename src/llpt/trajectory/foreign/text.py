"""Reading text a line at a time: plain or packed, and errors that name the file and the line.

A last line without its line end was cut, be it in the middle of a number that still looks like one, so it is no line.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import zlib
from typing import TYPE_CHECKING, cast

import numpy as np

from llpt.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

HEAD_BYTES = 65_536
UNREADABLE = (OSError, EOFError, zlib.error, lzma.LZMAError)
DAMAGE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RuntimeError, MemoryError, *UNREADABLE)
"""What a parser raises at a file that is not what it should be."""

UNEXPECTED = "it holds what its format does not have"


class Lines:
    """The lines of a text file, one at a time, without their line ends.

    Args:
        path: the file; a name ending in ``.gz``, ``.bz2`` or ``.xz`` is unpacked on the way.
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
        except EOFError as error:
            raise CutOffError(self.path, "a packed block") from error
        except UNREADABLE as error:
            raise InputError(
                f"{self.path} cannot be read: {why_unreadable(error)}.", "Restore the file from a copy."
            ) from error
        if not line:
            self._stream.close()
            raise StopIteration
        if not line.endswith("\n"):
            raise CutOffError(self.path, "a line")
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

        Args:
            count: number of lines.
            columns: indices of the words that are read, from 0.
            what: what the lines hold, for messages.

        Raises:
            CutOffError: the file ends before.
            InputError: a line has no number there.
        """
        table = []  # grown row by row: a damaged count must not ask for all memory
        for _ in range(count):
            words = self.take(what).split()
            try:
                table.append([float(words[column]) for column in columns])
            except (IndexError, ValueError) as error:
                raise self.wrong(what) from error
        return np.array(table, dtype=float).reshape(len(table), len(columns))

    def number_in(self, words: Sequence[str], index: int, what: str) -> float:
        """Return one word as a number.

        Args:
            words: of a line.
            index: of the word, from 0.
            what: what the line holds, for messages.

        Raises:
            InputError: it is none.
        """
        try:
            return float(words[index].replace("D", "E"))
        except (IndexError, ValueError) as error:
            raise self.wrong(what) from error

    def numbers(self, words: Sequence[str], what: str) -> list[float]:
        """Return words as numbers.

        Args:
            words: of a line.
            what: what the line holds, for messages.

        Raises:
            InputError: one is none.
        """
        try:
            return [float(word) for word in words]
        except ValueError as error:
            raise self.wrong(what) from error

    def whole(self, text: str, what: str, *, least: int = 0) -> int:
        """Return a whole number.

        Args:
            text: the number, blanks around it aside.
            what: what it is, for messages.
            least: smallest that it can be.

        Raises:
            InputError: it is none, or smaller.
        """
        try:
            number = int(text)
        except ValueError as error:
            raise self.wrong(what) from error
        if number < least:
            raise self.wrong(what)
        return number

    def wrong(self, what: str) -> DamageError:
        """Return the error for a line that is not what it should be."""
        return DamageError(
            f"{self.path}, line {self.number}: this is not {what}.", "Check the file; it may be cut or damaged there."
        )


class DamageError(InputError):
    """A file that holds, in its middle, what cannot stand there; whoever counts frames says how many came before."""


class CutOffError(InputError):
    """A file that ends in the middle of a frame, as the file of a run that was killed does."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(
            f"{path} ends in the middle of {what}.", "Remove the last, incomplete frame, or copy it again."
        )


def open_bytes(path: Path) -> gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile | io.BufferedReader:
    """Open a file, unpacking it on the way where its name ends in ``.gz``, ``.bz2`` or ``.xz``.

    Raises:
        InputError: it cannot be read.
    """
    try:
        if path.suffix == ".gz":
            return gzip.open(path, "rb")
        if path.suffix == ".bz2":
            return bz2.open(path, "rb")
        return lzma.open(path, "rb") if path.suffix == ".xz" else path.open("rb")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Give a readable file.") from error


def why_unreadable(error: Exception) -> str:
    """Return in words why a file cannot be read: those of the system, not of a library."""
    return (error.strerror if isinstance(error, OSError) else None) or "its packed data are damaged"


def _open(path: Path) -> io.TextIOBase:
    raw = open_bytes(path)
    return io.TextIOWrapper(cast("io.BufferedReader", raw), encoding="utf-8", errors="replace")


def head(path: Path) -> str:
    """Return the first 64 KiB of a file as text, to see what it is.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with open_bytes(path) as stream:
            content = b""
            while len(content) < HEAD_BYTES and (more := stream.read1(HEAD_BYTES)):
                content += more
    except EOFError:
        pass  # a packed file that is cut: what there is tells the program
    except UNREADABLE as error:
        raise InputError(f"{path} cannot be read: {why_unreadable(error)}.", "Give a readable file.") from error
    return content[:HEAD_BYTES].decode("utf-8", errors="replace")


@contextlib.contextmanager
def told(name: str) -> Iterator[None]:
    """Turn what a parser raises at a damaged file into one sentence.

    Args:
        name: of the files that are read.

    Raises:
        DamageError: in the place of any error of a parser.
    """
    try:
        yield
    except DAMAGE as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else UNEXPECTED
        raise DamageError(f"{name} cannot be read: {why}.", "Check the file; it may be damaged.") from error
