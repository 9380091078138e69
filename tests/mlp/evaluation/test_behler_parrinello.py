"""Energies, forces and virial of networks of every kind: derivatives, symmetries, images, threads, refusals."""

import numpy as np
import pytest

from llpt.errors import EngineError, InputError
from llpt.mlp import Activation, BehlerParrinello, CutoffType, ScalingKind

STEP = 1e-3
STENCIL = ((-2, 1.0), (-1, -8.0), (1, 8.0), (2, -1.0))


@pytest.fixture(params=["symmetry functions", "moments as well"])
def model(request, make_definition, make_moments):
    """A network of each kind of input."""
    return BehlerParrinello(make_definition(moments=None if "functions" in request.param else make_moments()))


def slope(energy):
    return sum(weight * energy(factor * STEP) for factor, weight in STENCIL) / (12.0 * STEP)


def assert_derivatives(model, positions, cell, tolerance=1e-8):
    result = model.evaluate(positions, cell)
    tolerance *= max(1.0, np.abs(result.virial_ha).max())
    for atom, axis in ((0, 0), (3, 1), (5, 2)):

        def displaced(x, atom=atom, axis=axis):
            moved = positions.copy()
            moved[atom, axis] += x
            return model.evaluate(moved, cell).energy_ha

        assert abs(result.forces[atom, axis] + slope(displaced)) < tolerance
    for a, b in ((0, 0), (1, 2), (2, 1)):

        def strained(x, a=a, b=b):
            strain = np.eye(3)
            strain[b, a] += x
            return model.evaluate(positions @ strain, cell @ strain).energy_ha

        assert abs(result.virial_ha[a, b] + slope(strained)) < 10.0 * tolerance
    assert abs(result.atomic_energies.sum() - result.energy_ha) < 1e-12
    np.testing.assert_allclose(result.forces.sum(axis=0), 0.0, atol=1e-12)


@pytest.mark.parametrize("cutoff_type", [kind for kind in CutoffType if kind is not CutoffType.HARD])
def test_forces_and_virial_are_derivatives_for_every_cutoff(make_definition, make_fluid, cutoff_type):
    inner = 0.0 if cutoff_type in (CutoffType.TANH3, CutoffType.TANH3_NORMALISED) else 0.2
    model = BehlerParrinello(make_definition(cutoff_type=cutoff_type, inner_fraction=inner))
    # The second derivative of two of them jumps at the cutoff, which a finite difference sees to first order.
    kinked = cutoff_type in (CutoffType.COSINE, CutoffType.POLYNOMIAL_1)
    assert_derivatives(model, *make_fluid(), tolerance=1e-5 if kinked else 1e-8)


@pytest.mark.parametrize("activation", list(Activation))
def test_forces_and_virial_are_derivatives_for_every_activation(make_definition, make_fluid, activation):
    layers = (activation, Activation.TANH, Activation.LINEAR)
    model = BehlerParrinello(make_definition(activations=layers, normalise_nodes=activation is Activation.LOGISTIC))
    assert_derivatives(model, *make_fluid())


@pytest.mark.parametrize("kind", list(ScalingKind))
def test_forces_and_virial_are_derivatives_for_every_scaling(make_definition, make_fluid, kind):
    assert_derivatives(BehlerParrinello(make_definition(kind=kind)), *make_fluid())


def test_forces_and_virial_are_derivatives(model, make_fluid):
    assert_derivatives(model, *make_fluid())


def test_box_much_smaller_than_the_cutoff_equals_its_supercell(model, make_fluid):
    positions, cell = make_fluid(4, edge=3.6, skew=0.4)
    small = model.evaluate(positions, cell)
    shifts = np.array([[i, j, k] for i in range(3) for j in range(3) for k in range(3)]) @ cell
    large = model.evaluate((positions[None] + shifts[:, None]).reshape(-1, 3), 3.0 * cell)
    assert abs(large.energy_ha - 27.0 * small.energy_ha) < 1e-11
    np.testing.assert_allclose(large.forces.reshape(27, 4, 3), np.tile(small.forces, (27, 1, 1)), atol=1e-12)
    np.testing.assert_allclose(large.virial_ha, 27.0 * small.virial_ha, atol=1e-10)
    assert_derivatives(model, *make_fluid(6, edge=4.2, skew=0.5))


