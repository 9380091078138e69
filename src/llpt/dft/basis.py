"""What is discretised: cell, cutoff and k-points become plane waves, and grids for densities and products.

Atomic units. An orbital is psi(r) = Omega^(-1/2) sum_G c_G exp(i (k + G).r) over |k + G|²/2 <= E_cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from llpt.dft.grid import Grid, smallest_shape
from llpt.errors import InputError

if TYPE_CHECKING:
    from llpt.dft.kpoints import KPoints
    from llpt.precision import Precision


class GridPolicy(StrEnum):
    """How fine the grid of densities is."""

    EXACT = "exact"
    """Holds every product of two orbitals: the density is exact (2 G_max)."""
    MOLECULAR_DYNAMICS = "molecular-dynamics"
    """Holds 1.6 G_max: products are aliased slightly, consistently in energy, forces and stress."""

    @property
    def reach(self) -> float:
        """Largest |G| of the density grid in units of the largest |k + G| of an orbital."""
        return 2.0 if self is GridPolicy.EXACT else 1.6


@dataclass(frozen=True)
class PlaneWaves:
    """The plane waves of one k-point.

    Args:
        fractional: the k-point in fractions of the reciprocal vectors.
        integers: Miller indices, shape (n, 3), long.
        cell: rows are the lattice vectors in bohr, shape (3, 3).
    """

    fractional: tuple[float, float, float]
    integers: Tensor
    cell: Tensor

    @property
    def count(self) -> int:
        """Number of plane waves."""
        return int(self.integers.shape[0])

    @cached_property
    def vectors(self) -> Tensor:
        """K + G in 1/bohr, double, shape (n, 3)."""
        reciprocal = 2.0 * math.pi * torch.linalg.inv(self.cell).T
        k = torch.tensor(self.fractional, dtype=torch.float64, device=self.cell.device)
        return (self.integers.to(torch.float64) + k) @ reciprocal

    @cached_property
    def kinetic(self) -> Tensor:
        """|k + G|²/2 in Ha, double, shape (n,)."""
        return 0.5 * (self.vectors**2).sum(1)


@dataclass(frozen=True)
class Basis:
    """Plane waves at every k-point and the grid of the density.

    Args:
        cell: rows are the lattice vectors in bohr, double, shape (3, 3).
        cutoff: kinetic-energy cutoff that chose the integer sets, Ha.
        kpoints: the sampling.
        waves: plane waves of each k-point.
        grid: grid of the density and the potential.
        correction_grid: coarser grid for applying the potential to corrections of orbitals.
        precision: number format of the orbitals.
        chosen_volume: volume (bohr³) of the cell in which the integer sets were chosen.
    """

    cell: Tensor
    cutoff: float
    kpoints: KPoints
    waves: tuple[PlaneWaves, ...]
    grid: Grid
    correction_grid: Grid
    precision: Precision
    chosen_volume: float

    @property
    def edge(self) -> float:
        """The largest kinetic energy (Ha) in the present volume of sets that were cut off at ``cutoff``."""
        return float(self.cutoff * (self.chosen_volume / self.grid.volume) ** (2.0 / 3.0))

    @property
    def effective_cutoff(self) -> float:
        """The cutoff (Ha) at which as many plane waves would lie in a sphere as there are: (6 pi² N / Omega)^(2/3) / 2.

        The free energy depends on the number of plane waves, and that grows in steps with the cutoff; measured by
        the number it is smooth (Francis and Payne, J. Phys.: Condens. Matter 2, 4395 (1990)).
        """
        count = sum(weight * w.count for weight, w in zip(self.kpoints.weights, self.waves, strict=True))
        return cutoff_of_count(count, self.grid.volume)

    def in_cell(self, cell: Tensor) -> Basis:
        """Return the same integer sets and grid shapes in a strained cell (Francis and Payne's constant basis set)."""
        return replace(
            self,
            cell=cell,
            waves=tuple(replace(w, cell=cell) for w in self.waves),
            grid=Grid(cell, self.grid.shape),
            correction_grid=Grid(cell, self.correction_grid.shape),
        )


def cutoff_of_count(count: float, volume: float) -> float:
    """Return the cutoff (Ha) whose sphere holds ``count`` plane waves in a cell of ``volume`` (bohr³) on average."""
    return 0.5 * (6.0 * math.pi**2 * count / volume) ** (2.0 / 3.0)


def plane_waves(cell: Tensor, fractional: tuple[float, float, float], cutoff: float) -> PlaneWaves:
    """Return all plane waves with |k + G|²/2 <= ``cutoff`` (Ha), ordered by Miller indices.

    Args:
        cell: cell vectors as rows in bohr, shape (3, 3).
        fractional: k in units of the reciprocal vectors.
        cutoff: largest kinetic energy in Ha, > 0.

    Raises:
        InputError: the cutoff holds no plane wave.
    """
    largest = math.sqrt(2.0 * cutoff)
    lengths = torch.linalg.vector_norm(cell, dim=1).tolist()
    ranges = []
    for length, k in zip(lengths, fractional, strict=True):
        reach = length * largest / (2.0 * math.pi)
        ranges.append(torch.arange(math.ceil(-reach - k), math.floor(reach - k) + 1, device=cell.device))
    integers = torch.cartesian_prod(*ranges)
    candidates = PlaneWaves(fractional, integers, cell)
    inside = candidates.kinetic <= cutoff
    if not bool(inside.any()):
        raise InputError(f"a cutoff of {2.0 * cutoff:g} Ry holds no plane wave in this cell.", "Raise ecut_ry.")
    return PlaneWaves(fractional, integers[inside].contiguous(), cell)


def build_basis(
    cell: Tensor,
    *,
    cutoff: float,
    kpoints: KPoints,
    precision: Precision,
    policy: GridPolicy = GridPolicy.EXACT,
) -> Basis:
    """Choose plane waves and grids for a cell.

    Args:
        cell: rows are the lattice vectors in bohr, double, shape (3, 3), not singular.
        cutoff: kinetic-energy cutoff in Ha, > 0.
        kpoints: the sampling.
        precision: number format of the orbitals.
        policy: fineness of the density grid.

    Raises:
        InputError: a cutoff that is not positive, or a cell without volume.
    """
    if not (math.isfinite(cutoff) and cutoff > 0.0):
        raise InputError(f"ecut_ry = {2.0 * cutoff:g} is not a positive number.", "Give a cutoff in Ry, e.g. 60.")
    volume = abs(float(torch.linalg.det(cell)))
    if not math.isfinite(volume) or volume < 1e-3:
        raise InputError("the cell has no volume.", "Give three lattice vectors that span a cell.")
    waves = tuple(plane_waves(cell, k, cutoff) for k in kpoints.fractional)
    # An orbital's own span about its centre, not |k + G|, is what the grids must hold.
    reach = math.sqrt(2.0 * cutoff)
    return Basis(
        cell=cell,
        cutoff=cutoff,
        kpoints=kpoints,
        waves=waves,
        grid=Grid(cell, smallest_shape(cell, policy.reach * reach)),
        correction_grid=Grid(cell, smallest_shape(cell, 1.4 * reach)),
        precision=precision,
        chosen_volume=volume,
    )
