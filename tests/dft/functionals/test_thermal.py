"""Thermal functionals: libxc 5.2.3 where it has them, Fermi integrals, limits and thermodynamics where it has not."""

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import expit

from llpt.dft.functionals import get_functional
from llpt.dft.functionals.thermal import (
    CORRECTED_KSDT,
    correlation_gradient_factor,
    degeneracy,
    exchange_factor,
    gradient_factor,
    ksdt_free_energy,
)
from llpt.errors import InputError

# functional, k_B T (Ha), n, f, df/dn
LIBXC = [
    ("ksdt", 0.003, 1.84753, -1.8118940293224404, -1.2907428029215096),
    ("ksdt", 0.003, 0.41722, -0.2565628710483186, -0.8062877606176291),
    ("ksdt", 0.03, 0.41722, -0.2566300082165837, -0.8062704912618162),
    ("ksdt", 0.3, 1.84753, -1.8156719845850269, -1.2908783635093044),
    ("ksdt", 0.3, 0.41722, -0.2578519085035309, -0.8123081188254248),
    ("corrksdt", 0.003, 1.84753, -1.809654583124013, -1.2887490481719823),
    ("corrksdt", 0.003, 0.41722, -0.2564055686869911, -0.8055413136626731),
    ("corrksdt", 0.03, 0.41722, -0.2564025125249414, -0.8055267283037827),
    ("corrksdt", 0.3, 1.84753, -1.8082176021195209, -1.2883846032489998),
    ("corrksdt", 0.3, 0.41722, -0.2555878843959679, -0.8053915138181287),
]
DENSITIES = torch.logspace(-3, 1, 40, dtype=torch.float64)


def points():
    generator = np.random.default_rng(23)
    density = 10 ** generator.uniform(-3, 1, 100)
    sigma = density ** (8 / 3) * 38 * 10 ** generator.uniform(-2, 1, 100)
    return torch.tensor(density), torch.tensor(sigma)


@pytest.mark.parametrize(("name", "temperature", "n", "energy", "d_density"), LIBXC)
def test_lda_against_libxc(name, temperature, n, energy, d_density):
    result = get_functional(name).evaluate(
        torch.tensor([n], dtype=torch.float64), electronic_temperature_ha=temperature
    )
    assert result.energy.item() == pytest.approx(energy, rel=1e-12)
    assert result.d_density.item() == pytest.approx(d_density, rel=1e-12)
    assert result.d_sigma is None


@pytest.mark.parametrize("name", ["ksdt", "corrksdt", "kdt16"])
@pytest.mark.parametrize("temperature", [0.002, 0.03, 0.3])
def test_derivatives_against_finite_differences(name, temperature):
    n, sigma = points()
    functional = get_functional(name)

    def energy(n, sigma, temperature):
        return functional.evaluate(n, sigma, electronic_temperature_ha=temperature).energy

    result = functional.evaluate(n, sigma, electronic_temperature_ha=temperature)
    step = 1e-5
    numerical = (energy(n * (1 + step), sigma, temperature) - energy(n * (1 - step), sigma, temperature)) / (2 * step)
    torch.testing.assert_close(result.d_density * n, numerical, rtol=1e-7, atol=1e-10)
    numerical = (energy(n, sigma, temperature * 1.001) - energy(n, sigma, temperature * 0.999)) / 0.002
    torch.testing.assert_close(result.d_temperature * temperature, numerical, rtol=1e-5, atol=1e-9)
    if name == "kdt16":
        numerical = (energy(n, sigma * (1 + step), temperature) - energy(n, sigma * (1 - step), temperature)) / (
            2 * step
        )
        torch.testing.assert_close(result.d_sigma * sigma, numerical, rtol=1e-6, atol=1e-9)


def fermi_integral(order, eta):
    """∫ x^order / (1 + exp(x − η)) dx for order −½ or ½, with x = z²."""
    return 2 * quad(lambda z: z ** (2 * order + 1) * expit(eta - z * z), 0, np.sqrt(max(eta, 0) + 45), limit=400)[0]


