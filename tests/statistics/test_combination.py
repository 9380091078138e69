import math

import pytest

from llpt.errors import InputError
from llpt.statistics import Estimate, weighted_mean


def test_weights_are_inverse_variances():
    mean = weighted_mean([Estimate(1.0, 0.1, "K", 10.0), Estimate(1.1, 0.2, "K", 5.0)])
    assert mean.value == pytest.approx((1.0 / 0.01 + 1.1 / 0.04) / (1.0 / 0.01 + 1.0 / 0.04))
    assert mean.error == pytest.approx((1.0 / 0.01 + 1.0 / 0.04) ** -0.5)
    assert mean.effective_samples == 15.0


def test_disagreement_enlarges_the_error():
    pair = [Estimate(0.0, 0.1, "", 10.0), Estimate(1.0, 0.1, "", 10.0)]
    assert weighted_mean(pair).error == pytest.approx(weighted_mean(pair, inflate=False).error * 50.0**0.5)


def test_estimates_without_error_have_no_weight():
    mean = weighted_mean([Estimate(5.0, math.nan, "", 1.0), Estimate(1.0, 0.1, "", 10.0)])
    assert mean.value == 1.0
    assert math.isnan(weighted_mean([Estimate(5.0, math.nan, "", 1.0)]).error)


def test_units_must_agree():
    with pytest.raises(InputError, match="one unit"):
        weighted_mean([Estimate(1.0, 0.1, "K", 1.0), Estimate(1.0, 0.1, "eV", 1.0)])
    with pytest.raises(InputError):
        weighted_mean([])
