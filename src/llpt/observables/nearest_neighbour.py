"""The mean distance from an atom to its nearest neighbour, whether the two are bound or not.

In molecular hydrogen it is the length of the bond; it rises as the molecules go. An ideal gas of number density n has
Gamma(4/3) (4 pi n / 3)^(-1/3) = 0.554 n^(-1/3) (Chandrasekhar, Rev. Mod. Phys. 15, 1, 1943, eq. 675).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from llpt.observables.need import Need
from llpt.observables.neighbours import nearest_neighbours
from llpt.observables.record import Absent, FrameObservable, Quantity
from llpt.statistics import mean_estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llpt.observables.record import ObservedValues
    from llpt.trajectory import FrameBlock

DISTANCE = Quantity(
    "nearest_neighbour_distance",
    "d₁",
    "Å",
    "mean distance to the nearest neighbour",
    tabled=True,
    drawn=True,
    of_nuclei=True,
)

REACH = 1.5
"""Of the mean spacing of the atoms; the search goes farther only where an atom has no neighbour so near, which happens
to one in a million of an ideal gas."""


class NearestNeighbour:
    """Collects the mean distance frame by frame; an atom without a neighbour within half the cell does not count."""

    def __init__(self) -> None:
        self._means: list[float] = []

    def add(self, block: FrameBlock) -> None:
        """Take in a block of frames."""
        for beads, cell in zip(block.configurations_angstrom, block.cells_angstrom, strict=True):
            near = np.concatenate([_near(positions, cell) for positions in beads])
            if near.size:
                self._means.append(float(near.mean()))

    def results(self) -> ObservedValues | Absent:
        """Return the mean over the frames."""
        if not self._means:
            return Absent("No two atoms are closer than half the cell.")
        return {DISTANCE.name: mean_estimate(self._means, DISTANCE.unit)}


def _near(positions: NDArray[np.float64], cell: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distances to the nearest neighbours of the atoms that have one."""
    reach = REACH * (abs(float(np.linalg.det(cell))) / len(positions)) ** (1.0 / 3.0)
    _, distances = nearest_neighbours(positions, cell, reach)
    if not np.isfinite(distances).all():
        _, distances = nearest_neighbours(positions, cell)
    return distances[np.isfinite(distances)]


NEAREST_NEIGHBOUR = FrameObservable(
    name=DISTANCE.name,
    quantities=(DISTANCE,),
    needs=frozenset({Need.CELL}),
    accumulate=lambda _: NearestNeighbour(),
    most_frames=1000,
    most_atoms=600_000,
)
