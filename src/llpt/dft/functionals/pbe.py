"""Generalised gradient approximations of the form of PBE, with their derivatives by hand.

In torch operations, for any device and precision; compiled where they are called most. J. P. Perdew, K. Burke,
M. Ernzerhof, Phys. Rev. Lett. 77, 3865 (1996), spin-unpolarised; parameters with the digits of libxc. With
k_F = (3π²n)^⅓,

    f = n [ε_x F(s²) + ε_c + H],   s² = σ/(2 k_F n)²,   F = 1 + μs²/(1 + μs²/κ),
    H = γ ln(1 + (β/γ) t²/(y + 1/(1+y))),   t² = πσ/(16 k_F n²),   y = A t²,   A = (β/γ)/(exp(−ε_c/γ) − 1),

where y + 1/(1+y) = (1 + y + y²)/(1 + y) is written so that it cannot overflow in single precision.
"""

from __future__ import annotations

from math import pi

import torch
from torch import Tensor

from llpt.dft.functionals.base import Functional, FunctionalRecord, Level, XCDensities, density_floor
from llpt.dft.functionals.pbe_compiled import PbeParameters, pbe_single_cpu
from llpt.dft.functionals.pw92 import FERMI, GAMMA, SLATER, WIGNER_SEITZ, pw92_correlation
from llpt.papers import Paper

ORIGINAL = PbeParameters(mu=0.2195149727645171, beta=0.06672455060314922)
"""Those of PBE itself."""


def pbe_elementwise(density: Tensor, sigma: Tensor, parameters: PbeParameters) -> XCDensities:
    """Evaluate with torch operations, on any device; see ``Functional.evaluate``.

    Args:
        density: n in 1/bohr³, any shape; what is not above the floor of its dtype counts as empty.
        sigma: |∇n|² in 1/bohr⁸, as density.
        parameters: of the form of PBE.
    """
    mu, beta = parameters.mu, parameters.beta
    occupied = density > density_floor(density.dtype)
    n = torch.where(occupied, density, 1.0)
    gradient2 = sigma.clamp(min=0.0)
    cube_root = n.pow(1.0 / 3.0)
    inverse_kf = 1.0 / (FERMI * cube_root)
    inverse_n2 = 1.0 / (n * n)

    slater = SLATER * cube_root
    s2_per_sigma = 0.25 * inverse_kf * inverse_kf * inverse_n2
    s2 = s2_per_sigma * gradient2
    damping = 1.0 / (1.0 + (mu / parameters.kappa) * s2)
    enhancement = 1.0 + mu * s2 * damping
    enhancement_slope = mu * damping * damping

    rs = WIGNER_SEITZ / cube_root
    correlation, slope = pw92_correlation(rs)
    exponential = torch.expm1(correlation * (-1.0 / GAMMA))
    t2_per_sigma = (pi / 16.0) * inverse_kf * inverse_n2
    t2 = t2_per_sigma * gradient2
    y = (beta / GAMMA) * t2 / exponential
    inverse_y1 = 1.0 / (1.0 + y)
    inverse_d = 1.0 / (y + inverse_y1)
    product = (beta / GAMMA) * t2 * inverse_d
    gradient_term = GAMMA * torch.log1p(product)
    inverse_argument = 1.0 / (1.0 + product)
    # dH/dt² and dH/dε_c
    h_t2 = beta * inverse_argument * (2.0 - inverse_y1) * inverse_y1 * inverse_d * inverse_d
    ratio = y * inverse_d
    h_epsilon = -ratio * ratio * (1.0 - inverse_y1 * inverse_y1) * (exponential + 1.0) * inverse_argument

    energy = n * (slater * enhancement + correlation + gradient_term)
    d_density = (
        slater * (4.0 / 3.0 * enhancement - 8.0 / 3.0 * s2 * enhancement_slope)
        + correlation
        + gradient_term
        - (1.0 + h_epsilon) * slope * rs / 3.0
        - 7.0 / 3.0 * t2 * h_t2
    )
    d_sigma = n * (slater * enhancement_slope * s2_per_sigma + h_t2 * t2_per_sigma)
    return XCDensities(energy.mul_(occupied), d_density.mul_(occupied), d_sigma.mul_(occupied))


class PbeFunctional(Functional):
    """Exchange and correlation of the form of PBE; compiled where it is called most.

    Args:
        record: what it is.
        parameters: of the form.
    """

    def __init__(self, record: FunctionalRecord, parameters: PbeParameters) -> None:
        super().__init__(record)
        self._parameters = parameters

    def _evaluate(
        self, density: Tensor, sigma: Tensor | None, laplacian: Tensor | None, temperature: float | None
    ) -> XCDensities:
        del laplacian, temperature
        assert sigma is not None
        if density.dtype == torch.float32 and density.device.type == "cpu":
            return pbe_single_cpu(density, sigma, self._parameters)
        return pbe_elementwise(density, sigma, self._parameters)


PERDEW_1996 = Paper(
    key="perdew1996",
    authors="J. P. Perdew and K. Burke and M. Ernzerhof",
    title="Generalized gradient approximation made simple",
    journal="Phys. Rev. Lett.",
    volume="77",
    page="3865",
    year="1996",
    doi="10.1103/PhysRevLett.77.3865",
)
PERDEW_2008 = Paper(
    key="perdew2008",
    authors="J. P. Perdew and A. Ruzsinszky and G. I. Csonka and O. A. Vydrov and "
    "G. E. Scuseria and L. A. Constantin and X. Zhou and K. Burke",
    title="Restoring the density-gradient expansion for exchange in solids and surfaces",
    journal="Phys. Rev. Lett.",
    volume="100",
    page="136406",
    year="2008",
    doi="10.1103/PhysRevLett.100.136406",
)

PBE = PbeFunctional(
    FunctionalRecord(
        name="pbe",
        level=Level.GGA,
        papers=(PERDEW_1996,),
        libxc=("gga_x_pbe", "gga_c_pbe"),
    ),
    ORIGINAL,
)

PBESOL = PbeFunctional(
    FunctionalRecord(
        name="pbesol",
        level=Level.GGA,
        papers=(PERDEW_2008,),
        libxc=("gga_x_pbe_sol", "gga_c_pbe_sol"),
    ),
    PbeParameters(mu=10.0 / 81.0, beta=0.046),
)
