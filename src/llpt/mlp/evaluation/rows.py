"""Elementary functions on rows: the inner loops of the symmetry functions.

A row holds one number per neighbour. Loops here are simple on purpose: the compiler turns each into vector
instructions. ``fast_exp`` replaces the library's exponential, which it would call element by element.

The factor exp(-eta (r - r_s)²) f(r) of narrow functions is wanted for every triple of atoms, so it is a polynomial: for
the wide exponentials of the usual sets 20 terms reach 1e-13 or better, at less than half the cost of an exponential and
a hyperbolic tangent. Where they do not, the kernels compute the factor itself.
"""
# ruff: noqa: PLR0917, C901 - numba kernels are called positionally and branch flat

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic, overload
from numpy.polynomial import chebyshev

from llpt.compiling import compiled
from llpt.mlp.potential.symmetry import CutoffType

if TYPE_CHECKING:
    from collections.abc import Callable

    from llpt.mlp.arrays import Floats

PADDING = 16
_LOG2_E = 1.4426950408889634
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_SMALLEST_EXPONENT = -700.0

# The cutoff functions as kernels take them.
_HARD = int(CutoffType.HARD)
_COSINE = int(CutoffType.COSINE)
_TANH3 = int(CutoffType.TANH3)
_TANH3_NORMALISED = int(CutoffType.TANH3_NORMALISED)
_EXPONENTIAL = int(CutoffType.EXPONENTIAL)
_POLYNOMIAL_1 = int(CutoffType.POLYNOMIAL_1)
_POLYNOMIAL_2 = int(CutoffType.POLYNOMIAL_2)
_POLYNOMIAL_3 = int(CutoffType.POLYNOMIAL_3)

_TANH3_NORM = 1.0 / math.tanh(1.0) ** 3

FIT_TERMS = 20
SINGLE_TERMS = 13
_TOLERANCE = 1e-12
_SINGLE_TOLERANCE = 5e-8
_NODES = 96
_CHECKS = 2000


@compiled
def padded(count: int) -> int:
    """Return the count rounded up to whole vector registers: loops of such a length have no scalar remainder."""
    return (count + PADDING - 1) // PADDING * PADDING


def like(reference: float, value: float) -> float:  # noqa: ARG001 - overloaded for kernels
    """Return ``value`` in the number format of ``reference``: a literal would lift single precision to double."""
    return value


@overload(like, strict=False)
def _like(reference: Any, value: Any) -> Any:  # noqa: ARG001
    if reference is types.float32:
        return lambda reference, value: np.float32(value)  # noqa: ARG005
    return lambda reference, value: value  # noqa: ARG005


def _power_of_two(_context: Any, exponent: Any) -> Any:  # noqa: ARG001
    signature = types.float64(types.int64)

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        biased = builder.add(arguments[0], ir.Constant(ir.IntType(64), 1023))
        bits = builder.shl(biased, ir.Constant(ir.IntType(64), 52))
        return builder.bitcast(bits, ir.DoubleType())

    return signature, generate


power_of_two: Callable[[Any], float] = cast("Any", intrinsic(_power_of_two))
"""2**exponent for an int64 exponent in -1022 … 1023, by writing the bits of the double; inside kernels only."""


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
    """Fill out[k] = exp(-eta (r[k] - shift)²) for k < count.

    Args:
        r: distances in bohr.
        eta: in 1/bohr², >= 0.
        shift: in bohr.
        count: number of entries that are filled.
        out: what is filled.
    """
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
    if kind in (_TANH3, _TANH3_NORMALISED):
        norm = _TANH3_NORM if kind == _TANH3_NORMALISED else 1.0
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
        elif kind == _HARD or x < 0.0:
            f = 1.0
        elif kind == _COSINE:
            f = 0.5 * (math.cos(math.pi * x) + 1.0)
            d = -0.5 * math.pi * math.sin(math.pi * x)
        elif kind == _EXPONENTIAL:
            y = 1.0 / (1.0 - x * x)
            f = math.exp(1.0 - y)
            d = -2.0 * x * y * y * f
        elif kind == _POLYNOMIAL_1:
            f = (2.0 * x - 3.0) * x**2 + 1.0
            d = 6.0 * x * (x - 1.0)
        elif kind == _POLYNOMIAL_2:
            f = ((15.0 - 6.0 * x) * x - 10.0) * x**3 + 1.0
            d = -30.0 * (x * (x - 1.0)) ** 2
        elif kind == _POLYNOMIAL_3:
            f = (x * (x * (20.0 * x - 70.0) + 84.0) - 35.0) * x**4 + 1.0
            d = 140.0 * (x * (x - 1.0)) ** 3
        else:
            f = (x * (x * ((315.0 - 70.0 * x) * x - 540.0) + 420.0) - 126.0) * x**5 + 1.0
            d = -630.0 * (x * (x - 1.0)) ** 4
        value[k] = f
        slope[k] = d / width


