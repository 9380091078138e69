"""One curve against another as one comparison."""

import math
from dataclasses import replace

import numpy as np
import pytest

from llpt.audit.curve_test import curve_contrast, curve_test, phase_difference, shift_allowances
from llpt.audit.equivalence import Outcome, combined_outcome, outcome_of
from llpt.audit.requirements import OpenComparison
from llpt.audit.verdict import Comparison
from llpt.statistics import Estimate, weighted_mean
from llpt.transition import Coordinate, synthetic_isobar

T = np.arange(600.0, 1201.0, 50.0)
ALL = np.ones(T.size, dtype=bool)


def differences(values, error=0.2):
    return [Estimate(float(value), error, "%", 30.0) for value in values]


def test_the_fitted_curve_is_better_known_than_its_points():
    found = curve_test(T, differences(0.3 + 0.1 * (T - 900.0) / 300.0), None, judged=ALL)
    assert found.fits
    assert [part.value for part in found.parts] == pytest.approx(0.3 + 0.1 * (T - 900.0) / 300.0)
    assert max(part.error for part in found.parts) < 0.2
    assert 1.0 <= found.independent < len(T)


def test_the_points_of_a_fit_stand_beside_it_less_what_is_subtracted():
    values, above = 0.3 + 0.1 * (T - 900.0) / 300.0, T == 1200.0
    found = curve_test(T, differences(values), None, judged=ALL, offset_from=above)
    assert [point.value for point in found.points] == pytest.approx(values - values[-1])
    assert found.points[0].error == pytest.approx(0.2 * math.sqrt(2.0))
    assert (found.points[-1].value, found.points[-1].error) == (0.0, 0.0)
    assert len(found.points) == len(found.parts)
    poor = curve_test(T, differences(np.where(T == 900.0, 3.0, 0.0)), None, judged=ALL)
    assert poor.points == ()


def test_only_the_full_confidence_keeps_a_difference_at_one_state_from_passing():
    """Noise of a fifth of the threshold, one state of 13 at it: a third passes by the fit, one of seven at 84 %."""
    random, passed = np.random.default_rng(5), dict.fromkeys(("fit", 0.84, 0.95), 0)
    for _ in range(400):
        values = 0.2 * random.normal(size=T.size) + (np.arange(T.size) == random.integers(T.size))
        found = curve_test(T, differences(values), (T > 900.0).astype(float), judged=ALL)
        fit = all(outcome_of(part, 1.0, confidence=0.95) is Outcome.FAITHFUL for part in found.parts)
        passed["fit"] += fit
        for level in (0.84, 0.95):
            passed[level] += fit and all(abs(each.value) + each.half_width(level) < 1.0 for each in found.points)
    assert passed["fit"] > 100
    assert passed[0.84] > 35
    assert passed[0.95] <= 27


def test_what_it_takes_is_the_length_at_which_every_point_is_proven_with_even_odds():
    random = np.random.default_rng(6)
    drawn = curve_test(T, differences(0.5 * random.normal(size=T.size), 0.5), None, judged=ALL)
    contrast = curve_contrast(drawn, "Made", 0.95, Coordinate.TEMPERATURE)
    open_ = OpenComparison(comparison_of(contrast), 1.0, contrast)
    longer = open_.longer(0.95)
    without = replace(contrast, points=(), places=())
    assert OpenComparison(open_.comparison, 1.0, without).longer(0.95) < 0.5 * longer
    error, proven = 0.5 / math.sqrt(longer), 0
    fitted = np.array([part.value for part in drawn.parts])
    for _ in range(200):
        found = curve_test(T, differences(fitted + error * random.normal(size=T.size), error), None, judged=ALL)
        points = found.points or found.parts
        proven += all(outcome_of(point, 1.0, confidence=0.95) is Outcome.FAITHFUL for point in points)
    assert 80 <= proven <= 180


def comparison_of(contrast):
    return Comparison(
        quantity="made",
        pressure_gpa=200.0,
        reference_atoms=256,
        surrogate_atoms=256,
        temperature_k=None,
        difference=contrast.difference,
        threshold=1.0,
        outcome=Outcome.NOT_RESOLVED,
        judged=True,
        sentence=contrast.sentence,
    )


