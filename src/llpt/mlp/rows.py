"""Vectorised elementary functions on rows: the inner loops of the symmetry functions.

A row holds one number per neighbour. Loops here are simple on purpose: the compiler turns each into vector
instructions. ``fast_exp`` replaces the library's exponential, which it would call element by element.
"""
# ruff: noqa: PLR0917, C901 - numba kernels are called positionally and branch flat

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from llpt.compiling import compiled
from llpt.mlp.compiled import like, power_of_two

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats

_LOG2_E = 1.4426950408889634
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_SMALLEST_EXPONENT = -700.0

# The cutoff functions f(x) of n2p2, by the number that input.nn gives them; x = r / r_c.
CUTOFF_HARD = 0
CUTOFF_COSINE = 1
CUTOFF_TANH3 = 2
CUTOFF_TANH3_NORMALISED = 3
CUTOFF_EXPONENTIAL = 4
CUTOFF_POLYNOMIAL_1 = 5
CUTOFF_POLYNOMIAL_2 = 6
CUTOFF_POLYNOMIAL_3 = 7
CUTOFF_POLYNOMIAL_4 = 8

_TANH3_NORM = 1.0 / math.tanh(1.0) ** 3


@compiled
def fast_exp(x: float) -> float:
    """Return exp(x) to (3 + |x| / 20) 1e-15 relative for -700 <= x <= 700; below, exp(-700)."""
    x = max(x, _SMALLEST_EXPONENT)
    n = np.floor(x * _LOG2_E + 0.5)
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    p = 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    return p * power_of_two(np.int64(np.int32(n)))


@compiled
def gaussian_row(r: Floats, eta: float, shift: float, count: int, out: Floats) -> None:
    """Fill out[k] = exp(-eta (r[k] - shift)²) for k < count."""
    for k in range(count):
        x = r[k] - shift
        out[k] = fast_exp(-eta * x * x)


@compiled
def cutoff_row(r: Floats, kind: int, radius: float, inner: float, count: int, value: Floats, slope: Floats) -> None:
    """Fill the cutoff function and its derivative in r for k < count; both 0 at and beyond the radius.

    Args:
        r: distances, bohr.
        kind: the number of the function in n2p2.
        radius: cutoff radius, bohr.
        inner: inner radius as a fraction of ``radius``; the function is 1 below it (kinds 1 and 4–8).
        count: number of entries.
        value: filled with f(r).
        slope: filled with df/dr, 1/bohr.
    """
    width = radius * (1.0 - inner)
    start = radius * inner
    if kind in (CUTOFF_TANH3, CUTOFF_TANH3_NORMALISED):
        norm = _TANH3_NORM if kind == CUTOFF_TANH3_NORMALISED else 1.0
        for k in range(count):
            y = max(1.0 - r[k] / radius, 0.0)
            e = fast_exp(2.0 * y)
            t = (e - 1.0) / (e + 1.0)
            t2 = t * t
            value[k] = norm * t * t2
            slope[k] = norm * 3.0 * t2 * (t2 - 1.0) / radius
        return
    for k in range(count):
        x = (r[k] - start) / width
        f = 1.0
        d = 0.0
        if x >= 1.0:
            f = 0.0
        elif kind == CUTOFF_HARD or x < 0.0:
            f = 1.0
        elif kind == CUTOFF_COSINE:
            f = 0.5 * (math.cos(math.pi * x) + 1.0)
            d = -0.5 * math.pi * math.sin(math.pi * x)
        elif kind == CUTOFF_EXPONENTIAL:
            y = 1.0 / (1.0 - x * x)
            f = math.exp(1.0 - y)
            d = -2.0 * x * y * y * f
        elif kind == CUTOFF_POLYNOMIAL_1:
            f = (2.0 * x - 3.0) * x**2 + 1.0
            d = 6.0 * x * (x - 1.0)
        elif kind == CUTOFF_POLYNOMIAL_2:
            f = ((15.0 - 6.0 * x) * x - 10.0) * x**3 + 1.0
            d = -30.0 * (x * (x - 1.0)) ** 2
        elif kind == CUTOFF_POLYNOMIAL_3:
            f = (x * (x * (20.0 * x - 70.0) + 84.0) - 35.0) * x**4 + 1.0
            d = 140.0 * (x * (x - 1.0)) ** 3
        else:
            f = (x * (x * ((315.0 - 70.0 * x) * x - 540.0) + 420.0) - 126.0) * x**5 + 1.0
            d = -630.0 * (x * (x - 1.0)) ** 4
        value[k] = f
        slope[k] = d / width


