"""Where a file of (extended) XYZ breaks its form: ASE's reader tells what it met and not in which line, or nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PROPERTIES = re.compile(r"\bProperties=\"?([\w:]+)")
LATTICE = re.compile(r"\bLattice=\"([^\"]*)\"")
COLUMN = re.compile(r"\w+:([A-Z]):(\d+)")
PLAIN = "species:S:1:pos:R:3"
SUFFIXES = {".xyz", ".extxyz"}


def faulty_line(path: Path) -> int | None:
    """Return the number of the first line that is not as its frame says; None where all are, or the format is another.

    Args:
        path: a file that could not be read.
    """
    if path.suffix not in SUFFIXES:
        return None
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    at = 0
    while at < len(lines) and lines[at].strip():
        if not lines[at].strip().isdecimal() or at + 1 == len(lines):
            return at + 1
        end = at + 2 + int(lines[at])
        if fault := _fault_of_frame(lines, at + 1, end):
            return fault
        at = end
    return None


def _fault_of_frame(lines: list[str], header: int, end: int) -> int | None:
    """Return the number of the first line that breaks a frame; None where none does.

    Args:
        lines: of the file.
        header: place of the line with cell and columns.
        end: place of the line after the frame.
    """
    lattice = LATTICE.search(lines[header])
    if lattice and not _fits(lattice[1].split(), "R" * 9, exactly=True):
        return header + 1
    stated = PROPERTIES.search(lines[header])
    kinds = "".join(kind * int(times) for kind, times in COLUMN.findall(stated[1] if stated else PLAIN))
    for number in range(header + 1, end):
        if number >= len(lines):
            return number
        if not _fits(lines[number].split(), kinds, exactly=stated is not None):
            return number + 1
    return None


def _fits(words: list[str], kinds: str, *, exactly: bool) -> bool:
    if len(words) < len(kinds) or (exactly and len(words) > len(kinds)):
        return False
    try:
        for word, kind in zip(words, kinds, strict=False):
            if kind == "R":
                float(word)
    except ValueError:
        return False
    return True


def passed_over(path: Path) -> int | None:
    """Return the number of an empty line with frames after it, which ASE takes for the end; None where none is.

    Args:
        path: a file that ASE has read.
    """
    if path.suffix not in SUFFIXES:
        return None
    at = 0
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if not line.strip():
                return at + 1 if any(rest.strip() for rest in lines) else None
            if not line.strip().isdecimal():
                return None
            frame = 2 + int(line)
            for _ in range(frame - 1):
                next(lines, "")
            at += frame
    return None
