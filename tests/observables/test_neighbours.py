"""Nearest neighbours by the compiled cells and by freud, both against all pairs of all images."""

import itertools

import numpy as np
import pytest

from llpt.observables import mutual_partners, nearest_neighbours
from llpt.observables import neighbours as module

TRICLINIC = np.array([[9.0, 0.0, 0.0], [2.5, 8.0, 0.0], [-1.5, 1.7, 10.0]])


def brute_force(positions, cell):
    shifts = np.array(list(itertools.product(range(-1, 2), repeat=3))) @ cell
    fractions = positions @ np.linalg.inv(cell)
    wrapped = (fractions - np.floor(fractions)) @ cell
    vectors = wrapped[None, :, None] - wrapped[:, None, None] + shifts
    distances = np.linalg.norm(vectors, axis=-1).min(axis=-1)
    np.fill_diagonal(distances, np.inf)
    return distances.argmin(axis=1), distances.min(axis=1)


@pytest.mark.parametrize("cell", [9.0 * np.eye(3), TRICLINIC], ids=["cubic", "triclinic"])
@pytest.mark.parametrize("fewest", [3, 10**9], ids=["cells", "freud"])
def test_nearest_neighbours_are_those_of_all_pairs(cell, fewest, monkeypatch):
    monkeypatch.setattr(module, "FEWEST_CELLS", fewest)
    random = np.random.default_rng(2)
    positions = random.uniform(-30.0, 30.0, (200, 3))
    cutoff = 1.0
    nearest, distances = nearest_neighbours(positions, cell, cutoff)
    expected, separations = brute_force(positions, cell)
    within = separations < cutoff
    assert 0.2 < within.mean() < 0.9
    assert (nearest[within] == expected[within]).all()
    assert distances[within] == pytest.approx(separations[within], abs=1e-4)
    assert (nearest[~within] == -1).all()
    assert np.isinf(distances[~within]).all()


def test_a_pair_across_a_face_is_one():
    cell = 6.0 * np.eye(3)
    positions = np.array([[0.1, 3.0, 3.0], [5.6, 3.0, 3.0], [3.0, 3.0, 3.0]])
    assert list(mutual_partners(positions, cell, 0.9)) == [1, 0, -1]
