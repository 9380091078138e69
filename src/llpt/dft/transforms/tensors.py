"""Orbitals between plane waves and the real-space grid with torch, on any device, a block of bands at a time."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_BLOCK_BYTES = 4 * 2**20


class TensorTransform:
    """Fourier transforms between the plane waves of one k-point and a grid, with work space kept between calls.

    Args:
        integers: Miller indices of the plane waves, shape (n, 3), long.
        shape: the grid; it must hold every index without two of them falling on one point.
        dtype: complex format.
    """

    def __init__(self, integers: Tensor, shape: tuple[int, int, int], dtype: torch.dtype) -> None:
        self.shape = shape
        sizes = torch.tensor(shape, device=integers.device)
        wrapped = integers % sizes
        self.index = (wrapped[:, 0] * shape[1] + wrapped[:, 1]) * shape[2] + wrapped[:, 2]
        self.points = math.prod(shape)
        self.block = max(1, min(64, _BLOCK_BYTES // (self.points * dtype.itemsize)))
        self._work = torch.zeros((self.block, self.points), dtype=dtype, device=integers.device)
        self._field = torch.zeros((self.block, *shape), dtype=dtype, device=integers.device)

    def to_real(self, coefficients: Tensor) -> Tensor:
        """Return sum_G c_G exp(iG.r) on the grid, shape (b, n1, n2, n3), for at most ``block`` bands.

        The result is work space: it is overwritten by the next call.
        """
        bands = coefficients.shape[0]
        work = self._work[:bands]
        work.zero_()
        work.index_copy_(1, self.index, coefficients)
        return torch.fft.ifftn(work.view(bands, *self.shape), dim=(1, 2, 3), norm="forward", out=self._field[:bands])

    def to_plane_waves(self, field: Tensor, out: Tensor) -> None:
        """Write the plane-wave coefficients of a field from :meth:`to_real` into ``out``, shape (b, n)."""
        bands = field.shape[0]
        work = self._work[:bands].view(bands, *self.shape)
        torch.fft.fftn(field, dim=(1, 2, 3), norm="forward", out=work)
        torch.index_select(work.view(bands, -1), 1, self.index, out=out)

    def apply_potential(self, orbitals: Tensor, potential: Tensor) -> Tensor:
        """Return V psi in plane waves, shape (bands, n), for a real potential on the grid."""
        result = torch.empty_like(orbitals)
        for start in range(0, orbitals.shape[0], self.block):
            part = slice(start, min(start + self.block, orbitals.shape[0]))
            field = self.to_real(orbitals[part])
            field.mul_(potential)
            self.to_plane_waves(field, result[part])
        return result

    def add_density(self, density: Tensor, orbitals: Tensor, occupations: Tensor) -> None:
        """Add sum_i f_i |psi_i|² (without 1/Omega) to ``density`` on the grid.

        Args:
            density: what is added to, shape of the grid.
            orbitals: coefficients, shape (bands, plane waves).
            occupations: f_i, shape (bands,).
        """
        for start in range(0, orbitals.shape[0], self.block):
            field = self.to_real(orbitals[start : start + self.block])
            squared = field.real.square().add_(field.imag.square()).view(field.shape[0], -1)
            f = occupations[start : start + self.block].to(squared.dtype)
            density.view(-1).add_(f @ squared)
