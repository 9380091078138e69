import math

import pytest

from llpt.statistics import Estimate


def test_text_has_the_error_to_two_digits():
    assert str(Estimate(0.98765, 0.0123, "g/cm^3", 30.0)) == "0.988 ± 0.012 g/cm^3"
    assert str(Estimate(905.4, 21.0, "K", 30.0)) == "905 ± 21 K"
    assert str(Estimate(1.5, 0.0, "", math.inf)) == "1.5 (exact)"
    assert "unknown" in str(Estimate(1.5, math.nan, "K", 2.0))


def test_differences_add_errors_in_quadrature():
    difference = Estimate(3.0, 0.3, "K", 9.0).minus(Estimate(1.0, 0.4, "K", 4.0))
    assert difference == Estimate(2.0, 0.5, "K", 4.0)
    with pytest.raises(ValueError, match="subtract"):
        Estimate(1.0, 0.1, "K", 1.0).minus(Estimate(1.0, 0.1, "eV", 1.0))


def test_unknown_errors_resolve_nothing():
    known, unknown = Estimate(3.0, 0.1, "K", 9.0), Estimate(1.0, math.nan, "K", 1.0)
    assert not unknown.resolved
    assert not known.resolved_from(unknown)
    assert known.resolved_from(Estimate(1.0, 0.1, "K", 9.0))
    assert Estimate(2.0, 0.1, "K", 9.0).scaled(-2.0, "eV") == Estimate(-4.0, 0.2, "eV", 9.0)


def test_an_unknown_number_has_a_unit_and_nothing_else():
    unknown = Estimate.unknown("K")
    assert math.isnan(unknown.value)
    assert math.isnan(unknown.error)
    assert (unknown.unit, unknown.effective_samples) == ("K", 0.0)
    assert str(unknown) == "nan (error unknown) K"
