"""How much of a change of density survives screening: the kernel that turns an SCF residual into a good step.

A step n + K (n_out - n_in) converges at once if K = 1/epsilon, the inverse dielectric function. Dense hydrogen,
molecular or atomic, responds nearly as the uniform electron gas of the same density, so K is that of Lindhard's gas
with part of the local-density exchange field: no parameter to fit, right limits (K ~ G² for G -> 0, 1 for large G),
and it follows the density of the cell.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from llpt.dft.grid import Grid

#: Share of the LDA exchange field in the response; between 0 (RPA, steps too short) and 1 (too long at 2 k_F).
_EXCHANGE_SHARE = 0.5


def lindhard_screening(grid: Grid, electrons: float) -> Tensor:
    """Return K(G) = 1 / (1 - [4 pi/G² + f_x] chi_0(G)) on the half grid; K(0) = 0 keeps the electron number.

    chi_0 = -(k_F/pi²) F(G / 2 k_F), F(x) = 1/2 + (1 - x²)/(4 x) ln|(1 + x)/(1 - x)| (Lindhard, 1954);
    f_x = -_EXCHANGE_SHARE pi / k_F² (LDA exchange).

    Args:
        grid: the grid of the density.
        electrons: number of electrons in the cell, > 0.
    """
    fermi = (3.0 * math.pi**2 * electrons / grid.volume) ** (1.0 / 3.0)
    g2 = grid.g2
    x = (g2.sqrt() / (2.0 * fermi)).clamp_min(1e-6)
    x = torch.where((x - 1.0).abs() < 1e-9, 1.0 + 1e-9, x)
    shape = 0.5 + (1.0 - x**2) / (4.0 * x) * torch.log(((1.0 + x) / (1.0 - x)).abs())
    response = -(fermi / math.pi**2) * shape
    field = 4.0 * math.pi / torch.where(g2 > 0.0, g2, 1.0) - _EXCHANGE_SHARE * math.pi / fermi**2
    kernel = 1.0 / (1.0 - field * response)
    return torch.where(g2 > 0.0, kernel, 0.0) * (grid.multiplicity > 0)
