"""Every functional against the libxc of this machine on random densities; skipped where there is none.

The other files of this folder hold stored values of libxc 5.2.3 for machines without it. KDT16 is not in libxc: its
published limits are in ``test_thermal.py``.
"""

import ctypes
import ctypes.util

import numpy as np
import pytest
import torch

from llpt.dft.functionals import get_functional

UNPOLARISED = 1
POINTS = 2000


class Libxc:
    """The C functions of libxc that are needed here."""

    def __init__(self, library):
        self.library = library
        library.xc_func_alloc.restype = ctypes.c_void_p
        library.xc_functional_get_number.restype = ctypes.c_int

    def evaluate(self, name, density, *others, parameters=()):
        """Energy density and its derivatives; ``others`` are sigma, laplacian, tau as the family of ``name`` asks."""
        number = self.library.xc_functional_get_number(name.encode())
        if number < 0:
            pytest.skip(f"this libxc has no {name}")
        functional = ctypes.c_void_p(self.library.xc_func_alloc())
        assert self.library.xc_func_init(functional, number, UNPOLARISED) == 0
        if parameters:
            values = np.array(parameters, dtype=float)
            self.library.xc_func_set_ext_params(functional, values.ctypes.data_as(ctypes.c_void_p))
        inputs = [np.ascontiguousarray(x, dtype=float) for x in (density, *others)]
        outputs = [np.zeros(len(density)) for _ in range(1 + len(inputs))]
        call = getattr(self.library, f"xc_{('lda', 'gga', None, 'mgga')[len(others)]}_exc_vxc")
        pointers = [x.ctypes.data_as(ctypes.c_void_p) for x in (*inputs, *outputs)]
        call(functional, ctypes.c_size_t(len(density)), *pointers)
        self.library.xc_func_end(functional)
        self.library.xc_func_free(functional)
        return [density * outputs[0], *outputs[1:]]

    def sum_of(self, names, density, *others, parameters=()):
        parts = [self.evaluate(name, density, *others, parameters=parameters) for name in names]
        return [sum(values) for values in zip(*parts, strict=True)]


@pytest.fixture(scope="module")
def libxc():
    path = ctypes.util.find_library("xc")
    if path is None:
        pytest.skip("libxc is not installed")
    return Libxc(ctypes.CDLL(path))


def random_points(seed):
    """Densities over four decades, gradients and Laplacians as dense hydrogen and its tails have them."""
    random = np.random.default_rng(seed)
    density = 10 ** random.uniform(-3, 1, POINTS)
    sigma = density ** (8 / 3) * 38 * 10 ** random.uniform(-3, 1.5, POINTS)
    laplacian = density ** (5 / 3) * 30 * random.normal(size=POINTS)
    return density, sigma, laplacian


def compare(ours, theirs, rtol, scale):
    """Relative to the value or, where terms cancel, to the size of the terms."""
    for value, reference, size in zip(ours, theirs, scale, strict=True):
        error = np.abs(value.numpy() - reference) / np.maximum(np.abs(reference), size)
        assert error.max() < rtol


def test_pw92(libxc):
    density, _, _ = random_points(1)
    ours = get_functional("lda-pw92").evaluate(torch.tensor(density))
    theirs = libxc.sum_of(("lda_x", "lda_c_pw_mod"), density)
    compare((ours.energy, ours.d_density), theirs, 1e-11, (0.0, 0.0))


def test_pbe(libxc):
    density, sigma, _ = random_points(2)
    ours = get_functional("pbe").evaluate(torch.tensor(density), torch.tensor(sigma))
    theirs = libxc.sum_of(("gga_x_pbe", "gga_c_pbe"), density, sigma)
    energy = np.abs(theirs[0])
    compare((ours.energy, ours.d_density, ours.d_sigma), theirs, 1e-10, (0.0, energy / density, energy / sigma * 1e-2))


@pytest.mark.parametrize("temperature", [0.002, 0.03, 0.1, 0.3, 1.0])
@pytest.mark.parametrize("name", ["ksdt", "corrksdt"])
def test_thermal_lda(libxc, name, temperature):
    density, _, _ = random_points(3)
    ours = get_functional(name).evaluate(torch.tensor(density), electronic_temperature_ha=temperature)
    theirs = libxc.sum_of((f"lda_xc_{name}",), density, parameters=(temperature,))
    compare((ours.energy, ours.d_density), theirs, 1e-10, (0.0, 0.0))


def test_scan_l(libxc):
    density, sigma, laplacian = random_points(4)
    ours = get_functional("scan-l").evaluate(torch.tensor(density), torch.tensor(sigma), torch.tensor(laplacian))
    # libxc wants a kinetic-energy density too, which a deorbitalised functional does not look at.
    tau = sigma / density
    *theirs, d_tau = libxc.sum_of(("mgga_x_scanl", "mgga_c_scanl"), density, sigma, laplacian, tau)
    assert np.abs(d_tau).max() == 0.0
    energy = np.abs(theirs[0])
    scale = (energy, energy / density, energy / sigma, energy / np.abs(laplacian))
    compare((ours.energy, ours.d_density, ours.d_sigma, ours.d_laplacian), theirs, 1e-8, scale)
