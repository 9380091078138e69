"""The factor exp(-eta (r - r_s)²) f(r) of narrow functions as a polynomial: it is wanted for every triple of atoms.

For the wide exponentials of the usual sets 24 terms reach rounding error, at less than half the cost of an exponential
and a hyperbolic tangent. Where they do not, the kernels compute the factor itself.
"""
# ruff: noqa: PLR0917 - numba kernels are called positionally and branch flat

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import chebyshev

from llpt.mlp.compiled import compiled, padded
from llpt.mlp.rows import cutoff_row

if TYPE_CHECKING:
    from llpt.mlp.arrays import Floats

FIT_TERMS = 24
_TOLERANCE = 2e-14
_NODES = 96
_CHECKS = 2000


def _factor(kind: int, inner: float, radius: float, eta: float, shift: float, distance: Floats) -> Floats:
    length = padded(distance.size)
    r = np.full(length, radius)
    r[: distance.size] = distance
    value, slope = np.zeros(length), np.zeros(length)
    cutoff_row(r, kind, radius, inner, length, value, slope)
    return np.asarray(value[: distance.size] * np.exp(-eta * (distance - shift) ** 2))


def fit_far_factor(kind: int, inner: float, radius: float, eta: float, shift: float) -> Floats | None:
    """Return the polynomial in x = 2 r / radius - 1, constant first, or None where it misses by more than 2e-14.

    Args:
        kind: number of the cutoff function.
        inner: its inner radius as a fraction of the radius.
        radius: cutoff radius, bohr.
        eta: width, 1/bohr².
        shift: centre, bohr.
    """
    x = np.cos(np.pi * (np.arange(_NODES) + 0.5) / _NODES)
    series = chebyshev.chebfit(x, _factor(kind, inner, radius, eta, shift, 0.5 * radius * (x + 1.0)), _NODES - 1)
    polynomial = chebyshev.cheb2poly(series[:FIT_TERMS])
    grid = np.linspace(-1.0, 1.0, _CHECKS)
    exact = _factor(kind, inner, radius, eta, shift, 0.5 * radius * (grid + 1.0))
    missed = np.abs(np.polynomial.polynomial.polyval(grid, polynomial) - exact).max()
    return np.asarray(polynomial) if missed < _TOLERANCE else None


@compiled
def far_value_row(far: Floats, polynomial: Floats, radius: float, count: int, value: Floats) -> None:
    """Fill the polynomial at r for k < count; 0 at and beyond the radius."""
    scale = 2.0 / radius
    for k in range(count):
        x = far[k] * scale - 1.0
        p = polynomial[23]
        for n in range(1, 24):
            p = p * x + polynomial[23 - n]
        value[k] = p if far[k] < radius else 0.0


@compiled
def far_rows(far: Floats, polynomial: Floats, radius: float, count: int, value: Floats, slope: Floats) -> None:
    """Fill the polynomial at r and its derivative in r divided by r, for k < count; 0 at and beyond the radius."""
    scale = 2.0 / radius
    for k in range(count):
        r = far[k]
        x = r * scale - 1.0
        p = polynomial[23]
        d = 0.0
        for n in range(1, 24):
            d = d * x + p
            p = p * x + polynomial[23 - n]
        inside = r < radius
        value[k] = p if inside else 0.0
        slope[k] = d * scale / r if inside else 0.0
