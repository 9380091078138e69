"""PBE, PBEsol and PW92 against stored values of libxc, finite differences and limits."""

import numpy as np
import pytest
import torch

from llpt.dft.functionals import Level, functional_names, get_functional
from llpt.dft.functionals.pbe import ORIGINAL, PbeParameters, pbe_elementwise, pbe_single_cpu
from llpt.errors import InputError

# libxc 5.2.3, gga_x_pbe + gga_c_pbe: n, sigma, f, df/dn, df/dsigma
LIBXC_PBE = np.array([
    (0.13349879, 0.00048687547, -0.0577844226003522, -0.5660974513747656, -0.0003565561385623986),
    (3.06245, 11.925847, -3.53217295960821, -1.5186942267990822, -9.35614320775076e-05),
    (0.75583753, 0.49431324, -0.5607377539466624, -0.9733471029703844, -0.0006180327868324622),
    (0.00133671, 3.5488578e-08, -0.00014401020594514033, -0.13990350114570316, -0.05706693224999171),
    (0.00316834, 2.0775551e-05, -0.00047621103398411645, -0.1629551183812442, -2.040239935174836),
    (2.3322077, 141.69688, -2.550274983402885, -1.3197820433844745, -0.0007804184350516854),
    (0.00010625, 7.8029847e-11, -5.365871516857163e-06, -0.06571268231869093, 17.177361422647778),
    (1.2768565, 173.33496, -1.3546094534473976, -1.0291384208204886, -0.001057550798798811),
    (0.96682338, 0.066398843, -0.7746402806950686, -1.0528933151362487, -3.835464711908314e-05),
    (0.02186124, 1.634234e-06, -0.005447802349447706, -0.32461538835753756, -0.0007207975430780778),
    (0.00327463, 6.6669067e-07, -0.0004611536871273003, -0.18289038788573658, -0.155351494235763),
    (0.00246677, 1.6651158e-09, -0.0003191331388001649, -0.16804478152839136, -0.0007891998694553592),
])  # fmt: skip
# libxc 7.0.0 (of pyscf, by ctypes), gga_x_pbe_sol + gga_c_pbe_sol: n, sigma, f, df/dn, df/dsigma
LIBXC_PBESOL = np.array([
    (0.13349879, 0.00048687547, -0.057780542856764004, -0.5661368916742983, 0.007697787278083679),
    (3.06245, 11.925847, -3.530440828585334, -1.519643651083182, 7.355494402080693e-05),
    (0.75583753, 0.49431324, -0.5602735693827011, -0.974373640846299, 0.00046128940677891235),
    (0.00133671, 3.5488578e-08, -0.00014388195877487885, -0.14002747911330532, 3.5233951870288394),
    (0.00316834, 2.0775551e-05, -0.000450832472206249, -0.16547878550787176, -1.2442344199603732),
    (2.3322077, 141.69688, -2.495134286072176, -1.3529720925261552, -0.00037035485082733793),
    (1.2768565, 173.33496, -1.2567265714192226, -1.0097579009645932, -0.0008247431977418501),
    (0.02186124, 1.634234e-06, -0.005447658313571125, -0.3246241965036717, 0.0875704124828312),
])  # fmt: skip
# libxc 5.2.3, lda_x + lda_c_pw_mod: n, f, df/dn
LIBXC_LDA = np.array([
    (0.13349879, -0.05778433557771402, -0.5660997778034379),
    (3.06245, -3.531592858553462, -1.5193498613837475),
    (0.00133671, -0.00014400932055424676, -0.13990361021897343),
    (0.00010625, -5.366580553079e-06, -0.06568589946277226),
    (1.2768565, -1.1165789088897267, -1.1499035728691207),
    (0.02186124, -0.005447801760184557, -0.3246154817579555),
])  # fmt: skip


def random_points(count, dtype=torch.float64):
    """Densities from 1e-6 to 30 bohr⁻³ and reduced gradients over seven decades."""
    generator = np.random.default_rng(5)
    density = 10 ** generator.uniform(-6, 1.5, count)
    sigma = density ** (8 / 3) * 10 ** generator.uniform(-4, 3, count)
    return torch.tensor(density, dtype=dtype), torch.tensor(sigma, dtype=dtype)


@pytest.mark.parametrize(("name", "stored"), [("pbe", LIBXC_PBE), ("pbesol", LIBXC_PBESOL)])
def test_gradient_functionals_against_libxc(name, stored):
    n, sigma, energy, d_density, d_sigma = torch.tensor(stored.T)
    result = get_functional(name).evaluate(n, sigma)
    torch.testing.assert_close(result.energy, energy, rtol=1e-12, atol=0)
    torch.testing.assert_close(result.d_density, d_density, rtol=1e-12, atol=0)
    # exchange and correlation cancel in the slope at small gradients, in the sum of libxc as well
    torch.testing.assert_close(result.d_sigma, d_sigma, rtol=1e-9, atol=0)


