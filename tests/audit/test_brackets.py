"""Ladders of unlike rates, compared by where they place the transition on the way up and on the way down."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from llpt.audit import Outcome, Thresholds, compare
from llpt.audit.bracket import bracket_contrast
from llpt.audit.equivalence import outcome_of
from llpt.statistics import Estimate
from llpt.transition import DECIDING, Coordinate, locate, synthetic_isobar

GRID_K = tuple(float(value) for value in range(700, 1201, 20))
DENSITY_JUMP = DECIDING[0]
JUDGED = ("transition temperature",)


def side(up_k, down_k, production_fs, seed):
    """Return a line seen to change at one temperature on the way up, and at another on the way down."""
    up, down = (
        locate(
            synthetic_isobar(
                GRID_K, place_k=place, width_k=0.0, seed=seed + way, noise=2e-4, production_fs=production_fs
            )
        )
        for way, place in enumerate((up_k, down_k))
    )
    return replace(up, back=down)


def temperature(verdict):
    return next(each for each in verdict.comparisons if each.judged)


SLOW = side(909.0, 909.0, 400_000.0, 1)
"""Runs of 400 ps overshoot nothing."""


def test_overshooting_of_short_runs_is_not_charged_to_the_surrogate():
    short = side(1009.0, 849.0, 1500.0, 5)
    alone = compare(replace(short, back=None), replace(SLOW, back=None), Thresholds(judge=JUDGED))
    assert alone.value is Outcome.NOT_RESOLVED
    assert "unlike" in temperature(alone).sentence
    verdict = compare(short, SLOW, Thresholds(judge=JUDGED))
    assert verdict.value is Outcome.NOT_RESOLVED
    assert "on both ways" in temperature(verdict).sentence


@pytest.mark.parametrize(
    ("up_k", "down_k", "outcome"),
    [
        (929.0, 889.0, Outcome.FAITHFUL),
        (1109.0, 1029.0, Outcome.NOT_FAITHFUL),
        (789.0, 729.0, Outcome.NOT_FAITHFUL),
    ],
)
def test_brackets_that_are_narrow_or_far_apart_decide(up_k, down_k, outcome):
    verdict = compare(side(up_k, down_k, 1500.0, 9), SLOW, Thresholds(judge=JUDGED))
    assert verdict.value is outcome, verdict.reasons


def seen(up, down):
    """A side that places its transition on either way, each place with its error, in K."""
    ways = [
        SimpleNamespace(resolved=True, place=Estimate(value, error, "K", 50.0, 50.0)) for value, error in (up, down)
    ]
    back = SimpleNamespace(criteria={DENSITY_JUMP: ways[1]})
    states = SimpleNamespace(along=Coordinate.TEMPERATURE)
    return SimpleNamespace(criteria={DENSITY_JUMP: ways[0]}, back=back, states=states)


def test_a_gap_is_no_surer_than_the_two_places_beside_it():
    """The gap is 1150 - 1000 = 150 ± 85 K, though the outer places, which it is reckoned from, are known to 5 K."""
    pair = SimpleNamespace(reference=seen((1000.0, 60.0), (900.0, 5.0)), surrogate=seen((1200.0, 5.0), (1150.0, 60.0)))
    contrast = bracket_contrast(pair, DENSITY_JUMP)
    outcomes = {
        outcome_of(part, 50.0, confidence=0.95, among=16.0, allowance=allowance)
        for part, allowance in zip(contrast.parts, contrast.allowances, strict=True)
    }
    assert Outcome.NOT_FAITHFUL not in outcomes
