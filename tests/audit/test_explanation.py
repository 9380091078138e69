"""A shift predicted from labels is held against the one that was observed, in a sentence."""

import pytest

from llpt.audit.explanation import ShiftAgreement, explain
from llpt.statistics import Estimate

from .labels_for_tests import gaussian_sets

BIAS_EV_PER_ATOM = 0.004
LATENT = Estimate(0.060, 0.001, "eV/atom", 50.0)
VOLUME = Estimate(-0.05, 0.002, "Å³/atom", 50.0)
EXACT_K = 900.0 * BIAS_EV_PER_ATOM / (LATENT.value - BIAS_EV_PER_ATOM)


def explained(spread_ev, observed=None):
    low = gaussian_sets(0.5, spread_ev, seed=1)
    high = gaussian_sets(0.5 + BIAS_EV_PER_ATOM, spread_ev, seed=2)
    return explain(low, high, enthalpy_ev_per_atom=LATENT, volume_angstrom3_per_atom=VOLUME, observed=observed)


def test_agreement_and_disagreement_are_findings():
    found = explained(0.05, Estimate(EXACT_K + 5.0, 12.0, "K", 20.0))
    assert abs(found.temperature.value.value - EXACT_K) < 3.0 * found.temperature.value.error
    assert found.finding is ShiftAgreement.AGREE
    assert "explains it" in found.sentence
    far = explained(0.05, Estimate(EXACT_K + 200.0, 12.0, "K", 20.0))
    assert far.finding is ShiftAgreement.DISAGREE
    assert "errors away" in far.sentence
    assert far.pressure.value.value > 0.0


def test_what_is_not_known_well_decides_nothing():
    assert explained(0.05).finding is ShiftAgreement.OPEN
    vague = explained(0.05, Estimate(EXACT_K, 80.0, "K", 6.0))
    assert vague.finding is ShiftAgreement.OPEN
    assert "40 K" in vague.sentence
    apart = explained(2.0, Estimate(EXACT_K, 10.0, "K", 20.0))
    assert apart.finding is ShiftAgreement.OPEN
    assert apart.low.jeffreys_per_atom.value > 10.0
    assert apart.labels > explained(0.05).labels


def test_the_number_of_labels_is_said():
    found = explained(0.05)
    spread = 0.05 * 900.0 / (25.0 * 16 * LATENT.value)
    assert found.labels == pytest.approx(spread**2, abs=2.0)
