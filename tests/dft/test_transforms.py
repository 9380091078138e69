"""Transforms of orbitals: short codes against numpy, the compiled whole against torch, whatever the grid."""

import numpy as np
import pytest
import torch

from llpt.dft.basis import GridPolicy, plane_waves
from llpt.dft.grid import smallest_shape
from llpt.dft.transforms import TensorTransform, VectorisedTransform, orbital_transform
from llpt.dft.transforms.codelets import LANES
from llpt.dft.transforms.columns import find_columns

CELLS = {
    "cubic": np.eye(3) * 7.0,
    "long": np.diag([5.0, 14.0, 6.0]),
    "sheared": np.array([[6.4, 0.0, 0.0], [1.5, 6.7, 0.0], [-1.3, 2.4, 5.2]]),
    "tiny": np.eye(3) * 1.7,
}


@pytest.fixture(params=sorted(CELLS))
def waves(request):
    cell = torch.tensor(CELLS[request.param], dtype=torch.float64)
    return plane_waves(cell, (0.25, -0.25, 0.1), 12.0)


@pytest.fixture(params=[1, 2])
def threads(request):
    """Run a test on so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


def assert_equal_to_rounding(single, double):
    """A few units of rounding (6e-8) of the largest value: sums of thousands of terms cancel elsewhere."""
    assert (single - double).abs().max() < 2e-6 * double.abs().max()


def some_orbitals(waves, bands, *, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn((bands, waves.count), dtype=torch.complex64, generator=generator)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("bands", [1, LANES, 2 * LANES + 3])
@pytest.mark.parametrize("reach", [1.0, GridPolicy.MOLECULAR_DYNAMICS.reach])
def test_products_and_densities_equal_those_of_whole_transforms(waves, bands, reach):
    shape = smallest_shape(waves.cell, reach * (2.0 * 12.0) ** 0.5 + 1.0)
    orbitals = some_orbitals(waves, bands)
    potential = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    result, other = VectorisedTransform(waves.integers, shape), double_transform(waves.integers, shape)
    expected = other.apply_potential(orbitals.to(torch.complex128), potential.double())
    assert_equal_to_rounding(result.apply_potential(orbitals, potential), expected)
    filling = torch.rand(bands, generator=torch.Generator().manual_seed(2))
    density, whole = torch.ones(shape), torch.ones(shape, dtype=torch.float64)
    result.add_density(density, orbitals, filling)
    other.add_density(whole, orbitals.to(torch.complex128), filling.double())
    assert_equal_to_rounding(density, whole)


def double_transform(integers, shape):
    return TensorTransform(integers, shape, torch.complex128)


@pytest.mark.parametrize("length", [2, 3, 5, 7, 8, 14, 15, 21, 25, 27, 30, 45, 64, 70, 81, 96])
def test_every_length_without_a_large_prime_factor(length):
    # A sphere that is one column: the density of one orbital along it is its transform squared.
    width = (length + 1) // 2
    integers = torch.stack([torch.zeros(width), torch.zeros(width), torch.arange(width)], dim=1).long() - 1
    rng = np.random.default_rng(length)
    orbital = rng.normal(size=width) + 1j * rng.normal(size=width)
    shape = (length, 2, length)
    for axis in (0, 2):
        turned = integers if axis == 2 else integers.flip(1)
        transform = VectorisedTransform(turned.contiguous(), shape)
        density = torch.zeros(shape)
        transform.add_density(density, torch.tensor(orbital[None], dtype=torch.complex64), torch.ones(1))
        expected = np.abs(np.fft.fft(orbital, length)[-np.arange(length)]) ** 2
        line = density[0, 0] if axis == 2 else density[:, 0, 0]
        assert np.allclose(line.numpy(), expected, rtol=1e-5, atol=1e-5 * expected.max())


def test_same_input_same_answer(waves):
    shape = smallest_shape(waves.cell, 2.0 * (2.0 * 12.0) ** 0.5)
    orbitals, potential = some_orbitals(waves, 40), torch.rand(shape)
    first = VectorisedTransform(waves.integers, shape).apply_potential(orbitals, potential)
    again = VectorisedTransform(waves.integers, shape)
    again.apply_potential(some_orbitals(waves, 24, seed=5), potential)  # what lies in the work space must not matter
    assert torch.equal(again.apply_potential(orbitals, potential), first)


def test_single_precision_on_the_cpu_is_compiled_and_the_rest_is_not(waves):
    shape = smallest_shape(waves.cell, 2.0 * (2.0 * 12.0) ** 0.5)
    assert isinstance(orbital_transform(waves.integers, shape, torch.complex64), VectorisedTransform)
    assert isinstance(orbital_transform(waves.integers, shape, torch.complex128), TensorTransform)


def test_columns_refuse_what_they_cannot_hold(waves):
    integers = waves.integers.numpy()
    with pytest.raises(ValueError, match="span"):
        find_columns(integers, (2, 2, 2))
    with pytest.raises(ValueError, match="ordered"):
        find_columns(integers[::-1].copy(), (99, 99, 99))
    middle = len(integers) // 2
    with pytest.raises(ValueError, match="ordered"):
        find_columns(np.delete(integers, middle, axis=0), (99, 99, 99))
