"""Sampling of the Brillouin zone."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llpt.errors import InputError
from llpt.units import ANGSTROM_TO_BOHR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

MEAN_VALUE = "mean-value"
LISTS = "mean-value, gamma, x,y,z, x,y,z;x,y,z, or n1xn2xn3"
"""What :func:`parse_kpoints` reads, for people."""
SAMPLINGS = f"{LISTS.replace(' or', '')}, or spacing:S in 1/Å"
"""What :func:`kpoints_in_cell` reads, for people."""
_BALDERESCHI = (0.25, 0.25, 0.25)
_SPACING = "spacing:"


@dataclass(frozen=True)
class KPoints:
    """A list of k-points and their weights.

    Args:
        fractional: points in fractions of the reciprocal lattice vectors, each (x, y, z).
        weights: one weight a point; they sum to one.
    """

    fractional: tuple[tuple[float, float, float], ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.fractional or len(self.fractional) != len(self.weights):
            raise InputError("a k-point list needs one weight for each point.", "Give at least one point.")
        if any(not math.isfinite(x) for point in self.fractional for x in point):
            raise InputError("a k-point coordinate is not a finite number.", f"Allowed: {LISTS}.")
        if abs(sum(self.weights) - 1.0) > 1e-9 or min(self.weights) <= 0.0:
            raise InputError("k-point weights must be positive and sum to one.", "Divide them by their sum.")


def monkhorst_pack(divisions: Sequence[int]) -> KPoints:
    """Return the Monkhorst–Pack grid, reduced by time reversal (k and −k have the same energy).

    Points are (2 r − q − 1) / 2 q, r = 1…q, along each axis (Monkhorst and Pack, Phys. Rev. B 13, 5188 (1976), eq. 3).

    Args:
        divisions: number of points along the three reciprocal vectors, each >= 1.

    Raises:
        InputError: a division below one.
    """
    if len(divisions) != 3 or min(divisions) < 1:
        raise InputError(f"Monkhorst-Pack divisions {tuple(divisions)} are not three whole numbers >= 1.", "Try 2x2x2.")
    axes = [[(2 * r - q - 1) / (2 * q) for r in range(1, q + 1)] for q in divisions]
    weights: dict[tuple[float, float, float], float] = {}
    total = math.prod(divisions)
    for x, y, z in itertools.product(*axes):
        point = (x, y, z)
        mirror = (-x + 0.0, -y + 0.0, -z + 0.0)
        key = mirror if mirror in weights else point
        weights[key] = weights.get(key, 0.0) + 1.0 / total
    return KPoints(tuple(weights), tuple(weights.values()))


def parse_kpoints(text: str, *, allowed: str = LISTS) -> KPoints:
    """Read a k-point specification.

    >>> parse_kpoints("mean-value").fractional
    ((0.25, 0.25, 0.25),)

    Args:
        text: ``mean-value`` (Baldereschi's point of the simple cubic cell, (¼,¼,¼)), ``gamma``, ``x,y,z`` in fractions
            of the reciprocal vectors, a list ``x,y,z;x,y,z`` of equal weights, or ``n1xn2xn3`` for a Monkhorst–Pack
            grid.
        allowed: what the refusal says is allowed.

    Raises:
        InputError: none of these.
    """
    word = text.strip().lower()
    if word == MEAN_VALUE:
        return KPoints((_BALDERESCHI,), (1.0,))
    if word == "gamma":
        return KPoints(((0.0, 0.0, 0.0),), (1.0,))
    divisions = _read_divisions(word)
    if divisions is not None:
        return monkhorst_pack(divisions)
    points = []
    for part in word.split(";"):
        try:
            x, y, z = (float(number) for number in part.split(","))
        except ValueError:
            raise InputError(f"k-points {text!r} cannot be read.", f"Allowed: {allowed}.") from None
        points.append((x, y, z))
    return KPoints(tuple(points), (1.0 / len(points),) * len(points))


def kpoints_in_cell(text: str, cell: ArrayLike) -> KPoints:
    """Return the k-points of a specification in one cell.

    Besides what :func:`parse_kpoints` reads there is ``spacing:S``: along each reciprocal vector the fewest points that
    are no farther apart than S (1/Å, 2π included), so that small and large cells are sampled alike; the mean value
    point where one is enough along all three.

    Args:
        text: the specification.
        cell: lattice vectors as rows, bohr, shape (3, 3).

    Raises:
        InputError: it cannot be read.
    """
    spacing = _read_spacing(text)
    if spacing is None:
        return parse_kpoints(text, allowed=SAMPLINGS)
    per_bohr = spacing / ANGSTROM_TO_BOHR
    lengths = np.linalg.norm(2.0 * math.pi * np.linalg.inv(np.asarray(cell)), axis=0).tolist()
    divisions = [math.ceil(length / per_bohr - 1e-9) for length in lengths]
    return parse_kpoints(MEAN_VALUE) if max(divisions) == 1 else monkhorst_pack(divisions)


def finer_sampling(text: str) -> str | None:
    """Return a specification with twice as many points along each direction; None for a list of several points.

    One point becomes 2x2x2.

    >>> [finer_sampling(each) for each in ("2x2x2", "mean-value", "spacing:0.74", "0,0,0;0.5,0.5,0.5")]
    ['4x4x4', '2x2x2', 'spacing:0.37', None]

    Args:
        text: the specification.

    Raises:
        InputError: it cannot be read.
    """
    spacing = _read_spacing(text)
    if spacing is not None:
        return f"{_SPACING}{0.5 * spacing:g}"
    divisions = _read_divisions(text.strip().lower())
    if divisions is None and len(parse_kpoints(text).weights) > 1:
        return None
    return "x".join(str(2 * each) for each in divisions or (1, 1, 1))


def check_kpoints(text: str) -> None:
    """Refuse a specification that :func:`kpoints_in_cell` cannot read.

    Raises:
        InputError: it cannot be read.
    """
    if _read_spacing(text) is None:
        parse_kpoints(text, allowed=SAMPLINGS)


def _read_divisions(word: str) -> list[int] | None:
    """Divisions of ``n1xn2xn3``; None where the specification is of another kind."""
    grid = re.fullmatch(r"(\d+)x(\d+)x(\d+)", word)
    return None if grid is None else [int(each) for each in grid.groups()]


def _read_spacing(text: str) -> float | None:
    """S of ``spacing:S`` in 1/Å; None where the specification is of another kind."""
    word = text.strip().lower()
    if not word.startswith(_SPACING):
        return None
    try:
        value = float(word.removeprefix(_SPACING))
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0.0):
        raise InputError(f"k-points {word!r} cannot be read.", "Give a distance in 1/Å above 0, e.g. spacing:0.9.")
    return value
