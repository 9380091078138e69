"""Interaction of the ions with each other and with the neutralising background, by Ewald's sum.

With splitting parameter eta: E = 1/2 sum' Z² erfc(eta r)/r + (2 pi Z²/Omega) sum_{G != 0} |S(G)|² exp(-G²/4 eta²)/G²
- N Z² eta / sqrt(pi) - pi (N Z)² / (2 Omega eta²). The reciprocal sum runs over the grid of the density.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from llpt.dft.terms.base import DensityPart, Setting, Term

if TYPE_CHECKING:
    from llpt.dft.grid import Grid
    from llpt.dft.ions import IonPhases, Ions

#: Both sums are cut where their terms have fallen by exp(-30) = 7e-14.
_DECAY = 5.5
_PAIR_BLOCK = 4_000_000


@dataclass(frozen=True)
class EwaldSum:
    """Energy (Ha), forces (Ha/bohr, shape (n, 3)) and stress (Ha/bohr³, shape (3, 3)) of the ions."""

    energy: float
    forces: Tensor
    stress: Tensor


class _IonPart(DensityPart):
    """The ions' sum, which is the same at every density."""

    def __init__(self, total: EwaldSum) -> None:
        self._total = total

    def energy(self) -> float:
        return self._total.energy

    def forces(self) -> Tensor:
        return self._total.forces

    def stress(self) -> Tensor:
        return self._total.stress


class IonRepulsion(Term):
    """The interaction of the ions with each other and with the background."""

    def __init__(self, setting: Setting) -> None:
        self._part = _IonPart(ewald(setting.basis.grid, setting.ions, setting.phases))

    def at_density(self, density: Tensor) -> DensityPart:  # noqa: ARG002 - it depends on the ions alone
        """Return the ions' sum."""
        return self._part


def ewald(grid: Grid, ions: Ions, phases: IonPhases) -> EwaldSum:
    """Sum the interaction of point charges in a periodic cell with a uniform background.

    Args:
        grid: the cell and its reciprocal vectors.
        ions: positions and charge.
        phases: of the ions on that grid.
    """
    eta = _largest_inscribed(grid) / (2.0 * _DECAY)
    energy, forces, virial = _real_space(grid.cell, ions, eta)
    g2 = grid.g2
    safe = torch.where(g2 > 0.0, g2, 1.0)
    damping = torch.where(g2 > 0.0, torch.exp(-g2 / (4.0 * eta**2)) / safe, 0.0) * (4.0 * math.pi / grid.volume)
    structure = phases.structure_factor()
    weight = 0.5 * ions.charge**2 * damping * structure.abs().square() * grid.multiplicity
    reciprocal = float(weight.sum())
    forces = forces + ions.charge**2 * phases.pulled(structure * damping)
    g = grid.g.reshape(3, -1)
    directed = (g * (weight * (2.0 / safe + 0.5 / eta**2)).reshape(-1)) @ g.T
    total_charge = ions.charge * ions.count
    background = -math.pi * total_charge**2 / (2.0 * grid.volume * eta**2)
    own = -ions.count * ions.charge**2 * eta / math.sqrt(math.pi)
    identity = torch.eye(3, dtype=torch.float64, device=g.device)
    virial = virial + directed - (reciprocal + background) * identity
    return EwaldSum(energy + reciprocal + background + own, forces, virial / grid.volume)


def _largest_inscribed(grid: Grid) -> float:
    """Radius (1/bohr) of the largest sphere of reciprocal vectors that the grid holds whole."""
    lengths = torch.linalg.vector_norm(grid.cell, dim=1).tolist()
    return min(2.0 * math.pi * ((n - 1) // 2) / length for n, length in zip(grid.shape, lengths, strict=True))


def _real_space(cell: Tensor, ions: Ions, eta: float) -> tuple[float, Tensor, Tensor]:
    """Energy, forces and strain derivative of the screened pairs, with as many images as they reach."""
    reach = _DECAY / eta
    positions = ions.positions
    fractional = positions @ torch.linalg.inv(cell)
    heights = 1.0 / torch.linalg.vector_norm(torch.linalg.inv(cell), dim=0)
    # Differences are folded into [-1/2, 1/2): images beyond that are counted from there.
    images = [math.ceil(reach / float(h) + 0.5) for h in heights]
    shifts = torch.tensor(
        list(itertools.product(*(range(-n, n + 1) for n in images))), dtype=cell.dtype, device=cell.device
    )
    half_diagonal = 0.5 * float(torch.linalg.vector_norm(cell, dim=1).sum())
    shifts = shifts[torch.linalg.vector_norm(shifts @ cell, dim=1) < reach + half_diagonal] @ cell
    forces = torch.zeros_like(positions)
    virial = torch.zeros((3, 3), dtype=cell.dtype, device=cell.device)
    energy = 0.0
    block = max(1, _PAIR_BLOCK // (ions.count * shifts.shape[0]))
    for start in range(0, ions.count, block):
        difference = fractional[start : start + block, None, :] - fractional[None, :, :]
        vectors = (difference - torch.round(difference)) @ cell
        separations = vectors[:, :, None, :] + shifts
        r2 = (separations**2).sum(-1)
        first, _, _ = kept = torch.nonzero((r2 < reach**2) & (r2 > 1e-16), as_tuple=True)
        r_vector = separations[kept]
        r = r2[kept].sqrt()
        screened = torch.erfc(eta * r) / r
        energy += 0.5 * ions.charge**2 * float(screened.sum())
        # -dE/dr / r of one pair
        slope = (screened + 2.0 * eta / math.sqrt(math.pi) * torch.exp(-((eta * r) ** 2))) / r**2 * ions.charge**2
        pull = slope[:, None] * r_vector
        forces.index_add_(0, first + start, pull)
        virial -= 0.5 * r_vector.T @ pull
    return energy, forces, virial