def test_its_errors_are_those_of_the_scatter():
    random = np.random.default_rng(3)
    above = T > 1000.0
    pulls = []
    for _ in range(300):
        found = curve_test(T, differences(0.2 * random.normal(size=T.size)), None, judged=ALL, offset_from=above)
        pulls += [found.parts[0].value / found.parts[0].error] if found.fits else []
    assert np.std(pulls) == pytest.approx(1.0, abs=0.12)


def test_what_is_no_line_keeps_its_points():
    bump = np.where(T == 900.0, 3.0, 0.0)
    found = curve_test(T, differences(bump), None, judged=ALL)
    assert not found.fits
    assert found.parts[6].value == pytest.approx(3.0)
    assert found.parts[6].error == pytest.approx(0.2)


def test_an_offset_of_points_that_disagree_is_never_exact():
    found = curve_test(T[:3], differences([0.0, 1.2, 2.4], 0.1), None, judged=ALL[:3], offset_from=ALL[:3])
    assert all(part.error > 0.05 for part in found.parts)


def test_a_shift_that_is_allowed_is_no_difference_of_curves_whose_offset_is_taken_where_they_step():
    """A step of 5 % moved by the 50 K that are allowed, the offset taken at the step: 27 of 400 is 5 % and 1.6 errors.

    The subtracted points move by the shift as well, and with them every point of the curve.
    """
    random, wrong = np.random.default_rng(8), 0
    grid = np.arange(700.0, 1101.0, 50.0)
    base, moved = (1.0 + 0.025 * (1.0 + np.tanh((grid - place) / 15.0)) for place in (1065.0, 1015.0))
    shift = 100.0 * (moved / base - 1.0)
    step = synthetic_isobar(grid, place_k=1065.0, width_k=15.0, seed=1).curve("density")
    allowances = 100.0 * shift_allowances(replace(step, values=base), grid, 50.0) / base
    for _ in range(400):
        noisy = differences(shift + 0.3 * random.normal(size=grid.size), 0.3)
        found = curve_test(grid, noisy, None, judged=grid < 1040.0, offset_from=grid > 1040.0, allowances=allowances)
        outcomes = [
            outcome_of(part, 1.0, confidence=0.95, among=found.independent, allowance=allowance)
            for part, allowance in zip(found.parts, found.allowances, strict=True)
        ]
        wrong += combined_outcome(outcomes) is Outcome.NOT_FAITHFUL
    assert wrong <= 27


def test_unknown_points_take_no_part():
    nothing = [Estimate(0.1, math.nan, "%", 2.0)] * 3
    assert curve_test(T[:3], nothing, None, judged=ALL[:3]) is None
    assert phase_difference(nothing, ALL[:3], ~ALL[:3]) is None


def test_a_bias_between_the_phases_is_its_mean_difference():
    values = np.where(T > 900.0, 5.0, 2.0)
    found = phase_difference(differences(values), T < 880.0, T > 920.0)
    one = phase_difference(differences(values), T == 600.0, T == 1200.0)
    assert (one.value, one.error) == (pytest.approx(3.0), pytest.approx(0.2 * math.sqrt(2.0)))
    assert phase_difference(differences(values), T < 0.0, T > 920.0) is None
    assert found.value == pytest.approx(3.0)
    assert found.error == pytest.approx(0.2 * math.hypot((T < 880.0).sum() ** -0.5, (T > 920.0).sum() ** -0.5))


def test_a_shift_that_is_still_allowed_is_not_a_difference():
    base = synthetic_isobar(T, place_k=905.0, width_k=40.0, seed=1, noise=1e-6).curve("density")
    moved = synthetic_isobar(T, place_k=945.0, width_k=40.0, seed=1, noise=1e-6).curve("density")
    assert (np.abs(moved.values - base.values) <= shift_allowances(base, T, 50.0) + 1e-4).all()


@pytest.mark.parametrize(("fewest", "most"), [(2.4, 5.0), (5.0, 10.7)])
def test_weights_from_errors_that_are_poorly_known_do_not_make_a_phase_look_well_known(fewest, most):
    """Of Gaussian points 5 % lie beyond a one-sided 95 % and 0.5 % beyond 99.5 %; without ``widening`` 10 and 2.2 %."""
    random = np.random.default_rng(11)
    below = np.arange(10) < 5

    def drawn():
        sigma, degrees = random.uniform(0.7, 1.4), random.uniform(fewest, most)
        deviation = sigma * np.sqrt(random.chisquare(degrees) / degrees)
        return Estimate.of_deviation(sigma * random.normal(), deviation, "", 2.0 * degrees, degrees)

    beyond = np.zeros(2)
    for _ in range(1500):
        found = phase_difference([drawn().minus(drawn()) for _ in range(10)], below, ~below)
        beyond += [abs(found.value) > found.half_width(level) for level in (0.95, 0.995)]
    assert beyond[0] / 3000 < 0.07
    assert beyond[1] / 3000 < 0.012


