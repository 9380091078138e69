"""A Hamiltonian between two: the weighted mean of both, and the labels of the reference that follow from it."""

import numpy as np
import pytest

from llpt.engines import MixedEngine, evaluate, make_engine
from llpt.errors import InputError
from llpt.structure import atomic_fluid, label_of
from llpt.study.nodes.coupled import reference_labels

SPEC = "ase:ase.calculators.lj.LennardJones"


def lennard_jones(epsilon):
    return make_engine(SPEC, {"sigma": 0.9, "epsilon": epsilon, "rc": 2.0, "smooth": True})


@pytest.fixture
def frames():
    return [atomic_fluid(atoms=12, density_g_per_cm3=0.7, seed=seed) for seed in range(3)]


@pytest.mark.parametrize("coupling", [0.0, 0.25, 1.0])
def test_it_is_the_weighted_mean_of_both(frames, coupling):
    weak, strong = lennard_jones(0.02), lennard_jones(0.03)
    mixed = MixedEngine(weak, strong, coupling=coupling)
    exact = evaluate(frames, lennard_jones(0.02 + 0.01 * coupling))
    for found, wanted in zip(evaluate(frames, mixed), exact, strict=True):
        for name in ("energy", "free_energy", "forces", "stress"):
            np.testing.assert_allclose(label_of(found, name), label_of(wanted, name), rtol=1e-9, atol=1e-12)
    last = label_of(evaluate(frames, weak)[-1], "free_energy")
    assert mixed.difference_ev == pytest.approx(0.5 * last)
    assert mixed.describe().options["coupling"] == coupling


def test_labels_of_the_reference_follow_from_the_mixture(frames):
    weak, strong = lennard_jones(0.02), lennard_jones(0.03)
    mixed = evaluate(frames, MixedEngine(weak, strong, coupling=0.4))
    found = reference_labels(mixed, evaluate(frames, weak), 0.4, 900.0)
    for one, other in zip(found, evaluate(frames, strong), strict=True):
        assert one.info["electronic_temperature_k"] == 900.0
        for name in ("energy", "free_energy", "forces", "stress"):
            np.testing.assert_allclose(label_of(one, name), label_of(other, name), rtol=1e-8, atol=1e-10)


def test_a_coupling_beyond_the_two_is_refused():
    with pytest.raises(InputError, match="not between"):
        MixedEngine(lennard_jones(0.02), lennard_jones(0.03), coupling=1.5)
