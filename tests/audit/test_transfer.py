"""Errors outside of the training."""

import pytest

from llpt.audit import Beyond, TrainedQuantity, label_with_answers, trained_ranges, transfer_errors
from llpt.errors import InputError

from .labels_for_tests import hydrogen, phase_set, wrong


def test_a_bias_outside_of_the_trained_densities_sizes_and_temperatures_is_found():
    inside = phase_set([hydrogen(molecular=False, seed=seed) for seed in range(8)], noise_ev=0.01)
    dense = phase_set(
        [hydrogen(molecular=False, seed=seed, density=1.3) for seed in range(8)],
        bias_ev_per_atom=0.008,
        force_factor=1.5,
        noise_ev=0.01,
    )
    large = phase_set(
        [hydrogen(molecular=False, seed=seed, atoms=24) for seed in range(8)], bias_ev_per_atom=-0.004, noise_ev=0.01
    )
    trained = {
        TrainedQuantity.DENSITY: (0.8, 1.1),
        TrainedQuantity.ATOMS: (8.0, 16.0),
        TrainedQuantity.TEMPERATURE: (800.0, 1000.0),
    }
    rows = {(row.quantity, row.place): row for row in transfer_errors([inside, dense, large], trained)}
    above = rows[TrainedQuantity.DENSITY, Beyond.ABOVE]
    assert above.frames == 8
    assert above.energy.value == pytest.approx(8.0 + 2.0, abs=1.0)  # those inside have 0 and -4: -2 in the mean
    assert above.force_error_ev_per_angstrom > 0.4 * above.force_ev_per_angstrom
    assert rows[TrainedQuantity.DENSITY, Beyond.INSIDE].energy.value == 0.0
    assert rows[TrainedQuantity.ATOMS, Beyond.ABOVE].energy.value == pytest.approx(-4.0 - 4.0, abs=1.0)
    assert (TrainedQuantity.TEMPERATURE, Beyond.ABOVE) not in rows
    with pytest.raises(InputError, match="no doubly labelled"):
        transfer_errors([], trained)


def test_ranges_are_those_of_the_training_frames():
    frames = [hydrogen(molecular=False, seed=seed, atoms=atoms) for seed, atoms in enumerate((8, 16, 12))]
    ranges = trained_ranges(frames)
    assert ranges[TrainedQuantity.ATOMS] == (8.0, 16.0)
    assert TrainedQuantity.TEMPERATURE not in ranges
    for frame, temperature in zip(frames, (700.0, 900.0, 800.0), strict=True):
        frame.info["temperature_k"] = temperature
    assert trained_ranges(frames)[TrainedQuantity.TEMPERATURE] == (700.0, 900.0)


def test_the_mean_of_a_committee_is_what_errs():
    """One member too high and one too low by as much: the mean of the two is right, of whatever size the frames are."""
    frames = [hydrogen(molecular=False, seed=seed, atoms=atoms) for seed, atoms in enumerate((8, 16) * 4)]
    answers = [[wrong(frame, bias_ev_per_atom=bias) for frame in frames] for bias in (0.1, -0.1)]
    (inside,) = transfer_errors(label_with_answers(frames, answers), {TrainedQuantity.ATOMS: (8.0, 16.0)})
    assert inside.frames == 8
    assert inside.energy.error == pytest.approx(0.0, abs=1e-9)
    assert inside.force_error_ev_per_angstrom == pytest.approx(0.0, abs=1e-12)
    assert inside.pressure.value == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(InputError, match="does not say its temperature"):
        transfer_errors(label_with_answers(frames, answers), {TrainedQuantity.TEMPERATURE: (800.0, 900.0)})
