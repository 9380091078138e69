"""The bare proton: no pseudopotential at all, for checks of the others towards the all-electron limit."""

from __future__ import annotations

import hashlib
from math import pi
from typing import TYPE_CHECKING

import torch

from llpt.dft.pseudopotentials.base import Pseudopotential

if TYPE_CHECKING:
    from torch import Tensor


class BareCoulomb(Pseudopotential):
    """V(r) = −Z/r. The cusp makes convergence algebraic: hundreds of Rydberg for forces, extrapolate for energies."""

    name = "Coulomb"
    recommended_ecut_ry = 600.0

    def __init__(self, charge: float = 1.0) -> None:
        self.charge = charge
        self.content_hash = hashlib.sha256(f"Coulomb {charge!r}".encode()).hexdigest()

    def form_factor(self, g: Tensor) -> Tensor:
        """Return −4πZ/G², Ha·bohr³; 0 at G = 0."""
        g2 = g.square()
        return torch.where(g2 > 0.0, -4.0 * pi * self.charge / torch.where(g2 > 0.0, g2, 1.0), 0.0)

    def form_factor_derivative(self, g: Tensor) -> Tensor:
        """Return 8πZ/G³, Ha·bohr⁴; 0 at G = 0."""
        g3 = g * g.square()
        return torch.where(g3 > 0.0, 8.0 * pi * self.charge / torch.where(g3 > 0.0, g3, 1.0), 0.0)

    def alpha(self) -> float:
        """Return 0: V + Z/r vanishes."""
        return 0.0
