"""Vectorised elementary functions against the library's."""

import numpy as np
import pytest

from llpt.mlp.evaluation.rows import (
    FIT_TERMS,
    SINGLE_TERMS,
    cutoff_row,
    far_rows,
    fast_exp,
    fit_far_factor,
    gaussian_row,
    power_row,
    power_value_row,
)
from llpt.mlp.potential.symmetry import CutoffType


def test_exponential():
    x = np.linspace(-690.0, 20.0, 4001)
    result = np.array([fast_exp(value) for value in x])
    assert np.all(np.abs(result / np.exp(x) - 1.0) < (3.0 + np.abs(x) / 20.0) * 1e-15)
    assert fast_exp(0.0) == 1.0
    assert fast_exp(-1e6) < 1e-300


def test_gaussian():
    r = np.linspace(0.1, 9.0, 64)
    out = np.empty(64)
    gaussian_row(r, 2.5, 1.3, 64, out)
    np.testing.assert_allclose(out, np.exp(-2.5 * (r - 1.3) ** 2), rtol=1e-14)


@pytest.mark.parametrize("kind", list(CutoffType))
def test_cutoffs_are_continuous_and_slopes_are_derivatives(kind):
    r = np.linspace(0.05, 6.5, 128)
    value, slope, above, below, unused = (np.empty(128) for _ in range(5))
    cutoff_row(r, int(kind), 5.0, 0.1, 128, value, slope)
    step = 1e-6
    cutoff_row(r + step, int(kind), 5.0, 0.1, 128, above, unused)
    cutoff_row(r - step, int(kind), 5.0, 0.1, 128, below, unused)
    np.testing.assert_allclose(slope, (above - below) / (2.0 * step), atol=3e-8)
    assert np.all(value[r >= 5.0] == 0.0)
    assert np.all(slope[r >= 5.0] == 0.0)


@pytest.mark.parametrize("zeta", [1.0, 2.0, 3.0, 4.0, 8.0, 16.0, 2.5])
@pytest.mark.parametrize("lam", [-1.0, 1.0, 2.0])
def test_powers(lam, zeta):
    cosine = np.linspace(-0.999, 0.999, 96)
    value, slope, again = (np.empty(96) for _ in range(3))
    power_row(cosine, lam, zeta, 96, value, slope)
    power_value_row(cosine, lam, zeta, 96, again)
    base = np.maximum(1.0 + lam * cosine, 0.0)
    np.testing.assert_allclose(value, 2.0 ** (1.0 - zeta) * base**zeta, rtol=1e-13, atol=1e-300)
    np.testing.assert_allclose(again, value, rtol=1e-13, atol=1e-300)
    inside = base > 0.0
    expected = 2.0 ** (1.0 - zeta) * zeta * lam * base ** (zeta - 1.0)
    np.testing.assert_allclose(slope[inside], expected[inside], rtol=1e-13)


def test_polynomial_of_the_far_factor():
    polynomial = fit_far_factor(int(CutoffType.TANH3), 0.0, 8.0, 0.016, 0.0)
    assert polynomial is not None
    assert polynomial.shape == (FIT_TERMS,)
    r = np.linspace(0.4, 8.6, 160)
    value, slope, cutoff, unused = (np.empty(160) for _ in range(4))
    far_rows(r, polynomial, 8.0, 160, value, slope)
    cutoff_row(r, int(CutoffType.TANH3), 8.0, 0.0, 160, cutoff, unused)
    np.testing.assert_allclose(value, cutoff * np.exp(-0.016 * r**2), atol=2e-12)
    exact = (unused - 2.0 * 0.016 * r * cutoff) * np.exp(-0.016 * r**2) / r
    np.testing.assert_allclose(slope, np.where(r < 8.0, exact, 0.0), atol=1e-10)


def test_the_far_factor_in_single_precision():
    polynomial = fit_far_factor(int(CutoffType.TANH3), 0.0, 8.0, 0.016, 0.0, single=True)
    assert polynomial.shape == (SINGLE_TERMS,)
    r = np.linspace(0.9, 8.6, 160, dtype=np.float32)
    value, slope = np.empty(160, dtype=np.float32), np.empty(160, dtype=np.float32)
    far_rows(r, polynomial.astype(np.float32), 8.0, 160, value, slope)
    exact, exact_slope = np.empty(160), np.empty(160)
    far_rows(r.astype(float), fit_far_factor(int(CutoffType.TANH3), 0.0, 8.0, 0.016, 0.0), 8.0, 160, exact, exact_slope)
    np.testing.assert_allclose(value, exact, atol=5e-7)
    np.testing.assert_allclose(slope, exact_slope, atol=3e-6)


def test_a_sharp_factor_is_left_to_the_exact_path():
    assert fit_far_factor(int(CutoffType.TANH3), 0.0, 6.0, 3.0, 0.0) is None
