"""Number formats: what is kept in single precision and what never is."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


class Precision(StrEnum):
    """Format of what is many and can bear it: orbitals and the applications of the Hamiltonian, pairs of neighbours.

    Densities, energies, forces, Gram matrices and every long sum are double in both.
    """

    SINGLE = "single"
    DOUBLE = "double"

    @property
    def real(self) -> torch.dtype:
        """The format of real numbers in torch."""
        import torch  # noqa: PLC0415 - options name a precision long before anything needs torch

        return torch.float32 if self is Precision.SINGLE else torch.float64

    @property
    def complex(self) -> torch.dtype:
        """The format of complex numbers in torch."""
        import torch  # noqa: PLC0415

        return torch.complex64 if self is Precision.SINGLE else torch.complex128
