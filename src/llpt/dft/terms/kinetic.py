"""Kinetic energy of the electrons: E = sum_k w_k sum_i f_i sum_G |c_i(G)|² |k + G|²/2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from llpt.dft.basis import PlaneWaves


def _weights(orbitals: Tensor, occupations: Tensor) -> Tensor:
    """sum_i f_i |c_i(G)|², double, shape (n,)."""
    parts = torch.view_as_real(orbitals).square().sum(-1)
    return (occupations.to(parts.dtype) @ parts).to(torch.float64)


def kinetic_energy(waves: PlaneWaves, orbitals: Tensor, occupations: Tensor) -> float:
    """Return the energy of one k-point (without its weight) in Ha per cell."""
    return float(_weights(orbitals, occupations) @ waves.kinetic)


def kinetic_stress(waves: PlaneWaves, orbitals: Tensor, occupations: Tensor, volume: float) -> Tensor:
    """Return sigma_ab = -(1/Omega) sum f |c|² (k+G)_a (k+G)_b of one k-point, Ha/bohr³, shape (3, 3)."""
    q = waves.vectors
    return -(q.T @ (q * _weights(orbitals, occupations)[:, None])) / volume
