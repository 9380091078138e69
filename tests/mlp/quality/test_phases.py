"""Molecular fraction and the phase-differential bias."""

from dataclasses import replace

import numpy as np
import pytest

from llpt.mlp import measure_phase_bias, molecular_fraction, read_labels
from llpt.mlp.quality.phases import Phase, bias_weights, phase_design, phase_of, slope_weights


def test_molecular_fraction_of_known_structures():
    cell = 8.0 * np.eye(3)
    molecule = np.array([[0.1, 0.0, 0.0], [1.5, 0.0, 0.0]])
    assert molecular_fraction(molecule, cell) == 1.0
    split_by_the_boundary = np.array([[0.1, 0.0, 0.0], [6.7 + 8.0, 0.0, 0.0]])
    assert molecular_fraction(split_by_the_boundary, cell) == 1.0
    far = np.array([[0.0, 0.0, 0.0], [1.8, 0.0, 0.0]])
    assert molecular_fraction(far, cell) == 0.0
    trio = np.array([[0.0, 0.0, 0.0], [1.4, 0.0, 0.0], [2.95, 0.0, 0.0]])
    assert molecular_fraction(trio, cell) == pytest.approx(2.0 / 3.0)
    assert [phase_of(x) for x in (0.0, 0.5, 1.0)] == [Phase.ATOMIC, Phase.MIXED, Phase.MOLECULAR]


def dimer_frames(make_labelled, n_blocks=20):
    """Frames of five pairs at random density, a random share of them molecules."""
    random = np.random.default_rng(4)
    template = read_labels(make_labelled(1))[0][0]
    frames = []
    for block in range(n_blocks):
        for _ in range(6):
            edge = random.uniform(7.0, 8.0)
            cell = np.diag([5.0 * edge, edge, edge])
            bonds = np.where(random.uniform(size=5) < random.uniform(), 1.4, 2.4)
            starts = np.column_stack([edge * np.arange(5), np.zeros(5), np.zeros(5)])
            ends = starts + np.column_stack([bonds, np.zeros(5), np.zeros(5)])
            frames.append(replace(template, positions=np.vstack([starts, ends]), cell=cell, block=f"b{block}"))
    return frames


def test_a_known_bias_is_found_within_its_error(make_labelled):
    frames = dimer_frames(make_labelled)
    fractions, design = phase_design(frames)
    random = np.random.default_rng(5)
    mev = 1e-3 / 27.211386245988
    errors = (12.0 * fractions + 7.0 * design[:, 1] + 40.0 + random.normal(0.0, 3.0, len(frames))) * mev
    bias = measure_phase_bias(frames, errors)
    assert abs(bias.molecular.value - 12.0) < 3.0 * bias.molecular.error
    assert 0.2 < bias.molecular.error < 2.5
    assert bias.molecular.unit == "meV/atom"
    assert bias.fraction_range == (fractions.min(), fractions.max())
    weights = slope_weights(design)
    assert weights @ errors / mev == pytest.approx(bias.molecular.value, rel=1e-6)


def test_a_bias_without_contrast_is_not_determined(make_labelled):
    frames = [frame for frame in dimer_frames(make_labelled) if molecular_fraction(frame.positions, frame.cell) == 0.0]
    assert len(frames) > 3
    bias = measure_phase_bias(frames, np.zeros(len(frames)))
    assert not bias.molecular.resolved


def test_each_set_has_weights_that_fade_where_its_slope_is_uncertain(make_labelled):
    frames = dimer_frames(make_labelled)
    frames = [replace(frame, dataset="ab"[number % 2]) for number, frame in enumerate(frames)]
    fractions = phase_design(frames)[0]
    in_first = np.array([frame.dataset == "a" for frame in frames])
    errors = np.where(in_first, 3.0 * fractions, -5.0 * fractions) + np.where(in_first, 0.0, 2.0)
    sure = bias_weights(frames, energy_scales=np.full(len(frames), 1e-9), scale=1.0)
    assert sure[in_first] @ errors[in_first] == pytest.approx(3.0)
    assert sure[~in_first] @ errors[~in_first] == pytest.approx(-5.0)
    spread = np.linalg.norm(sure[in_first])
    unsure = bias_weights(frames, energy_scales=np.full(len(frames), 2.0), scale=1.0)
    assert unsure[in_first] @ errors[in_first] == pytest.approx(3.0 / np.hypot(1.0, 2.0 * spread))
    assert not bias_weights(frames[:4], energy_scales=np.ones(4), scale=1.0).any()
