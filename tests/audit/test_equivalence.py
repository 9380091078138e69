import math

import numpy as np
import pytest

from llpt.audit import Outcome, combined_outcome, outcome_of
from llpt.audit.equivalence import error_needed
from llpt.statistics import Estimate


def difference(value, error):
    return Estimate(value, error, "%", 30.0)


def test_three_outcomes():
    assert outcome_of(difference(0.1, 0.2), 1.0, confidence=0.95) is Outcome.FAITHFUL
    assert outcome_of(difference(-3.0, 0.5), 1.0, confidence=0.95) is Outcome.NOT_FAITHFUL
    assert outcome_of(difference(0.1, 2.0), 1.0, confidence=0.95) is Outcome.NOT_RESOLVED
    assert outcome_of(difference(0.0, math.nan), 1.0, confidence=0.95) is Outcome.NOT_RESOLVED


def test_error_rates_are_those_stated():
    random = np.random.default_rng(1)
    at_threshold = 1.0 + 0.3 * random.normal(size=4000)
    faithful = np.mean([outcome_of(difference(v, 0.3), 1.0, confidence=0.95) is Outcome.FAITHFUL for v in at_threshold])
    different = np.mean(
        [outcome_of(difference(v, 0.3), 1.0, confidence=0.95) is Outcome.NOT_FAITHFUL for v in at_threshold]
    )
    assert faithful == pytest.approx(0.05, abs=0.012)
    assert different == pytest.approx(0.05, abs=0.012)


def test_any_of_many_is_corrected_for_their_number():
    random = np.random.default_rng(2)
    wrong = 0
    for _ in range(2000):
        values = 1.0 + 0.3 * random.normal(size=8)
        outcomes = [outcome_of(difference(v, 0.3), 1.0, confidence=0.95, among=8) for v in values]
        wrong += combined_outcome(outcomes) is Outcome.NOT_FAITHFUL
    assert wrong / 2000 <= 0.065


def test_together():
    assert combined_outcome([]) is Outcome.NOT_RESOLVED
    assert combined_outcome([Outcome.FAITHFUL, Outcome.NOT_RESOLVED]) is Outcome.NOT_RESOLVED
    assert combined_outcome([Outcome.FAITHFUL, Outcome.NOT_FAITHFUL, Outcome.NOT_RESOLVED]) is Outcome.NOT_FAITHFUL


def test_error_needed_would_decide():
    for value in (0.2, 3.0, 1.05):
        needed = error_needed(difference(value, 5.0), 1.0, confidence=0.95)
        outcome = outcome_of(difference(value, 0.999 * needed), 1.0, confidence=0.95)
        assert outcome is not Outcome.NOT_RESOLVED or abs(value - 1.0) < 0.1
