import numpy as np
import pytest
from ase.build import bulk

from llpt.observables import StructureFactor


def measure(make_trajectory, frames, edge):
    factor = StructureFactor(edge * np.eye(3))
    for block in make_trajectory(frames, edge).blocks(10):
        factor.add(block)
    return factor


def test_ideal_gas_is_one(make_trajectory):
    # A cell so small that freud takes every wave vector: in a larger one it draws some of them, without a seed.
    edge = 4.0
    frames = np.random.default_rng(1).uniform(size=(400, 200, 3)) * edge
    values = (factor := measure(make_trajectory, frames, edge)).mean()
    assert np.nanmean(values[factor.k_per_angstrom > 2.0]) == pytest.approx(1.0, abs=0.03)


def test_crystal_has_bragg_peaks_that_grow_with_size(make_trajectory):
    heights = []
    for repeats in (3, 4):
        atoms = bulk("H", "sc", a=2.0).repeat(repeats)
        factor = measure(make_trajectory, atoms.positions[None], 2.0 * repeats)
        values = factor.mean()
        peak = factor.k_per_angstrom[np.nanargmax(values)]
        assert min(abs(peak - np.pi * length) for length in np.sqrt([1, 2, 3, 4, 5, 6])) < 0.08
        heights.append(np.nanmax(values))
    assert heights[1] > 1.5 * heights[0]
