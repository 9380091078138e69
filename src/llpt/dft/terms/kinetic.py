"""Kinetic energy of the electrons: E = sum_k w_k sum_i f_i sum_G |c_i(G)|² |k + G|²/2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from llpt.dft.basis import PlaneWaves


def plane_wave_weights(orbitals: Tensor, occupations: Tensor) -> Tensor:
    """Return sum_i f_i |c_i(G)|², double, shape (n,)."""
    parts = torch.view_as_real(orbitals).flatten(1).square()
    return (occupations.to(parts.dtype) @ parts).view(-1, 2).sum(1).to(torch.float64)


def kinetic_energy(waves: PlaneWaves, orbitals: Tensor, occupations: Tensor) -> float:
    """Return the energy of one k-point (without its weight) in Ha per cell."""
    return float(plane_wave_weights(orbitals, occupations) @ waves.kinetic)


def kinetic_stress(waves: PlaneWaves, orbitals: Tensor, occupations: Tensor, volume: float) -> Tensor:
    """Return sigma_ab = -(1/Omega) sum f |c|² (k+G)_a (k+G)_b of one k-point, Ha/bohr³, shape (3, 3)."""
    q = waves.vectors
    return -(q.T @ (q * plane_wave_weights(orbitals, occupations)[:, None])) / volume
