"""Anderson (Pulay) mixing of densities with the screening kernel as preconditioner.

D. G. Anderson, J. ACM 12, 547 (1965); P. Pulay, Chem. Phys. Lett. 73, 393 (1980).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from llpt.dft.grid import Grid


class AndersonMixer:
    """Keeps the last inputs and residuals and proposes the next input.

    Args:
        grid: the grid of the density.
        kernel: preconditioner K(G) on the half grid.
        depth: number of earlier cycles used.
    """

    def __init__(self, grid: Grid, kernel: Tensor, *, depth: int = 8) -> None:
        self._grid = grid
        self._kernel = kernel
        self._depth = depth
        safe = torch.where(grid.g2 > 0.0, grid.g2, 1.0)
        self._metric = torch.where(grid.g2 > 0.0, 1.0 / safe, 0.0)
        self._inputs: list[Tensor] = []
        self._residuals: list[Tensor] = []

    def forget(self) -> None:
        """Drop the history."""
        self._inputs.clear()
        self._residuals.clear()

    def next_density(self, density_in: Tensor, density_out: Tensor) -> Tensor:
        """Return the next input density n(G)."""
        self._inputs.append(density_in)
        self._residuals.append(density_out - density_in)
        del self._inputs[: -self._depth], self._residuals[: -self._depth]
        best_in, best_residual = self._inputs[-1], self._residuals[-1]
        if len(self._inputs) > 1:
            steps_in = [best_in - x for x in self._inputs[:-1]]
            steps = [best_residual - r for r in self._residuals[:-1]]
            matrix = torch.tensor(
                [[self._grid.inner(a, self._metric * b) for b in steps] for a in steps], dtype=torch.float64
            )
            right = torch.tensor(
                [self._grid.inner(a, self._metric * best_residual) for a in steps], dtype=torch.float64
            )
            weights, directions = torch.linalg.eigh(matrix)
            kept = weights > 1e-12 * float(weights[-1])
            inverse = torch.where(kept, 1.0 / torch.where(kept, weights, 1.0), 0.0)
            shares = (directions * inverse) @ (directions.T @ right)
            for share, step_in, step in zip(shares.tolist(), steps_in, steps, strict=True):
                best_in = best_in - share * step_in
                best_residual = best_residual - share * step
        return best_in + self._kernel * best_residual
