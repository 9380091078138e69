"""Number formats: what is kept in single precision and what never is."""

from __future__ import annotations

from enum import StrEnum

import torch


class Precision(StrEnum):
    """Format of orbitals and of the applications of the Hamiltonian.

    Densities, energies, forces, Gram matrices and every sum over plane waves are double in both.
    """

    SINGLE = "single"
    DOUBLE = "double"

    @property
    def real(self) -> torch.dtype:
        """The real format of potentials on the wave-function grid."""
        return torch.float32 if self is Precision.SINGLE else torch.float64

    @property
    def complex(self) -> torch.dtype:
        """The complex format of plane-wave coefficients."""
        return torch.complex64 if self is Precision.SINGLE else torch.complex128
