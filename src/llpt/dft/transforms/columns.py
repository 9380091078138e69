"""The sphere of plane waves of a k-point as columns along the third axis, for transforms that leave out its outside.

A column holds the plane waves of one pair (m1, m2), m3 rising without a gap. Columns have a place in a rectangle over
the range of m1 and m2. Indices count from the smallest along each axis: a transform then gives the orbital times a
phase exp(i m_min.r), which |psi|² does not see and which V psi hands back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Lengths of spheres are rounded up to a multiple of this, so that few different transforms are compiled.
_ROUNDING = 2


@dataclass(frozen=True)
class PlaneWaveColumns:
    """Where the plane waves of a k-point lie.

    Args:
        widths: points along each axis that a transform reads or writes, at least the span of the sphere.
        first: place of each column's first plane wave in the list of all, shape (columns,).
        counts: plane waves of each column, shape (columns,).
        lowest: index of each column's first plane wave along the third axis, shape (columns,).
        place: m1 * widths[1] + m2 of each column, shape (columns,).
        empty: places of the rectangle without a column, shape (places,).
    """

    widths: tuple[int, int, int]
    first: NDArray[np.int64]
    counts: NDArray[np.int64]
    lowest: NDArray[np.int64]
    place: NDArray[np.int64]
    empty: NDArray[np.int64]


def find_columns(integers: NDArray[np.int64], shape: tuple[int, int, int]) -> PlaneWaveColumns:
    """Return the columns of a convex set of plane waves.

    Args:
        integers: Miller indices ordered by their first, second and third, shape (n, 3).
        shape: the grid; the set must span no more than it holds.

    Raises:
        ValueError: the list is not ordered so, a column has a gap, or the set is wider than the grid.
    """
    indices = integers - integers.min(0)
    spans = indices.max(0) + 1
    if (spans > shape).any():
        raise ValueError(f"plane waves span {spans} points of a grid of {shape}")
    width1, width2, width3 = (
        min(n, -(-int(span) // _ROUNDING) * _ROUNDING) for n, span in zip(shape, spans, strict=True)
    )
    places = indices[:, 0] * width2 + indices[:, 1]
    starts = np.concatenate([[True], np.diff(places) != 0])
    rising = (np.diff(places) > 0) | ((np.diff(places) == 0) & (np.diff(indices[:, 2]) == 1))
    if not rising.all():
        raise ValueError("plane waves are not ordered by columns without gaps")
    first = np.flatnonzero(starts)
    place = places[first]
    return PlaneWaveColumns(
        widths=(width1, width2, width3),
        first=first,
        counts=np.diff(np.append(first, len(places))),
        lowest=indices[first, 2],
        place=place,
        empty=np.setdiff1d(np.arange(width1 * width2), place),
    )
