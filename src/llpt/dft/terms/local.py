"""Local pseudopotential of the ions: E = sum_G n*(G) S(G) v(|G|), with the non-Coulomb part alpha at G = 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from llpt.dft.grid import Grid
    from llpt.dft.ions import IonPhases
    from llpt.dft.pseudopotentials import Pseudopotential


class LocalTerm:
    """The local potential of ions on a grid.

    Args:
        grid: the grid.
        phases: phases of the ions on the same grid.
        pseudopotential: its form factor v(|G|), Ha bohr³.
    """

    def __init__(self, grid: Grid, phases: IonPhases, pseudopotential: Pseudopotential) -> None:
        self._grid = grid
        self._phases = phases
        self._pseudopotential = pseudopotential
        self._length = grid.g2.sqrt()
        self._form_factor = pseudopotential.form_factor(self._length)
        self._structure_factor = phases.structure_factor()
        #: Fourier coefficients of the potential, S(G) v(|G|) / Omega, Ha.
        self.potential = self._structure_factor * (self._form_factor / grid.volume) * (grid.multiplicity > 0)

    def energy(self, density: Tensor) -> float:
        """Return the energy in Ha per cell."""
        return self._grid.volume * self._grid.inner(density, self.potential)

    def forces(self, density: Tensor) -> Tensor:
        """Return -dE/dR, Ha/bohr, shape (n, 3)."""
        return self._phases.pulled(density * self._form_factor)

    def stress(self, density: Tensor) -> Tensor:
        """Return sigma_ab = -(1/Omega) [sum n* S v'(G) G_a G_b / G + delta_ab E], Ha/bohr³, shape (3, 3)."""
        grid = self._grid
        overlap = (density.conj() * self._structure_factor).real * grid.multiplicity
        slope = self._pseudopotential.form_factor_derivative(self._length)
        radial = overlap * slope / torch.where(self._length > 0.0, self._length, 1.0)
        g = grid.g.reshape(3, -1)
        directed = (g * radial.reshape(-1)) @ g.T
        diagonal = self.energy(density) * torch.eye(3, dtype=g.dtype, device=g.device)
        return -(directed + diagonal) / grid.volume
