"""SCAN-L: the SCAN meta-GGA with its kinetic-energy density replaced by a function of n, |∇n|² and ∇²n.

SCAN: J. Sun, A. Ruzsinszky, J. P. Perdew, Phys. Rev. Lett. 115, 036402 (2015) and its supplement.
Deorbitalisation: D. Mejía-Rodríguez, S. B. Trickey, Phys. Rev. A 96, 052512 (2017); Phys. Rev. B 98, 115161 (2018),
with the kinetic functional of J. P. Perdew and L. A. Constantin, Phys. Rev. B 75, 155109 (2007), reparametrised
(``PCopt``: a = 1.78472, b = 0.258304). Spin-unpolarised. With p = s² and q = ∇²n / (4 (3π²)^⅔ n^{5/3}),

    α = (τ − τ_W)/τ_unif  →  z θ(z),   z = F_GE4(p, q) − 5p/3.
"""

from __future__ import annotations

from math import pi
from typing import TYPE_CHECKING

import torch

from llpt.dft.functionals.autograd import AutogradFunctional
from llpt.dft.functionals.base import FunctionalRecord, Level
from llpt.dft.functionals.pbe import ORIGINAL
from llpt.dft.functionals.pw92 import FERMI, GAMMA, SLATER, WIGNER_SEITZ, pw92_correlation
from llpt.papers import Paper

if TYPE_CHECKING:
    from torch import Tensor

_S2 = 1.0 / (4.0 * (3.0 * pi**2) ** (2.0 / 3.0))

# PCopt
_PC_A = 1.78472
_PC_B = 0.258304
_PC_EDGE = 1.0 / 40.0

# SCAN exchange
_MU = 10.0 / 81.0
_K1 = 0.065
_B2 = (5913.0 / 405000.0) ** 0.5
_B1 = (511.0 / 13500.0) / (2.0 * _B2)
_B3 = 0.5
_B4 = _MU**2 / _K1 - 1606.0 / 18225.0 - _B1**2
_H0 = 1.174
_A1 = 4.9479
_SWITCH_X = (0.667, 0.8, 1.24)

# SCAN correlation
_B1C, _B2C, _B3C = 0.0285764, 0.0889, 0.125541
_CHI = 0.12802585262625815
_SWITCH_C = (0.64, 1.5, 0.7)


def _switch(alpha: Tensor, parameters: tuple[float, float, float]) -> Tensor:
    """f(α): 1 at α = 0, 0 at α = 1, negative beyond; all derivatives vanish at 1."""
    c1, c2, d = parameters
    below = alpha < 1.0
    # exp(−c α/(1 − α)) underflows to 0 well before these bounds
    low = torch.where(below, alpha, 0.0).clamp(max=0.9999)
    high = torch.where(below, 2.0, alpha).clamp(min=1.0001)
    return torch.where(below, torch.exp(-c1 * low / (1.0 - low)), -d * torch.exp(c2 / (1.0 - high)))


def orbital_overlap(p: Tensor, q: Tensor) -> Tensor:
    """Return α = (τ − τ_W)/τ_unif of the PCopt kinetic functional from p = s² and the reduced Laplacian q."""
    weizsaecker = 5.0 / 3.0 * p
    fourth = 8.0 / 81.0 * q * q - p * q / 9.0 + 8.0 / 243.0 * p * p
    expansion = 1.0 + 5.0 / 27.0 * p + 20.0 / 9.0 * q + fourth
    modified = expansion / torch.sqrt(1.0 + (fourth / (1.0 + weizsaecker)) ** 2)
    z = modified - weizsaecker
    low, high = _PC_EDGE * _PC_A, (1.0 - _PC_EDGE) * _PC_A
    x = z.clamp(low, high)
    left, right = torch.exp(-_PC_A / x), torch.exp(-_PC_A / (_PC_A - x))
    inside = torch.exp(-_PC_A * _PC_B / x) * ((1.0 + right) / (left + right)) ** _PC_B
    theta = torch.where(z <= low, 0.0, torch.where(z >= high, 1.0, inside))
    return z * theta


