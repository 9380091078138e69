"""Which transform serves which number format and device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch

from llpt.dft.transforms.tensors import TensorTransform
from llpt.dft.transforms.vectorised import VectorisedTransform

if TYPE_CHECKING:
    from torch import Tensor


class OrbitalTransform(Protocol):
    """What orbitals go through at one k-point and on one grid.

    Attributes:
        shape: the grid.
    """

    shape: tuple[int, int, int]

    def apply_potential(self, orbitals: Tensor, potential: Tensor) -> Tensor:
        """Return V psi in plane waves, shape (bands, n), for a real potential on the grid."""

    def add_density(self, density: Tensor, orbitals: Tensor, occupations: Tensor) -> None:
        """Add sum_i f_i |psi_i|² (without 1/Omega) to ``density`` on the grid.

        Args:
            density: what is added to, shape of the grid.
            orbitals: coefficients, shape (bands, plane waves).
            occupations: f_i, shape (bands,).
        """


def orbital_transform(integers: Tensor, shape: tuple[int, int, int], dtype: torch.dtype) -> OrbitalTransform:
    """Return the fastest transform for a number format and the device of ``integers``.

    Args:
        integers: Miller indices of the plane waves, ordered by first, second and third, shape (n, 3), long.
        shape: the grid; it must hold every index without two of them falling on one point.
        dtype: complex format.
    """
    if dtype == torch.complex64 and integers.device.type == "cpu":
        return VectorisedTransform(integers, shape)
    return TensorTransform(integers, shape, dtype)
