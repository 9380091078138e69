import dataclasses

import numpy as np
import pytest

from llpt.transition import Isobar, LinePoint, locate, synthetic_isobar
from llpt.transition.order import EvidenceKind, Order, order_of_line, rounding_width_k, smoothness_evidence

GRID = tuple(np.arange(500.0, 1301.0, 25.0))


def test_wide_change_hides_no_jump():
    up, down = (locate(synthetic_isobar(GRID, place_k=900.0, width_k=150.0, seed=seed)) for seed in (1, 2))
    evidence = smoothness_evidence(up, down)
    assert evidence.order is Order.CROSSOVER
    assert "one way only" in smoothness_evidence(up).reason
    apart = smoothness_evidence(up, locate(synthetic_isobar(GRID, place_k=800.0, width_k=150.0, seed=2)))
    assert apart.order is Order.NOT_RESOLVED
    assert "may differ" in apart.reason
    assert evidence.number.value == pytest.approx(25.0 / 300.0, abs=0.05)


@pytest.mark.parametrize("width", [0.0, 20.0])
def test_steep_change_may_be_a_jump(width):
    assert (
        smoothness_evidence(locate(synthetic_isobar(GRID, place_k=912.0, width_k=width, seed=1))).order
        is Order.NOT_RESOLVED
    )


def test_noise_excludes_nothing():
    evidence = smoothness_evidence(locate(synthetic_isobar(GRID, place_k=900.0, width_k=150.0, seed=1, noise=0.01)))
    assert evidence.order is Order.NOT_RESOLVED


def test_half_a_transition_says_nothing():
    low = tuple(np.arange(400.0, 851.0, 25.0))
    evidence = smoothness_evidence(locate(synthetic_isobar(low, place_k=900.0, width_k=150.0, seed=1)))
    assert evidence.order is Order.NOT_RESOLVED
    assert "only" in evidence.reason


def test_density_serves_where_there_are_no_molecules():
    base = synthetic_isobar(GRID, place_k=900.0, width_k=150.0, seed=1, jump=-0.8)
    heated = synthetic_isobar(GRID, place_k=900.0, width_k=150.0, seed=1)
    points = tuple(
        LinePoint(point.coordinate, {name: point.estimates[name] for name in ("density", "enthalpy")}, 2000.0)
        for point in base.points
    )
    points = tuple(
        dataclasses.replace(point, estimates={**point.estimates, "enthalpy": other.estimates["enthalpy"]})
        for point, other in zip(points, heated.points, strict=True)
    )
    isobar: Isobar = dataclasses.replace(base, points=points)
    located = locate(isobar, density_rises=False)
    statement = order_of_line(located, back=located)
    kinds = {item.kind: item.order for item in statement.evidence}
    assert kinds[EvidenceKind.SMOOTHNESS] is Order.CROSSOVER


def test_a_rounded_jump_on_a_finer_grid_is_not_taken_for_a_crossover():
    fine = tuple(np.arange(840.0, 981.0, 5.0))
    width = rounding_width_k(910.0, n_atoms=128, enthalpy_jump_ev=0.06)
    isobar = synthetic_isobar(fine, place_k=910.0, width_k=width, seed=1, n_atoms=128, noise=0.0003)
    evidence = smoothness_evidence(locate(isobar))
    assert evidence.number.value < 0.2
    assert evidence.order is Order.NOT_RESOLVED
