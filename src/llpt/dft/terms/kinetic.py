"""Kinetic energy of the electrons: E = sum_k w_k sum_i f_i sum_G |c_i(G)|² |k + G|²/2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from llpt.dft.terms.base import Operator, Setting, Term

if TYPE_CHECKING:
    from llpt.dft.basis import PlaneWaves


def plane_wave_weights(orbitals: Tensor, occupations: Tensor) -> Tensor:
    """Return sum_i f_i |c_i(G)|², double, shape (n,)."""
    parts = torch.view_as_real(orbitals).flatten(1).square()
    return (occupations.to(parts.dtype) @ parts).view(-1, 2).sum(1).to(torch.float64)


class KineticOperator(Operator):
    """|k + G|²/2 at one k-point.

    Args:
        waves: plane waves of the k-point.
        volume: of the cell, bohr³.
        dtype: complex format of the orbitals.
    """

    def __init__(self, waves: PlaneWaves, *, volume: float, dtype: torch.dtype) -> None:
        self._waves = waves
        self._volume = volume
        self._energies = waves.kinetic.to(dtype)

    def add_to(self, images: Tensor, orbitals: Tensor) -> None:
        """Add T psi."""
        images.addcmul_(orbitals, self._energies.to(orbitals.dtype))

    def energy(self, orbitals: Tensor, occupations: Tensor) -> float:
        """Return the energy of this k-point (without its weight), Ha per cell."""
        return float(plane_wave_weights(orbitals, occupations) @ self._waves.kinetic)

    def stress(self, orbitals: Tensor, occupations: Tensor) -> Tensor:
        """Return sigma_ab = -(1/Omega) sum f |c|² (k+G)_a (k+G)_b of this k-point, Ha/bohr³, shape (3, 3)."""
        q = self._waves.vectors
        return -(q.T @ (q * plane_wave_weights(orbitals, occupations)[:, None])) / self._volume

    def velocity(self, orbitals: Tensor, axis: int) -> Tensor:
        """Return (k + G)_a psi."""
        return orbitals * self._waves.vectors[:, axis].to(orbitals.dtype)


class KineticTerm(Term):
    """The electrons' kinetic energy."""

    def __init__(self, setting: Setting) -> None:
        self._basis = setting.basis

    def at_kpoint(self, index: int) -> KineticOperator:
        """Return |k + G|²/2 at a k-point."""
        basis = self._basis
        return KineticOperator(basis.waves[index], volume=basis.grid.volume, dtype=basis.precision.complex)