def fermi_slopes(eta):
    """I_{−½} and its first two derivatives."""
    top = np.sqrt(max(eta, 0) + 45)

    def slope(z):
        f = expit(eta - z * z)
        return f * (1 - f)

    def curvature(z):
        f = expit(eta - z * z)
        return f * (1 - f) * (1 - 2 * f)

    return fermi_integral(-0.5, eta), *(2 * quad(f, 0, top, limit=400)[0] for f in (slope, curvature))


@pytest.mark.parametrize("t", [0.05, 0.3, 1.0, 3.0, 20.0])
def test_exchange_fits_are_the_fermi_integrals(t):
    """The published fits (0.1 % or better) against the integrals that they fit, evaluated here."""
    y = 2 / (3 * t**1.5)
    eta = brentq(lambda x: fermi_integral(0.5, x) - y, -30, 60)
    value, slope, curvature = fermi_slopes(eta)
    exact_b = (1.5 * y) ** (4 / 3) * ((slope / value) ** 2 - 3 * curvature / value)
    result = gradient_factor(torch.tensor(t, dtype=torch.float64)).item()
    assert result == pytest.approx(exact_b, rel=4e-3, abs=2e-3)
    integral, _ = quad(lambda x: fermi_integral(-0.5, x) ** 2, eta - 30, eta, limit=200, epsrel=1e-6)
    result = exchange_factor(torch.tensor(t, dtype=torch.float64)).item()
    assert result == pytest.approx(0.5 * t * t * integral, rel=2e-3)


def test_cold_limits():
    t = torch.tensor([1e-4], dtype=torch.float64)
    assert exchange_factor(t).item() == pytest.approx(1.0, abs=1e-5)
    assert gradient_factor(t).item() == pytest.approx(1.0, abs=1e-5)
    assert correlation_gradient_factor(torch.tensor([1.4], dtype=torch.float64), t).item() == pytest.approx(1.0)


def test_kdt16_of_a_uniform_density_is_corrected_ksdt():
    for temperature in (0.0, 0.01, 0.3):
        kdt = get_functional("kdt16").evaluate(
            DENSITIES, torch.zeros_like(DENSITIES), electronic_temperature_ha=temperature
        )
        lda = get_functional("corrksdt").evaluate(DENSITIES, electronic_temperature_ha=temperature)
        torch.testing.assert_close(kdt.energy, lda.energy, rtol=1e-12, atol=0)


def test_cold_kdt16_has_the_gradient_terms_of_pbe():
    """At T = 0 it is PBE with its local correlation exchanged: the exchange slope is PBE's, and the rest close."""
    sigma = 20.0 * DENSITIES ** (8 / 3)
    zero = torch.zeros_like(DENSITIES)
    kdt = get_functional("kdt16")
    pbe = get_functional("pbe")
    result = (
        kdt.evaluate(DENSITIES, sigma, electronic_temperature_ha=0.0).energy
        - kdt.evaluate(DENSITIES, zero, electronic_temperature_ha=0.0).energy
    )
    of_pbe = pbe.evaluate(DENSITIES, sigma).energy - pbe.evaluate(DENSITIES, zero).energy
    scale = pbe.evaluate(DENSITIES, sigma).energy.abs()
    torch.testing.assert_close(result / scale, of_pbe / scale, rtol=0, atol=1.5e-3)
    total = kdt.evaluate(DENSITIES, sigma, electronic_temperature_ha=0.0)
    torch.testing.assert_close(total.energy / scale, -torch.ones_like(scale), rtol=0, atol=4e-3)


def test_hot_exchange_vanishes_and_correlation_is_negative():
    temperature = torch.full_like(DENSITIES, 3.0)
    rs, t = degeneracy(DENSITIES, temperature)
    assert torch.all(exchange_factor(t)[:3] < 0.01)
    local = ksdt_free_energy(rs, t, CORRECTED_KSDT) + 0.4581652932831429 / rs * exchange_factor(t)
    assert torch.all(local < 0.0)


def test_temperature_is_required():
    for given in (None, -1.0, float("nan")):
        with pytest.raises(InputError, match="temperature"):
            get_functional("ksdt").evaluate(torch.rand(2), electronic_temperature_ha=given)
