"""Electrostatic repulsion of the electrons: E = 2 pi Omega sum_{G != 0} |n(G)|² / G²."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from llpt.dft.terms.base import DensityPart, Setting, Term

if TYPE_CHECKING:
    from llpt.dft.grid import Grid


def _inverse_g2(grid: Grid) -> Tensor:
    """1/G² with zero at G = 0."""
    g2 = grid.g2
    return torch.where(g2 > 0.0, 1.0 / torch.where(g2 > 0.0, g2, 1.0), 0.0)


class HartreePart(DensityPart):
    """The repulsion of one density.

    Args:
        grid: the grid.
        density: n(G), half grid.

    Attributes:
        potential: 4 pi n(G)/G², Ha, zero at G = 0 and on the Nyquist planes.
    """

    def __init__(self, grid: Grid, density: Tensor) -> None:
        self._grid = grid
        self._density = density
        self.potential: Tensor = density * (4.0 * math.pi * _inverse_g2(grid) * (grid.multiplicity > 0))

    def energy(self) -> float:
        """Return the energy in Ha per cell."""
        return 0.5 * self._grid.volume * self._grid.inner(self._density, self.potential)

    def stress(self) -> Tensor:
        """Return sigma_ab = 2 pi sum |n(G)|²/G² (2 G_a G_b/G² - delta_ab), Ha/bohr³, shape (3, 3)."""
        grid = self._grid
        inverse = _inverse_g2(grid)
        weight = 2.0 * math.pi * self._density.abs().square() * inverse * grid.multiplicity
        g = grid.g.reshape(3, -1)
        directed = (g * (2.0 * weight * inverse).reshape(-1)) @ g.T
        return directed - float(weight.sum()) * torch.eye(3, dtype=g.dtype, device=g.device)


class HartreeTerm(Term):
    """The electrons' repulsion of each other."""

    def __init__(self, setting: Setting) -> None:
        self._grid = setting.basis.grid

    def at_density(self, density: Tensor) -> HartreePart:
        """Return the repulsion of a density."""
        return HartreePart(self._grid, density)
