"""Averages carried from one Hamiltonian to another, against harmonic crystals."""

import numpy as np
import pytest

from llpt import units
from llpt.bridge import DifferenceSamples, Reach, carried_average
from llpt.errors import InputError

TEMPERATURE = 900.0
THERMAL = units.BOLTZMANN_EV_PER_K * TEMPERATURE
SPRINGS = 24


def run(ratio: float, count: int, seed: int) -> tuple[np.ndarray, DifferenceSamples]:
    squares = np.random.default_rng(seed).chisquare(SPRINGS, size=count) * THERMAL
    return squares / SPRINGS, DifferenceSamples(0.5 * (ratio - 1.0) * squares, 8, TEMPERATURE, 0.0)


def test_reweighted_average() -> None:
    pulls = []
    for seed in range(60):
        observable, samples = run(1.15, 300, seed)
        found = carried_average(observable, samples, "Å²")
        assert found.reach is Reach.REWEIGHTED
        pulls.append((found.value.value - THERMAL / 1.15) / found.value.error)
    assert 0.75 < np.std(pulls) < 1.35


def test_first_order_where_few_samples_are_all_near() -> None:
    observable, samples = run(1.05, 18, 3)
    found = carried_average(observable, samples, "Å²")
    assert found.reach is Reach.FIRST_ORDER
    assert abs(found.value.value - THERMAL / 1.05) < 4.0 * found.value.error


def test_too_far_is_not_resolved() -> None:
    observable, samples = run(3.0, 200, 4)
    found = carried_average(observable, samples, "Å²")
    assert found.reach is Reach.NONE
    assert not found.value.resolved
    assert "are needed" in found.reason


def test_lengths_must_agree() -> None:
    observable, samples = run(1.1, 30, 5)
    with pytest.raises(InputError, match="one value for each"):
        carried_average(observable[:-1], samples, "Å²")
