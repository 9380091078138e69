"""The errors a person can meet: each says what was wrong, where, and what to do about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

Item = TypeVar("Item")


class LlptError(Exception):
    """An error with one sentence of cause and one of remedy; the commands print these two lines, never a traceback.

    Args:
        cause: what was wrong and where (key, value, file), one sentence.
        remedy: what to do about it, one sentence.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        self.cause = cause
        self.remedy = remedy
        super().__init__(f"{cause} {remedy}")

    def __reduce__(self) -> tuple[type[LlptError], tuple[str, str]]:
        """Pickle by cause and remedy, so that a process pool can hand the error back."""
        return type(self), (self.cause, self.remedy)


class InputError(LlptError):
    """A study file, structure, option or path that cannot be used as given."""


class EngineError(LlptError):
    """An engine that could not give energy, forces and stress: not converged, not finite, or a program that died."""


class MissingProgramError(LlptError):
    """An optional program or package that is needed here and is not installed."""


class StorageError(LlptError):
    """A disk that is full, a directory that belongs to something else, a file that is damaged."""


class NoFrameError(InputError, IndexError):
    """A frame that a trajectory does not have; an IndexError besides, which ends a loop over a sequence."""


class NewerFormatError(InputError):
    """A file that a later version of this program wrote, in a format that this one does not know."""

    @classmethod
    def of(cls, file: str, stored: int, known: int) -> NewerFormatError:
        """Return the error for a file.

        Args:
            file: what it is, as a sentence begins with it.
            stored: its format.
            known: the last one that this program reads.

        >>> print(NewerFormatError.of("The verdict", 4, 3))
        The verdict has format 4; this program reads formats 1 to 3. Update llpt to read it.
        """
        read = "format 1" if known == 1 else f"formats 1 to {known}"
        return cls(f"{file} has format {stored}; this program reads {read}.", "Update llpt to read it.")


class PluginError(LlptError):
    """Something another package adds (an engine, an observable …) that cannot be used, and why."""


def unsuitable(given: object, why: str, remedy: str) -> InputError:
    """Return the error for an argument of a type that a public function cannot use.

    Args:
        given: the argument.
        why: what it is not, as the predicate of a sentence, without its full stop.
        remedy: what to give in its place, one sentence.

    >>> print(unsuitable("dft", "is no engine", "Make one with llpt.make_engine."))
    What was given (str) is no engine. Make one with llpt.make_engine.
    """
    return InputError(f"What was given ({type(given).__name__}) {why}.", remedy)


def listed(given: Iterable[Item], why: str, remedy: str) -> list[Item]:
    """Return the items of an argument.

    Args:
        given: the argument.
        why: what it is not where it has no items, as the predicate of a sentence, without its full stop.
        remedy: what to give in its place, one sentence.

    Raises:
        InputError: it has no items.
    """
    try:
        return list(given)
    except TypeError:
        raise unsuitable(given, why, remedy) from None


def path_of(given: str | PathLike[str]) -> Path:
    """Return the path that an argument names.

    Raises:
        InputError: it names none.

    >>> path_of("runs/a").name
    'a'
    """
    try:
        return Path(given)
    except TypeError:
        raise unsuitable(given, "names no file or directory", "Give its path, as text or pathlib.Path.") from None


def first_line(error: BaseException) -> str:
    r"""Return the first line of an error's message, for the end of a sentence; its type where it has none.

    >>> first_line(ValueError("No such file.\nAt line 3")), first_line(KeyError())
    ('No such file', 'KeyError')
    """
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
