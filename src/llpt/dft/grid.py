"""A real-space grid in a periodic cell and the reciprocal vectors that belong to it.

Atomic units. Fields on a grid have shape (n1, n2, n3); their Fourier coefficients the half shape (n1, n2, n3//2+1) of
a real transform, n(G) = (1/N) sum_r n(r) exp(-iG.r), so that n(G=0) is the mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

#: Relative time per point of a transform of this length, by its largest prime factor (measured with MKL).
_COST = {2: 0.75, 3: 1.0, 5: 1.05, 7: 1.35}


def _largest_factor(size: int) -> int:
    """Largest prime factor of a size, or 0 where it has one above 7."""
    largest = 1
    for factor in (2, 3, 5, 7):
        while size % factor == 0:
            size //= factor
            largest = factor
    return largest if size == 1 else 0


def smooth_size(minimum: int) -> int:
    """Return the size >= ``minimum`` whose transform is expected to be fastest (no prime factor above 7)."""
    minimum = max(2, minimum)
    sizes = [n for n in range(minimum, 2 * minimum + 1) if _largest_factor(n)]
    return min(sizes, key=lambda n: (n**3 * _COST[_largest_factor(n)], n))


def smallest_shape(cell: Tensor, largest_g: float) -> tuple[int, int, int]:
    """Return the smallest grid that holds every reciprocal vector with |G| <= ``largest_g`` without wrapping.

    Args:
        cell: rows are the lattice vectors in bohr, shape (3, 3).
        largest_g: 1/bohr.
    """
    lengths = torch.linalg.vector_norm(cell.double(), dim=1).tolist()
    # |m_i| = |a_i . G| / 2 pi <= |a_i| |G| / 2 pi.
    n1, n2, n3 = (smooth_size(2 * math.floor(length * largest_g / (2 * math.pi) + 1e-9) + 1) for length in lengths)
    return n1, n2, n3


@dataclass(frozen=True)
class Grid:
    """A uniform grid of a periodic cell.

    Args:
        cell: rows are the lattice vectors in bohr, double, shape (3, 3).
        shape: number of points along each vector.
    """

    cell: Tensor
    shape: tuple[int, int, int]

    @cached_property
    def volume(self) -> float:
        """Volume of the cell in bohr³."""
        return abs(float(torch.linalg.det(self.cell)))

    @property
    def points(self) -> int:
        """Number of grid points."""
        return math.prod(self.shape)

    @cached_property
    def reciprocal(self) -> Tensor:
        """Rows are the reciprocal lattice vectors, 1/bohr, shape (3, 3)."""
        return 2.0 * math.pi * torch.linalg.inv(self.cell).T.contiguous()

    @cached_property
    def integers(self) -> tuple[Tensor, Tensor, Tensor]:
        """Miller indices along each axis, double, in the order of a real transform (third axis halved)."""
        n1, n2, n3 = self.shape
        device = self.cell.device

        def full(n: int) -> Tensor:
            return torch.fft.fftfreq(n, 1.0 / n, dtype=torch.float64, device=device)

        return full(n1), full(n2), torch.fft.rfftfreq(n3, 1.0 / n3, dtype=torch.float64, device=device)

    @cached_property
    def g(self) -> Tensor:
        """Reciprocal vectors, 1/bohr, shape (3, n1, n2, n3//2+1)."""
        m1, m2, m3 = self.integers
        b = self.reciprocal
        return (
            b[0].view(3, 1, 1, 1) * m1.view(1, -1, 1, 1)
            + b[1].view(3, 1, 1, 1) * m2.view(1, 1, -1, 1)
            + b[2].view(3, 1, 1, 1) * m3.view(1, 1, 1, -1)
        )

    @cached_property
    def g2(self) -> Tensor:
        """Squared lengths |G|², 1/bohr², shape (n1, n2, n3//2+1)."""
        return (self.g**2).sum(0)

    @cached_property
    def multiplicity(self) -> Tensor:
        """How often each stored coefficient stands in the whole sum over G: 2 where −G is not stored, 0 at Nyquist.

        The Nyquist planes of even sizes have no mirror image; leaving them out keeps every term real and every
        derivative exact on the grid. Shape (n1, n2, n3//2+1).
        """
        m1, m2, m3 = self.integers
        n1, n2, n3 = self.shape
        inside = (
            (m1.abs() * 2 < n1).view(-1, 1, 1) & (m2.abs() * 2 < n2).view(1, -1, 1) & (m3.abs() * 2 < n3).view(1, 1, -1)
        )
        weight = torch.where(m3 == 0, 1.0, 2.0).to(torch.float64).view(1, 1, -1)
        return inside * weight

    @cached_property
    def _gradient_factors(self) -> dict[torch.dtype, Tensor]:
        double = 1j * (self.g * (self.multiplicity > 0))
        return {torch.float64: double, torch.float32: double.to(torch.complex64)}

    def gradient_factor(self, dtype: torch.dtype) -> Tensor:
        """Return i G with the Nyquist planes removed, complex, shape (3, n1, n2, n3//2+1).

        Args:
            dtype: the real format it shall go with.
        """
        return self._gradient_factors[dtype]

    def to_reciprocal(self, field: Tensor) -> Tensor:
        """Return the Fourier coefficients of a real field (leading axes are a batch)."""
        return torch.fft.rfftn(field.contiguous(), dim=(-3, -2, -1), norm="forward")

    def to_real(self, coefficients: Tensor) -> Tensor:
        """Return the real field of Fourier coefficients (leading axes are a batch)."""
        return torch.fft.irfftn(coefficients, s=self.shape, dim=(-3, -2, -1), norm="forward")

    def gradient(self, coefficients: Tensor) -> Tensor:
        """Return the gradient on the grid, shape (3, n1, n2, n3), of a field given by its coefficients."""
        return self.to_real(self.gradient_factor(coefficients.real.dtype) * coefficients)

    def integrate(self, field: Tensor) -> float:
        """Return the integral of a real field over the cell."""
        return float(field.sum(dtype=torch.float64)) * self.volume / self.points

    def inner(self, left: Tensor, right: Tensor) -> float:
        """Return sum over all G of left*(G) right(G), for coefficients of two real fields."""
        product = left.real * right.real + left.imag * right.imag
        return float((product * self.multiplicity).sum(dtype=torch.float64))

    def restrict(self, coefficients: Tensor, target: Grid) -> Tensor:
        """Return the coefficients of a field on another grid: those that both hold, zeros elsewhere."""
        result = torch.zeros(
            (*target.shape[:2], target.shape[2] // 2 + 1), dtype=coefficients.dtype, device=coefficients.device
        )
        kept = [min(a, b) for a, b in zip(self.shape, target.shape, strict=True)]
        half = [(n - 1) // 2 for n in kept]
        third = slice(0, half[2] + 1)
        for first in (slice(0, half[0] + 1), slice(-half[0], None) if half[0] else None):
            for second in (slice(0, half[1] + 1), slice(-half[1], None) if half[1] else None):
                if first is not None and second is not None:
                    result[first, second, third] = coefficients[first, second, third]
        return result