def test_lda_against_libxc():
    n, energy, d_density = torch.tensor(LIBXC_LDA.T)
    result = get_functional("lda-pw92").evaluate(n)
    torch.testing.assert_close(result.energy, energy, rtol=1e-12, atol=0)
    torch.testing.assert_close(result.d_density, d_density, rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", ["lda-pw92", "pbe", "pbesol"])
def test_derivatives_against_finite_differences(name):
    n, sigma = random_points(200)
    functional = get_functional(name)
    result = functional.evaluate(n, sigma)
    step = 1e-5
    numerical = (
        functional.evaluate(n * (1 + step), sigma).energy - functional.evaluate(n * (1 - step), sigma).energy
    ) / (2 * step * n)
    torch.testing.assert_close(result.d_density, numerical, rtol=1e-6, atol=1e-8)
    if get_functional(name).level is Level.GGA:
        numerical = (
            functional.evaluate(n, sigma * (1 + step)).energy - functional.evaluate(n, sigma * (1 - step)).energy
        ) / (2 * step)
        torch.testing.assert_close(result.d_sigma * sigma, numerical, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("name", ["pbe", "pbesol"])
def test_a_uniform_density_has_the_energy_of_the_lda(name):
    n, _ = random_points(50)
    pbe = get_functional(name).evaluate(n, torch.zeros_like(n))
    lda = get_functional("lda").evaluate(n)
    torch.testing.assert_close(pbe.energy, lda.energy, rtol=1e-13, atol=0)
    torch.testing.assert_close(pbe.d_density, lda.d_density, rtol=1e-13, atol=0)


@pytest.mark.parametrize("name", ["pbe", "pbesol"])
def test_the_lieb_oxford_bound_is_obeyed(name):
    n, _ = random_points(50)
    result = get_functional(name).evaluate(n, n ** (8 / 3) * 1e8)
    assert torch.all(result.energy >= 2.273 * -0.7385587663820224 * n ** (4 / 3))


@pytest.mark.parametrize("parameters", [ORIGINAL, PbeParameters(mu=10.0 / 81.0, beta=0.046)])
@pytest.mark.parametrize("evaluate", [pbe_elementwise, pbe_single_cpu])
def test_single_precision_follows_double(evaluate, parameters):
    n, sigma = random_points(5000)
    exact = pbe_elementwise(n, sigma, parameters)
    single = evaluate(n.float(), sigma.float(), parameters)
    assert single.energy.dtype == torch.float32
    torch.testing.assert_close(single.energy.double(), exact.energy, rtol=1e-6, atol=0)
    torch.testing.assert_close(single.d_density.double(), exact.d_density, rtol=1e-6, atol=0)
    scale = n ** (-4 / 3)
    torch.testing.assert_close(single.d_sigma.double() / scale, exact.d_sigma / scale, rtol=1e-6, atol=2e-8)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", ["lda-pw92", "pbe", "pbesol"])
def test_empty_and_negative_densities_give_zero(name, dtype):
    n = torch.tensor([0.0, -1e-3, 1e-30, 1e-15, 0.1], dtype=dtype)
    sigma = torch.tensor([0.0, 1.0, 1.0, 1e-6, -1e-12], dtype=dtype)
    result = get_functional(name).evaluate(n, sigma)
    for values in (result.energy, result.d_density, result.d_sigma):
        if values is not None:
            assert torch.isfinite(values).all()
            assert values[:4].tolist() == [0.0] * 4
    assert result.energy[4] < 0.0


def test_thin_density_with_a_wild_gradient_stays_finite_in_single_precision():
    n = torch.logspace(-7.9, 0, 60)
    for gradient2 in (1e-30, 1e-6, 1.0, 1e3):
        result = get_functional("pbe").evaluate(n, torch.full_like(n, gradient2))
        for values in (result.energy, result.d_density, result.d_sigma):
            assert torch.isfinite(values).all()


def test_shape_and_strides_are_kept():
    n, sigma = (values.reshape(10, 4, 5).float().permute(2, 0, 1) for values in random_points(200))
    result = get_functional("pbe").evaluate(n, sigma)
    assert result.energy.shape == n.shape
    torch.testing.assert_close(result.energy, pbe_elementwise(n, sigma, ORIGINAL).energy, rtol=2e-6, atol=0)


def test_names():
    assert {"lda-pw92", "pbe"} <= set(functional_names())
    assert get_functional("PBE").level is Level.GGA
    assert get_functional("lda").record.name == "lda-pw92"
    with pytest.raises(InputError, match="blyp"):
        get_functional("blyp")


def test_missing_inputs_are_refused():
    n = torch.rand(4)
    with pytest.raises(InputError, match="sigma"):
        get_functional("pbe").evaluate(n)
    with pytest.raises(InputError, match="shape"):
        get_functional("pbe").evaluate(n, torch.rand(5))
