import math

import numpy as np
import pytest

from llpt.statistics import Estimate
from llpt.transition import Isobar, LinePoint, frozen_switch, locate, synthetic_isobar
from llpt.transition.order import (
    Evidence,
    EvidenceKind,
    Order,
    combine_evidence,
    order_of_line,
    rounding_width_k,
    separation_evidence,
    width_evidence,
)
from llpt.transition.step_criteria import DENSITY_JUMP

FINE_K = tuple(np.arange(860.0, 961.0, 5.0))
COARSE_K = tuple(np.arange(500.0, 1301.0, 100.0))
WIDE_K = tuple(np.arange(500.0, 1301.0, 25.0))


def rounded(n_atoms, place=910.0):
    return rounding_width_k(place, n_atoms=n_atoms, enthalpy_jump_ev=0.06)


def test_rounding_width_of_a_two_state_cell():
    """dp/dT of p = 1/(1 + exp(N dh (1/kT - 1/kT0))) at T0 is N dh / 4 k T0^2 = 1 / 2 w."""
    width = rounding_width_k(900.0, n_atoms=100, enthalpy_jump_ev=0.05)
    beta = 1.0 / 8.617333262e-5

    def share(temperature):
        return 1.0 / (1.0 + math.exp(100 * 0.05 * beta * (1.0 / temperature - 1.0 / 900.0)))

    slope = (share(900.1) - share(899.9)) / 0.2
    assert slope == pytest.approx(1.0 / (2.0 * width), rel=1e-3)


def test_step_on_a_fine_grid_is_first_order():
    up, down = (
        locate(synthetic_isobar(FINE_K, place_k=place, width_k=rounded(512), seed=seed, noise=0.0005))
        for seed, place in enumerate((914.0, 906.0), start=1)
    )
    statement = order_of_line(up, back=down)
    assert statement.order is Order.FIRST_ORDER
    assert not statement.disagreement
    number = next(item.number for item in statement.evidence if item.kind is EvidenceKind.DENSITY_WIDTH)
    assert number.value == pytest.approx(512.0, rel=0.9)


def test_a_jump_on_the_way_up_alone_is_no_proof():
    isobar = synthetic_isobar(FINE_K, place_k=912.0, width_k=rounded(512), seed=1, noise=0.0005)
    statement = order_of_line(locate(isobar))
    assert statement.order is Order.NOT_RESOLVED
    (width,) = [item for item in statement.evidence if item.kind is EvidenceKind.DENSITY_WIDTH]
    assert "change as one" in width.reason
    assert "one way only" in width.reason


@pytest.mark.parametrize("frozen_below", [915.0, 930.0, 940.0])
def test_a_crossover_that_relaxes_slowly_is_sharp_one_way_and_not_called_first_order(frozen_below):
    """Equilibrium changes over 60 K; the way up stays behind and then snaps within the spacing of 5 K."""
    ways = frozen_switch(FINE_K, 900.0, 60.0, frozen_below_k=frozen_below, activation_k=1e6)
    up, down = (
        locate(synthetic_isobar(FINE_K, place_k=900.0, width_k=60.0, seed=seed, noise=0.0003, step=step))
        for seed, step in enumerate(ways)
    )
    assert np.diff(ways[0]).max() > 5.0 * np.diff(ways[1]).max()
    step = up.criteria[DENSITY_JUMP].step
    assert step.width_below < 3.0 * rounded(512)  # sharp enough to be taken for the whole cell
    for back in (None, down):
        assert order_of_line(up, back=back).order is not Order.FIRST_ORDER


def test_wide_change_is_a_crossover():
    up, down = (
        locate(synthetic_isobar(WIDE_K, place_k=912.0, width_k=100.0, seed=seed, noise=0.0005)) for seed in (1, 2)
    )
    assert order_of_line(up, back=down).order is Order.CROSSOVER
    alone = order_of_line(up)
    assert alone.order is Order.NOT_RESOLVED
    assert any("one way only" in item.reason for item in alone.evidence)


def test_a_jump_that_takes_four_runs_to_happen_is_no_crossover():
    """Its cell needs four runs of 25 K to reach the other phase: as wide and as smooth as a crossover on either way."""
    grid = np.array(WIDE_K)
    after = (np.cumsum(grid > 910.0) - 0.5).clip(0.0)
    before = (np.cumsum(grid[::-1] < 910.0)[::-1] - 0.5).clip(0.0)
    up, down = (
        locate(synthetic_isobar(WIDE_K, place_k=910.0, width_k=1.0, seed=seed, noise=0.0005, step=step))
        for seed, step in enumerate((1.0 - np.exp(-after / 4.0), np.exp(-before / 4.0)))
    )
    assert order_of_line(up, back=up).order is Order.CROSSOVER  # if the way back were the same
    statement = order_of_line(up, back=down)
    assert statement.order is Order.NOT_RESOLVED
    assert any("apart" in item.reason for item in statement.evidence)


@pytest.mark.parametrize("width", [0.0, 20.0])
def test_coarse_grid_cannot_tell(width):
    isobar = synthetic_isobar(COARSE_K, place_k=950.0, width_k=width, seed=1, noise=0.001, n_atoms=2048)
    statement = order_of_line(locate(isobar))
    assert statement.order is Order.NOT_RESOLVED
    reasons = [item.reason for item in statement.evidence if item.kind is EvidenceKind.DENSITY_WIDTH]
    assert "have to be told" in reasons[0]


def test_criteria_that_part_are_a_crossover():
    early = synthetic_isobar(WIDE_K, place_k=800.0, width_k=60.0, seed=1)
    late = synthetic_isobar(WIDE_K, place_k=1000.0, width_k=60.0, seed=2)
    points = tuple(
        LinePoint(point.coordinate, {**point.estimates, "enthalpy": other.estimates["enthalpy"]}, 2000.0)
        for point, other in zip(early.points, late.points, strict=True)
    )
    isobar = Isobar("mlp", 512, 200.0, points)
    evidence = separation_evidence(locate(isobar))
    assert evidence.order is Order.CROSSOVER
    assert abs(evidence.number.value) == pytest.approx(200.0, abs=25.0)
    one = separation_evidence(locate(early))
    assert one.order is Order.NOT_RESOLVED


def test_nothing_is_said_of_a_curve_without_a_step():
    isobar = synthetic_isobar(COARSE_K, place_k=5000.0, width_k=1.0, seed=3)
    assert all(item.order is Order.NOT_RESOLVED for item in width_evidence(locate(isobar)))


def test_disagreement_is_never_hidden():
    number = Estimate(1.0, 0.1, "", 10.0)
    first = Evidence(EvidenceKind.HISTOGRAM, Order.FIRST_ORDER, number, "", "")
    smooth = Evidence(EvidenceKind.SEPARATION, Order.CROSSOVER, number, "", "")
    open_ = Evidence(EvidenceKind.BINDER, Order.NOT_RESOLVED, number, "", "")
    statement = combine_evidence([first, smooth, open_])
    assert statement.order is Order.NOT_RESOLVED
    assert statement.disagreement
    assert "disagrees" in statement.sentence
    assert "histogram" in statement.sentence
    assert combine_evidence([first, open_]).order is Order.FIRST_ORDER
    assert combine_evidence([smooth]).order is Order.CROSSOVER
    assert combine_evidence([]).order is Order.NOT_RESOLVED


def test_solids_have_no_order_of_transition():
    isobar = synthetic_isobar(FINE_K, place_k=912.0, width_k=0.0, seed=1, solid=[True] * len(FINE_K))
    assert order_of_line(locate(isobar)).evidence == ()
