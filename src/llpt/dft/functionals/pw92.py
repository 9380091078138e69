"""Local density approximation: Slater exchange and the Perdew–Wang correlation of the uniform gas.

J. P. Perdew and Y. Wang, Phys. Rev. B 45, 13244 (1992), eq. 10 and table I, spin-unpolarised, with the parameter A
given to one digit more, A = 0.0310907 ≈ (1 − ln 2)/π², as PBE's authors and libxc's ``lda_c_pw_mod`` have it.
"""

from __future__ import annotations

from math import log, pi

import torch
from torch import Tensor

from llpt.dft.functionals.base import Functional, FunctionalRecord, Level, XCDensities, density_floor
from llpt.papers import Paper

PW92_A = 0.0310907
PW92_ALPHA1 = 0.21370
PW92_BETA = (7.5957, 3.5876, 1.6382, 0.49294)
SLATER = -0.75 * (3.0 / pi) ** (1.0 / 3.0)
WIGNER_SEITZ = (3.0 / (4.0 * pi)) ** (1.0 / 3.0)
FERMI = (3.0 * pi**2) ** (1.0 / 3.0)
"""k_F = FERMI n^⅓."""
GAMMA = (1.0 - log(2.0)) / pi**2
"""γ of the limit of high densities, ε_c → γ ln r_s."""


def pw92_correlation(rs: Tensor) -> tuple[Tensor, Tensor]:
    """Return ε_c(r_s) and dε_c/dr_s of the unpolarised uniform gas (Ha per electron), r_s in bohr."""
    b1, b2, b3, b4 = PW92_BETA
    root = rs.sqrt()
    prefactor = -2.0 * PW92_A * (1.0 + PW92_ALPHA1 * rs)
    series = 2.0 * PW92_A * root * (b1 + root * (b2 + root * (b3 + root * b4)))
    series_derivative = PW92_A * (b1 / root + 2.0 * b2 + root * (3.0 * b3 + 4.0 * b4 * root))
    logarithm = torch.log1p(1.0 / series)
    energy = prefactor * logarithm
    derivative = -2.0 * PW92_A * PW92_ALPHA1 * logarithm - prefactor * series_derivative / (series * (series + 1.0))
    return energy, derivative


class PerdewWangLDA(Functional):
    """Slater exchange with PW92 correlation."""

    def _evaluate(
        self, density: Tensor, sigma: Tensor | None, laplacian: Tensor | None, temperature: float | None
    ) -> XCDensities:
        del sigma, laplacian, temperature
        occupied = density > density_floor(density.dtype)
        n = torch.where(occupied, density, 1.0)
        cube_root = n.pow(1.0 / 3.0)
        exchange = SLATER * cube_root
        correlation, slope = pw92_correlation(WIGNER_SEITZ / cube_root)
        energy = n * (exchange + correlation)
        potential = 4.0 / 3.0 * exchange + correlation - WIGNER_SEITZ / (3.0 * cube_root) * slope
        return XCDensities(energy.mul_(occupied), potential.mul_(occupied))


PERDEW_1992 = Paper(
    key="perdew1992",
    authors="J. P. Perdew and Y. Wang",
    title="Accurate and simple analytic representation of the electron-gas correlation energy",
    journal="Phys. Rev. B",
    volume="45",
    page="13244",
    year="1992",
    doi="10.1103/PhysRevB.45.13244",
)

LDA_PW92 = PerdewWangLDA(
    FunctionalRecord(
        name="lda-pw92",
        level=Level.LDA,
        papers=(PERDEW_1992,),
        libxc=("lda_x", "lda_c_pw_mod"),
        aliases=("lda",),
    )
)