def test_translation_rotation_and_permutation(model, make_fluid):
    positions, cell = make_fluid()
    result = model.evaluate(positions, cell)
    moved = model.evaluate(positions + np.array([100.3, -7.1, 0.4]), cell)
    np.testing.assert_allclose(moved.forces, result.forces, atol=1e-11)
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    turned = model.evaluate(positions @ rotation, cell @ rotation)
    assert abs(turned.energy_ha - result.energy_ha) < 1e-12
    np.testing.assert_allclose(turned.forces, result.forces @ rotation, atol=1e-12)
    np.testing.assert_allclose(turned.virial_ha, rotation.T @ result.virial_ha @ rotation, atol=1e-11)
    order = np.random.default_rng(2).permutation(len(positions))
    mixed = model.evaluate(positions[order], cell)
    np.testing.assert_allclose(mixed.forces, result.forces[order], atol=1e-12)
    np.testing.assert_allclose(mixed.atomic_energies, result.atomic_energies[order], atol=1e-13)


def test_threads_agree_and_results_repeat(model, make_fluid):
    positions, cell = make_fluid(60)
    one = BehlerParrinello(model.definition, threads=1).evaluate(positions, cell)
    model = BehlerParrinello(model.definition, threads=3)
    three, again = model.evaluate(positions, cell), model.evaluate(positions, cell)
    np.testing.assert_allclose(three.forces, one.forces, atol=1e-13)
    assert three.extrapolation_warnings == one.extrapolation_warnings
    np.testing.assert_array_equal(three.forces, again.forces)


def test_more_neighbours_than_expected(model, make_fluid):
    positions, cell = make_fluid(4, edge=2.6, skew=0.0, closest=0.6)
    dense = model.evaluate(positions, cell)
    doubled = model.evaluate(np.vstack([positions, positions + cell[0]]), cell * [[2.0], [1.0], [1.0]])
    assert abs(doubled.energy_ha - 2.0 * dense.energy_ha) < 1e-11


def test_an_atom_alone_has_no_force(model):
    result = model.evaluate(np.zeros((1, 3)), 40.0 * np.eye(3))
    assert np.isfinite(result.energy_ha)
    np.testing.assert_array_equal(result.forces, 0.0)


def test_memory_and_time_grow_linearly(model, make_fluid):
    positions, cell = make_fluid(50)
    shifts = np.array([[i, j, k] for i in range(5) for j in range(5) for k in range(5)]) @ cell
    large = model.evaluate((positions[None] + shifts[:, None]).reshape(-1, 3), 5.0 * cell)
    small = model.evaluate(positions, cell)
    assert abs(large.energy_ha - 125.0 * small.energy_ha) < 1e-9


@pytest.mark.parametrize(
    ("positions", "cell", "words"),
    [
        (np.zeros((0, 3)), np.eye(3), "at least one atom"),
        (np.zeros((2, 2)), np.eye(3), "at least one atom"),
        (np.zeros((1, 3)), np.zeros((3, 3)), "volume"),
        (np.full((1, 3), np.nan), 5.0 * np.eye(3), "finite"),
    ],
)
def test_bad_structures_are_refused(make_definition, positions, cell, words):
    with pytest.raises(InputError, match=words):
        BehlerParrinello(make_definition()).evaluate(positions, cell)


def test_atoms_at_one_place_are_refused_and_leave_no_trace(make_definition, make_fluid):
    model = BehlerParrinello(make_definition())
    positions, cell = make_fluid()
    before = model.evaluate(positions, cell)
    broken = positions.copy()
    broken[1] = broken[0]
    with pytest.raises(EngineError, match="not a finite number"):
        model.evaluate(broken, cell)
    np.testing.assert_array_equal(model.evaluate(positions, cell).forces, before.forces)


def test_thread_count_must_be_a_number(make_definition, monkeypatch):
    monkeypatch.setenv("NUMBA_NUM_THREADS", "many")
    with pytest.raises(InputError, match="NUMBA_NUM_THREADS"):
        BehlerParrinello(make_definition())
