"""Exchange and correlation at finite electronic temperature: the free energies KSDT (LDA) and KDT16 (GGA).

KSDT: V. V. Karasiev, T. Sjostrom, J. Dufty, S. B. Trickey, Phys. Rev. Lett. 112, 076403 (2014), eq. 9–14, table I.
KDT16: V. V. Karasiev, J. W. Dufty, S. B. Trickey, Phys. Rev. Lett. 120, 076401 (2018) and its supplement (eq. S2–S8,
tables S1 and S2), which also gives corrKSDT, the refitted LDA it is built on. Fits of Ã_x and B̃_x: V. V. Karasiev,
D. Chakraborty, S. B. Trickey, Comput. Phys. Commun. 192, 114 (2015). Spin-unpolarised. t = k_B T/E_F.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import TYPE_CHECKING

import torch

from llpt.dft.functionals.autograd import AutogradFunctional
from llpt.dft.functionals.base import FunctionalRecord, Level
from llpt.dft.functionals.pw92 import GAMMA, SLATER, WIGNER_SEITZ
from llpt.papers import Paper

if TYPE_CHECKING:
    from torch import Tensor

_LAMBDA = (4.0 / (9.0 * pi)) ** (1.0 / 3.0)
_BETA = 0.066725
_NU = 0.21951
#: The fits are in y = (2/3) t^{−3/2}; here in u = y^{2/3} = (2/3)^{2/3}/t.
_TWO_THIRDS = (2.0 / 3.0) ** (2.0 / 3.0)
_KAPPA = 0.804


@dataclass(frozen=True, slots=True)
class KsdtParameters:
    """Coefficients of b, c, d and e in eq. 11–14; the last of b follows from the classical limit."""

    b: tuple[float, float, float, float]
    c: tuple[float, float, float]
    d: tuple[float, float, float, float, float]
    e: tuple[float, float, float, float, float]


KSDT_2014 = KsdtParameters(
    b=(0.283997, 48.932154, 0.370919, 61.095357),
    c=(0.870089, 0.193077, 2.414644),
    d=(0.579824, 94.537454, 97.839603, 59.939999, 24.388037),
    e=(0.212036, 16.731249, 28.485792, 34.028876, 17.235515),
)
CORRECTED_KSDT = KsdtParameters(
    b=(0.342554, 9.141315, 0.448483, 18.553096),
    c=(0.875130, -0.256320, 0.953988),
    d=(0.725917, 2.237347, 0.280748, 4.185911, 0.692183),
    e=(0.255415, 0.931933, 0.115398, 17.234117, 0.451437),
)


def degeneracy(n: Tensor, temperature: Tensor) -> tuple[Tensor, Tensor]:
    """Return r_s (bohr) and t = k_B T / E_F."""
    rs = WIGNER_SEITZ / n.pow(1.0 / 3.0)
    return rs, 2.0 * _LAMBDA**2 * temperature * rs * rs


def _pade(t: Tensor, p: tuple[float, ...]) -> Tensor:
    t2 = t * t
    return (p[0] + t2 * (p[1] + t2 * p[2])) / (1.0 + t2 * (p[3] + t2 * p[4]))


def ksdt_free_energy(rs: Tensor, t: Tensor, parameters: KsdtParameters) -> Tensor:
    """Return f_xc(r_s, t), Ha per electron, eq. 9.

    Args:
        rs: Wigner–Seitz radius in bohr, > 0.
        t: k_B T over the Fermi energy, > 0, as rs.
        parameters: of the fit.
    """
    p = parameters
    hard, soft = torch.tanh(1.0 / t), torch.tanh(1.0 / t.sqrt())
    t2 = t * t
    a = (
        hard
        * (0.75 + t2 * (3.043630 - 0.0922700 * t + 1.703500 * t2))
        / (1.0 + t2 * (8.310510 + 5.11050 * t2))
        / (pi * _LAMBDA)
    )
    b = soft * _pade(t, (*p.b, sqrt(1.5) / _LAMBDA * p.b[2]))
    d = soft * _pade(t, p.d)
    e = hard * _pade(t, p.e)
    c = (p.c[0] + p.c[1] * torch.exp(-p.c[2] / t)) * e
    root = rs.sqrt()
    return -(a + b * root + c * rs) / (rs * (1.0 + d * root + e * rs))


def _horner(coefficients: tuple[float, ...], x: Tensor) -> Tensor:
    result = torch.zeros_like(x)
    for c in reversed(coefficients):
        result = result * x + c
    return result


def exchange_factor(t: Tensor) -> Tensor:
    """Return Ã_x(t): the exchange free energy of the uniform gas over its value at t = 0."""
    u = _TWO_THIRDS / t
    u2 = u * u
    polynomial = (
        0.0,
        0.5823869764908659,
        -0.0068339509356661,
        11.5469239288490009,
        -0.8465428870889800,
        -0.1212525366470300,
        1.9902818786101000,
        0.0,
        0.0744389046707120,
    )
    # y⁴ ln y = (3/2) u⁶ ln u
    numerator = _horner(polynomial, u) - u2 * (
        1.5 * 0.0475410604245741 * u2 * u2 * torch.log(u) + 0.1065378473507800 * u.sqrt()
    )
    denominator = _horner((1.0, 19.9256144707979992, 5.1663994545590004, 2.0463164858237000, 0.0744389046707120), u2)
    return numerator / denominator


def gradient_factor(t: Tensor) -> Tensor:
    """Return B̃_x(t) of the exchange gradient expansion; 1 at t = 0, negative at high t."""
    u = _TWO_THIRDS / t
    numerator = (
        0.0,
        0.0,
        -3.4341427276599950,
        -0.9066069544311700,
        2.2386316137237001,
        2.4232553178542000,
        -0.1339278564306200,
        0.4392739633708200,
        -0.0497109675177910,
        0.0,
        0.0028609701106953,
    )
    denominator = (
        1.0,
        0.7098198258073800,
        4.6311326377185997,
        -2.9243190977647000,
        6.1688157841895004,
        -1.3435764191535999,
        0.1576046383295400,
        0.4365792821186800,
        -0.0620444574606262,
        0.0,
        0.0028609701106953,
    )
    return _horner(numerator, u) / _horner(denominator, u)


def correlation_gradient_factor(rs: Tensor, t: Tensor) -> Tensor:
    """Return B̃_c(r_s, t), supplement eq. S2 and table S1; 1 at t = 0."""
    root = rs.sqrt()
    three_halves = rs * root
    cube = rs * rs * rs
    u = t * t * t * t.sqrt().sqrt()
    a = (300.47773, -387.06401, 2511.2237, 522.43427)
    b = (-111.66044, -45.327975, -1450.7109, -30.665095)
    c = (32.175261, 61.853048, 335.85054, 128.74241)
    d = (110.77393, 323.55494, 455.09212, 1088.4352, 0.36112605)
    e = (1.2854960, 13.482659, 23.416018, 24.480831, 0.32161372e-8)
    f = (0.41006057e-2, 0.18933118e-1, 0.24295413e-4, 0.18369776e-7, 0.69274681e-10)
    numerator, denominator = torch.zeros_like(u), torch.zeros_like(u)
    for ai, bi, ci in zip(reversed(a), reversed(b), reversed(c), strict=True):
        numerator = (numerator + ai + bi * root + ci * rs) * u
    for di, ei, fi in zip(reversed(d), reversed(e), reversed(f), strict=True):
        denominator = (denominator + di + ei * three_halves + fi * cube) * u
    return (1.0 + numerator) / (1.0 + denominator)


class ThermalLda(AutogradFunctional):
    """A thermal LDA of the form of KSDT.

    Args:
        record: what it is.
        parameters: of the form.
    """

    def __init__(self, record: FunctionalRecord, parameters: KsdtParameters) -> None:
        super().__init__(record)
        self._parameters = parameters

    def energy_density(self, n: Tensor, sigma: Tensor, laplacian: Tensor, temperature: Tensor) -> Tensor:
        """Return the free-energy density f, Ha/bohr³.

        Args:
            n: density in 1/bohr³, > 0, any shape.
            sigma: not read.
            laplacian: not read.
            temperature: k_B T of the electrons in Ha, >= 0, as n.
        """
        del sigma, laplacian
        return n * ksdt_free_energy(*degeneracy(n, temperature), self._parameters)


class ThermalGga(AutogradFunctional):
    """The thermal GGA of 2018: PBE with temperature-dependent local parts and gradient variables.

    f_x = ε_x Ã_x(t) F_x(s² B̃_x/Ã_x);  f_c = f_c^LDA + H(f_c^LDA, q² B̃_c), H the PBE function.
    """

    def energy_density(self, n: Tensor, sigma: Tensor, laplacian: Tensor, temperature: Tensor) -> Tensor:
        """Return the free-energy density f, Ha/bohr³.

        Args:
            n: density in 1/bohr³, > 0, any shape.
            sigma: |∇n|² in 1/bohr⁸, >= 0, as n.
            laplacian: not read.
            temperature: k_B T of the electrons in Ha, >= 0, as n.
        """
        del laplacian
        rs, t = degeneracy(n, temperature)
        cube_root = n.pow(1.0 / 3.0)
        slater = SLATER * cube_root
        factor = exchange_factor(t)
        local_exchange = slater * factor
        s2 = sigma / (4.0 * (3.0 * pi**2) ** (2.0 / 3.0) * (n * n * cube_root * cube_root))
        variable = s2 * gradient_factor(t) / factor
        enhancement = 1.0 + _NU * variable / (1.0 + _NU / _KAPPA * variable.abs())

        local_correlation = ksdt_free_energy(rs, t, CORRECTED_KSDT) - local_exchange
        q2 = sigma * correlation_gradient_factor(rs, t) / (16.0 * (3.0 / pi) ** (1.0 / 3.0) * n * n * cube_root)
        y = _BETA / GAMMA * q2 / torch.expm1(-local_correlation / GAMMA)
        gradient_term = GAMMA * torch.log1p(_BETA / GAMMA * q2 / (y + 1.0 / (1.0 + y)))
        return n * (local_exchange * enhancement + local_correlation + gradient_term)


KARASIEV_2014 = Paper(
    key="karasiev2014",
    authors="V. V. Karasiev and T. Sjostrom and J. Dufty and S. B. Trickey",
    title="Accurate homogeneous electron gas exchange-correlation free energy for local spin-density calculations",
    journal="Phys. Rev. Lett.",
    volume="112",
    page="076403",
    year="2014",
    doi="10.1103/PhysRevLett.112.076403",
)
KARASIEV_2018 = Paper(
    key="karasiev2018",
    authors="V. V. Karasiev and J. W. Dufty and S. B. Trickey",
    title="Nonempirical semilocal free-energy density functional for matter under extreme conditions",
    journal="Phys. Rev. Lett.",
    volume="120",
    page="076401",
    year="2018",
    doi="10.1103/PhysRevLett.120.076401",
)

KSDT = ThermalLda(
    FunctionalRecord(
        name="ksdt",
        level=Level.LDA,
        papers=(KARASIEV_2014,),
        libxc=("lda_xc_ksdt",),
        thermal=True,
    ),
    KSDT_2014,
)
CORRKSDT = ThermalLda(
    FunctionalRecord(
        name="corrksdt",
        level=Level.LDA,
        papers=(KARASIEV_2018,),  # its supplement
        libxc=("lda_xc_corrksdt",),
        thermal=True,
    ),
    CORRECTED_KSDT,
)
KDT16 = ThermalGga(
    FunctionalRecord(
        name="kdt16",
        level=Level.GGA,
        papers=(KARASIEV_2018,),
        libxc=(),
        thermal=True,
    )
)