def test_a_point_that_takes_part_in_the_zero_is_known_no_better_where_errors_are_poorly_known():
    def half_width(degrees):
        points = [Estimate.of_deviation(0.0, 1.0, "", 100.0, each) for each in (degrees, math.inf)]
        both = np.ones(2, dtype=bool)
        return curve_test(np.array([0.0, 1.0]), points, None, judged=both, offset_from=both).parts[0].half_width(0.975)

    assert half_width(2.0) > 1.1 * half_width(math.inf)


@pytest.mark.parametrize("degrees", [2.0, 4.0])
def test_errors_of_few_walks_prove_no_difference_that_is_not_there(degrees):
    """Nine points of no difference, known by three or five walks; 1/error² would let the luckiest of them rule."""
    random = np.random.default_rng(4)
    grid, outside, mean_outside, cases = np.linspace(700.0, 1100.0, 9), 0, 0, 300
    for _ in range(cases):
        deviations = np.sqrt(random.chisquare(degrees, size=9) / degrees)
        found = [Estimate.of_deviation(random.normal(), each, "", 30.0, degrees) for each in deviations]
        test = curve_test(grid, found, None, judged=np.ones(9, dtype=bool))
        level = 1.0 - 0.025 / test.independent
        outside += any(abs(part.value) > part.half_width(level) for part in test.parts)
        mean = weighted_mean(found)
        mean_outside += abs(mean.value) > mean.half_width(0.975)
    assert 0.005 < outside / cases < 0.09
    assert mean_outside / cases < 0.06


def test_a_fit_does_not_carry_what_a_shift_may_do_to_where_it_may_not():
    """The first peak of 64 atoms at 200 GPa, and a copy that changes 50 K lower, which is allowed.

    The copy differs by 35 % at 850 K and by 5 % at 800 K, where a straight line through all points would say more.
    """
    random = np.random.default_rng(0)
    grid, peaks = np.arange(800.0, 1001.0, 50.0), np.array([1.75, 1.67, 1.09, 0.91, 0.82])
    errors = np.array([9.6, 5.0, 7.5, 3.8, 4.4])
    step = synthetic_isobar(grid.tolist(), place_k=875.0, width_k=20.0, seed=1).curve("density")
    own = 100.0 * shift_allowances(replace(step, values=peaks), grid, 50.0) / peaks
    shifted = 100.0 * (np.append(peaks[1:], 0.80) / peaks - 1.0)
    copies, lower = 0, 0
    for _ in range(200):
        noisy = [
            Estimate(value, error, "%", 100.0)
            for value, error in zip(shifted + errors * random.normal(size=5), errors, strict=True)
        ]
        test = curve_test(grid, noisy, None, judged=np.ones(5, dtype=bool), allowances=own)
        copies += proven(test, test.allowances)
        assert not test.fits
        gone = [replace(each, value=each.value - change - 75.0) for each, change in zip(noisy, shifted, strict=True)]
        test = curve_test(grid, gone, None, judged=np.ones(5, dtype=bool), allowances=own)
        lower += proven(test, test.allowances)
    assert copies <= 10
    assert lower > 190  # a peak that is lower by 75 % everywhere is no shift


def test_what_a_shift_may_do_is_not_known_where_that_of_one_point_is_not():
    steady = differences([0.1, 0.1, 0.1], 0.1)
    found = curve_test(T[:3], steady, None, judged=ALL[:3], allowances=np.array([0.1, np.nan, 0.1]))
    assert found.allowances == (0.1, math.inf, 0.1)
    told = curve_contrast(replace(found, allowances=(math.inf,) * 3), "It", 0.95, Coordinate.TEMPERATURE).sentence
    assert told.endswith("of which a shift that is still allowed may be all")


def proven(test, allowances):
    """Return whether any part is proven to differ by more than 15 % and what is allowed."""
    outcomes = [
        outcome_of(part, 15.0, confidence=0.95, among=test.independent, allowance=allowance)
        for part, allowance in zip(test.parts, allowances, strict=True)
    ]
    return Outcome.NOT_FAITHFUL in outcomes
