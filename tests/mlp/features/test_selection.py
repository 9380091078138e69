"""Choosing symmetry functions: what is chosen spans the rest."""

import numpy as np
import pytest

from llpt.errors import InputError
from llpt.mlp.features.candidates import hydrogen_candidates
from llpt.mlp.features.selection import choose_columns


def test_chosen_columns_span_a_matrix_of_low_rank():
    random = np.random.default_rng(0)
    values = random.normal(size=(300, 6)) @ random.normal(size=(6, 40))
    chosen = choose_columns(values, 20)
    assert len(chosen) == 6
    basis = values[:, chosen]
    rest, *_ = np.linalg.lstsq(basis, values, rcond=None)
    np.testing.assert_allclose(basis @ rest, values, atol=1e-9)


def test_constant_columns_are_never_chosen_and_copies_only_once():
    random = np.random.default_rng(1)
    values = np.column_stack([np.full(100, 3.0), random.normal(size=(100, 3)), np.zeros(100)])
    values = np.column_stack([values, values[:, 1]])
    chosen = set(choose_columns(values, 6).tolist())
    assert 0 not in chosen
    assert 4 not in chosen
    assert len(chosen & {1, 5}) == 1
    assert {2, 3} <= chosen


def test_cheaper_columns_are_preferred():
    random = np.random.default_rng(2)
    column = random.normal(size=200)
    values = np.column_stack([column, column, random.normal(size=200)])
    chosen = choose_columns(values, 2, costs=np.array([9.0, 1.0, 1.0]))
    assert set(chosen.tolist()) == {1, 2}


def test_frames_that_look_alike_are_refused():
    with pytest.raises(InputError, match="alike"):
        choose_columns(np.ones((50, 4)), 2)


def test_candidates_are_distinct_ordered_and_within_reach():
    candidates = hydrogen_candidates(largest_cutoff_bohr=7.0)
    assert len({function.order for function in candidates}) == len(candidates) > 80
    assert [function.order for function in candidates] == sorted(function.order for function in candidates)
    assert max(function.cutoff for function in candidates) == 7.0
