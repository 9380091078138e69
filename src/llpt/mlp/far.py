"""The factor exp(-eta (r - r_s)²) f(r) of narrow functions as a polynomial: it is wanted for every triple of atoms.

For the wide exponentials of the usual sets 20 terms reach 1e-13 or better, at less than half the cost of an exponential
and a hyperbolic tangent. Where they do not, the kernels compute the factor itself.
"""
# ruff: noqa: PLR0917 - numba kernels are called positionally and branch flat

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba.core import types
from numba.extending import overload
from numpy.polynomial import chebyshev

from llpt.compiling import compiled
from llpt.mlp.compiled import like, padded
from llpt.mlp.rows import cutoff_row

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats

FIT_TERMS = 20
SINGLE_TERMS = 13
_TOLERANCE = 1e-12
_SINGLE_TOLERANCE = 5e-8
_NODES = 96
_CHECKS = 2000


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
    """Fill the polynomial at r for k < count; 0 at and beyond the radius."""
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
    """Fill the polynomial at r and its derivative in r divided by r, for k < count; 0 at and beyond the radius."""
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
