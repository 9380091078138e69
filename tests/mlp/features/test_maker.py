"""Symmetry functions of structures and their derivatives, for training."""

import numpy as np

from llpt.mlp.features.maker import FeatureMaker


def test_values_are_the_same_with_and_without_slopes(make_definition, make_fluid):
    definition = make_definition()
    maker = FeatureMaker(definition.functions, cutoff_type=definition.cutoff_type)
    positions, cell = make_fluid()
    values, slopes = maker.slopes(positions, cell, moved=np.array([1, 4]), strained=True)
    np.testing.assert_allclose(values, maker.values(positions, cell), rtol=1e-5, atol=1e-7)
    assert slopes.shape == (12, 12, len(definition.functions))


def test_slopes_are_derivatives(make_definition, make_fluid, assert_slopes):
    definition = make_definition()
    maker = FeatureMaker(definition.functions, cutoff_type=definition.cutoff_type)
    fluid = make_fluid(6, edge=4.4, skew=0.5)
    assert_slopes(maker, *fluid, moved=(0, 5), positions_atol=2e-5, strain_atol=5e-5)


def test_a_sweep_that_runs_out_of_room_begins_again(make_definition, make_fluid):
    definition = make_definition()
    positions, cell = make_fluid(8, edge=7.0, skew=0.0)
    # A denser place beside an empty one: only some of the atoms have too many neighbours.
    crowd = np.random.default_rng(0).uniform(0.0, 1.5, (200, 3)) + np.array([15.0, 0.0, 0.0])
    many, wide = np.vstack([positions, crowd]), cell + np.diag([23.0, 7.0, 7.0])
    moved = np.array([0, 3])
    cramped = FeatureMaker(definition.functions, cutoff_type=definition.cutoff_type, threads=1)
    cramped._capacity = 100
    _, slopes = cramped.slopes(many, wide, moved=moved, strained=False)
    roomy = FeatureMaker(definition.functions, cutoff_type=definition.cutoff_type, threads=1)
    _, expected = roomy.slopes(many, wide, moved=moved, strained=False)
    np.testing.assert_array_equal(slopes, expected)
    assert np.abs(expected[:8]).max() > 0.0
