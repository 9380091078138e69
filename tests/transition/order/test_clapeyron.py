import dataclasses

import numpy as np
import pytest

from llpt import units
from llpt.statistics import Estimate
from llpt.transition import IsobarPoint, synthetic_isobar
from llpt.transition.order import Order, clapeyron_evidence, clapeyron_slope

GRID = tuple(np.arange(700.0, 1101.0, 20.0))
VOLUME = 1.7
LATENT = 0.06


def isobar(pressure, place, seed):
    """Volume falls by 3 %, enthalpy rises by 0.06 eV, both at the same place."""
    base = synthetic_isobar(GRID, place_k=place, width_k=6.0, seed=seed)
    points = tuple(
        IsobarPoint(
            point.temperature_k,
            {
                **point.estimates,
                "volume": Estimate(VOLUME / point.estimates["density"].value, 0.001 * VOLUME, "Å³/atom", 40.0),
            },
            2000.0,
        )
        for point in base.points
    )
    return dataclasses.replace(base, pressure_gpa=pressure, points=points)


def test_slope_from_jumps():
    found = clapeyron_slope(isobar(200.0, 905.0, 1))
    expected = -905.0 * 0.03 / 1.03 * VOLUME * units.GPA_TO_EV_PER_ANGSTROM3 / LATENT
    assert found.value == pytest.approx(expected, abs=3.0 * found.error)
    assert found.error < 0.15 * abs(expected)
    assert found.unit == "K/GPa"


def test_line_that_obeys_and_one_that_does_not():
    slope = clapeyron_slope(isobar(200.0, 905.0, 1)).value
    obeying = [isobar(200.0 + step, 905.0 + slope * step, 10 + int(step)) for step in (0.0, 15.0, 30.0)]
    evidence = clapeyron_evidence(obeying)
    assert evidence.number.value == pytest.approx(1.0, abs=3.0 * evidence.number.error)
    assert evidence.order is Order.NOT_RESOLVED
    opposed = [isobar(200.0 + step, 905.0 - slope * step, 20 + int(step)) for step in (0.0, 15.0, 30.0)]
    assert clapeyron_evidence(opposed).order is Order.CROSSOVER


def test_one_isobar_is_not_enough():
    assert clapeyron_evidence([isobar(200.0, 905.0, 1)]).order is Order.NOT_RESOLVED