@compiled
def power_row(cosine: Floats, lam: float, zeta: float, count: int, value: Floats, slope: Floats) -> None:
    """Fill 2^(1-zeta) (1 + lam cos)^zeta and its derivative in cos; both 0 where 1 + lam cos <= 0, as n2p2 does."""
    norm = like(cosine[0], 2.0 ** (1.0 - zeta))
    front = like(cosine[0], 2.0 ** (1.0 - zeta) * zeta * lam)
    factor = like(cosine[0], lam)
    zero = like(cosine[0], 0.0)
    one = like(cosine[0], 1.0)
    if zeta == 1.0:
        for k in range(count):
            value[k] = max(one + factor * cosine[k], zero)
            slope[k] = factor
    elif zeta == 2.0:
        for k in range(count):
            x = max(one + factor * cosine[k], zero)
            value[k] = norm * x * x
            slope[k] = front * x
    elif zeta == 4.0:
        for k in range(count):
            x = max(one + factor * cosine[k], zero)
            x3 = x * x * x
            value[k] = norm * x * x3
            slope[k] = front * x3
    elif zeta == 8.0:
        for k in range(count):
            x = max(one + factor * cosine[k], zero)
            x2 = x * x
            x7 = x2 * x2 * x2 * x
            value[k] = norm * x * x7
            slope[k] = front * x7
    elif zeta == 16.0:
        for k in range(count):
            x = max(one + factor * cosine[k], zero)
            x3 = x * x * x
            x6 = x3 * x3
            x15 = x6 * x6 * x3
            value[k] = norm * x * x15
            slope[k] = front * x15
    else:
        for k in range(count):
            x = max(1.0 + lam * cosine[k], 0.0)
            below = x ** (zeta - 1.0)
            value[k] = norm * x * below
            slope[k] = front * below


@compiled
def power_value_row(cosine: Floats, lam: float, zeta: float, count: int, value: Floats) -> None:
    """Fill 2^(1-zeta) (1 + lam cos)^zeta alone: ``power_row`` without the derivative."""
    norm = like(cosine[0], 2.0 ** (1.0 - zeta))
    factor = like(cosine[0], lam)
    zero = like(cosine[0], 0.0)
    one = like(cosine[0], 1.0)
    if zeta == 1.0:
        for k in range(count):
            value[k] = max(one + factor * cosine[k], zero)
    elif zeta == 2.0:
        for k in range(count):
            x = max(one + factor * cosine[k], zero)
            value[k] = norm * x * x
    elif zeta == 4.0:
        for k in range(count):
            x = max(one + factor * cosine[k], zero)
            x2 = x * x
            value[k] = norm * x2 * x2
    elif zeta == 8.0:
        for k in range(count):
            x = max(one + factor * cosine[k], zero)
            x2 = x * x
            x4 = x2 * x2
            value[k] = norm * x4 * x4
    elif zeta == 16.0:
        for k in range(count):
            x = max(one + factor * cosine[k], zero)
            x2 = x * x
            x4 = x2 * x2
            x8 = x4 * x4
            value[k] = norm * x8 * x8
    else:
        for k in range(count):
            value[k] = norm * max(1.0 + lam * cosine[k], 0.0) ** zeta