@compiled
def power_row(cosine: Floats, lam: float, zeta: float, count: int, value: Floats, slope: Floats) -> None:
    """Fill 2^(1-zeta) (1 + lam cos)^zeta and its derivative in cos; both 0 where 1 + lam cos <= 0, as n2p2 does.

    Args:
        cosine: cos θ, -1 to 1.
        lam: λ, 1 or -1.
        zeta: ζ, > 0.
        count: number of entries that are filled.
        value: filled with the power.
        slope: filled with its derivative.
    """
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
    """Fill 2^(1-zeta) (1 + lam cos)^zeta alone: ``power_row`` without the derivative.

    Args:
        cosine: cos θ, -1 to 1.
        lam: λ, 1 or -1.
        zeta: ζ, > 0.
        count: number of entries that are filled.
        value: filled with the power.
    """
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


def _factor(kind: int, inner: float, radius: float, eta: float, shift: float, distance: Floats) -> Floats:
    length = padded(distance.size)
    r = np.full(length, radius)
    r[: distance.size] = distance
    value, slope = np.zeros(length), np.zeros(length)
    cutoff_row(r, kind, radius, inner, length, value, slope)
    return np.asarray(value[: distance.size] * np.exp(-eta * (distance - shift) ** 2))


def fit_far_factor(
    kind: int, inner: float, radius: float, eta: float, shift: float, *, single: bool = False
) -> Floats | None:
    """Return the polynomial in x = 2 r / radius - 1, constant first, or None where it misses by more than 1e-12.

    Args:
        kind: number of the cutoff function.
        inner: its inner radius as a fraction of the radius.
        radius: cutoff radius, bohr.
        eta: width, 1/bohr².
        shift: centre, bohr.
        single: whether it is for single precision: 13 terms and an error of 5e-8 instead.
    """
    terms, tolerance = (SINGLE_TERMS, _SINGLE_TOLERANCE) if single else (FIT_TERMS, _TOLERANCE)
    x = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    series = chebyshev.chebfit(x, _factor(kind, inner, radius, eta, shift, 0.5 * radius * (x + 1.0)), _NODES - 1)
    polynomial = chebyshev.cheb2poly(series[:terms])
    grid = np.linspace(-1.0, 1.0, _CHECKS)
    exact = _factor(kind, inner, radius, eta, shift, 0.5 * radius * (grid + 1.0))
    missed = np.abs(np.polynomial.polynomial.polyval(grid, polynomial) - exact).max()
    return np.asarray(polynomial) if missed < tolerance else None


def _terms(reference: float) -> int:
    """Return how many terms a polynomial in the number format of ``reference`` has."""
    return FIT_TERMS if isinstance(reference, float) else SINGLE_TERMS


@overload(_terms, strict=False)
def _terms_compiled(reference: Any) -> Any:
    if reference is types.float32:
        return lambda reference: SINGLE_TERMS  # noqa: ARG005
    return lambda reference: FIT_TERMS  # noqa: ARG005


@compiled
def far_value_row(far: Floats, polynomial: Floats, radius: float, count: int, value: Floats) -> None:
    """Fill the polynomial at r for k < count; 0 at and beyond the radius.

    Args:
        far: distances in bohr.
        polynomial: coefficients in x = 2 r / radius - 1, constant first.
        radius: in bohr, > 0.
        count: number of entries that are filled.
        value: filled with the polynomial.
    """
    scale = like(far[0], 2.0 / radius)
    limit = like(far[0], radius)
    zero = like(far[0], 0.0)
    one = like(far[0], 1.0)
    last = _terms(far[0]) - 1
    for k in range(count):
        x = far[k] * scale - one
        p = polynomial[last]
        for n in range(1, last + 1):
            p = p * x + polynomial[last - n]
        value[k] = p if far[k] < limit else zero


@compiled
def far_rows(far: Floats, polynomial: Floats, radius: float, count: int, value: Floats, slope: Floats) -> None:
    """Fill the polynomial at r and its derivative in r divided by r, for k < count; 0 at and beyond the radius.

    Args:
        far: distances in bohr.
        polynomial: coefficients in x = 2 r / radius - 1, constant first.
        radius: in bohr, > 0.
        count: number of entries that are filled.
        value: filled with the polynomial.
        slope: filled with its derivative divided by r.
    """
    scale = like(far[0], 2.0 / radius)
    limit = like(far[0], radius)
    zero = like(far[0], 0.0)
    one = like(far[0], 1.0)
    last = _terms(far[0]) - 1
    for k in range(count):
        r = far[k]
        x = r * scale - one
        p = polynomial[last]
        d = zero
        for n in range(1, last + 1):
            d = d * x + p
            p = p * x + polynomial[last - n]
        inside = r < limit
        value[k] = p if inside else zero
        slope[k] = d * scale / r if inside else zero
