"""Local pseudopotentials of the Goedecker–Teter–Hutter form: analytic in real and in reciprocal space.

S. Goedecker, M. Teter, J. Hutter, Phys. Rev. B 54, 1703 (1996), eq. 1 and 6, there with up to four coefficients:

    V(r) = −(Z/r) erf(r/(√2 r_loc)) + exp(−x²/2) [c1 + c2 x² + c3 x⁴ + …],   x = r/r_loc,
    V(G) = exp(−y/2) {−4πZ/G² + (2π)^{3/2} r_loc³ Σ_i c_{i+1} 2^i i! L_i^{(1/2)}(y/2)},   y = (G r_loc)²,

with generalised Laguerre polynomials L: the Fourier transform of a Gaussian times x^{2i}.
"""

from __future__ import annotations

import hashlib
from math import factorial, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.special import binom, erf

from llpt.dft.pseudopotentials.base import Pseudopotential
from llpt.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    Array = NDArray[np.float64]


_TWO_PI_1_5 = 2.0 * pi * sqrt(2.0 * pi)


class GTHPotential(Pseudopotential):
    """A local potential of GTH form.

    Args:
        name: what a report calls it.
        r_loc: range of the Gaussian core charge, bohr, > 0.
        coefficients: c1, c2, …, Ha.
        charge: Z.
        recommended_ecut_ry: see ``Pseudopotential``.

    Raises:
        InputError: r_loc is not positive.
    """

    def __init__(
        self,
        name: str,
        *,
        r_loc: float,
        coefficients: tuple[float, ...],
        charge: float = 1.0,
        recommended_ecut_ry: float = 120.0,
    ) -> None:
        if not r_loc > 0.0:
            raise InputError(f"GTH potential '{name}' has r_loc = {r_loc}.", "Give r_loc > 0 in bohr.")
        self.name = name
        self.charge = charge
        self.r_loc = r_loc
        self.coefficients = coefficients
        self._polynomial = _polynomial(coefficients)
        self.recommended_ecut_ry = recommended_ecut_ry
        definition = f"GTH {charge!r} {r_loc!r} {self.coefficients!r}"
        self.content_hash = hashlib.sha256(definition.encode()).hexdigest()

    def form_factor(self, g: Tensor) -> Tensor:
        """Return V(G), Ha·bohr³; ``alpha()`` at G = 0."""
        y = (g * self.r_loc).square()
        gaussian = torch.exp(-0.5 * y)
        scale = 4.0 * pi * self.charge * self.r_loc**2
        finite = _TWO_PI_1_5 * self.r_loc**3 * _horner(self._polynomial, y) * gaussian
        coulomb = -scale * gaussian / torch.where(y > 0.0, y, 1.0)
        return finite + torch.where(y > 0.0, coulomb, 0.5 * scale)

    def form_factor_derivative(self, g: Tensor) -> Tensor:
        """Return dV/dG, Ha·bohr⁴; 0 at G = 0."""
        x = g * self.r_loc
        y = x.square()
        gaussian = torch.exp(-0.5 * y)
        # d/dy of exp(−y/2) P(y) is exp(−y/2) (P′ − P/2), and dy/dG = 2 x r_loc
        slope = tuple(k * p for k, p in enumerate(self._polynomial))[1:]
        finite = _TWO_PI_1_5 * self.r_loc**3 * gaussian * (_horner(slope, y) - 0.5 * _horner(self._polynomial, y))
        safe = torch.where(y > 0.0, y, 1.0)
        coulomb = 4.0 * pi * self.charge * self.r_loc**2 * gaussian * (0.5 / safe + 1.0 / safe.square())
        return (finite + torch.where(y > 0.0, coulomb, 0.0)) * (2.0 * self.r_loc) * x

    def alpha(self) -> float:
        """Return 2πZ r_loc² + (2π)^{3/2} r_loc³ (c1 + 3c2 + 15c3 + 105c4 + …), Ha·bohr³."""
        constant = self._polynomial[0] if self._polynomial else 0.0
        return float(2.0 * pi * self.charge * self.r_loc**2 + _TWO_PI_1_5 * self.r_loc**3 * constant)

    def real_space(self, r: Array) -> Array:
        """Return V(r), Ha, at r > 0 (bohr)."""
        x = np.asarray(r) / self.r_loc
        polynomial = np.polynomial.polynomial.polyval(x * x, [*self.coefficients, 0.0])
        return np.asarray(-self.charge * erf(x / sqrt(2.0)) / r + np.exp(-0.5 * x * x) * polynomial)


def _polynomial(coefficients: tuple[float, ...]) -> tuple[float, ...]:
    """Return the polynomial Σ_i c_{i+1} 2^i i! L_i^{(1/2)}(y/2) as coefficients of 1, y, y² and so on."""
    total = np.zeros(len(coefficients))
    for i, c in enumerate(coefficients):
        # L_i^{(1/2)}(z) = Σ_k (−z)^k / k! · binomial(i + 1/2, i − k)
        for k in range(i + 1):
            total[k] += c * 2.0**i * factorial(i) * binom(i + 0.5, i - k) * (-0.5) ** k / factorial(k)
    return tuple(float(t) for t in total)


def _horner(polynomial: tuple[float, ...], y: Tensor) -> Tensor:
    result = torch.zeros_like(y)
    for p in reversed(polynomial):
        result = result * y + p
    return result


def gth_pbe_hydrogen() -> GTHPotential:
    """Return GTH-PBE-q1 of hydrogen (the parameter set distributed with CP2K; M. Krack, Theor. Chem. Acc. 114, 145)."""
    return GTHPotential("GTH-PBE-q1", r_loc=0.2, coefficients=(-4.17890044, 0.72446331), recommended_ecut_ry=120.0)
