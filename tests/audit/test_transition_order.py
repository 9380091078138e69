"""Whether both sides change in the same way, at once or smoothly, enters the verdict."""

from dataclasses import replace

import numpy as np
import pytest

from llpt.audit import Outcome, Thresholds, compare
from llpt.audit.thresholds import JUDGED_BEFORE
from llpt.transition import Order, locate, synthetic_isobar
from llpt.transition.order import EvidenceKind

GRID_K = tuple(np.arange(700.0, 1101.0, 25.0))


def side(order, *, engine="DFT/PBE", seed=1, by=(EvidenceKind.HYSTERESIS,)):
    isobar = synthetic_isobar(GRID_K, place_k=900.0, width_k=0.0, seed=seed, noise=0.0003, n_atoms=512, engine=engine)
    return replace(locate(isobar), order=order, order_by=by if order is not Order.NOT_RESOLVED else ())


def verdict(reference, surrogate, thresholds=None):
    verdict = compare(side(reference), side(surrogate, engine="network", seed=2), thresholds)
    return verdict, [each for each in verdict.comparisons if each.quantity == "transition order"]


def test_the_same_order_is_faithful():
    for order in (Order.FIRST_ORDER, Order.CROSSOVER):
        found, (row,) = verdict(order, order)
        assert (found.value, row.outcome, row.judged) == (Outcome.FAITHFUL, Outcome.FAITHFUL, True)


@pytest.mark.parametrize(
    ("reference", "surrogate", "difference"),
    [(Order.FIRST_ORDER, Order.CROSSOVER, -1.0), (Order.CROSSOVER, Order.FIRST_ORDER, 1.0)],
)
def test_another_order_is_not_faithful_though_everything_else_is_the_same(reference, surrogate, difference):
    found, (row,) = verdict(reference, surrogate)
    assert (found.value, row.difference.value) == (Outcome.NOT_FAITHFUL, difference)
    assert row.sentence in found.reasons
    for text in ("first order in ", "a crossover in ", "DFT/PBE (by hysteresis)", "network (by hysteresis)"):
        assert text in row.sentence


@pytest.mark.parametrize("unknown", ["reference", "surrogate"])
def test_an_order_that_one_side_has_alone_leaves_the_verdict_as_it_is_unless_the_study_asks(unknown):
    orders = {"reference": Order.FIRST_ORDER, "surrogate": Order.FIRST_ORDER} | {unknown: Order.NOT_RESOLVED}
    found, rows = verdict(**orders)
    assert (found.value, rows) == (Outcome.FAITHFUL, [])
    found, (row,) = verdict(**orders, thresholds=Thresholds(also_judge=("transition order",)))
    assert (found.value, row.outcome) == (Outcome.NOT_RESOLVED, Outcome.NOT_RESOLVED)


def test_where_it_is_not_judged_the_reasons_say_that_it_differs():
    found, (row,) = verdict(Order.FIRST_ORDER, Order.CROSSOVER, Thresholds(judge=JUDGED_BEFORE[0]))
    assert (found.value, row.judged) == (Outcome.FAITHFUL, False)
    assert any("not judged" in reason and "transition order" in reason for reason in found.reasons)


def test_runs_too_short_prove_no_order():
    found, (row,) = verdict(Order.FIRST_ORDER, Order.CROSSOVER, Thresholds(minimum_production_ps=1000.0))
    assert (found.value, row.outcome) == (Outcome.NOT_RESOLVED, Outcome.NOT_RESOLVED)
