"""Combinations of symmetry functions: of equal size, uncorrelated, and only another way to write the same network."""

import numpy as np
import pytest

from llpt.mlp.features.mixing import NetworkInputs, mixing_matrix


@pytest.fixture
def raw():
    random = np.random.default_rng(4)
    return 3.0 + random.normal(size=(4000, 5)) @ random.normal(size=(5, 5))


@pytest.fixture
def inputs(raw):
    return NetworkInputs.from_values(raw)


def test_inputs_are_uncorrelated_and_none_is_larger_than_one(raw, inputs):
    mixed = inputs.of_values(raw)
    covariance = mixed.T @ mixed / len(mixed)
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-10)
    assert np.all(np.diag(covariance) < 1.0)
    assert np.diag(covariance).max() > 0.98


def test_a_combination_that_does_not_vary_is_not_blown_up():
    column = np.random.default_rng(0).normal(size=(1000, 1))
    assert np.abs(mixing_matrix(np.hstack([column, column]))).max() < 10.0


def test_the_first_layer_is_the_same_on_scaled_functions(raw, inputs):
    weights = np.random.default_rng(1).normal(size=(5, 3))
    scaled = (raw - inputs.scaling.offset) * inputs.scaling.factor
    np.testing.assert_allclose(inputs.of_values(raw) @ weights, scaled @ inputs.first_layer(weights), atol=1e-10)


def test_slopes_are_those_of_the_values(raw, inputs):
    direction = np.random.default_rng(2).normal(size=(7, 5))
    change = inputs.of_values(raw[:7] + direction) - inputs.of_values(raw[:7])
    np.testing.assert_allclose(inputs.of_slopes(direction.astype(np.float32)), change, rtol=1e-4, atol=1e-4)


def test_a_fit_starts_from_the_weights_given_on_scaled_functions(inputs):
    weights = np.random.default_rng(3).normal(size=(5, 3))
    np.testing.assert_allclose(inputs.first_layer(inputs.start(weights)), weights, atol=1e-10)
