"""The kinetic part of the stress, and symmetric tensors as six numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from llpt.units import EV_PER_ANGSTROM3_TO_GPA, U_ANGSTROM2_PER_FS2_TO_EV

if TYPE_CHECKING:
    from numpy.typing import NDArray

VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def voigt(tensor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the six components xx, yy, zz, yz, xz, xy of a tensor of shape (3, 3), off-diagonal ones averaged."""
    return np.array([0.5 * (tensor[i, j] + tensor[j, i]) for i, j in VOIGT])


def kinetic_stress_gpa(
    velocities_angstrom_per_fs: NDArray[np.float64], masses_u: NDArray[np.float64], volume_angstrom3: float
) -> NDArray[np.float64]:
    """Return the kinetic part of the stress, −(1/Ω) Σ m v v, ASE's sign and order, shape (6,).

    Args:
        velocities_angstrom_per_fs: shape (n, 3).
        masses_u: shape (n,).
        volume_angstrom3: of the cell, > 0.
    """
    weighted = velocities_angstrom_per_fs * masses_u[:, np.newaxis]
    tensor = velocities_angstrom_per_fs.T @ weighted * U_ANGSTROM2_PER_FS2_TO_EV
    return -voigt(tensor) / volume_angstrom3 * EV_PER_ANGSTROM3_TO_GPA