def scan_exchange_factor(p: Tensor, alpha: Tensor) -> Tensor:
    """Return F_x(s, α) of SCAN, ε_x = ε_x^LDA F_x."""
    deviation = 1.0 - alpha
    bracket = _B1 * p + _B2 * deviation * torch.exp(-_B3 * deviation * deviation)
    y = _MU * p + _B4 * p * p * torch.exp(-_B4 * p / _MU) + bracket * bracket
    h1 = 1.0 + _K1 * (1.0 - _K1 / (_K1 + y))
    # s^{1/2} = p^{1/4}; at p = 0 the exponential is 0 with all derivatives
    g = 1.0 - torch.exp(-_A1 / p.clamp(min=1e-16).pow(0.25))
    mix = _switch(alpha, _SWITCH_X)
    return (h1 * (1.0 - mix) + _H0 * mix) * g


def scan_correlation(n: Tensor, sigma: Tensor, p: Tensor, alpha: Tensor) -> Tensor:
    """Return ε_c (Ha per electron) of SCAN, spin-unpolarised.

    Args:
        n: density in 1/bohr³, > 0, any shape.
        sigma: |∇n|² in 1/bohr⁸, >= 0, as n.
        p: the squared reduced gradient s², as n.
        alpha: the indicator of orbital overlap, as n.
    """
    cube_root = n.pow(1.0 / 3.0)
    rs = WIGNER_SEITZ / cube_root
    local, _ = pw92_correlation(rs)
    t2 = pi * sigma / (16.0 * FERMI * cube_root * n * n)
    beta = ORIGINAL.beta * (1.0 + 0.1 * rs) / (1.0 + 0.1778 * rs)
    w1 = torch.expm1(-local / GAMMA)
    g1 = (1.0 + 4.0 * beta / (GAMMA * w1) * t2).pow(-0.25)
    slowly_varying = local + GAMMA * torch.log1p(w1 * (1.0 - g1))

    low_density = -_B1C / (1.0 + _B2C * rs.sqrt() + _B3C * rs)
    w0 = torch.expm1(-low_density / _B1C)
    g0 = (1.0 + 4.0 * _CHI * p).pow(-0.25)
    single_orbital = low_density + _B1C * torch.log1p(w0 * (1.0 - g0))
    return slowly_varying + _switch(alpha, _SWITCH_C) * (single_orbital - slowly_varying)


class ScanL(AutogradFunctional):
    """SCAN-L exchange and correlation."""

    def energy_density(self, n: Tensor, sigma: Tensor, laplacian: Tensor, temperature: Tensor) -> Tensor:
        """Return f, Ha/bohr³.

        Args:
            n: density in 1/bohr³, > 0, any shape.
            sigma: |∇n|² in 1/bohr⁸, >= 0, as n.
            laplacian: ∇²n in 1/bohr⁵, as n.
            temperature: not read.
        """
        del temperature
        p = _S2 * sigma / n.pow(8.0 / 3.0)
        q = _S2 * laplacian / n.pow(5.0 / 3.0)
        alpha = orbital_overlap(p, q)
        exchange = SLATER * n.pow(1.0 / 3.0) * scan_exchange_factor(p, alpha)
        return n * (exchange + scan_correlation(n, sigma, p, alpha))


MEJIA_RODRIGUEZ_2017 = Paper(
    key="mejiarodriguez2017",
    authors="D. Mejía-Rodríguez and S. B. Trickey",
    title="Deorbitalization strategies for meta-generalized-gradient-approximation exchange-correlation functionals",
    journal="Phys. Rev. A",
    volume="96",
    page="052512",
    year="2017",
    doi="10.1103/PhysRevA.96.052512",
)
MEJIA_RODRIGUEZ_2018 = Paper(
    key="mejiarodriguez2018",
    authors="D. Mejía-Rodríguez and S. B. Trickey",
    title="Deorbitalized meta-GGA exchange-correlation functionals in solids",
    journal="Phys. Rev. B",
    volume="98",
    page="115161",
    year="2018",
    doi="10.1103/PhysRevB.98.115161",
)

SCAN_L = ScanL(
    FunctionalRecord(
        name="scan-l",
        level=Level.LAPLACIAN,
        papers=(MEJIA_RODRIGUEZ_2017, MEJIA_RODRIGUEZ_2018),
        libxc=("mgga_x_scanl", "mgga_c_scanl"),
        times_longer=6.5,
    )
)
