"""Point ions in a periodic cell and the sums over their phases.

Atomic units. S(G) = sum_a exp(-i G.R_a). Phases factorise over the Miller indices,
exp(-i G.R) = e1(m1) e2(m2) e3(m3), so that every sum over atoms and vectors is a matrix product.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from llpt.dft.grid import Grid


@dataclass(frozen=True)
class Ions:
    """Identical ions.

    Args:
        positions: bohr, double, shape (n, 3).
        charge: valence charge Z of each.
    """

    positions: Tensor
    charge: float

    @property
    def count(self) -> int:
        """Number of ions."""
        return int(self.positions.shape[0])


class IonPhases:
    """Phases exp(-i G.R_a) of all ions on a grid, kept as three one-dimensional factors.

    Args:
        grid: the grid whose reciprocal vectors are meant.
        ions: the ions.
    """

    def __init__(self, grid: Grid, ions: Ions) -> None:
        self.grid = grid
        fractional = ions.positions @ torch.linalg.inv(grid.cell)
        first, second, third = (
            torch.exp(-2j * math.pi * fractional[:, axis : axis + 1] * integers[None, :])
            for axis, integers in enumerate(grid.integers)
        )
        self._first = first
        self._plane = (second[:, :, None] * third[:, None, :]).reshape(ions.count, -1)

    def structure_factor(self) -> Tensor:
        """Return S(G), complex, shape (n1, n2, n3//2+1)."""
        n1, n2, n3 = self.grid.shape
        return (self._first.T @ self._plane).view(n1, n2, n3 // 2 + 1)

    def pulled(self, coefficients: Tensor) -> Tensor:
        """Return sum over all G of Re[i G exp(-i G.R_a) w*(G)] for each ion, shape (n, 3).

        With w(G) = n(G) v(|G|) this is minus the derivative of sum_G n*(G) S(G) v(|G|) with respect to R_a.

        Args:
            coefficients: w(G), complex, half grid.
        """
        m1, m2, m3 = self.grid.integers
        n1 = self.grid.shape[0]
        weighted = (coefficients.conj() * self.grid.multiplicity).reshape(n1, -1)
        plain = (self._first @ weighted) * self._plane
        along_1 = ((self._first * m1) @ weighted).mul_(self._plane).sum(1)
        planes = plain.view(plain.shape[0], m2.shape[0], m3.shape[0])
        along_2 = planes.sum(2) @ m2.to(plain.dtype)
        along_3 = planes.sum(1) @ m3.to(plain.dtype)
        miller = torch.stack([along_1, along_2, along_3], dim=1)
        return (1j * miller).real @ self.grid.reciprocal
