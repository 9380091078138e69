"""Errors outside of the training, and a committee that knows or does not know its error."""

import numpy as np
import pytest

from llpt.audit import Beyond, TrainedQuantity, spread_calibration, transfer_errors
from llpt.errors import InputError

from .labels_for_tests import hydrogen, phase_set


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


@pytest.mark.parametrize("factor", [1.0, 3.0])
def test_a_committee_that_is_too_sure_has_a_slope_above_one(factor):
    random = np.random.default_rng(1)
    spread = np.exp(random.normal(-3.0, 0.7, 2000))
    found = spread_calibration(spread, factor * spread * random.normal(size=2000))
    assert abs(found.slope.value - factor) < 3.0 * found.slope.error
    assert found.slope.error < 0.1 * factor
    assert found.rank_correlation > 0.3
    assert (np.diff(found.spreads) > 0.0).all()


def test_a_committee_that_knows_nothing_has_no_rank_correlation():
    random = np.random.default_rng(2)
    found = spread_calibration(np.exp(random.normal(size=2000)), random.normal(size=2000))
    assert abs(found.rank_correlation) < 0.1


def test_too_few_frames_make_no_curve():
    with pytest.raises(InputError, match="do not make a curve"):
        spread_calibration(np.ones(20), np.ones(20))
