"""Exchange and correlation on the grid: E = integral of f(n, |grad n|², lap n; T_el).

Gradients are taken in reciprocal space, so that the potential is the exact derivative of the discrete sum:
v = df/dn - div(2 df/dsigma grad n) + S lap(df/dlap).

``lap n`` is the Laplacian of the density without its shortest waves, S lap n with S(G) = exp(-(G/G_c)^8): functionals
of the Laplacian have second derivatives of both signs, so that every finer plane wave offers electrons a density that
oscillates, and neither the energy nor self-consistency converges with the cutoff (``docs/dft.md``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from llpt.dft.functionals import Functional, Level
from llpt.dft.terms.base import DensityPart, Setting, Term

if TYPE_CHECKING:
    from torch import Tensor

    from llpt.dft.grid import Grid


#: G_c of the Laplacian, 1/bohr: a wave of 1.05 bohr.
LAPLACIAN_REACH = 6.0


class ExchangeCorrelation(Term):
    """Exchange and correlation of the electrons, by the functional of the theory."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def at_density(self, density: Tensor) -> XCPart:
        """Evaluate the functional at a density."""
        basis, theory = self._setting.basis, self._setting.theory
        return XCPart(
            basis.grid,
            theory.functional,
            density,
            electronic_temperature=theory.electronic_temperature,
            dtype=basis.precision.real,
        )


class XCPart(DensityPart):
    """Exchange and correlation of one density.

    Args:
        grid: the grid.
        functional: the functional.
        density: n(G), half grid.
        electronic_temperature: k_B T_el in Ha.
        dtype: number format of the fields on the grid; sums are double.

    Attributes:
        potential: v(G) in Ha on the half grid.
    """

    def __init__(
        self,
        grid: Grid,
        functional: Functional,
        density: Tensor,
        *,
        electronic_temperature: float,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        self._grid = grid
        self._coefficients = coefficients = density.to(torch.complex64 if dtype == torch.float32 else torch.complex128)
        self._real = grid.to_real(coefficients)
        self._gradient = gradient = grid.gradient(coefficients) if functional.level is not Level.LDA else None
        self._laplacian = None
        if functional.level is Level.LAPLACIAN:
            smoothed = grid.g2 * torch.exp(-_shortness(grid))
            self._laplacian = grid.to_real(-smoothed.to(dtype) * coefficients)
        self._sigma = None if gradient is None else gradient.square().sum(0)
        self._values = f = functional.evaluate(
            self._real, self._sigma, self._laplacian, electronic_temperature_ha=electronic_temperature
        )
        potential = grid.to_reciprocal(f.d_density)
        if gradient is not None and f.d_sigma is not None:
            flux = grid.to_reciprocal((2.0 * f.d_sigma) * gradient)
            potential = potential - (grid.gradient_factor(dtype) * flux).sum(0)
        if f.d_laplacian is not None:
            potential = potential - smoothed * grid.to_reciprocal(f.d_laplacian)
        self.potential: Tensor = potential.to(torch.complex128)

    def energy(self) -> float:
        """Return the energy in Ha per cell; of a thermal functional the free energy."""
        return self._grid.integrate(self._values.energy)

    def entropy(self) -> float:
        """Return -dE/d(k_B T_el) in units of k_B per cell; zero unless the functional is thermal."""
        slope = self._values.d_temperature
        return 0.0 if slope is None else -self._grid.integrate(slope)

    def stress(self) -> Tensor:
        """Return the stress, Ha/bohr³, shape (3, 3).

        sigma_ab = (1/Omega) { delta_ab ∫ [f - n f_n - 2 sigma f_sigma - lap f_lap] - 2 ∫ f_sigma d_a n d_b n
        - 2 ∫ f_lap S' d_a d_b n } with S' = d(G² S)/d(G²) (Nielsen and Martin, Phys. Rev. B 32, 3780 (1985), for the
        gradient terms as usual).
        """
        f, gradient = self._values, self._gradient
        identity = torch.eye(3, dtype=torch.float64, device=self._real.device)
        isotropic = (f.energy - self._real * f.d_density).sum(dtype=torch.float64)
        stress = torch.zeros_like(identity)
        if gradient is not None and self._sigma is not None and f.d_sigma is not None:
            isotropic = isotropic - 2.0 * (self._sigma * f.d_sigma).sum(dtype=torch.float64)
            flat = gradient.reshape(3, -1)
            stress -= 2.0 * ((flat * f.d_sigma.reshape(-1)) @ flat.T).to(torch.float64)
        stress = (stress + identity * isotropic) / self._grid.points
        if self._laplacian is not None and f.d_laplacian is not None:
            stress += _laplacian_stress(self._grid, f.d_laplacian, self._laplacian, self._coefficients)
        return stress


def _shortness(grid: Grid) -> Tensor:
    """(G/G_c)^8 on the half grid, minus the logarithm of S(G)."""
    return (grid.g2 / LAPLACIAN_REACH**2) ** 4


def _laplacian_stress(grid: Grid, slope: Tensor, laplacian: Tensor, density: Tensor) -> Tensor:
    """The part of the stress from a functional's dependence on the Laplacian of the density."""
    identity = torch.eye(3, dtype=torch.float64, device=slope.device)
    stress = -identity * (slope * laplacian).sum(dtype=torch.float64)
    g = grid.g.to(slope.dtype)
    shortness = _shortness(grid)
    density = density * ((1.0 - 4.0 * shortness) * torch.exp(-shortness)).to(slope.dtype)
    for a in range(3):
        for b in range(a, 3):
            curvature = grid.to_real(-g[a] * g[b] * density)
            value = 2.0 * (slope * curvature).sum(dtype=torch.float64)
            stress[a, b] -= value
            if a != b:
                stress[b, a] -= value
    return stress / grid.points
