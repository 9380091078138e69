"""The analytic form factors against numerical Fourier transforms of the real-space potential."""

from math import pi, sqrt

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.special import erfc

from llpt.dft.pseudopotentials import BareCoulomb, GTHPotential, get_pseudopotential
from llpt.errors import InputError

POTENTIALS = [
    get_pseudopotential("gth"),
    GTHPotential("four", r_loc=0.25, coefficients=(-3.14130464, -0.1824882, 0.30344128, -0.02382772)),
    GTHPotential("six", r_loc=0.3, coefficients=(-2.0, 1.0, 0.5, -0.2, 0.03, -0.001)),
    GTHPotential("none", r_loc=0.3, coefficients=()),
    GTHPotential("charge two", r_loc=0.4, coefficients=(1.0, -0.5, 0.2), charge=2.0),
]


def beyond_coulomb(potential, r):
    """r · (V(r) + Z/r), from the formula in real space."""
    x = r / potential.r_loc
    polynomial = sum(c * x ** (2 * i) for i, c in enumerate(potential.coefficients))
    return potential.charge * erfc(x / sqrt(2)) + r * np.exp(-0.5 * x * x) * polynomial


@pytest.mark.parametrize("potential", POTENTIALS, ids=lambda p: p.name)
@pytest.mark.parametrize("g", [0.3, 1.0, 4.0, 9.0])
def test_form_factor_is_the_fourier_transform(potential, g):
    integral, _ = quad(lambda r: beyond_coulomb(potential, r) * np.sin(g * r), 0, 12 * potential.r_loc, limit=400)
    expected = -4 * pi * potential.charge / g**2 + 4 * pi / g * integral
    assert potential.form_factor(torch.tensor(g, dtype=torch.float64)).item() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("potential", POTENTIALS, ids=lambda p: p.name)
def test_alpha_is_the_limit_and_the_integral(potential):
    integral, _ = quad(lambda r: r * beyond_coulomb(potential, r), 0, 12 * potential.r_loc, limit=400)
    assert potential.alpha() == pytest.approx(4 * pi * integral, abs=1e-9)
    g = torch.tensor([0.0, 1e-3], dtype=torch.float64)
    at_zero, near = potential.form_factor(g)
    assert at_zero.item() == pytest.approx(potential.alpha(), abs=1e-12)
    assert (near + 4 * pi * potential.charge / g[1] ** 2).item() == pytest.approx(potential.alpha(), abs=1e-5)


@pytest.mark.parametrize("potential", [*POTENTIALS, BareCoulomb()], ids=lambda p: p.name)
def test_derivative_against_finite_differences(potential):
    g = torch.linspace(0.2, 15.0, 40, dtype=torch.float64)
    h = 1e-4
    numerical = (potential.form_factor(g + h) - potential.form_factor(g - h)) / (2 * h)
    torch.testing.assert_close(potential.form_factor_derivative(g), numerical, rtol=1e-6, atol=1e-7)
    assert potential.form_factor_derivative(torch.zeros(2)).tolist() == [0.0, 0.0]


def test_real_space_is_the_formula():
    potential = POTENTIALS[1]
    r = np.array([0.01, 0.3, 1.0, 4.0])
    np.testing.assert_allclose(r * potential.real_space(r) + 1.0, beyond_coulomb(potential, r), atol=1e-13)


def test_single_precision_keeps_dtype_and_shape():
    g = torch.rand(3, 4) + 0.5
    value = get_pseudopotential("gth").form_factor(g)
    assert value.dtype == torch.float32
    assert value.shape == (3, 4)
    torch.testing.assert_close(value.double(), get_pseudopotential("gth").form_factor(g.double()), rtol=1e-5, atol=1e-6)


def test_hash_tells_potentials_apart():
    hashes = {p.content_hash for p in [*POTENTIALS, BareCoulomb()]}
    assert len(hashes) == len(POTENTIALS) + 1
    assert get_pseudopotential("gth").content_hash == POTENTIALS[0].content_hash


def test_local_potentials_have_no_projectors():
    potential = get_pseudopotential("gth")
    assert potential.is_local
    assert potential.coupling.shape == (0, 0)


def test_refusals():
    with pytest.raises(InputError, match="not known"):
        get_pseudopotential("nonsense")
    with pytest.raises(InputError, match="r_loc"):
        GTHPotential("bad", r_loc=0.0, coefficients=(1.0,))
