"""The static structure factor S(k) = <|sum_i exp(-i k.r_i)|^2> / N at the wave vectors that the cell allows.

Computed directly from the positions by freud (at most ``WAVE_VECTORS`` random ones of the allowed vectors), not by
transforming a g(r) that ends at half the cell. Bragg peaks of a crystal grow with N; a fluid has none.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import freud
import numpy as np
import xarray as xr

from llpt.errors import InputError
from llpt.observables.need import Need
from llpt.observables.neighbours import to_freud
from llpt.observables.record import Axis, FrameObservable, Quantity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from llpt.observables.record import ObservedValues
    from llpt.trajectory import FrameBlock

K = Axis("k", "k", "1/Å")
S_OF_K = Quantity(
    "structure_factor",
    "S(k)",
    "",
    "static structure factor",
    axes=(K,),
    has_error=False,
    reproducible=False,  # in a large cell freud draws its wave vectors anew each time, without a seed
)

WAVE_VECTORS = 500
BINS = 80
SHORTEST_ANGSTROM, LONGEST_ANGSTROM = 1.0, 400.0
"""Shorter ones have no wave vector below k_max; in longer ones freud, which goes through all of them, takes minutes."""


class StructureFactor:
    """Collects S(k) over frames.

    Args:
        k_max_per_angstrom: greatest wave number.
        cell_angstrom: cell of any frame, shape (3, 3), for the smallest wave number.

    Raises:
        InputError: the cell is too small or too large for it.
    """

    def __init__(self, cell_angstrom: NDArray[np.float64], *, k_max_per_angstrom: float = 8.0) -> None:
        longest = float(np.linalg.norm(cell_angstrom, axis=1).max())
        if not SHORTEST_ANGSTROM <= longest <= LONGEST_ANGSTROM:
            raise InputError(
                f"S(k) is averaged in cells of {SHORTEST_ANGSTROM:g} to {LONGEST_ANGSTROM:g} Å, not {longest:.3g} Å.",
                "Check the unit of the cell.",
            )
        smallest = 2.0 * math.pi / longest
        self._factor = freud.diffraction.StaticStructureFactorDirect(
            bins=BINS, k_max=k_max_per_angstrom, k_min=0.5 * smallest, num_sampled_k_points=WAVE_VECTORS
        )
        self._values: list[NDArray[np.float64]] = []
        self.k_per_angstrom: NDArray[np.float64] = np.asarray(self._factor.bin_centers, dtype=np.float64)
        """Centres of the bins, shape (bins,)."""

    def add(self, block: FrameBlock) -> None:
        """Take in a block of frames."""
        for beads, cell in zip(block.configurations_angstrom, block.cells_angstrom, strict=True):
            for number, positions in enumerate(beads):
                self._factor.compute(to_freud(positions, cell), reset=number == 0)
            self._values.append(np.asarray(self._factor.S_k, dtype=np.float64))

    def mean(self) -> NDArray[np.float64]:
        """Return S(k) averaged over the frames, NaN in bins without an allowed wave vector, shape (bins,)."""
        table = np.array(self._values)
        known = np.isfinite(table)
        total = np.where(known, table, 0.0).sum(axis=0)
        count = known.sum(axis=0)
        return np.divide(total, count, out=np.full(table.shape[1], math.nan), where=count > 0)

    def results(self) -> ObservedValues:
        """Return S(k)."""
        return {S_OF_K.name: xr.DataArray(self.mean(), {K.name: self.k_per_angstrom}, K.name)}


STRUCTURE_FACTOR = FrameObservable(
    name=S_OF_K.name,
    quantities=(S_OF_K,),
    needs=frozenset({Need.CELL}),
    accumulate=lambda production: StructureFactor(production.cell_angstrom),
    most_frames=10,
)
