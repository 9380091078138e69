"""Networks on a device of torch give what the kernels give."""

import numpy as np
import pytest
from tests.others import needs_gpu, without_gpu

from llpt.errors import InputError
from llpt.mlp import Activation, BehlerParrinello, CutoffType, Precision
from llpt.mlp.gpu.potential import TorchPotential

DEVICES = ["cpu", pytest.param("cuda", marks=needs_gpu)]


def assert_alike(definition, positions, cell, *, device="cpu"):
    expected = BehlerParrinello(definition).evaluate(positions, cell)
    result = TorchPotential(definition, device=device).evaluate(positions, cell)
    size = np.abs(expected.virial_ha).max()
    assert abs(result.energy_ha - expected.energy_ha) < 1e-10 * max(1.0, size)
    np.testing.assert_allclose(result.forces, expected.forces, atol=1e-9 * max(1.0, size))
    np.testing.assert_allclose(result.virial_ha, expected.virial_ha, atol=1e-9 * max(1.0, size))
    np.testing.assert_allclose(result.atomic_energies, expected.atomic_energies, atol=1e-10 * max(1.0, size))
    assert result.extrapolation_warnings == expected.extrapolation_warnings


@pytest.fixture(params=["symmetry functions", "moments as well"])
def definition(request, make_definition, make_moments):
    return make_definition(moments=None if "functions" in request.param else make_moments())


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("edge", [None, 4.0])
def test_the_same_as_the_kernels(definition, make_fluid, device, edge):
    assert_alike(definition, *make_fluid(5, edge=edge, skew=0.4), device=device)


@pytest.mark.parametrize("cutoff_type", list(CutoffType))
def test_every_cutoff(make_definition, make_fluid, cutoff_type):
    inner = 0.0 if cutoff_type in {CutoffType.TANH3, CutoffType.TANH3_NORMALISED} else 0.2
    assert_alike(make_definition(cutoff_type=cutoff_type, inner_fraction=inner), *make_fluid())


@pytest.mark.parametrize("activation", list(Activation))
def test_every_activation(make_definition, make_fluid, activation):
    definition = make_definition(
        activations=(activation, Activation.TANH, Activation.LINEAR), normalise_nodes=activation is Activation.LOGISTIC
    )
    assert_alike(definition, *make_fluid())


def test_in_parts(make_definition, make_moments, make_fluid, monkeypatch):
    monkeypatch.setattr("llpt.mlp.gpu.potential._PAIRS_AT_ONCE", 40_000)
    assert_alike(make_definition(moments=make_moments()), *make_fluid(20))


def test_an_atom_alone(make_definition):
    result = TorchPotential(make_definition(), device="cpu").evaluate(np.zeros((1, 3)), 40.0 * np.eye(3))
    np.testing.assert_array_equal(result.forces, 0.0)


def test_single_precision_is_close(make_definition, make_fluid):
    positions, cell = make_fluid()
    double = TorchPotential(make_definition(), device="cpu").evaluate(positions, cell)
    single = TorchPotential(make_definition(), device="cpu", precision=Precision.SINGLE).evaluate(positions, cell)
    np.testing.assert_allclose(single.forces, double.forces, atol=1e-5 * np.abs(double.forces).max())


@without_gpu
def test_a_gpu_that_is_not_there_is_refused(make_definition):
    with pytest.raises(InputError, match="no GPU"):
        TorchPotential(make_definition(), device="cuda")


def test_bad_structures_are_refused(make_definition):
    model = TorchPotential(make_definition(), device="cpu")
    with pytest.raises(InputError, match="shape"):
        model.evaluate(np.zeros((0, 3)), np.eye(3))
