"""PBE in torch operations, for any device and precision, with its derivatives by hand.

J. P. Perdew, K. Burke, M. Ernzerhof, Phys. Rev. Lett. 77, 3865 (1996), spin-unpolarised; parameters with the digits
of libxc's ``gga_x_pbe`` and ``gga_c_pbe``. With k_F = (3π²n)^⅓,

    f = n [ε_x F(s²) + ε_c + H],   s² = σ/(2 k_F n)²,   F = 1 + μs²/(1 + μs²/κ),
    H = γ ln(1 + (β/γ) t²/(y + 1/(1+y))),   t² = πσ/(16 k_F n²),   y = A t²,   A = (β/γ)/(exp(−ε_c/γ) − 1),

where y + 1/(1+y) = (1 + y + y²)/(1 + y) is written so that it cannot overflow in single precision.
"""

from __future__ import annotations

from math import log, pi

import torch
from torch import Tensor

from llpt.dft.functionals.base import XCDensities, density_floor
from llpt.dft.functionals.pw92 import SLATER, WIGNER_SEITZ, pw92_correlation

KAPPA = 0.8040
MU = 0.2195149727645171
BETA = 0.06672455060314922
GAMMA = (1.0 - log(2.0)) / pi**2
FERMI = (3.0 * pi**2) ** (1.0 / 3.0)


def pbe_elementwise(density: Tensor, sigma: Tensor) -> XCDensities:
    """Evaluate PBE with torch operations, on any device; see ``Functional.evaluate``."""
    occupied = density > density_floor(density.dtype)
    n = torch.where(occupied, density, 1.0)
    gradient2 = sigma.clamp(min=0.0)
    cube_root = n.pow(1.0 / 3.0)
    inverse_kf = 1.0 / (FERMI * cube_root)
    inverse_n2 = 1.0 / (n * n)

    slater = SLATER * cube_root
    s2_per_sigma = 0.25 * inverse_kf * inverse_kf * inverse_n2
    s2 = s2_per_sigma * gradient2
    damping = 1.0 / (1.0 + (MU / KAPPA) * s2)
    enhancement = 1.0 + MU * s2 * damping
    enhancement_slope = MU * damping * damping

    rs = WIGNER_SEITZ / cube_root
    correlation, slope = pw92_correlation(rs)
    exponential = torch.expm1(correlation * (-1.0 / GAMMA))
    t2_per_sigma = (pi / 16.0) * inverse_kf * inverse_n2
    t2 = t2_per_sigma * gradient2
    y = (BETA / GAMMA) * t2 / exponential
    inverse_y1 = 1.0 / (1.0 + y)
    inverse_d = 1.0 / (y + inverse_y1)
    product = (BETA / GAMMA) * t2 * inverse_d
    gradient_term = GAMMA * torch.log1p(product)
    inverse_argument = 1.0 / (1.0 + product)
    # dH/dt² and dH/dε_c
    h_t2 = BETA * inverse_argument * (2.0 - inverse_y1) * inverse_y1 * inverse_d * inverse_d
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
