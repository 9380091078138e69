"""g(r) held against g(r): what is left of |g' - g| beside the noise, and how much of the curve lies elsewhere."""

from dataclasses import replace

import numpy as np
import pytest

from llpt.audit import Outcome, Thresholds, compare
from llpt.audit.radial import integrated_difference
from llpt.statistics import Estimate
from llpt.transition import LinePoint, Profile, locate, synthetic_isobar

R = np.arange(0.01, 2.6, 0.02)
GRID_K = tuple(np.arange(700.0, 1201.0, 50.0))
NOISE = 0.05


def fluid(molecular):
    """Return g(r) of a fluid of molecules in part: a peak at 0.74 Å, and atoms farther than 1.2 Å."""
    return molecular * 3.0 * np.exp(-0.5 * ((R - 0.74) / 0.07) ** 2) + 1.0 / (1.0 + np.exp(-(R - 1.25) / 0.08))


def profile(molecular, seed, noise=NOISE):
    random = np.random.default_rng(seed)
    return Profile(R, fluid(molecular) + noise * random.normal(size=R.size), np.full(R.size, noise))


def point(molecular, seed, **options):
    estimates = {"rdf_peak_height": Estimate(3.0 * molecular, 0.05, "", 40.0, 20.0)}
    return LinePoint(900.0, estimates, 2000.0, pair_correlation=profile(molecular, seed, **options))


def test_noise_alone_is_no_difference_and_stays_within_its_error():
    found = [integrated_difference(point(0.8, 2 * seed), point(0.8, 2 * seed + 1)) for seed in range(40)]
    assert all(each.value < each.error for each in found)
    assert np.mean([each.value for each in found]) < 0.2 * found[0].error


def test_a_difference_is_the_share_of_the_curve_that_lies_elsewhere():
    inside = R < 2.2
    exact = 100.0 * np.abs(fluid(0.6) - fluid(0.8))[inside].sum() / fluid(0.8)[inside].sum()
    found = integrated_difference(point(0.8, 1, noise=1e-6), point(0.6, 2, noise=1e-6))
    assert found.value == pytest.approx(exact, rel=0.02)
    noisy = [integrated_difference(point(0.8, 2 * seed), point(0.6, 2 * seed + 1)) for seed in range(20)]
    assert all(abs(each.value - exact) < 2.0 * each.error for each in noisy)


def test_without_g_of_r_of_both_there_is_no_difference():
    assert integrated_difference(point(0.8, 1), replace(point(0.8, 2), pair_correlation=None)) is None


def test_atoms_without_a_neighbour_within_reach_have_no_difference():
    far = point(0.8, 1)
    empty = replace(far.pair_correlation, values=np.zeros_like(far.pair_correlation.values))
    assert integrated_difference(replace(far, pair_correlation=empty), point(0.8, 2)) is None


def side(molecular_of, seed):
    isobar = synthetic_isobar(GRID_K, place_k=925.0, width_k=0.0, seed=seed, noise=2e-4)
    points = []
    for number, each in enumerate(isobar.points):
        peak = Estimate(1.0, 0.05, "", 40.0, 20.0)
        curve = profile(molecular_of(each.coordinate), 100 * seed + number, noise=0.01)
        estimates = {**each.estimates, "rdf_peak_height": peak}
        points.append(replace(each, estimates=estimates, pair_correlation=curve))
    return locate(replace(isobar, points=tuple(points)))


def reference_share(temperature_k):
    return 0.8 if temperature_k < 925.0 else 0.2


def test_it_is_one_curve_that_is_shown_and_judged_where_asked_for():
    reference = side(reference_share, 1)
    (shown,) = [
        each
        for each in compare([reference], [side(reference_share, 2)], Thresholds()).comparisons
        if each.quantity == "g(r) (curve)"
    ]
    assert shown.outcome is Outcome.FAITHFUL
    assert not shown.judged
    asked = Thresholds(judge=("g(r)",))
    assert compare([reference], [side(reference_share, 2)], asked).value is Outcome.FAITHFUL
    dissolved = side(lambda temperature_k: 0.5 * reference_share(temperature_k), 3)
    verdict = compare([reference], [dissolved], asked)
    assert verdict.value is Outcome.NOT_FAITHFUL
    assert "Integral of |Δg(r)|" in verdict.reasons[0]


def test_the_difference_at_each_state_stands_beside_the_curve_and_is_not_judged():
    dissolved = side(lambda temperature_k: 0.5 * reference_share(temperature_k), 3)
    verdict = compare([side(reference_share, 1)], [dissolved], Thresholds(judge=("g(r)",)))
    shown = [each for each in verdict.comparisons if each.quantity == "g(r)"]
    assert [each.temperature_k for each in shown] == list(GRID_K)
    assert all(each.of_one_state and not each.judged for each in shown)
    (curve,) = [each for each in verdict.comparisons if each.quantity == "g(r) (curve)"]
    assert not curve.of_one_state
    assert max(each.difference.value for each in shown) >= curve.difference.value
    beyond = [each for each in shown if each.outcome is Outcome.NOT_FAITHFUL]
    assert any(f"g(r) at {', '.join(f'{each.temperature_k:g}' for each in beyond)} K" in why for why in verdict.reasons)
