"""Bond-orientational order: is this a solid, defective or not?

Points are the centres of the molecules and the unbound atoms, so that a molecular crystal of rotating molecules is
recognised by its lattice. q4 and q6 are the neighbour-averaged parameters of Lechner and Dellago (J. Chem. Phys. 129,
114707, 2008) over twelve neighbours; a point is solid-like if at least seven of its twelve bonds correlate with its
neighbour's above 0.5 in l = 6 (ten Wolde, Ruiz-Montero and Frenkel, J. Chem. Phys. 104, 9932, 1996), through freud.
Mean q6 is about 0.5 in fcc and hcp, 0.2 in a fluid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import freud
import numpy as np

from llpt.observables.molecules import BOND_ANGSTROM
from llpt.observables.need import Need
from llpt.observables.neighbours import mutual_partners, to_freud
from llpt.observables.record import FrameObservable, Quantity
from llpt.statistics import Estimate, mean_estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llpt.observables.record import ObservedValues
    from llpt.trajectory import FrameBlock

Q4 = Quantity("q4", "q₄", "", "neighbour-averaged bond order, l = 4")
Q6 = Quantity("q6", "q₆", "", "neighbour-averaged bond order, l = 6")
SOLID_FRACTION = Quantity("solid_fraction", "", "", "share of points with the bonds of a solid")

NEIGHBOURS = 12
BOND_CORRELATION = 0.5
SOLID_BONDS = 7
FEWEST_POINTS = 32


class SolidOrder:
    """Collects q4, q6 and the share of solid-like points frame by frame.

    Args:
        bond_angstrom: mutual nearest neighbours closer than this are one point; 0 keeps all atoms apart.
    """

    def __init__(self, *, bond_angstrom: float = BOND_ANGSTROM) -> None:
        self._bond = bond_angstrom
        self._rows: list[tuple[float, float, float]] = []

    def add(self, block: FrameBlock) -> None:
        """Take in a block of frames; frames of fewer than ``FEWEST_POINTS`` points say nothing and are passed over.

        Of a path integral the points are centroids: the order of a lattice, not of the nuclei's spread about it.
        """
        centroids = block.configurations_angstrom.mean(axis=1)
        for positions, cell in zip(centroids, block.cells_angstrom, strict=True):
            points = centres(positions, cell, self._bond)
            if len(points) < FEWEST_POINTS:
                continue
            system = to_freud(points, cell)
            neighbours = freud.locality.AABBQuery(*system).query(
                system[1], {"num_neighbors": NEIGHBOURS, "exclude_ii": True}
            )
            bonds = neighbours.toNeighborList()
            values = [
                float(
                    np.mean(
                        freud.order.Steinhardt(l=degree, average=True).compute(system, neighbors=bonds).particle_order
                    )
                )
                for degree in (4, 6)
            ]
            solid = freud.order.SolidLiquid(l=6, q_threshold=BOND_CORRELATION, solid_threshold=SOLID_BONDS)
            solid.compute(system, neighbors=bonds)
            share = float(np.mean(np.asarray(solid.num_connections) >= SOLID_BONDS))
            self._rows.append((values[0], values[1], share))

    def q4(self) -> Estimate:
        """Return the mean neighbour-averaged q4."""
        return self._estimate(0)

    def q6(self) -> Estimate:
        """Return the mean neighbour-averaged q6."""
        return self._estimate(1)

    def solid_fraction(self) -> Estimate:
        """Return the share of solid-like points."""
        return self._estimate(2)

    def results(self) -> ObservedValues:
        """Return q4, q6 and the share of solid-like points."""
        return {Q4.name: self.q4(), Q6.name: self.q6(), SOLID_FRACTION.name: self.solid_fraction()}

    def _estimate(self, column: int) -> Estimate:
        if not self._rows:
            return Estimate.unknown("")
        return mean_estimate([row[column] for row in self._rows], "")


def centres(
    positions_angstrom: NDArray[np.float64], cell_angstrom: NDArray[np.float64], bond_angstrom: float
) -> NDArray[np.float64]:
    """Return the centres of mutual pairs closer than the bond, and the atoms that are in none, shape (points, 3).

    Args:
        positions_angstrom: shape (n, 3).
        cell_angstrom: cell vectors as rows, shape (3, 3).
        bond_angstrom: longest bond; 0 or less makes no pairs.
    """
    if bond_angstrom <= 0.0:
        return positions_angstrom
    partners = mutual_partners(positions_angstrom, cell_angstrom, bond_angstrom)
    atoms = np.arange(len(partners))
    single = atoms[partners < 0]
    first = atoms[(partners >= 0) & (atoms < partners)]
    separation = (positions_angstrom[partners[first]] - positions_angstrom[first]) @ np.linalg.inv(cell_angstrom)
    separation -= np.round(separation)
    middle = positions_angstrom[first] + 0.5 * separation @ cell_angstrom
    return np.concatenate([middle, positions_angstrom[single]])


SOLID_ORDER = FrameObservable(
    name="solid_order",
    quantities=(Q4, Q6, SOLID_FRACTION),
    needs=frozenset({Need.CELL}),
    accumulate=lambda production: SolidOrder(bond_angstrom=BOND_ANGSTROM if production.is_hydrogen else 0.0),
    most_frames=100,
    most_atoms=100_000,
)
