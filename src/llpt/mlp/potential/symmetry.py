"""Atom-centred symmetry functions of Behler (J. Chem. Phys. 134, 074106, 2011), as n2p2 numbers and sorts them.

With r the distance to a neighbour, θ the angle at the atom, f the cutoff function:

- type 2 (radial): Σ_j exp(-η (r_j - r_s)²) f(r_j)
- type 3 (narrow): 2^(1-ζ) Σ_{j<k} (1 + λ cos θ)^ζ exp(-η [(r_j-r_s)² + (r_k-r_s)² + (r_jk-r_s)²]) f(r_j) f(r_k) f(r_jk)
- type 9 (wide): as type 3 without the factors of r_jk
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from llpt.errors import InputError


class FunctionType(IntEnum):
    """Kinds of symmetry function, by n2p2's number."""

    RADIAL = 2
    NARROW = 3
    WIDE = 9


class CutoffType(IntEnum):
    """Cutoff functions, by n2p2's number; x = (r - r_inner) / (r_c - r_inner), or r / r_c for the two of tanh."""

    HARD = 0
    COSINE = 1
    TANH3 = 2
    TANH3_NORMALISED = 3
    EXPONENTIAL = 4
    POLYNOMIAL_1 = 5
    POLYNOMIAL_2 = 6
    POLYNOMIAL_3 = 7
    POLYNOMIAL_4 = 8


@dataclass(frozen=True, slots=True)
class SymmetryFunction:
    """One symmetry function of a one-element system.

    Args:
        kind: radial, narrow or wide.
        eta: width η, 1/bohr².
        shift: centre r_s, bohr.
        cutoff: radius r_c, bohr, > 0.
        lam: λ of an angular function, usually -1 or 1; 0 for a radial one.
        zeta: exponent ζ >= 1 of an angular function; 0 for a radial one.

    Raises:
        InputError: a number is not finite or out of range.
    """

    kind: FunctionType
    eta: float
    shift: float
    cutoff: float
    lam: float = 0.0
    zeta: float = 0.0

    def __post_init__(self) -> None:
        numbers = (self.eta, self.shift, self.cutoff, self.lam, self.zeta)
        if not all(math.isfinite(number) for number in numbers) or self.cutoff <= 0.0 or self.eta < 0.0:
            raise InputError(
                f"A symmetry function has η = {self.eta}, r_s = {self.shift}, r_c = {self.cutoff}, λ = {self.lam}, "
                f"ζ = {self.zeta}, which is out of range.",
                "Give finite numbers with η >= 0 and r_c > 0.",
            )
        if self.kind is not FunctionType.RADIAL and self.zeta < 1.0:
            raise InputError(
                f"An angular symmetry function has ζ = {self.zeta}.",
                "Give ζ >= 1: below it the forces are not continuous.",
            )

    @property
    def order(self) -> tuple[float, ...]:
        """What n2p2 sorts by: scaling data and first-layer weights follow this order, not that of ``input.nn``."""
        return (float(self.kind), self.cutoff, self.eta, self.shift, self.zeta, self.lam)


def in_order(functions: list[SymmetryFunction]) -> tuple[SymmetryFunction, ...]:
    """Return the functions in the order in which n2p2 numbers them."""
    return tuple(sorted(functions, key=lambda function: function.order))
