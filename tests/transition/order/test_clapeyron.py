import dataclasses

import numpy as np
import pytest

from llpt import units
from llpt.statistics import Estimate
from llpt.transition import LinePoint, locate, synthetic_isobar
from llpt.transition.order import Order, clapeyron_evidence, clapeyron_slope

GRID = tuple(np.arange(700.0, 1101.0, 20.0))
VOLUME = 1.7
LATENT = 0.06


def isobar(pressure, place, seed):
    """Volume falls by 3 %, enthalpy rises by 0.06 eV, both at the same place; located."""
    base = synthetic_isobar(GRID, place_k=place, width_k=6.0, seed=seed)
    points = tuple(
        LinePoint(
            point.coordinate,
            {
                **point.estimates,
                "volume": Estimate(VOLUME / point.estimates["density"].value, 0.001 * VOLUME, "Å³/atom", 40.0),
            },
            2000.0,
        )
        for point in base.points
    )
    return locate(dataclasses.replace(base, pressure_gpa=pressure, points=points))


def test_slope_from_jumps():
    found = clapeyron_slope(isobar(200.0, 905.0, 1))
    expected = -905.0 * 0.03 / 1.03 * VOLUME * units.GPA_TO_EV_PER_ANGSTROM3 / LATENT
    assert found.value == pytest.approx(expected, abs=3.0 * found.error)
    assert found.error < 0.15 * abs(expected)
    assert found.unit == "K/GPa"


def test_line_that_obeys_and_one_that_does_not():
    slope = clapeyron_slope(isobar(200.0, 905.0, 1)).value
    obeying = [isobar(200.0 + step, 905.0 + slope * step, 10 + int(step)) for step in (0.0, 15.0, 30.0)]
    evidence = clapeyron_evidence(obeying, pressure_gpa=215.0)
    assert evidence.number.value == pytest.approx(0.0, abs=3.0 * evidence.number.error)
    assert evidence.number.unit == "K"
    assert evidence.order is Order.NOT_RESOLVED
    opposed = [isobar(200.0 + step, 905.0 - slope * step, 20 + int(step)) for step in (0.0, 15.0, 30.0)]
    assert clapeyron_evidence(opposed, pressure_gpa=215.0).order is Order.CROSSOVER


def test_one_isobar_is_not_enough():
    alone = [isobar(200.0, 905.0, 1)]
    assert clapeyron_evidence(alone, pressure_gpa=200.0).order is Order.NOT_RESOLVED


def test_only_next_neighbours_are_compared():
    slope = clapeyron_slope(isobar(200.0, 905.0, 1)).value
    bent = [isobar(200.0, 905.0, 1), isobar(215.0, 905.0 + 15.0 * slope, 2), isobar(230.0, 905.0 - 30.0 * slope, 3)]
    assert clapeyron_evidence(bent, pressure_gpa=200.0).order is Order.NOT_RESOLVED
    assert clapeyron_evidence(bent, pressure_gpa=230.0).order is Order.CROSSOVER


def test_a_line_whose_slope_changes_is_compared_within_what_its_change_leaves_open():
    def wide(pressure, place, seed, factor):
        base = isobar(pressure, place, seed).states
        points = tuple(
            dataclasses.replace(
                point,
                estimates=point.estimates
                | {
                    "volume": dataclasses.replace(
                        point.estimates["volume"],
                        value=VOLUME + factor * (point.estimates["volume"].value - VOLUME),
                        error=factor * point.estimates["volume"].error,
                    )
                },
            )
            for point in base.points
        )
        return locate(dataclasses.replace(base, points=points))

    curved = [wide(200.0, 905.0, 1, 1.0), wide(230.0, 905.0, 2, 3.0)]
    slopes = [clapeyron_slope(each).value for each in curved]
    curved[1] = wide(230.0, 905.0 + 15.0 * (slopes[0] + 1.3 * (slopes[1] - slopes[0])), 2, 3.0)
    assert clapeyron_evidence(curved, pressure_gpa=200.0).order is Order.NOT_RESOLVED


def test_a_place_that_metastability_leaves_open_contradicts_nothing():
    slope = clapeyron_slope(isobar(200.0, 905.0, 1)).value
    lagging = [isobar(200.0, 905.0, 1), isobar(215.0, 905.0 - 15.0 * slope, 2)]
    assert clapeyron_evidence(lagging, pressure_gpa=200.0).order is Order.CROSSOVER
    places = {215.0: Estimate(905.0, 60.0, "K", 40.0)}
    assert clapeyron_evidence(lagging, pressure_gpa=200.0, places_k=places).order is Order.NOT_RESOLVED
