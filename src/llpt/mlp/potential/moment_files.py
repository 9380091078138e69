"""Functions of moments as lines of ``input.nn``: an addition of llpt, which n2p2 and CP2K do not know.

- ``bond_moments H 1.4 0.6 3.2``: centre and width of b(r), and its reach, bohr
- ``moment_reach H 8.0``: reach of all shells, bohr
- ``moment_shell H 2.3 0.5``: centre and width of a shell, bohr; shells are numbered from 1
- ``moment_function H bond-along 3``: a scalar field and its shell
- ``moment_function H direction 1 bond-direction 2``: two fields with their shells, which are multiplied
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from llpt.errors import InputError
from llpt.mlp.potential.input_line import InputLine, place_of_line
from llpt.mlp.potential.moments import Bump, MomentField, MomentFunctions, Sum

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_KEYWORDS = ("bond_moments", "moment_reach", "moment_shell", "moment_function")


def read_moments(path: Path, entries: Mapping[str, Sequence[InputLine]], element: str) -> MomentFunctions | None:
    """Return the functions of moments of ``input.nn``, None where it has none.

    Args:
        path: of the file, for messages.
        entries: the arguments of each line, by keyword.
        element: chemical symbol.

    Raises:
        InputError: lines are missing or malformed, or functions do not fit.
    """
    if not any(keyword in entries for keyword in _KEYWORDS):
        return None
    bond = _numbers(path, entries, "bond_moments", element, count=3)
    reach = _numbers(path, entries, "moment_reach", element, count=1)
    shells = _numbers(path, entries, "moment_shell", element, count=2)
    if len(bond) != 1 or len(reach) != 1:
        raise _malformed(path, "bond_moments and moment_reach must each be given once")
    return MomentFunctions(
        bond=Bump(bond[0][0], bond[0][1]),
        bond_reach=bond[0][2],
        shells=tuple(Bump(centre, width) for centre, width in shells),
        reach=reach[0][0],
        functions=tuple(parse_function(words) for words in _of_element(path, entries, "moment_function", element)),
    )


def parse_function(words: Sequence[str]) -> tuple[Sum, ...]:
    """Return a function from the names of its fields, each followed by the number of its shell, from 1.

    Raises:
        InputError: a name or number is malformed.
    """
    try:
        return tuple(
            Sum(MomentField(name), int(shell) - 1) for name, shell in zip(words[::2], words[1::2], strict=True)
        )
    except ValueError:
        raise InputError(
            f"The function of moments {' '.join(words)!r} is unknown.",
            f"Give names of fields, each with the number of a shell; the fields are {', '.join(MomentField)}.",
        ) from None


def moment_lines(moments: MomentFunctions, element: str) -> list[str]:
    """Return the lines that ``read_moments`` reads."""
    lines = [
        f"bond_moments {element} {moments.bond.centre!r} {moments.bond.width!r} {moments.bond_reach!r}",
        f"moment_reach {element} {moments.reach!r}",
        *(f"moment_shell {element} {shell.centre!r} {shell.width!r}" for shell in moments.shells),
    ]
    for function in moments.functions:
        parts = " ".join(f"{part.field} {part.shell + 1}" for part in function)
        lines.append(f"moment_function {element} {parts}")
    return lines


def _malformed(path: Path, what: str, at: InputLine | None = None) -> InputError:
    return InputError(f"{place_of_line(path, at)}: {what}.", "Take a complete copy of the potential's files.")


def _of_element(path: Path, entries: Mapping[str, Sequence[InputLine]], keyword: str, element: str) -> list[InputLine]:
    """Return the arguments of each line of a keyword, after the element."""
    found = []
    for words in entries.get(keyword, ()):
        if not words or words[0] != element:
            raise _malformed(path, f"{keyword} {' '.join(words)} is not for {element}", words)
        found.append(words.after_first())
    return found


def _numbers(
    path: Path, entries: Mapping[str, Sequence[InputLine]], keyword: str, element: str, *, count: int
) -> list[list[float]]:
    found = []
    for words in _of_element(path, entries, keyword, element):
        try:
            numbers = [float(word) for word in words]
        except ValueError:
            numbers = []
        if len(numbers) != count:
            raise _malformed(path, f"{keyword} {element} {' '.join(words)} has the wrong arguments", words)
        found.append(numbers)
    return found
