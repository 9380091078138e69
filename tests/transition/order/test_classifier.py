"""Error rates of the classifier on isobars of known width; ``benchmarks/analysis.py`` measures them on a thousand."""

import numpy as np
import pytest

from llpt.transition import locate
from llpt.transition.order import Order, draw_trial, order_of_line


@pytest.mark.slow
def test_neither_is_mistaken_for_the_other():
    trials = [draw_trial(seed) for seed in range(60)]
    found = [order_of_line(locate(trial.isobar), back=locate(trial.back)).order for trial in trials]
    decided = [order is not Order.NOT_RESOLVED for order in found]
    wrong = [trial.truth is not order for trial, order in zip(trials, found, strict=True)]
    assert sum(np.logical_and(wrong, decided)) <= 1
    assert 0.15 < np.mean(decided) < 0.9
    assert {Order.FIRST_ORDER, Order.CROSSOVER} <= set(found)


def test_trials_are_reproducible_and_of_both_kinds():
    trials = [draw_trial(seed) for seed in range(20)]
    assert {trial.truth for trial in trials} == {Order.FIRST_ORDER, Order.CROSSOVER}
    assert draw_trial(3).isobar == trials[3].isobar
    for trial in trials:
        assert len(trial.isobar.points) >= 6
