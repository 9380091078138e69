"""Functionals whose derivatives torch finds from the energy density. Always in double precision inside."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import torch

from llpt.dft.functionals.base import Functional, Level, XCDensities, density_floor

if TYPE_CHECKING:
    from torch import Tensor

#: Lowest k_B T_el (Ha) at which a thermal functional is evaluated, 0.03 K: its fits are 0/0 at zero.
LOWEST_TEMPERATURE_HA = 1e-7


class AutogradFunctional(Functional):
    """A functional that states its energy density only."""

    @abstractmethod
    def energy_density(self, n: Tensor, sigma: Tensor, laplacian: Tensor, temperature: Tensor) -> Tensor:
        """Return f (Ha/bohr³) for n > 0; arguments that the level does not read are zero.

        Args:
            n: density in 1/bohr³, > 0, any shape.
            sigma: |∇n|² in 1/bohr⁸, >= 0, as n.
            laplacian: ∇²n in 1/bohr⁵, as n.
            temperature: k_B T of the electrons in Ha, >= 0, as n.
        """

    def _evaluate(
        self, density: Tensor, sigma: Tensor | None, laplacian: Tensor | None, temperature: float | None
    ) -> XCDensities:
        occupied = density > density_floor(density.dtype)
        zero = torch.zeros_like(density, dtype=torch.float64)

        def prepared(values: Tensor | None, *, read: bool) -> Tensor:
            if not read or values is None:
                return zero
            return torch.where(occupied, values.detach().double(), zero).requires_grad_()

        n = torch.where(occupied, density.detach().double(), 1.0).requires_grad_()
        gradient2 = prepared(None if sigma is None else sigma.clamp(min=0.0), read=self.level is not Level.LDA)
        curvature = prepared(laplacian, read=self.level is Level.LAPLACIAN)
        t = zero
        if self.thermal and temperature is not None:
            t = torch.full_like(zero, max(temperature, LOWEST_TEMPERATURE_HA)).requires_grad_()
        variables = [x for x in (n, gradient2, curvature, t) if x.requires_grad]
        with torch.enable_grad():
            f = self.energy_density(n, gradient2, curvature, t)
            slopes = dict(zip(map(id, variables), torch.autograd.grad(f.sum(), variables), strict=True))

        def result(values: Tensor | None) -> Tensor | None:
            return None if values is None else torch.where(occupied, values, 0.0).to(density.dtype)

        energy, d_density = result(f.detach()), result(slopes[id(n)])
        assert energy is not None
        assert d_density is not None
        return XCDensities(
            energy,
            d_density,
            result(slopes.get(id(gradient2))),
            result(slopes.get(id(curvature))),
            result(slopes.get(id(t))),
        )
