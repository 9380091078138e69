"""SCAN-L against libxc 5.2.3 (mgga_x_scanl + mgga_c_scanl), finite differences and limits."""

import numpy as np
import pytest
import torch

from llpt.dft.functionals import Level, get_functional
from llpt.dft.functionals.scan_l import orbital_overlap, scan_exchange_factor
from llpt.errors import InputError

# n, sigma, laplacian, f, df/dn, df/dsigma, df/dlaplacian
LIBXC = np.array([
    (1.65929, 1.762, -45.8679, -1.7451210385742206, -1.3947904669785895, 5.902819738605274e-05, 0.0),
    (0.0115139, 5.26568e-05, 0.0245251, -0.0021527252840628334,
     -0.24903424628369797, -0.07963983832690857, 0.0022708085092854042),
    (0.17047, 0.096756, -0.796037, -0.08561186177034245, -0.6686255004717655, 0.003470160686245038, 0.0),
    (0.753141, 0.279844, 29.363, -0.48912416215513554,
     -0.8851945030092012, 0.00045080868413507023, 0.0005649586873442194),
    (0.446145, 0.0459125, -3.11309, -0.30463993286035335,
     -0.8624983777023237, -0.004361579598038908, 0.0033741319769891903),
    (2.43729, 1268.82, 24.6248, -2.8198466949599283, -1.6166063476097707, 5.7319244430483454e-05, 0.0),
    (1.52566, 1044.51, -92.3613, -1.4574592320839166, -1.3874734335983652, 6.463808064529255e-05, 0.0),
    (2.49735, 985.277, 323.149, -2.53494046538136, -1.2549522168224045, -0.0005232325173062142, 0.0021362906350405352),
])  # fmt: skip


def random_points(count):
    generator = np.random.default_rng(17)
    density = 10 ** generator.uniform(-3, 1, count)
    sigma = density ** (8 / 3) * 38 * 10 ** generator.uniform(-2, 1, count)
    laplacian = density ** (5 / 3) * 30 * generator.normal(size=count)
    return tuple(torch.tensor(values) for values in (density, sigma, laplacian))


def test_against_libxc():
    n, sigma, laplacian, *expected = torch.tensor(LIBXC.T)
    result = get_functional("scan-l").evaluate(n, sigma, laplacian)
    for value, reference in zip(
        (result.energy, result.d_density, result.d_sigma, result.d_laplacian), expected, strict=True
    ):
        torch.testing.assert_close(value, reference, rtol=1e-10, atol=1e-14)


def test_derivatives_against_finite_differences():
    points = random_points(300)
    functional = get_functional("scan-l")
    result = functional.evaluate(*points)
    for index, slope in enumerate((result.d_density, result.d_sigma, result.d_laplacian)):
        step = 1e-6 * points[index].abs()
        up, down = ([p + sign * step if i == index else p for i, p in enumerate(points)] for sign in (1, -1))
        numerical = (functional.evaluate(*up).energy - functional.evaluate(*down).energy) / (2 * step)
        scale = result.energy.abs() / points[index].abs()
        torch.testing.assert_close(slope / scale, numerical / scale, rtol=1e-5, atol=2e-8)


def test_single_orbital_regions_are_recognised():
    """Where z ≤ 0 the kinetic functional is von Weizsäcker's, and SCAN's α is exactly 0."""
    p = torch.tensor([1.0, 2.0, 5.0], dtype=torch.float64)
    assert orbital_overlap(p, torch.full_like(p, -3.0)).tolist() == [0.0, 0.0, 0.0]


def test_exchange_keeps_its_tight_bound():
    p = torch.logspace(-4, 6, 200, dtype=torch.float64)
    for alpha in (0.0, 0.5, 1.0, 1.5, 10.0):
        factor = scan_exchange_factor(p, torch.full_like(p, alpha))
        assert torch.all(factor <= 1.174 + 1e-12)
        assert torch.all(factor > 0.0)
    uniform = scan_exchange_factor(torch.zeros(1, dtype=torch.float64), torch.ones(1, dtype=torch.float64))
    assert uniform.item() == pytest.approx(1.0, abs=1e-14)


def test_empty_points_and_single_precision():
    n = torch.tensor([0.0, -1e-4, 1e-9, 0.3])
    result = get_functional("scan-l").evaluate(n, torch.rand(4), torch.randn(4))
    for value in (result.energy, result.d_density, result.d_sigma, result.d_laplacian):
        assert value.dtype == torch.float32
        assert torch.isfinite(value).all()
        assert value[:3].tolist() == [0.0] * 3


def test_laplacian_is_required():
    functional = get_functional("scan-l")
    assert functional.level is Level.LAPLACIAN
    with pytest.raises(InputError, match="laplacian"):
        functional.evaluate(torch.rand(3), torch.rand(3))
