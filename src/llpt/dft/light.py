"""What light makes of a conductivity: the shape of a line, the dielectric function, the reflectivity. Without torch.

Runs are averaged by whoever has spectra on disk, which takes no DFT.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import dawsn

from llpt import units

if TYPE_CHECKING:
    from numpy.typing import NDArray


class LineShape(StrEnum):
    """How a line of no width is drawn."""

    GAUSSIAN = "gaussian"
    """sqrt(pi/2)/s [exp(-z²) + 2 i D(z)/sqrt(pi)], z = x/(sqrt(2) s), D Dawson's integral: keeps a gap a gap."""
    LORENTZIAN = "lorentzian"
    """i/(x + i s): a finite lifetime; its tails give an insulator a conductivity that grows with the width."""

    def of(self, x: NDArray[np.float64], width: float) -> NDArray[np.complex128]:
        """Return L(x) for the standard deviation or the half width at half maximum ``width``."""
        if self is LineShape.LORENTZIAN:
            return np.asarray(1j / (x + 1j * width))
        z = x / (math.sqrt(2.0) * width)
        return np.asarray(math.sqrt(math.pi / 2.0) / width * np.exp(-z * z) + 1j * math.sqrt(2.0) / width * dawsn(z))


def dielectric_function(
    photon_energy_ev: NDArray[np.float64], conductivity_s_per_cm: NDArray[np.complex128]
) -> NDArray[np.complex128]:
    """Return epsilon = 1 + 4 pi i sigma / w (Gaussian units), shape (n,)."""
    sigma = conductivity_s_per_cm / units.ATOMIC_CONDUCTIVITY_TO_S_PER_CM
    return 1.0 + 4.0j * math.pi * sigma / (photon_energy_ev * units.EV_TO_HARTREE)


def reflectivity(epsilon: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Return the reflectivity at normal incidence from vacuum, |(n - 1)/(n + 1)|² with n = sqrt(epsilon)."""
    index = np.sqrt(epsilon)
    return np.asarray(np.abs((index - 1.0) / (index + 1.0)) ** 2)
