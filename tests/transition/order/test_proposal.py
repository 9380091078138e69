import numpy as np
import pytest

from llpt.transition import locate, synthetic_isobar
from llpt.transition.order import rounding_width_k, what_would_decide

COARSE_K = tuple(np.arange(500.0, 1301.0, 100.0))


def test_decided_isobar_needs_nothing():
    fine = tuple(np.arange(860.0, 961.0, 5.0))
    width = rounding_width_k(912.0, n_atoms=512, enthalpy_jump_ev=0.06)
    up, down = (
        locate(synthetic_isobar(fine, place_k=912.0, width_k=width, seed=seed, noise=0.0005)) for seed in (1, 2)
    )
    assert what_would_decide(up, back=down) == []
    assert any("walked back" in proposal.sentence for proposal in what_would_decide(up))


def test_coarse_grid_is_told_where_to_look_and_at_which_sizes():
    isobar = locate(synthetic_isobar(COARSE_K, place_k=912.0, width_k=0.0, seed=1, noise=0.0005))
    proposals = what_would_decide(isobar)
    temperatures = [value for proposal in proposals for value in proposal.temperatures_k]
    assert min(temperatures) < 912.0 < max(temperatures)
    assert np.diff(sorted(temperatures)).max() < 60.0
    assert (1024, 2048) in [proposal.sizes for proposal in proposals]


def test_noise_is_answered_with_time():
    isobar = locate(synthetic_isobar(COARSE_K, place_k=912.0, width_k=0.0, seed=1, noise=0.01))
    times = [proposal.picoseconds for proposal in what_would_decide(isobar) if proposal.picoseconds]
    assert times
    assert times[0] > 2.0
    assert not any("e+" in proposal.sentence for proposal in what_would_decide(isobar))


def test_correlated_runs_are_answered_with_correlation_times():
    isobar = locate(synthetic_isobar(COARSE_K, place_k=5000.0, width_k=1.0, seed=1, noise=0.0001, production_fs=400.0))
    times = [proposal.picoseconds for proposal in what_would_decide(isobar) if proposal.picoseconds]
    assert times[0] >= 0.4 * 50.0 / 40.0 * 0.99


def test_solids_are_sent_above_the_melting_line():
    isobar = locate(synthetic_isobar(COARSE_K, place_k=912.0, width_k=0.0, seed=1, solid=[True] * len(COARSE_K)))
    (proposal,) = what_would_decide(isobar)
    assert "melting" in proposal.sentence
    assert proposal.picoseconds is None


@pytest.mark.parametrize("noise", [0.0005, 0.005])
def test_sentences_are_for_people(noise):
    isobar = locate(synthetic_isobar(COARSE_K, place_k=912.0, width_k=0.0, seed=2, noise=noise))
    assert all(proposal.sentence.endswith(".") for proposal in what_would_decide(isobar))
