"""Local pseudopotential of the ions: E = sum_G n*(G) S(G) v(|G|), with the non-Coulomb part alpha at G = 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from llpt.dft.terms.base import DensityPart, Setting, Term

if TYPE_CHECKING:
    from torch import Tensor


class LocalTerm(Term):
    """The local potential of the ions, with the form factor v(|G|) of the pseudopotential, Ha bohr³."""

    def __init__(self, setting: Setting) -> None:
        self.grid = grid = setting.basis.grid
        self.phases = setting.phases
        self.pseudopotential = setting.theory.pseudopotential
        self.length = grid.g2.sqrt()
        self.form_factor = self.pseudopotential.form_factor(self.length)
        self.structure_factor = setting.phases.structure_factor()
        #: Fourier coefficients of the potential, S(G) v(|G|) / Omega, Ha.
        self.potential = self.structure_factor * (self.form_factor / grid.volume) * (grid.multiplicity > 0)

    def at_density(self, density: Tensor) -> LocalPart:
        """Return the interaction with a density."""
        return LocalPart(self, density)


class LocalPart(DensityPart):
    """The interaction of one density with the ions.

    Args:
        term: the ions.
        density: n(G), half grid.
    """

    def __init__(self, term: LocalTerm, density: Tensor) -> None:
        self._term = term
        self._density = density
        self.potential: Tensor = term.potential

    def energy(self) -> float:
        """Return the energy in Ha per cell."""
        grid = self._term.grid
        return grid.volume * grid.inner(self._density, self.potential)

    def forces(self) -> Tensor:
        """Return -dE/dR, Ha/bohr, shape (n, 3)."""
        return self._term.phases.pulled(self._density * self._term.form_factor)

    def stress(self) -> Tensor:
        """Return sigma_ab = -(1/Omega) [sum n* S v'(G) G_a G_b / G + delta_ab E], Ha/bohr³, shape (3, 3)."""
        grid, length = self._term.grid, self._term.length
        overlap = (self._density.conj() * self._term.structure_factor).real * grid.multiplicity
        slope = self._term.pseudopotential.form_factor_derivative(length)
        radial = overlap * slope / torch.where(length > 0.0, length, 1.0)
        g = grid.g.reshape(3, -1)
        directed = (g * radial.reshape(-1)) @ g.T
        diagonal = self.energy() * torch.eye(3, dtype=g.dtype, device=g.device)
        return -(directed + diagonal) / grid.volume
